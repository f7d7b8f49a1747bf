"""The pages about the records in Chromium: by keyboard, following live, and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import ProfessionalProfile, Role, User
from lrs.models import Source
from lrs.profiles import adl
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import a_statement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/beheer/leerrecords/"


@pytest.fixture
def sanne(live_server) -> User:
    person: User = UserFactory(first_name="Sanne", last_name="Jansen")
    MembershipFactory(user=person, organisation=OrganisationFactory())
    return person


@pytest.fixture
def reader(sanne) -> User:
    user: User = MembershipFactory(organisation=sanne.memberships.get().organisation, role=Role.ASSOCIATION_ADMIN).user
    ProfessionalProfile.objects.create(user=user)
    return user


def does(person: User, verb: str, name: str) -> None:
    append(
        [a_statement(person.pseudonym, verb={"id": verb}, object={"id": "https://a.example/les", "definition": {"name": {"nl": name}}})],
        source=Source.SERVER,
    )


def test_a_row_opens_beside_the_list_by_keyboard_and_escape_leads_back(reader, sanne, page_at, log_in):
    does(sanne, adl.EXPERIENCED, "Les 1")
    does(sanne, adl.COMPLETED, "Les 1")
    page: Page = page_at(1280)
    log_in(page, reader)
    page.goto(LIST)
    links = page.locator(".vw-found__link")
    links.first.focus()

    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    side = page.locator("#uitspraak")
    expect(side.get_by_role("heading", name="Sanne Jansen opende ‘Les 1’")).to_be_focused()
    assert page.url.endswith(LIST)

    page.keyboard.press("Escape")
    expect(side).to_be_empty()
    expect(links.nth(1)).to_be_focused()


def test_on_a_phone_a_row_leads_to_a_page_and_back_to_the_same_search(reader, sanne, page_at, log_in):
    does(sanne, adl.EXPERIENCED, "Les 1")
    page: Page = page_at(390)
    log_in(page, reader)
    page.goto(f"{LIST}?werkwoord=openen")

    page.locator(".vw-found__link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sanne Jansen opende ‘Les 1’")
    page.get_by_role("link", name="Terug naar de leerrecords").click()

    expect(page.locator(".vw-found__link")).to_have_count(1)
    assert "werkwoord=" in page.url


def test_following_live_brings_in_what_is_new_keeps_the_focus_and_can_be_paused(reader, sanne, page_at, log_in):
    does(sanne, adl.EXPERIENCED, "Les 1")
    page: Page = page_at(1280)
    log_in(page, reader)
    page.goto(LIST)
    page.get_by_role("link", name="Volg live").click()
    expect(page.get_by_role("link", name="Pauzeer")).to_be_visible()
    page.locator(".vw-found__link").first.focus()
    focused = page.evaluate("document.activeElement.id")

    does(sanne, adl.COMPLETED, "Les 1")
    expect(page.locator(".vw-found__link")).to_have_count(2)

    expect(page.locator("#live-stand")).to_have_text(re.compile("1 nieuwe uitspraak"))
    assert page.evaluate("document.activeElement.id") == focused
    page.get_by_role("link", name="Pauzeer").click()
    expect(page.locator("#gevonden[hx-trigger]")).to_have_count(0)


def test_without_javascript_everything_is_a_page(reader, sanne, page_at, log_in):
    does(sanne, adl.EXPERIENCED, "Les 1")
    page: Page = page_at(1280, java_script_enabled=False)
    log_in(page, reader)
    page.goto(LIST)
    page.get_by_label("Persoon").fill("jansen")
    page.get_by_role("button", name="Toon resultaten").click()
    page.get_by_role("link", name="Volg live").click()
    does(sanne, adl.COMPLETED, "Les 1")

    page.get_by_role("link", name="Ververs").click()
    expect(page.locator(".vw-found__link")).to_have_count(2)
    page.locator(".vw-found__link").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Sanne Jansen rondde ‘Les 1’ af")


def test_names_are_offered_while_one_types(reader, sanne, page_at, log_in):
    page: Page = page_at(1280)
    log_in(page, reader)
    page.goto(LIST)

    page.get_by_label("Persoon").press_sequentially("jan")

    expect(page.locator("#kies-persoon option")).to_have_attribute("value", f"Sanne Jansen, {sanne.email}")
