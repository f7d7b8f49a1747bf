"""Who may open which address: one row for every address of ours, one group for each third party's.

An address that is not here fails `test_permission_matrix`. To add one, put a row in ADDRESSES:

    "rooms:page": only("teacher", course=lambda world: world.release.course.uuid),

- `everyone()`          visitors too
- `logged_in()`         everyone who logged in; visitors are asked to
- `only("teacher", …)`  these roles in the world's organisation, and the superuser; others get 403 (or `others="404"`)
- `mine()`              the learner, whose thing it is; others get 404, the superuser too unless `superuser="yes"`
- `nothing_there()`     an address with a made-up key: nobody learns anything from it
- `editor("author", …)` a page of ours in the editor
- `tool()`              for tools with a key of their own; people without one get 401

Keyword arguments are the arguments of the address: a value, or a function of the world. `method="post"` asks with an empty form.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from accounts import editors
from accounts.models import Invitation, Organisation, RegisterSection, Role, User
from accreditation.badges.making import badge_of
from accreditation.dossiers import packing, sharing
from accreditation.evidence import applications, files, keeping
from accreditation.models import (
    Application,
    AttendanceLine,
    AttendanceList,
    AttendanceStatement,
    BigCheck,
    BulkAction,
    Certificate,
    CertificateTemplate,
    DossierIntake,
    DossierPackage,
    DossierShare,
    Draft,
    Evidence,
    EvidenceKind,
    Job,
    KnownAnswer,
    Leave,
    NumberClaim,
    PointCategory,
    Report,
    ReportCall,
    ReportingTerm,
)
from accreditation.simulation import contents, reckoning
from cms.models import ToolPage
from courses.h5p.embed import token_for
from courses.meetings.booking import book
from courses.models import Answer, Attempt, Enrolment, H5PContent, H5PLibrary, Meeting, Release, Submission
from courses.questions import attempts
from courses.work.handing_in import hand_in, save_draft
from lrs import access_export, credentials, erasure_requests, holds, importing, privacy_cases, retention
from lrs.models import Attachment, Erasure, ForwardedErasure, ForwardingTarget, HeldStatement, LegalHold, RetentionRule, Source
from lrs.store import append
from lrs.subjects import subject_of
from tests.accreditation.evidence_files import a_photo
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import EvidenceKindFactory, PointCategoryFactory, RegisterRuleFactory, accredited, satisfy
from tests.factories.cms import make_tool
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course
from tests.factories.forwarding import a_target
from tests.factories.lrs import a_kept_file, a_statement
from tests.factories.meetings import MeetingFactory, course_with_session
from tests.factories.questions import make_question, released_test
from tests.factories.reports import a_connection
from tests.factories.work import REFLECTION
from tests.journeys.story import Story, begin_story, publish_course

ROLES = ["anonymous", *(role.value for role in Role), "superuser"]


class World:
    """One organisation with someone in every role, and a learner who is half-way in its course. Made as far as a row asks for it."""

    @cached_property
    def organisation(self) -> Organisation:
        """An association, because only there a rule of a register may be changed."""
        organisation = self.release.course.organisation
        organisation.kind = Organisation.Kind.ASSOCIATION
        organisation.save()
        return organisation

    @cached_property
    def release(self) -> Release:
        return course_with_session()

    @cached_property
    def meeting(self) -> Meeting:
        return MeetingFactory(release=self.release)

    @cached_property
    def enrolment(self) -> Enrolment:
        return EnrolmentFactory(learner=self.person("learner"), release=self.release)

    @cached_property
    def story(self) -> Story:
        """The learner half-way in a course with an activity of every kind, their plan handed in with a file."""
        story = begin_story(publish_course(organisation=self.organisation), learner=self.person("learner"))
        plan = story.activity("plan")
        work = save_draft(enrolment=story.enrolment, activity=plan, text="Mijn plan")
        work.file.save("plan.txt", ContentFile(b"Mijn plan"))
        hand_in(enrolment=story.enrolment, activity=plan)
        return story

    @cached_property
    def section(self) -> RegisterSection:
        return RegisterSection.objects.create(register=RegisterFactory(), code="verzorgende", name="Verzorgende")

    @cached_property
    def category(self) -> PointCategory:
        return PointCategoryFactory()

    @cached_property
    def certificate(self) -> Certificate:
        """Of the learner, for a course of the organisation."""
        satisfy(self.enrolment)
        return Certificate.objects.get()

    @cached_property
    def evidence(self) -> Evidence:
        """Of the learner, with a file."""
        learner = self.person("learner")
        return keeping.begin(owner=learner, checked=files.check(a_photo(), owner=learner))

    @cached_property
    def application(self) -> Application:
        """Of the learner, for a register period."""
        entry = RegisterEntryFactory(user=self.person("learner"))
        return applications.apply(entry=entry, first_day=date(2022, 1, 1), last_day=date(2026, 12, 31), frozen=dict)

    @cached_property
    def package(self) -> DossierPackage:
        """The learner's dossier, packed."""
        ordered = packing.order(owner=self.person("learner"))
        packing.make_now(ordered.pk)
        return ordered

    @cached_property
    def share(self) -> tuple[DossierShare, str]:
        """A link into the learner's dossier."""
        register = RegisterRuleFactory().register
        entry = RegisterEntryFactory(
            user=self.person("learner"), register=register, period_start=date(2022, 1, 1), period_end=date(2099, 12, 31)
        )
        return sharing.share(entry=entry, reader="Beoordelaar", days=14)

    @cached_property
    def evidence_kind(self) -> EvidenceKind:
        return EvidenceKindFactory()

    @cached_property
    def document(self) -> int:
        """That file."""
        return self.evidence.documents.get().pk

    @cached_property
    def report(self) -> Report:
        """The learner in a file for a register that the organisation reports to by hand."""
        accreditation = accredited(release=self.release, register=RegisterFactory(pe_online_org_id=52))
        connection = a_connection(accreditation, transport="list")
        now = timezone.now()
        call = ReportCall.objects.create(connection=connection, transport="list", rows=1, sent_at=now)
        return Report.objects.create(
            connection=connection,
            learner=self.person("learner"),
            accreditation=accreditation,
            number="123456",
            end_date=now,
            state="sent",
            call=call,
            queued_at=now,
        )

    @cached_property
    def big_check(self) -> BigCheck:
        """A number of the learner's, of which the register says something else."""
        now = timezone.now()
        return BigCheck.objects.create(person=self.person("learner"), number="19012345630", state=BigCheck.State.REVIEW, ordered_at=now)

    @cached_property
    def big_question(self) -> BigCheck:
        """A number about which the learner was asked something."""
        now, asked = timezone.now(), BigCheck.State.ASKED
        person = self.person("learner")
        return BigCheck.objects.create(
            person=person, number="19012345631", state=asked, ordered_at=now, decided_at=now, reason="Klopt dit?"
        )

    @cached_property
    def number_claim(self) -> NumberClaim:
        """The learner asks for a number that nobody else holds any more."""
        return NumberClaim.objects.create(person=self.person("learner"), register=RegisterFactory(), number="19012345630")

    @cached_property
    def questions(self) -> Attempt:
        """The learner's attempt at a test with one open question, handed in."""
        activity = released_test("open", course=CourseFactory(organisation=self.organisation))
        enrolment = EnrolmentFactory(learner=self.person("learner"), release=activity.release)
        attempt = attempts.start(enrolment=enrolment, activity=activity)
        attempts.save_answer(attempt=attempt, position=1, data={"antwoord": ["Naar het werk"]})
        return attempts.hand_in(attempt=attempt)

    @cached_property
    def practice(self) -> Enrolment:
        activity = released_test("single_choice", course=CourseFactory(organisation=self.organisation), mode="practice")
        return EnrolmentFactory(learner=self.person("learner"), release=activity.release)

    @cached_property
    def launched(self) -> Enrolment:
        """In a course with an exercise on another site."""
        exercise = {"key": "simulator", "kind": "launch", "settings": {"address": "https://simulator.example/"}}
        release = released_course(activities=[exercise], course=CourseFactory(organisation=self.organisation))
        return EnrolmentFactory(learner=self.person("learner"), release=release)

    @cached_property
    def booked(self) -> Meeting:
        """Where the learner has a place."""
        book(enrolment=self.enrolment, meeting=self.meeting)
        return self.meeting

    @cached_property
    def invitation(self) -> Invitation:
        """To the learner."""
        return Invitation.objects.create(
            organisation=self.organisation,
            email=self.person("learner").email,
            role=Role.TEACHER,
            invited_by=self.person("association_admin"),
            valid_until=timezone.now() + timedelta(days=1),
        )

    @cached_property
    def attachment(self) -> Attachment:
        """Kept with a statement."""
        return a_kept_file(b"Een bijlage")

    @cached_property
    def target(self) -> ForwardingTarget:
        """Another store, to which the organisation forwards."""
        return a_target(organisation=self.organisation, reach=ForwardingTarget.Reach.TOOLS, state=ForwardingTarget.State.PAUSED)

    @cached_property
    def undelivered(self) -> HeldStatement:
        """What it refused."""
        person = uuid.uuid4()
        return HeldStatement.objects.create(
            target=self.target, sequence=1, person=person, state=HeldStatement.State.REFUSED, since=timezone.now(), answer="nee"
        )

    @cached_property
    def erasure(self) -> ForwardedErasure:
        """What has to be erased there."""
        return ForwardedErasure.objects.create(target=self.target, created_at=timezone.now(), ids=str(uuid.uuid4()))

    @cached_property
    def tool(self) -> ToolPage:
        return make_tool()

    @cached_property
    def people(self) -> dict[str, User]:
        return {}

    def person(self, role: str, organisation: Organisation | None = None) -> User:
        key = f"{role}@{organisation.pk if organisation else 'here'}"
        if key not in self.people:
            superuser = role == "superuser"
            user = UserFactory(is_superuser=superuser, is_staff=superuser)
            if not superuser:
                MembershipFactory(user=user, organisation=organisation or self.organisation, role=role)
                editors.make_groups()
                editors.keep_groups_in_step(user)
            self.people[key] = user
        return self.people[key]

    @cached_property
    def elsewhere(self) -> Organisation:
        return OrganisationFactory()


