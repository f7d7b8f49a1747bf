"""Certificates in Chromium: a revocation seen everywhere, and the pages of badges, statements and templates judged by axe-core."""

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from accounts import editors
from accounts.models import ProfessionalProfile, Role
from accreditation import certificates
from accreditation.badges import keys
from accreditation.badges.making import badge_of
from accreditation.models import Certificate
from courses.meetings.attendance import mark
from courses.meetings.booking import add_participant
from tests.browser.test_accessibility import violations
from tests.factories.accounts import MembershipFactory, RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course
from tests.factories.meetings import MeetingFactory, course_with_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _fresh(settings, tmp_path, monkeypatch):
    cache.clear()
    monkeypatch.setattr(keys, "RSA_BITS", 2048)
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private", "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


@pytest.fixture
def learner():
    person = UserFactory(first_name="Demo", last_name="Verpleegkundige", email="demo.verpleegkundige@voorbeeld.example")
    ProfessionalProfile.objects.create(user=person)
    return person


@pytest.fixture
def certificate(learner):
    register = RegisterFactory(name="Kwaliteitsregister V&V")
    RegisterEntryFactory(user=learner, register=register, number="19012345630")
    release = released_course()
    accredited(release=release, register=register, points=4)
    satisfy(EnrolmentFactory(learner=learner, release=release), at=datetime(2026, 6, 1, 12, tzinfo=UTC))
    return Certificate.objects.get()


def administrator_of(organisation):
    person = MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user
    ProfessionalProfile.objects.create(user=person)
    editors.make_groups()
    editors.keep_groups_in_step(person)
    return person


def test_a_revoked_certificate_is_shown_as_revoked_everywhere(page_at, log_in, certificate, learner, tmp_path):
    badge = badge_of(certificate)
    files = {
        "certificaat.pdf": certificates.read_pdf(certificate),
        "badge.json": badge.document.encode(),
        "badge.jwt": badge.token.encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page = page_at(1280, reduced_motion="reduce")

    def hand_in(name):
        page.goto("/verifieer/")
        page.get_by_label("PDF of badge").set_input_files(tmp_path / name)
        page.get_by_role("button", name="Controleer dit bestand").click()
        return page.locator("#uitkomst").inner_text()

    def fill_in():
        page.goto("/verifieer/")
        page.get_by_label("Nummer", exact=True).fill(certificate.number)
        page.get_by_label("Controlecode").fill(certificate.check_code)
        page.get_by_role("button", name="Controleer dit nummer").click()
        return page.locator("#uitkomst").inner_text()

    def scan():
        page.goto(f"/verifieer/{certificate.token}/")
        return page.locator("#uitkomst").inner_text()

    def said():
        return [fill_in(), scan(), *[hand_in(name) for name in files]]

    assert said() == ["Dit certificaat is geldig"] * 3 + ["Deze badge is geldig"] * 2  # it could differ

    log_in(page, administrator_of(certificate.organisation))
    page.goto(f"/beheer/certificaten/{certificate.pk}/")
    page.locator("summary", has_text="Trek in").click()
    page.locator("form[action$='/intrekken/'] textarea").fill("De toets was door een ander gemaakt")
    page.get_by_role("button", name="Trek dit certificaat in").click()
    page.get_by_text("is ingetrokken. Wie het controleert").wait_for()
    expect(page.locator(".vw-page__head .vw-tag", has_text="Ingetrokken")).to_be_visible()
    page.goto("/beheer/resultaten/")
    expect(page.locator("tr", has_text=certificate.number).locator(".vw-tag", has_text="Ingetrokken")).to_be_visible()

    assert said() == ["Dit certificaat is ingetrokken"] * 3 + ["Deze badge is ingetrokken"] * 2
    listed = page.request.get(f"/uitgevers/{certificate.organisation.slug}/ingetrokken.json").json()
    assert [entry["id"] for entry in listed["revokedCredentials"]] == [badge.urn]

    mine = page_at(390, reduced_motion="reduce")
    log_in(mine, learner)
    mine.goto("/mijn/certificaten/")
    expect(mine.locator(".vw-tag", has_text="Ingetrokken")).to_be_visible()
    expect(mine.get_by_text("De toets was door een ander gemaakt")).to_be_visible()
    expect(mine.get_by_role("link", name="Badge")).to_have_count(0)
    mine.goto(f"/mijn/certificaten/{certificate.number}/badge/")
    expect(mine.get_by_text("dus er is geen badge van te maken")).to_be_visible()
    mine.goto("/mijn/dossier/")
    expect(mine.get_by_role("heading", name="Ingetrokken certificaten")).to_be_visible()
    expect(mine.locator("#main, main").get_by_text(certificate.number)).to_be_visible()


def test_the_pages_of_badges_and_statements_are_accessible_and_fit_a_phone(page_at, log_in, certificate, learner):
    badge_of(certificate)
    release = course_with_session(completion={"all_of": [{"attended": "bijeenkomst"}, {"lessons_viewed": "all"}]})
    enrolment = EnrolmentFactory(learner=learner, release=release)
    meeting = MeetingFactory(release=release, starts_at=datetime(2026, 6, 8, 7, tzinfo=UTC), ends_at=datetime(2026, 6, 8, 10, tzinfo=UTC))
    add_participant(enrolment=enrolment, meeting=meeting)
    teacher = MembershipFactory(organisation=release.course.organisation, role=Role.TEACHER).user
    mark(meeting=meeting, enrolment=enrolment, present=True, by=teacher)
    page = page_at(1280, reduced_motion="reduce")
    found = {}

    def look(*paths):
        for path in paths:
            page.goto(path)
            lines = violations(page)
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                lines.append("runs off the side")
            if lines:
                found[path] = lines

    page.set_viewport_size({"width": 390, "height": 844})
    look(f"/uitgevers/{certificate.organisation.slug}/", f"/prestaties/{certificate.enrolment.release.uuid}/")
    log_in(page, learner)
    look(f"/mijn/certificaten/{certificate.number}/badge/", "/mijn/certificaten/")
    page.get_by_role("button", name="Maak mijn verklaring").click()
    page.get_by_text("Je deelnameverklaring DV-").wait_for()
    page.set_viewport_size({"width": 1280, "height": 900})
    look("/mijn/certificaten/")
    log_in(page, administrator_of(release.course.organisation))
    look("/beheer/deelnameverklaringen/")
    page.get_by_role("button", name="Maak opnieuw").click()
    page.get_by_text("is gemaakt").wait_for()

    assert found == {}


def test_an_issuer_sees_the_certificate_change_beside_the_form(page_at, log_in, certificate):
    administrator = administrator_of(certificate.organisation)
    page = page_at(1600, reduced_motion="reduce")
    log_in(page, administrator)

    page.goto("/cms/snippets/accreditation/certificatetemplate/add/")
    page.get_by_label("kop in het Nederlands").fill("Bewijs van bekwaamheid")
    page.get_by_role("button", name="Toon/verberg voorvertoning").click()
    frame = page.frame_locator("iframe").last
    frame.locator("img").first.wait_for()
    assert frame.locator("img").first.evaluate("image => image.naturalWidth") > 800
