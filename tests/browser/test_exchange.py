"""Taking records along and in, in Chromium: with the keyboard, without JavaScript, and judged by axe-core."""

import json

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.models import ProfessionalProfile, Role
from lrs.models import Import
from tests.browser.test_accessibility import violations
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.lrs import a_statement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/beheer/leerrecords/uitwisselen/"


@pytest.fixture
def chair():
    cache.clear()
    user = MembershipFactory(organisation=OrganisationFactory(), role=Role.ASSOCIATION_ADMIN).user
    ProfessionalProfile.objects.create(user=user)
    return user


@pytest.fixture
def upload(tmp_path, settings):
    settings.LRS_PROJECTIONS = []
    good, wrong = a_statement(actor={"mbox": "mailto:ann@voorbeeld.example"}), a_statement(actor={"mbox": "ann"})
    (tmp_path / "in.ndjson").write_text(f"{json.dumps(good)}\n{json.dumps(wrong)}\n")
    return tmp_path / "in.ndjson"


def test_a_file_is_read_in_with_the_keyboard_alone_and_every_page_is_accessible(page_at, log_in, chair, upload):
    page = page_at(1280, reduced_motion="reduce")
    log_in(page, chair)
    page.goto(PAGE)
    page.get_by_role("link", name="Lees een bestand in").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Naam").focus()
    page.keyboard.type("Oude omgeving")
    page.get_by_label("Bestand").set_input_files(upload)
    page.get_by_role("button", name="Lees het bestand in").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Oude omgeving").wait_for()

    run = Import.objects.get()
    assert (run.new, run.refused) == (1, 1)
    page.locator("main summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text('"mbox": "ann"')).to_be_visible()
    found = {}
    for path in (PAGE, f"{PAGE}meenemen/", f"{PAGE}bestand/", f"{PAGE}opslag/", f"{PAGE}{run.pk}/"):
        for width, height in ((1280, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(path)
            lines = violations(page)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                lines.append("runs off the side")
            if lines:
                found[f"{path} at {width}"] = lines
    assert found == {}


def test_it_works_without_javascript(page_at, log_in, chair, upload):
    page = page_at(390, java_script_enabled=False)
    log_in(page, chair)
    page.goto(f"{PAGE}bestand/")
    page.get_by_label("Naam").fill("Oude omgeving")
    page.get_by_label("Bestand").set_input_files(upload)
    page.get_by_role("button", name="Lees het bestand in").click()
    page.get_by_role("heading", name="Oude omgeving").wait_for()
    expect(page.get_by_text("klaar")).to_be_visible()

    page.goto(f"{PAGE}meenemen/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download de leerrecords").click()
    assert download.value.suggested_filename.endswith(".zip")