@dataclass(frozen=True)
class Row:
    """What each role gets: "yes" (the page, a form's answer, a redirect onward), "login", or a status that refuses."""

    outcomes: dict[str, str]
    arguments: dict[str, Any] = field(default_factory=dict)
    method: str = "get"
    # What someone with the same role in another organisation gets; None when the address is not about an organisation.
    elsewhere: str | None = None

    def address_arguments(self, world: World) -> dict[str, Any]:
        return {name: value(world) if callable(value) else value for name, value in self.arguments.items()}


def _row(outcomes: dict[str, str], method: str, elsewhere: str | None, arguments: dict[str, Any]) -> Row:
    return Row(outcomes=outcomes, arguments=arguments, method=method, elsewhere=elsewhere)


def everyone(*, method: str = "get", **arguments: Any) -> Row:
    return _row(dict.fromkeys(ROLES, "yes"), method, None, arguments)


def logged_in(*, method: str = "get", **arguments: Any) -> Row:
    return _row({**dict.fromkeys(ROLES, "yes"), "anonymous": "login"}, method, None, arguments)


def only(*roles: str, others: str = "403", method: str = "get", elsewhere: str | None = None, **arguments: Any) -> Row:
    yes = dict.fromkeys([*roles, "superuser"], "yes")
    return _row({**dict.fromkeys(ROLES, others), "anonymous": "login", **yes}, method, elsewhere, arguments)


def mine(*, superuser: str = "404", method: str = "get", **arguments: Any) -> Row:
    return _row({**dict.fromkeys(ROLES, "404"), "anonymous": "login", "learner": "yes", "superuser": superuser}, method, None, arguments)


