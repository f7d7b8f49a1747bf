"""The privacy pages in Chromium: axe-core finds nothing wide and narrow, and somebody with a keyboard alone can erase."""

from datetime import date, timedelta

import pytest

from accounts.models import Role
from lrs import access_export, holds, retention
from lrs.erasure_requests import ask
from lrs.models import Erasure, LegalHold, Source, Statement
from lrs.privacy_cases import open_case
from lrs.store import append
from lrs.subjects import subject_of
from tests.browser.test_accessibility import violations
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import a_statement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _at_once(settings):
    settings.LRS_PROJECTIONS = []
    settings.LRS_ERASURE_GRACE = timedelta(0)
    settings.MFA_REQUIRED_FOR_ADMINISTRATORS = False


def test_axe_finds_nothing_on_the_privacy_pages(live_server, page_at, log_in):
    here = OrganisationFactory()
    me = MembershipFactory(organisation=here, role=Role.LEARNER).user
    boss = UserFactory(is_superuser=True, is_staff=True)
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    asked = ask(me)
    case, held = open_case(by=boss, person=me), open_case(by=boss, person=boss)
    hold = holds.place(kind=LegalHold.Kind.PERSON, reason="Klacht", by=boss, person=boss)
    holds.place(kind=LegalHold.Kind.PERIOD, reason="Onderzoek", by=boss, period_start=date(2020, 1, 1), period_end=date(2020, 2, 1))
    access_export.order(subject=subject_of(me), person=me, by=boss)
    access_export.order(subject=subject_of(me), person=me, by=me)
    run = retention.count(retention.add_rule(name="Klikken weg", months=1, by=boss, source="tool"), by=boss)
    erasure = Erasure.objects.create(
        asked_by=boss, reason="Op verzoek", state=Erasure.State.DONE, counts={"actor": 3}, stays=["De punten blijven."]
    )
    pages = {
        boss: [
            f"/beheer/privacy/?q={me.last_name}",
            f"/beheer/privacy/dossier/{case.uuid}/",
            f"/beheer/privacy/dossier/{case.uuid}/wissen/",
            f"/beheer/privacy/dossier/{held.uuid}/wissen/",
            f"/beheer/privacy/verzoek/{asked.uuid}/",
            "/beheer/privacy/bewaarplichten/",
            f"/beheer/privacy/bewaarplichten/{hold.pk}/opheffen/",
            "/beheer/privacy/bewaartermijnen/",
            f"/beheer/privacy/opschoning/{run.uuid}/",
            "/beheer/privacy/verslagen/",
            f"/beheer/privacy/verslagen/{erasure.uuid}/",
        ],
        me: ["/mijn/leerrecords/", "/mijn/leerrecords/wissen/", "/mijn/leerrecords/zip/"],
    }
    found = {}
    for person, addresses in pages.items():
        page = page_at(1280, reduced_motion="reduce")
        log_in(page, person)
        for address in addresses:
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 900})
                response = page.goto(address)
                assert response.status == 200, address
                lines = violations(page)
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    lines.append("runs off the side")
                if lines:
                    found[f"{address} at {width}"] = lines
    assert found == {}


def test_somebody_with_a_keyboard_alone_erases(live_server, page_at, log_in):
    me = MembershipFactory(role=Role.LEARNER).user
    boss = UserFactory(is_superuser=True, is_staff=True)
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    case = open_case(by=boss, person=me)
    page = page_at(1280)
    log_in(page, boss)
    page.goto(f"/beheer/privacy/dossier/{case.uuid}/wissen/")

    page.focus("[name=reason]")
    page.keyboard.type("Op verzoek van de deelnemer")
    page.keyboard.press("Tab")
    page.keyboard.type("wissen")
    page.keyboard.press("Enter")

    page.wait_for_url("**/verslagen/**")
    page.wait_for_selector("text=Dit kan niemand terugdraaien")
    assert Statement.objects.of_learner(me.pseudonym).count() == 0
