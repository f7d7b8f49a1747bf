"""A change of rule, from the form to everybody's dossier: what the page foretells is what then happens."""

import re
from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import expect

from accounts.models import Organisation, Profession, Register, RegisterEntry, Role
from accreditation import reference
from accreditation.models import EvidenceKind, RegisterRule
from tests.browser.test_accessibility import violations
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.accreditation import EvidenceFactory, accredited, satisfy
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Accredited points of each; the rule asks 80 of them, and 184 in all.
POINTS = {"Aalt": 190, "Bea": 184, "Cor": 150, "Dirkje": 60, "Evi": 0}
BEGIN, END = date(2023, 1, 1), date(2027, 12, 31)


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private", "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    cache.clear()


@pytest.fixture
def association(live_server):
    Profession.objects.create(code="vpk", name="Verpleegkundige")
    reference.load()
    return OrganisationFactory(kind=Organisation.Kind.ASSOCIATION)


@pytest.fixture
def register(association):
    return Register.objects.get(code="kwaliteitsregister-vv")


def earn(person, register, organisation, points):
    release = released_course(course=CourseFactory(organisation=organisation))
    accredited(
        release=release, register=register, points=points, valid_from=date(2024, 1, 1), valid_until=END, id_number=f"D-{person.pk}-{points}"
    )
    satisfy(EnrolmentFactory(learner=person, release=release), at=datetime(2025, 6, 1, 12, tzinfo=UTC))


@pytest.fixture
def people(association, register):
    found = {}
    work = EvidenceKind.objects.get(register=register, code="werkuren")
    for number, (name, points) in enumerate(POINTS.items()):
        person = UserFactory(first_name=name, last_name="Voorbeeld")
        MembershipFactory(user=person, organisation=association)
        RegisterEntry.objects.create(
            user=person, register=register, number=f"1900000{number:02d}30", section="verpleegkundige", period_start=BEGIN, period_end=END
        )
        EvidenceFactory(owner=person, kind=work, title="Werk", started_on=BEGIN, done_on=date(2025, 12, 31), hours=2080, points=None)
        if points:
            earn(person, register, association, points)
        found[name] = person
    return found


def headlines(people):
    """What each dossier says in its first line. By the test client: the browser looks at one of them."""
    found = {}
    for name, person in people.items():
        client = Client()
        client.force_login(person)
        (found[name],) = re.findall(r'<h2 id="register-\d+">([^<]+)</h2>', client.get("/mijn/dossier/").content.decode())
    return found


def test_the_simulator_predicts_exactly_what_the_rule_change_then_does(page_at, log_in, association, register, people):
    manager = MembershipFactory(organisation=association, role=Role.ACCREDITATION_ADMIN).user
    rule = RegisterRule.objects.get(register=register, section="verpleegkundige", applies_from=date(2027, 7, 1))
    page, other = page_at(1280, reduced_motion="reduce", expect_errors=True), page_at(390, reduced_motion="reduce")
    log_in(other, people["Bea"])
    log_in(page, manager)
    before = headlines(people)
    assert "je voldoet aan de regel" in before["Aalt"]
    assert "je voldoet aan de regel" in before["Bea"]

    page.goto("/beheer/registers/")
    page.locator(f'a[href="/beheer/registers/regel/{rule.pk}/"]').click()
    assert violations(page) == []
    page.get_by_label("Totaal nodig").fill("")
    page.get_by_label("Waarom deze wijziging").fill("Besluit van het register")
    page.get_by_role("button", name="Reken eerst door").click()
    expect(page.get_by_role("alert")).to_contain_text("Totaal nodig")
    expect(page.get_by_label("Waarom deze wijziging")).to_have_value("Besluit van het register")  # what was typed is still there
    page.get_by_label("Totaal nodig").fill("188")
    page.get_by_label("Ten minste: Geaccrediteerde scholing").fill("160")
    page.get_by_role("button", name="Reken eerst door").click()

    expect(page.get_by_role("heading", name="Wat het doet")).to_be_visible()
    expect(page.locator("tr", has_text="Voldoen nu, en straks niet meer")).to_contain_text("1")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 900})
    table = page.get_by_role("table", name="Mensen die het raakt")
    foretold = {row.get_by_role("rowheader").inner_text().split()[0]: row.inner_text() for row in table.get_by_role("row").all()[1:]}
    assert set(foretold) == {"Bea", "Cor", "Dirkje", "Evi"}  # Aalt has enough either way
    assert "voldoet straks niet meer" in foretold["Bea"]
    assert headlines(people) == before
    page.get_by_role("button", name="Laat ingaan").click()

    expect(page.get_by_text("Het voorstel is ingegaan")).to_be_visible()
    after = headlines(people)
    other.goto("/mijn/dossier/")
    expect(other.get_by_role("heading", name="Je hebt 184 van 188 punten")).to_be_visible()
    assert after["Aalt"].replace("188", "184") == before["Aalt"]
    for name, told in foretold.items():
        total, missing = POINTS[name], max(0, 188 - POINTS[name])
        needed = max(missing, 160 - POINTS[name])
        assert f"{total} van 188 punten" in after[name]
        assert "je voldoet" not in after[name]
        assert f"→ {needed}" in told.replace("\xa0", " ")

    # Again, and somebody earns points between the reckoning and the button.
    page.goto(f"/beheer/registers/regel/{rule.pk}/")
    page.get_by_label("Totaal nodig").fill("180")
    page.get_by_label("Waarom deze wijziging").fill("Nader besluit van het register")
    page.get_by_role("button", name="Reken eerst door").click()
    expect(page.get_by_role("button", name="Laat ingaan")).to_be_visible()
    earn(people["Evi"], register, association, 120)
    page.get_by_role("button", name="Laat ingaan").click()
    expect(page.get_by_text("Er is niets ingegaan")).to_be_visible()
    expect(page.get_by_text("Deze uitkomst klopt niet meer")).to_be_visible()
    rule.refresh_from_db()
    assert rule.total == 188
    page.get_by_role("button", name="Reken opnieuw door").click()
    page.get_by_role("button", name="Laat ingaan").click()
    expect(page.get_by_text("Het voorstel is ingegaan")).to_be_visible()
    rule.refresh_from_db()
    assert rule.total == 180


def test_pages_about_a_draft_of_an_accreditation_and_leave(page_at, log_in, association, register, people):
    manager = MembershipFactory(organisation=association, role=Role.ACCREDITATION_ADMIN).user
    accreditation = register.accreditations.filter(course__organisation=association).first()
    page, other = page_at(1280, reduced_motion="reduce"), page_at(1280, reduced_motion="reduce")
    log_in(page, manager)
    log_in(other, people["Cor"])

    found = {}
    for visitor, path in [
        (page, f"/beheer/accreditaties/{accreditation.pk}/voorstel/"),
        (other, "/mijn/verlof/"),
    ]:
        for width in (1280, 390):
            visitor.set_viewport_size({"width": width, "height": 900})
            assert visitor.goto(path).status == 200, path
            lines = violations(visitor)
            if visitor.evaluate("document.documentElement.scrollWidth") > width:
                lines.append("runs off the side")
            if lines:
                found[f"{path} at {width}"] = lines
    assert found == {}