def nothing_there(*, anonymous: str = "login", refused: str = "404", method: str = "get", **arguments: Any) -> Row:
    return _row({**dict.fromkeys(ROLES, refused), "anonymous": anonymous}, method, None, arguments)


def editor(
    *roles: str,
    others: str = "403",
    issuer: str = "",
    superuser: str = "yes",
    method: str = "get",
    elsewhere: str | None = None,
    **arguments: Any,
) -> Row:
    """A page of ours within Wagtail: who is in none of its groups is sent back to its log-in, other editors get `others`.

    `issuer` is for an accreditation administrator, who makes certificate templates and no courses, where that differs.
    """
    inside = {
        **dict.fromkeys(("author", "association_admin", "accreditation_admin"), others),
        **dict.fromkeys(roles, "yes"),
        "superuser": superuser,
    }
    if issuer:
        inside["accreditation_admin"] = issuer
    return _row({**dict.fromkeys(ROLES, "login"), **inside}, method, elsewhere, arguments)


def tool(*, method: str = "get", **arguments: Any) -> Row:
    return _row(dict.fromkeys(ROLES, "401"), method, None, arguments)


NOBODY = uuid.UUID(int=0)


def _entry(world: World) -> int:
    return RegisterEntryFactory(user=world.person("learner")).pk


def _organisation(world: World) -> str:
    return world.organisation.slug


def _meeting(world: World) -> uuid.UUID:
    return world.meeting.uuid


def _meeting_of_learner(world: World) -> uuid.UUID:
    return MeetingFactory(release=world.enrolment.release).uuid


def _attendance_of(world: World) -> AttendanceStatement:
    enrolment = world.certificate.enrolment
    found, _made = AttendanceStatement.objects.get_or_create(
        enrolment=enrolment,
        replaces=None,
        defaults={
            "learner": enrolment.learner,
            "organisation": enrolment.course.organisation,
            "number": "DV-2026-000001",
            "attended_until": timezone.localdate(),
            "made_by": enrolment.learner,
            "snapshot": _ATTENDED,
        },
    )
    return found


_ATTENDED = {
    "language": "nl",
    "name": "Demo",
    "numbers": [],
    "course": {"title": "Cursus", "release": 1},
    "organisation": "Organisatie",
    "issuer": "Vakwijs",
    "id_numbers": [],
    "meetings": [],
    "hours": "1.00",
    "accredited": False,
    "demo": True,
    "template": {"logo": "", "signatories": []},
}


def _my_attendance(world: World) -> str:
    return str(_attendance_of(world).number)


def _attendance_statement(world: World) -> int:
    return _attendance_of(world).pk


def _attended(world: World) -> int:
    return world.certificate.enrolment_id


_ISSUERS = ("accreditation_admin", "association_admin")


def _template(world: World) -> int:
    found, _made = CertificateTemplate.objects.get_or_create(organisation=world.organisation, course=None)
    return found.pk


def _badge_issuer(world: World) -> str:
    return badge_of(world.certificate).proof_key.organisation.slug


def _badge_key(world: World) -> str:
    return badge_of(world.certificate).token_key.name


def _badge_release(world: World) -> uuid.UUID:
    return badge_of(world.certificate).certificate.enrolment.release.uuid


def _accreditation(world: World) -> int:
    return accredited(release=world.release).pk


def _attendance_list(world: World) -> int:
    by = world.person("teacher")
    return AttendanceList.objects.create(meeting=world.meeting, organisation=world.organisation, name="lijst.csv", made_by=by).pk


def _attendance_line(world: World) -> int:
    kept = _attendance_list(world)
    AttendanceList.objects.filter(pk=kept).update(confirmed_at=timezone.now())
    return AttendanceLine.objects.create(list_id=kept, line=1, number="123456", state="unknown").pk


def _bulk(world: World) -> int:
    return BulkAction.objects.create(kind="revoke", asked_by=world.person("accreditation_admin"), organisation=world.organisation).pk


def _job(world: World) -> int:
    return Job.objects.create(kind="award-missing", organisation=world.organisation).pk


def _job_with_file(world: World) -> int:
    place = storages["private"].save("exports/matrix.xlsx", ContentFile(b"PK"))
    parameters, result = {"place": place, "name": "resultaten.xlsx"}, {"href": "/"}
    return Job.objects.create(kind="results-file", organisation=world.organisation, state="done", parameters=parameters, result=result).pk


def _leave(world: World) -> int:
    return Leave.objects.create(user=world.person("learner"), kind="birth", first_day=date(2025, 1, 1), last_day=date(2025, 3, 1)).pk


def _draft(world: World) -> int:
    """A change of an accreditation of the organisation, reckoned through."""
    accreditation = accredited(release=world.release)
    content = {**contents.of_accreditation(accreditation), "with_awards": True}
    made_by = world.person("accreditation_admin")
    draft = Draft.objects.create(register=accreditation.register, accreditation=accreditation, content=content, made_by=made_by)
    reckoning.start(draft=draft, asked_by=made_by, organisation=world.organisation)
    return draft.pk


def _connection(world: World) -> int:
    return world.report.connection_id


def _report(world: World) -> int:
    return world.report.pk


def _report_file(world: World) -> int:
    return world.report.call_id or 0


def _term(world: World) -> int:
    return ReportingTerm.objects.get_or_create(register=RegisterFactory())[0].pk


def _answer(world: World) -> int:
    return KnownAnswer.objects.get_or_create(words="bestaat niet", defaults={"cause": "Onbekend", "mend": "number"})[0].pk


def _rule(world: World) -> int:
    return RegisterRuleFactory().pk


def _course_page(world: World) -> int:
    return world.release.course.pk


def _course(world: World) -> uuid.UUID:
    return world.release.course.uuid


def _enrolment(world: World) -> uuid.UUID:
    return world.enrolment.uuid


def _first_lesson(world: World) -> uuid.UUID:
    return world.release.lessons.order_by("order")[0].uuid


