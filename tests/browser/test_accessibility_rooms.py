"""axe-core finds nothing on the pages behind log-in, on a desktop and on a phone. One story fills them; each role looks at its own."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Organisation, ProfessionalProfile, Register, Role, User
from accreditation.models import Accreditation, Certificate, RegisterRule
from courses.iris import course_iri
from courses.models import Attempt, Meeting, Submission
from courses.work.handing_in import hand_in, save_draft
from lrs.credentials import create
from lrs.forwarding.history import hour_of
from lrs.models import ForwardedErasure, ForwardingHour, ForwardingTarget, HeldStatement, Statement
from tests.browser.test_accessibility import violations
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.courses import released_course
from tests.factories.forwarding import a_target
from tests.journeys.story import Story, accredit, begin_story, publish_course

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private", "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    cache.clear()


# On a phone a table is taken apart: none hides a column to which one would have to scroll.
HIDDEN_BEYOND_THE_EDGE = """[...document.querySelectorAll('.vw-table-wrap')]
    .filter(table => table.scrollWidth > table.clientWidth + 1).map(table => table.ariaLabel)"""


class Scene:
    """A course with one who finished it and one who is half-way, with work that waits for the teacher."""

    def __init__(self) -> None:
        call_command("load_reference")
        register = Register.objects.get(code="kwaliteitsregister-vv")
        # An association, because only there a rule of a register may be changed.
        self.release = publish_course(organisation=OrganisationFactory(kind=Organisation.Kind.ASSOCIATION))
        self.course = self.release.course
        self.organisation = self.course.organisation
        accredit(self.release, register)
        self.finished, self.half_way = begin_story(self.release, register), begin_story(self.release, register)
        for story in (self.finished, self.half_way):
            ProfessionalProfile.objects.create(user=story.enrolment.learner)
        self.finished.enrolment.learner.register_entries.update(section="verpleegkundige")
        self.finished.complete()
        self._half()

    def _half(self) -> None:
        story = self.half_way
        story.take_test(right=False)
        story.begin_test(right=False)
        plan = story.activity("plan")
        save_draft(enrolment=story.enrolment, activity=plan, text="Mijn plan")
        hand_in(enrolment=story.enrolment, activity=plan)
        story.attend()

    def someone(self, role: Role) -> User:
        user: User = MembershipFactory(organisation=self.organisation, role=role).user
        ProfessionalProfile.objects.create(user=user)
        return user


@pytest.fixture
def scene(live_server) -> Scene:
    return Scene()


@pytest.fixture
def look(page_at) -> Callable[..., None]:
    """Open each page and let axe-core judge it, first wide and then narrow."""

    def look(page: Page, paths: list[str]) -> None:
        found: dict[str, Any] = {}
        for path in paths:
            page.set_viewport_size({"width": 1280, "height": 900})
            response = page.goto(path)
            assert response, path
            assert response.status == 200, path
            for width, height in ((1280, 900), (390, 844)):
                page.set_viewport_size({"width": width, "height": height})
                lines = violations(page)
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    lines.append(f"runs off the side: {wide}")
                if width == 390 and (hidden := page.evaluate(HIDDEN_BEYOND_THE_EDGE)):
                    lines.append(f"columns beyond the edge of {hidden}")
                if lines:
                    found[f"{path} at {width}"] = lines
        assert found == {}

    return look


def lesson_of(story: Story, slug: str) -> str:
    return f"/cursus/{story.enrolment.course.slug}/{slug}/"


def test_pages_for_visitors(scene, page_at, look):
    token = Certificate.objects.get().token

    look(
        page_at(1280, reduced_motion="reduce"),
        [
            "/account/login/",
            "/account/signup/",
            "/account/password/reset/",
            "/account/password/reset/done/",
            "/account/confirm-email/",
            "/account/confirm-email/verlopen/",
            "/account/logout/",
            "/cursus/",
            "/cursus/?zoek=niets",
            f"/cursus/{scene.course.slug}/",
            lesson_of(scene.half_way, "vragen-naar-werk"),
            "/verifieer/",
            f"/verifieer/{token}/",
            "/verifieer/verzonnen/",
        ],
    )


def test_pages_of_a_learner(scene, page_at, log_in, look):
    story = scene.half_way
    attempt = Attempt.objects.get(enrolment=story.enrolment, submitted_at=None)
    handed_in = Attempt.objects.get(enrolment=story.enrolment, submitted_at__isnull=False)
    other = released_course().course
    page = page_at(1280, reduced_motion="reduce")
    log_in(page, story.enrolment.learner)
    entry = story.enrolment.learner.register_entries.get()

    look(
        page,
        [
            "/mijn/",
            "/mijn/dossier/",
            "/mijn/certificaten/",
            "/mijn/competenties/",
            "/mijn/inzage/",
            "/mijn/leerrecords/",
            "/mijn/profiel/",
            "/mijn/profiel/begin/",
            "/mijn/profiel/registers/nieuw/",
            f"/mijn/profiel/registers/{entry.pk}/",
            f"/cursus/{scene.course.slug}/",
            lesson_of(story, "vragen-naar-werk"),
            lesson_of(story, "zelf-aan-de-slag"),
            f"/leren/toets/{attempt.uuid}/vraag/1/",
            f"/leren/toets/{attempt.uuid}/overzicht/",
            f"/leren/toets/{handed_in.uuid}/uitslag/",
            f"/leren/meedoen/{other.uuid}/",
            f"/leren/{story.enrolment.uuid}/stoppen/",
            "/account/email/",
            "/account/password/change/",
            "/account/2fa/",
            "/account/sessions/",
            "/account/logout/",
            "/account/reauthenticate/",
        ],
    )


def test_pages_of_a_learner_who_finished(scene, page_at, log_in, look):
    page = page_at(1280, reduced_motion="reduce")
    log_in(page, scene.finished.enrolment.learner)

    look(
        page,
        [
            "/mijn/",
            "/mijn/dossier/",
            "/mijn/certificaten/",
            "/mijn/competenties/",
            "/mijn/inzage/",
            "/mijn/leerrecords/",
            f"/cursus/{scene.course.slug}/",
            lesson_of(scene.finished, "zelf-aan-de-slag"),
        ],
    )


def test_pages_of_a_teacher(scene, page_at, log_in, look):
    page = page_at(1280, reduced_motion="reduce")
    log_in(page, scene.finished.teacher)
    ProfessionalProfile.objects.create(user=scene.finished.teacher)
    meeting, work = Meeting.objects.get(), Submission.objects.get(enrolment=scene.half_way.enrolment)

    look(
        page,
        [
            "/mijn/",
            "/docent/",
            f"/docent/cursus/{scene.course.uuid}/",
            f"/docent/cursus/{scene.course.uuid}/evaluatie/",
            f"/docent/deelnemer/{scene.half_way.enrolment.uuid}/",
            f"/docent/werk/{work.uuid}/",
            "/docent/bijeenkomsten/",
            "/docent/bijeenkomsten/nieuw/",
            f"/docent/bijeenkomsten/{meeting.uuid}/",
            f"/docent/bijeenkomsten/{meeting.uuid}/wijzigen/",
            f"/docent/bijeenkomsten/{meeting.uuid}/presentielijst/",
            "/docent/open-vragen/",
            "/docent/nakijken/",
        ],
    )


def test_pages_of_an_accreditation_administrator(scene, page_at, log_in, look):
    page = page_at(1280, reduced_motion="reduce")
    log_in(page, scene.someone(Role.ACCREDITATION_ADMIN))
    rule = RegisterRule.objects.filter(register__code="kwaliteitsregister-vv").first()

    look(
        page,
        [
            "/mijn/",
            "/beheer/accreditaties/",
            "/beheer/accreditaties/nieuw/",
            f"/beheer/accreditaties/{Accreditation.objects.get().pk}/",
            "/beheer/resultaten/",
            "/beheer/resultaten/?zoek=niemand",
            "/beheer/inzicht/certificaten/",
            "/beheer/inzicht/accreditaties/",
            "/beheer/nummers/",
            f"/beheer/certificaten/{Certificate.objects.get().pk}/",
            "/beheer/registers/",
            f"/beheer/registers/regel/{rule.pk}/",
        ],
    )


def test_pages_of_an_association_administrator_and_an_auditor(scene, page_at, log_in, look):
    create(name="Hulpmiddel", scopes=["statements/write"], organisation=scene.organisation)
    page, other = page_at(1280, reduced_motion="reduce"), page_at(1280, reduced_motion="reduce")
    chair = scene.someone(Role.ASSOCIATION_ADMIN)
    learner = scene.half_way.enrolment.learner
    MembershipFactory(user=learner, organisation=scene.organisation)
    statement = Statement.objects.of_learner(learner.pseudonym).first()
    log_in(page, chair)
    log_in(other, scene.someone(Role.AUDITOR))

    look(
        page,
        [
            "/mijn/",
            "/beheer/leden/",
            f"/beheer/leden/{scene.organisation.slug}/",
            f"/beheer/leden/{scene.organisation.slug}/uitnodigen/",
            f"/beheer/leden/{scene.organisation.slug}/{chair.pk}/",
            "/beheer/toegangssleutels/",
            "/beheer/verwerkingen/",
            "/beheer/leerrecords/",
            "/beheer/leerrecords/?persoon=niemand",
            "/beheer/leerrecords/?persoon=e&activiteit=e",
            f"/beheer/leerrecords/?live={int(time.time())}",
            f"/beheer/leerrecords/?persoon={learner.pseudonym}&cursus={course_iri(scene.course.uuid)}",
            f"/beheer/leerrecords/{statement.uuid}/",
        ],
    )
    look(other, ["/mijn/", "/beheer/audit/", "/beheer/resultaten/", "/beheer/leerrecords/"])


def test_pages_about_forwarding(scene, page_at, log_in, look, settings):
    settings.LRS_PROJECTIONS = []
    manager = scene.someone(Role.ASSOCIATION_ADMIN)
    fields = {"organisation": scene.organisation, "reach": ForwardingTarget.Reach.TOOLS}
    well = a_target(name="Leerplatform Noord", verbs=["http://adlnet.gov/expapi/verbs/completed"], **fields)
    ForwardingHour.objects.create(target=well, hour=hour_of(timezone.now()), sent=120, failures=1)
    stopped = a_target(name="Oud platform", state="paused", reason="key_refused", last_status=401, last_answer="geen toegang", **fields)
    statement = Statement.objects.order_by("sequence").first()
    held = HeldStatement.objects.create(
        target=well,
        sequence=statement.sequence,
        person=statement.actor_digest,
        state="refused",
        since=timezone.now(),
        status=400,
        answer="nee",
    )
    erasure = ForwardedErasure.objects.create(target=well, created_at=timezone.now(), ids=str(statement.uuid))
    page = page_at(1280, reduced_motion="reduce")
    log_in(page, manager)

    look(
        page,
        [
            "/beheer/doorsturen/",
            "/beheer/doorsturen/nieuw/",
            f"/beheer/doorsturen/{well.pk}/",
            f"/beheer/doorsturen/{stopped.pk}/",
            f"/beheer/doorsturen/{well.pk}/wijzigen/",
            f"/beheer/doorsturen/{well.pk}/onbestelbaar/",
            f"/beheer/doorsturen/{well.pk}/onbestelbaar/{held.pk}/",
            f"/beheer/doorsturen/{well.pk}/wissen/{erasure.uuid}/",
        ],
    )