def _question(world: World) -> int:
    return make_question(organisation=world.organisation).pk


def _privacy_case(world: World) -> uuid.UUID:
    """Opened by the association's administrator, about the learner."""
    return privacy_cases.open_case(by=world.person("association_admin"), person=world.person("learner")).uuid


def _records_export(world: World) -> uuid.UUID:
    person = world.person("learner")
    export = access_export.order(subject=subject_of(person), person=person, by=person)
    access_export.make_now(export.pk)
    return export.uuid


def _hold(world: World) -> int:
    by = world.person("association_admin")
    return holds.place(kind=LegalHold.Kind.PERSON, reason="Klacht", by=by, person=world.person("learner")).pk


def _erasure(world: World) -> uuid.UUID:
    return Erasure.objects.create(asked_by=world.person("association_admin"), reason="Op verzoek", state=Erasure.State.DONE).uuid


def _retention_rule(world: World) -> RetentionRule:
    return retention.add_rule(name="Video", months=12, by=world.person("superuser"), source="tool")


def _retention_run(world: World) -> uuid.UUID:
    return retention.count(_retention_rule(world), by=world.person("superuser")).uuid


def _credential(world: World) -> int:
    return credentials.create(name="Oefenapp", scopes=["all"], organisation=world.organisation)[0].pk


def _statement(world: World) -> uuid.UUID:
    return append([a_statement(world.person("learner").pseudonym)], source=Source.SERVER)[0]


def _statement_with_attachment(world: World) -> uuid.UUID:
    attachment = {
        "usageType": "https://voorbeeld.example/bijlage",
        "display": {"nl": "Bijlage"},
        "contentType": "text/plain",
        "length": world.attachment.size,
        "sha2": world.attachment.sha2,
    }
    return append([a_statement(world.person("learner").pseudonym, attachments=[attachment])], source=Source.SERVER)[0]


def _target(world: World) -> int:
    return world.target.pk


def _import(world: World) -> int:
    return importing.from_path(None, name="Oud systeem", organisation=world.organisation).pk


def _member(world: World) -> int:
    return world.person("learner").pk


def _of_story(key: str) -> Callable[[World], uuid.UUID]:
    return lambda world: world.story.activity(key).uuid


def _story(world: World) -> uuid.UUID:
    return world.story.enrolment.uuid


def _attempt(world: World) -> uuid.UUID:
    open_attempt = Attempt.objects.filter(enrolment=world.story.enrolment).first() or world.story.begin_test(right=True)
    return open_attempt.uuid


def _practice_activity(world: World) -> uuid.UUID:
    return world.practice.release.activities.get().uuid


def _submission(world: World) -> uuid.UUID:
    return Submission.objects.get(enrolment=world.story.enrolment).uuid


def _open_answer(world: World) -> int:
    return Answer.objects.get(question__attempt=world.questions).pk


def _exercise(world: World) -> H5PContent:
    assert world.story
    return H5PContent.objects.get()


def _library(world: World) -> int:
    assert world.story
    return H5PLibrary.objects.order_by("pk")[0].pk


def _library_hash(world: World) -> str:
    assert world.story
    return H5PLibrary.objects.filter(machine_name="Vakwijs.Base").get().hash


def _exercise_token(world: World) -> str:
    version = _exercise(world).latest
    assert version
    return token_for(version)


def _reflection(world: World) -> uuid.UUID:
    release = released_course(course=CourseFactory(organisation=world.organisation), activities=[REFLECTION])
    EnrolmentFactory(learner=world.person("learner"), release=release)
    return release.activities.get().uuid


def _certificate(world: World) -> int:
    return world.certificate.pk


def _register_of_work(world: World) -> str:
    kind = EvidenceKindFactory(form=EvidenceKind.Form.WORK, category=None)
    RegisterEntryFactory(user=world.person("learner"), register=kind.register)
    return kind.register.code


def _evidence(world: World) -> uuid.UUID:
    return world.evidence.uuid


def _document(world: World) -> int:
    return world.document


def _application(world: World) -> uuid.UUID:
    return world.application.uuid


def _package(world: World) -> uuid.UUID:
    return world.package.uuid


NO_ITEMS = {"installation": "https://elders.example", "name": "", "person": "", "trust": "unknown", "by": "", "items": []}

ADDRESSES: dict[str, Row] = {
    # config
    "healthz": everyone(),
    "readyz": everyone(),
    # accounts
    "accounts:profile": logged_in(),
    "accounts:profile_start": logged_in(),
    "accounts:register_entry_add": logged_in(),
    "accounts:register_entry_change": mine(pk=_entry),
    "accounts:register_entry_remove": mine(pk=_entry, method="post"),
    "accounts:access_log": logged_in(),
    "accounts:invitation": logged_in(uuid=lambda world: world.invitation.uuid),  # who may answer it is told there
    "accounts:organisations": only("association_admin"),
    "accounts:members": only("association_admin", elsewhere="404", organisation=_organisation),
    "accounts:invite_member": only("association_admin", elsewhere="404", organisation=_organisation),
    "accounts:member": only("association_admin", elsewhere="404", organisation=_organisation, pk=_member),
    "accounts:audit": only("auditor"),
    "accounts:audit_export": only("auditor"),
    "openid_connect_callback": nothing_there(anonymous="404", provider_id="onbekend"),
    # lrs: for tools; a browser's session opens nothing here
    "xapi:about": everyone(),
    "xapi:1.0.3/about": everyone(),
    "xapi:oauth_token": everyone(method="post"),  # gives nothing without a key: tests/lrs/test_tokens.py
    "xapi:launch_fetch": everyone(method="post"),  # gives nothing without a launch
    **{
        f"xapi:{version}{resource}": tool()
        for version in ("", "1.0.3/")
        for resource in ("statements", "activities/state", "activities/profile", "agents/profile", "activities", "agents")
    },
    # cms
    "cms:choose_language": everyone(method="post"),
    "cms:search": everyone(),
    "cms:tool_used": everyone(pk=lambda world: world.tool.pk, method="post"),
    "cms:patterns": everyone(),
    # courses
    "courses:course": everyone(course_slug=lambda world: world.release.course.slug),
    "courses:lesson": everyone(course_slug=lambda world: world.release.course.slug, lesson_slug="les-1"),
    "courses:join": logged_in(course=_course),
    "courses:leave": mine(enrolment=_enrolment),
    "courses:finish_lesson": mine(enrolment=_enrolment, lesson=_first_lesson, method="post"),
    "courses:due_for_review": logged_in(),
    "courses:begin_test": mine(enrolment=_story, activity=_of_story("eindtoets"), method="post"),
    "courses:attempt": mine(attempt=_attempt),
    "courses:attempt_question": mine(attempt=_attempt, position=1),
    "courses:attempt_overview": mine(attempt=_attempt),
    "courses:attempt_hand_in": mine(attempt=_attempt, method="post"),
    "courses:attempt_result": mine(attempt=lambda world: world.questions.uuid),
    "courses:practise": mine(enrolment=lambda world: world.practice.uuid, activity=_practice_activity, position=1, method="post"),
    "courses:practise_again": mine(enrolment=lambda world: world.practice.uuid, activity=_practice_activity, method="post"),
    "courses:open_answers": only("teacher", "supervisor"),
    "courses:judge_open_answer": only("teacher", "supervisor", elsewhere="404", answer=_open_answer),
    "launched:start": mine(activity=lambda world: world.launched.release.activities.get().uuid, method="post"),
    # meetings of courses
    "meetings:book": mine(meeting=_meeting_of_learner, method="post"),
    "meetings:cancel": mine(meeting=_meeting_of_learner, method="post"),
    "meetings:calendar": mine(meeting=lambda world: world.booked.uuid),
    "meetings:meetings": only("teacher"),
    "meetings:new": only("teacher"),
    "meetings:meeting": only("teacher", elsewhere="404", meeting=_meeting),
    "meetings:edit": only("teacher", elsewhere="404", meeting=_meeting),
    "meetings:call_off": only("teacher", elsewhere="404", meeting=_meeting, method="post"),
    "meetings:list": only("teacher", elsewhere="404", meeting=_meeting),
    "meetings:mark": only("teacher", elsewhere="404", meeting=_meeting, method="post"),
    "meetings:mark_all": only("teacher", elsewhere="404", meeting=_meeting, method="post"),
    "meetings:add": only("teacher", elsewhere="404", meeting=_meeting, method="post"),
    # H5P in courses (the token in an address is the right to see it)
    "courses:h5p:embed": everyone(token=_exercise_token),
    "courses:h5p:library_file": everyone(hash=_library_hash, path="library.json"),
    "courses:h5p:content_file": nothing_there(anonymous="404", token="verzonnen", path="a.png"),
    "courses:h5p:statements": mine(enrolment=_story, activity=_of_story("oefening"), method="post"),
    "courses:h5p:state": mine(enrolment=_story, activity=_of_story("oefening")),
    # competencies
    "competencies:mine": logged_in(),
    # accreditation
    "accreditation:my_dossier": logged_in(),
    "accreditation:my_evidence": logged_in(),
    "accreditation:new_evidence": logged_in(),
    "accreditation:new_evidence_without_file": logged_in(),
    "accreditation:new_work_hours": mine(register=_register_of_work),
    "accreditation:evidence": mine(uuid=_evidence),
    "accreditation:evidence_document": mine(uuid=_evidence, pk=_document),
    "accreditation:withdraw_evidence": mine(uuid=_evidence, method="post"),
    "accreditation:put_back_evidence": mine(uuid=_evidence, method="post"),
    "accreditation:discard_evidence": mine(uuid=_evidence, method="post"),
    "accreditation:new_application": mine(pk=_entry),
    "accreditation:application": mine(uuid=_application),
    "accreditation:withdraw_application": mine(uuid=_application, method="post"),
    "accreditation:take_along": logged_in(),
    "accreditation:my_paper": logged_in(),
    "accreditation:my_package": mine(uuid=_package),
    "accreditation:verify_dossier": everyone(),
    "accreditation:dossier_keys": everyone(),
    "accreditation:take_over": logged_in(),
    "accreditation:intake": mine(uuid=lambda world: DossierIntake.objects.create(owner=world.person("learner"), report=NO_ITEMS).uuid),
    "accreditation:my_shares": logged_in(),
    "accreditation:stop_share": mine(uuid=lambda world: world.share[0].uuid, method="post"),
    "accreditation:shared": everyone(token=lambda world: world.share[1]),  # who holds the link; others: tests/accreditation/test_sharing.py
    "accreditation:shared_certificate": nothing_there(anonymous="404", token="geen", number="VW-2026-000001"),
    "accreditation:shared_check": nothing_there(anonymous="404", token="geen", number="VW-2026-000001"),
    "accreditation:shared_document": nothing_there(anonymous="404", token="geen", pk=1),
    "accreditation:my_certificates": logged_in(),
    "accreditation:claim_points": logged_in(register=lambda world: RegisterFactory().code, method="post"),  # one's own points
    "accreditation:my_certificate_pdf": mine(number=lambda world: world.certificate.number),
    "accreditation:my_attendance_ask": mine(enrolment=lambda world: world.certificate.enrolment.uuid, method="post"),
    "accreditation:my_attendance_pdf": mine(number=_my_attendance),
    "accreditation:attendance_overview": only("accreditation_admin"),
    "accreditation:attendance_issue": only("accreditation_admin", others="404", elsewhere="404", enrolment=_attended, method="post"),
    "accreditation:attendance_pdf": only("accreditation_admin", others="404", elsewhere="404", pk=_attendance_statement),
    "accreditation:attendance_revoke": only("accreditation_admin", others="404", elsewhere="404", pk=_attendance_statement, method="post"),
    "accreditation:my_badge": mine(number=lambda world: world.certificate.number),
    "accreditation:my_badge_file": mine(number=lambda world: world.certificate.number, kind="json"),
    # What an issuer publishes is for everyone, once somebody holds a badge of it.
    "accreditation:installation_did": everyone(),
    "accreditation:all_keys": everyone(),
    "accreditation:issuer": everyone(slug=_badge_issuer),
    "accreditation:issuer_did": everyone(slug=_badge_issuer),
    "accreditation:issuer_keys": everyone(slug=_badge_issuer),
    "accreditation:issuer_key": everyone(slug=_badge_issuer, name=_badge_key),
    "accreditation:issuer_revocations": everyone(slug=_badge_issuer),
    "accreditation:achievement": everyone(release=_badge_release),
    "accreditation:achievement_picture": everyone(release=_badge_release),
    "accreditation:verify": everyone(),
    "accreditation:verify_file": everyone(method="post"),
    "accreditation:verify_token": everyone(token=lambda world: world.certificate.token),
    "accreditation:accreditations": only("accreditation_admin"),
    "accreditation:new_accreditation": only("accreditation_admin"),
    "accreditation:accreditation": only("accreditation_admin", elsewhere="404", pk=_accreditation),
    "accreditation:editions": only("accreditation_admin", others="404", elsewhere="404", pk=_accreditation),
    "accreditation:award_missing": only("accreditation_admin", others="404", elsewhere="404", pk=_accreditation, method="post"),
    "accreditation:export": only(
        "accreditation_admin", "auditor", others="404", elsewhere="404", pk=_accreditation, kind="csv", method="post"
    ),
    "accreditation:results": only("accreditation_admin", "auditor"),
    "accreditation:certificates": everyone(),
    "accreditation:certificate": only("accreditation_admin", "auditor", elsewhere="404", pk=_certificate),
    "accreditation:certificate_pdf": only("accreditation_admin", elsewhere="404", pk=_certificate),
    "accreditation:revoke": only("accreditation_admin", elsewhere="404", pk=_certificate, method="post"),
    "accreditation:reissue": only("accreditation_admin", elsewhere="404", pk=_certificate, method="post"),
    "accreditation:awards": only("accreditation_admin", "auditor"),
    "accreditation:keep_view": only("accreditation_admin", "auditor", table="resultaten", method="post"),
    "accreditation:drop_view": nothing_there(pk=0, method="post"),
    "accreditation:bulk_begin": only("accreditation_admin", method="post"),
    "accreditation:bulk": only("accreditation_admin", others="404", elsewhere="404", pk=_bulk),
    "accreditation:bulk_confirm": only("accreditation_admin", others="404", elsewhere="404", pk=_bulk, method="post"),
    "accreditation:bulk_undo": only("accreditation_admin", others="404", elsewhere="404", pk=_bulk, method="post"),
    "accreditation:attendance_lists": only("teacher", "accreditation_admin"),
    "accreditation:attendance_list": only("teacher", "accreditation_admin", elsewhere="404", pk=_attendance_list),
    "accreditation:confirm_list": only("teacher", "accreditation_admin", elsewhere="404", pk=_attendance_list, method="post"),
    "accreditation:discard_list": only("teacher", "accreditation_admin", elsewhere="404", pk=_attendance_list, method="post"),
    "accreditation:settle_not_enrolled": only("teacher", "accreditation_admin", elsewhere="404", pk=_attendance_list, method="post"),
    "accreditation:list_report": only("teacher", "accreditation_admin", elsewhere="404", pk=_attendance_list, method="post"),
    "accreditation:look_again": only("teacher", "accreditation_admin", elsewhere="404", pk=_attendance_list, method="post"),
    "accreditation:unresolved": only("teacher", "accreditation_admin"),
    "accreditation:settle_line": only("teacher", "accreditation_admin", elsewhere="404", pk=_attendance_line, method="post"),
    "accreditation:jobs": only("teacher", "accreditation_admin", "auditor"),
    "accreditation:job_file": only("accreditation_admin", "auditor", others="404", elsewhere="404", pk=_job_with_file),
    "accreditation:job": only("accreditation_admin", others="404", elsewhere="404", pk=_job),
    "accreditation:stop_job": only("accreditation_admin", others="404", elsewhere="404", pk=_job, method="post"),
    "accreditation:continue_job": only("accreditation_admin", others="404", elsewhere="404", pk=_job, method="post"),
    "accreditation:numbers": only("accreditation_admin"),
    "accreditation:number": only("accreditation_admin", elsewhere="404", pk=lambda world: world.big_check.pk),
    "accreditation:number_claim": only("accreditation_admin", elsewhere="404", pk=lambda world: world.number_claim.pk),
    "accreditation:answer_number": mine(pk=lambda world: world.big_question.pk),
    "accreditation:insight": only("accreditation_admin", "association_admin"),
    "accreditation:insight_report": only("accreditation_admin", "association_admin", key="certificaten"),
    "accreditation:insight_export": only("accreditation_admin", "association_admin", key="certificaten", kind="csv", method="post"),
    "accreditation:reporting": only("accreditation_admin", "auditor"),
    "accreditation:reports": only("accreditation_admin", "auditor"),
    "accreditation:act_on_reports": only("accreditation_admin", method="post"),
    "accreditation:export_reports": only("accreditation_admin", "auditor", kind="csv", method="post"),
    "accreditation:report": only("accreditation_admin", "auditor", elsewhere="404", pk=_report),
    "accreditation:act_on_report": only("accreditation_admin", elsewhere="404", pk=_report, method="post"),
    "accreditation:reports_to_tell": only("accreditation_admin", "auditor"),
    "accreditation:new_register_connection": only("accreditation_admin"),
    "accreditation:register_connection": only("accreditation_admin", elsewhere="404", pk=_connection),
    "accreditation:act_on_register_connection": only("accreditation_admin", elsewhere="404", pk=_connection, method="post"),
    "accreditation:queue_reports": only("accreditation_admin", elsewhere="404", pk=_connection),
    "accreditation:make_report_file": only("accreditation_admin", elsewhere="404", pk=_connection, method="post"),
    "accreditation:settle_report_file": only("accreditation_admin", elsewhere="404", pk=_connection, call=_report_file, method="post"),
    "accreditation:report_file": only("accreditation_admin", elsewhere="404", pk=_connection, call=_report_file, kind="csv", method="post"),
    "accreditation:compare_reports": only("accreditation_admin", elsewhere="404", pk=_connection),
    "accreditation:reporting_terms": only("accreditation_admin"),
    "accreditation:reporting_term": only("accreditation_admin", pk=_term),
    "accreditation:new_known_answer": only("accreditation_admin"),
    "accreditation:known_answer": only("accreditation_admin", pk=_answer),
    "accreditation:registers": only("accreditation_admin"),
    "accreditation:register_rule": only("accreditation_admin", pk=_rule),
    "accreditation:end_rule": only("accreditation_admin", pk=_rule, method="post"),
    "accreditation:new_rule": only("accreditation_admin", register=lambda world: RegisterFactory().code),
    "accreditation:new_section": only("accreditation_admin", register=lambda world: RegisterFactory().code),
    "accreditation:section": only(
        "accreditation_admin", register=lambda world: world.section.register.code, pk=lambda world: world.section.pk
    ),
    "accreditation:new_evidence_kind": only("accreditation_admin", register=lambda world: RegisterFactory().code),
    "accreditation:evidence_kind": only(
        "accreditation_admin", register=lambda world: world.evidence_kind.register.code, pk=lambda world: world.evidence_kind.pk
    ),
    "accreditation:new_category": only("accreditation_admin", register=lambda world: RegisterFactory().code),
    "accreditation:category": only(
        "accreditation_admin", register=lambda world: world.category.register.code, pk=lambda world: world.category.pk
    ),
    "accreditation:my_leave": logged_in(),
    "accreditation:change_leave": mine(pk=_leave),
    "accreditation:remove_leave": mine(pk=_leave, method="post"),
    "accreditation:draft_accreditation": only("accreditation_admin", elsewhere="404", pk=_accreditation),
    "accreditation:drafts": only("accreditation_admin"),
    "accreditation:draft": only("accreditation_admin", others="404", elsewhere="404", pk=_draft),
    "accreditation:change_draft": only("accreditation_admin", others="404", elsewhere="404", pk=_draft),
    "accreditation:reckon_draft": only("accreditation_admin", others="404", elsewhere="404", pk=_draft, method="post"),
    "accreditation:apply_draft": only("accreditation_admin", others="404", elsewhere="404", pk=_draft, method="post"),
    "accreditation:drop_draft": only("accreditation_admin", others="404", elsewhere="404", pk=_draft, method="post"),
    "accreditation:export_draft": only("accreditation_admin", others="404", elsewhere="404", pk=_draft, kind="csv", method="post"),
    # teaching, and work that is handed in
    "teaching:home": only("teacher", "supervisor", "accreditation_admin", "association_admin"),
    "teaching:participants": only("teacher", "supervisor", "accreditation_admin", "association_admin", elsewhere="404", course=_course),
    "teaching:evaluation": only(
        "author", "teacher", "supervisor", "accreditation_admin", "association_admin", elsewhere="404", course=_course
    ),
    "teaching:learner": only("teacher", "supervisor", "accreditation_admin", "association_admin", elsewhere="404", enrolment=_enrolment),
    "work:draft": mine(activity=_of_story("plan"), method="post"),
    "work:hand_in": mine(activity=_of_story("plan"), method="post"),
    "work:remove_file": mine(activity=_of_story("plan"), method="post"),
    "work:reflection": mine(activity=_reflection, method="post"),
    "work:evaluation": mine(activity=_of_story("evaluatie"), method="post"),
    "work:file": only("learner", "teacher", "supervisor", others="404", elsewhere="404", submission=_submission),
    "work:judge": only("teacher", "supervisor", elsewhere="404", submission=_submission),
    # cms and courses in the editor
    "cms:film": nothing_there(anonymous="404", pk=0),
    "courses:h5p:library_root": everyone(),
    "courses:h5p:content_root": everyone(),
    "courses_cms:publish": editor("association_admin", elsewhere="403", pk=_course_page),
    "courses_cms:releases": editor("association_admin", elsewhere="403", pk=_course_page),
    "courses_cms:move": editor("association_admin", elsewhere="403", pk=_course_page, number=1),
    "h5p_cms:contents": editor("author", "association_admin"),
    "h5p_cms:upload": editor("author", "association_admin"),
    "h5p_cms:content": editor("author", "association_admin", elsewhere="404", pk=lambda world: _exercise(world).pk),
    "h5p_cms:libraries": editor("association_admin"),
    "h5p_cms:default_library": editor("association_admin", method="post", pk=_library),
    "h5p_cms:delete_library": editor("association_admin", method="post", pk=_library),
    "wagtailsnippets_accreditation_certificatetemplate:list": editor(*_ISSUERS),
    "wagtailsnippets_accreditation_certificatetemplate:list_results": editor(*_ISSUERS),
    "wagtailsnippets_accreditation_certificatetemplate:add": editor(*_ISSUERS),
    "wagtailsnippets_accreditation_certificatetemplate:edit": editor(*_ISSUERS, others="404", elsewhere="404", pk=_template),
    "wagtailsnippets_accreditation_certificatetemplate:usage": editor(*_ISSUERS, others="404", elsewhere="404", pk=_template),
    "wagtailsnippets_accreditation_certificatetemplate:history": editor(*_ISSUERS, others="404", elsewhere="404", pk=_template),
    "wagtailsnippets_accreditation_certificatetemplate:history_results": editor(*_ISSUERS, others="404", elsewhere="404", pk=_template),
    # An accreditation administrator finds these empty: what may be chosen is of organisations where one makes courses.
    "wagtailsnippetchoosers_courses_h5pcontent:choose": editor("author", "association_admin", "accreditation_admin"),
    "wagtailsnippetchoosers_courses_h5pcontent:choose_results": editor("author", "association_admin", "accreditation_admin"),
    "wagtailsnippetchoosers_courses_h5pcontent:chosen": editor(others="404", superuser="404", pk="0"),
    "wagtailsnippetchoosers_courses_h5pcontent:chosen_multiple": editor("author", "association_admin", "accreditation_admin"),
    "wagtailsnippetchoosers_courses_question:choose": editor("author", "association_admin", "accreditation_admin"),
    "wagtailsnippetchoosers_courses_question:choose_results": editor("author", "association_admin", "accreditation_admin"),
    "wagtailsnippetchoosers_courses_question:chosen": editor("author", "association_admin", issuer="404", elsewhere="404", pk=_question),
    "wagtailsnippetchoosers_courses_question:chosen_multiple": editor("author", "association_admin", "accreditation_admin"),
    "wagtailsnippets_courses_question:list": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:list_results": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:add": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:import": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:export": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:edit": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:preview": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:statistics": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:usage": editor("author", "association_admin", issuer="404", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:history": editor("author", "association_admin", issuer="404", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:history_results": editor("author", "association_admin", issuer="404", elsewhere="404", pk=_question),
    # one's own record, and the keys of tools
    "portal:home": logged_in(),
    "lrs:my_records": logged_in(),
    "lrs:my_records_download": logged_in(),
    "lrs:records": only("association_admin", "auditor"),
    "lrs:records_choices": only("association_admin", "auditor"),
    "lrs:records_export": only("association_admin", "auditor", kind="csv"),
    "lrs:record": only("association_admin", "auditor", elsewhere="404", statement=_statement),
    "lrs:record_text": only("association_admin", "auditor", elsewhere="404", statement=_statement),
    "lrs:record_attachment": only(
        "association_admin", "auditor", elsewhere="404", statement=_statement_with_attachment, sha2=lambda world: world.attachment.sha2
    ),
    "lrs:my_erasure": logged_in(),
    "lrs:my_exports": logged_in(),
    "lrs:privacy": only("association_admin"),
    "lrs:privacy_open_person": only("association_admin", elsewhere="404", method="post", pk=lambda world: world.person("learner").pk),
    "lrs:privacy_open_outside": only("association_admin", method="post"),
    "lrs:privacy_case": only("association_admin", elsewhere="404", uuid=_privacy_case),
    "lrs:privacy_case_export": only("association_admin", elsewhere="404", uuid=_privacy_case, method="post"),
    "lrs:privacy_case_hold": only("association_admin", elsewhere="404", uuid=_privacy_case, method="post"),
    "lrs:privacy_case_erase": only("association_admin", elsewhere="404", uuid=_privacy_case),
    "lrs:privacy_export_file": mine(uuid=_records_export),
    "lrs:privacy_request": only(
        "association_admin", elsewhere="404", uuid=lambda world: erasure_requests.ask(world.person("learner")).uuid
    ),
    "lrs:privacy_holds": only("association_admin"),
    "lrs:privacy_hold_lift": only("association_admin", elsewhere="404", pk=_hold),
    "lrs:privacy_retention": only("association_admin"),
    "lrs:privacy_retention_act": only(pk=lambda world: _retention_rule(world).pk, method="post"),
    "lrs:privacy_run": only("association_admin", uuid=_retention_run),
    "lrs:privacy_reports": only("association_admin"),
    "lrs:privacy_report": only("association_admin", elsewhere="404", uuid=_erasure),
    "lrs:credentials": only("association_admin"),
    "lrs:credential": only("association_admin", elsewhere="404", pk=_credential),
    "lrs:credential_rotate": only("association_admin", elsewhere="404", pk=_credential, method="post"),
    "lrs:credential_revoke": only("association_admin", elsewhere="404", pk=_credential, method="post"),
    "lrs:exchange": only("association_admin"),
    "lrs:take_along": only("association_admin", method="post"),
    "lrs:import_file": only("association_admin", method="post"),
    "lrs:import_store": only("association_admin", method="post"),
    "lrs:import": only("association_admin", elsewhere="404", pk=_import),
    "lrs:import_standing": only("association_admin", elsewhere="404", pk=_import),
    "lrs:import_report": only("association_admin", elsewhere="404", pk=_import),
    "lrs:import_stop": only("association_admin", elsewhere="404", pk=_import, method="post"),
    "lrs:import_again": only("association_admin", elsewhere="404", pk=_import, method="post"),
    "lrs:set_aside": only("association_admin"),
    "lrs:set_aside_again": only("association_admin", method="post"),
    # forwarding to other stores
    "forwarding:targets": only("association_admin"),
    "forwarding:new": only("association_admin"),
    "forwarding:target": only("association_admin", elsewhere="404", pk=_target),
    "forwarding:change": only("association_admin", elsewhere="404", pk=_target),
    "forwarding:act": only("association_admin", elsewhere="404", pk=_target, method="post"),
    "forwarding:undelivered": only("association_admin", elsewhere="404", pk=_target),
    "forwarding:undelivered_act": only("association_admin", elsewhere="404", pk=_target, method="post"),
    "forwarding:undelivered_one": only("association_admin", elsewhere="404", pk=_target, row=lambda world: world.undelivered.pk),
    "forwarding:erasure": only("association_admin", elsewhere="404", pk=_target, erasure=lambda world: world.erasure.uuid),
    "forwarding:erasure_list": only("association_admin", elsewhere="404", pk=_target, erasure=lambda world: world.erasure.uuid),
    "media": nothing_there(anonymous="404", path="er-is-niets.svg"),
}

# Addresses of others, by the start of their route: what keeps people out there is tested as a group.
THIRD_PARTIES = ("cms/", "documenten/", "account/", "_util/", "media/", "^media/", "^((?:[\\w\\-]+/)*)$", "")
