"""Who may open which address: one row for every address of ours, one group for each third party's.

An address that is not here fails `test_permission_matrix`. To add one, put a row in ADDRESSES:

    "rooms:page": only("teacher", course=lambda world: world.release.course.uuid),

- `everyone()`          visitors too
- `logged_in()`         everyone who logged in; visitors are asked to
- `only("teacher", …)`  these roles in the world's organisation, and the superuser; others get 403 (or `others="404"`)
- `mine()`              the learner, whose thing it is; others get 404, the superuser too unless `superuser="yes"`
- `nothing_there()`     an address with a made-up key: nobody learns anything from it; deepen it when a factory is at hand
- `role_then_nothing("teacher")`  the same for an address of a role: 403 for others, then 404
- `editor("author", …)` a page of ours in the editor
- `tool()`              for tools with a key of their own; people without one get 401

Keyword arguments are the arguments of the address: a value, or a function of the world. `method="post"` asks with an empty form.
"""

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from accounts import editors
from accounts.models import Organisation, Role, User
from courses.models import Enrolment, Meeting, Release
from lrs import credentials
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, UserFactory
from tests.factories.accreditation import RegisterRuleFactory, accredited
from tests.factories.courses import EnrolmentFactory
from tests.factories.meetings import MeetingFactory, course_with_session
from tests.factories.questions import make_question

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


def role_then_nothing(*roles: str, method: str = "get", **arguments: Any) -> Row:
    """With a made-up key: these roles find nothing, and others are refused before anyone looks."""
    return _row(
        {**dict.fromkeys(ROLES, "403"), "anonymous": "login", **dict.fromkeys([*roles, "superuser"], "404")}, method, None, arguments
    )


def editor(
    *roles: str, others: str = "403", superuser: str = "yes", method: str = "get", elsewhere: str | None = None, **arguments: Any
) -> Row:
    """A page of ours within Wagtail: who is in neither of its groups is sent back to its log-in, other editors get `others`."""
    inside = {**dict.fromkeys(("author", "association_admin"), others), **dict.fromkeys(roles, "yes"), "superuser": superuser}
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


def _accreditation(world: World) -> int:
    return accredited(release=world.release).pk


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


def _credential(world: World) -> int:
    return credentials.create(name="Oefenapp", scopes=["all"], organisation=world.organisation)[0].pk


def _member(world: World) -> int:
    return world.person("learner").pk


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
    "accounts:invitation": nothing_there(uuid=NOBODY),
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
    **{
        f"xapi:{version}{resource}": tool()
        for version in ("", "1.0.3/")
        for resource in ("statements", "activities/state", "activities/profile", "agents/profile", "activities", "agents")
    },
    # cms
    "cms:choose_language": everyone(method="post"),
    "cms:search": everyone(),
    "cms:tool_used": nothing_there(anonymous="404", pk=0, method="post"),
    "cms:patterns": everyone(),
    # courses
    "courses:lesson": everyone(course_slug=lambda world: world.release.course.slug, lesson_slug="les-1"),
    "courses:join": logged_in(course=_course),
    "courses:leave": mine(enrolment=_enrolment),
    "courses:finish_lesson": mine(enrolment=_enrolment, lesson=_first_lesson, method="post"),
    "courses:due_for_review": logged_in(),
    "courses:begin_test": nothing_there(enrolment=NOBODY, activity=NOBODY, method="post"),
    "courses:attempt": nothing_there(attempt=NOBODY),
    "courses:attempt_question": nothing_there(attempt=NOBODY, position=1),
    "courses:attempt_overview": nothing_there(attempt=NOBODY),
    "courses:attempt_hand_in": nothing_there(attempt=NOBODY, method="post"),
    "courses:attempt_result": nothing_there(attempt=NOBODY),
    "courses:practise": nothing_there(enrolment=NOBODY, activity=NOBODY, position=1, method="post"),
    "courses:practise_again": nothing_there(enrolment=NOBODY, activity=NOBODY, method="post"),
    "courses:open_answers": only("teacher", "supervisor"),
    "courses:judge_open_answer": role_then_nothing("teacher", "supervisor", answer=0),
    # meetings of courses
    "meetings:book": mine(meeting=_meeting_of_learner, method="post"),
    "meetings:cancel": mine(meeting=_meeting_of_learner, method="post"),
    "meetings:calendar": nothing_there(meeting=_meeting),
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
    "courses:h5p:embed": everyone(token="verzonnen"),
    "courses:h5p:library_file": nothing_there(anonymous="404", hash="verzonnen", path="a.js"),
    "courses:h5p:content_file": nothing_there(anonymous="404", token="verzonnen", path="a.png"),
    "courses:h5p:statements": nothing_there(enrolment=NOBODY, activity=NOBODY, method="post"),
    "courses:h5p:state": nothing_there(enrolment=NOBODY, activity=NOBODY),
    # competencies
    "competencies:mine": logged_in(),
    # accreditation
    "accreditation:my_dossier": logged_in(),
    "accreditation:my_certificates": logged_in(),
    "accreditation:claim_points": nothing_there(register="onbekend", method="post"),
    "accreditation:my_certificate_pdf": nothing_there(number="VW-0000-000000"),
    "accreditation:verify": everyone(),
    "accreditation:verify_file": everyone(method="post"),
    "accreditation:verify_token": everyone(token="verzonnen"),
    "accreditation:accreditations": only("accreditation_admin"),
    "accreditation:new_accreditation": only("accreditation_admin"),
    "accreditation:accreditation": only("accreditation_admin", elsewhere="404", pk=_accreditation),
    "accreditation:award_missing": only("accreditation_admin", others="404", elsewhere="404", pk=_accreditation, method="post"),
    "accreditation:export": only(
        "accreditation_admin", "auditor", others="404", elsewhere="404", pk=_accreditation, kind="csv", method="post"
    ),
    "accreditation:results": only("accreditation_admin", "auditor"),
    "accreditation:certificates": everyone(),
    "accreditation:certificate": role_then_nothing("accreditation_admin", "auditor", pk=0),
    "accreditation:certificate_pdf": role_then_nothing("accreditation_admin", pk=0),
    "accreditation:revoke": role_then_nothing("accreditation_admin", pk=0, method="post"),
    "accreditation:reissue": role_then_nothing("accreditation_admin", pk=0, method="post"),
    "accreditation:registers": only("accreditation_admin"),
    "accreditation:register_rule": only("accreditation_admin", pk=_rule),
    # teaching, and work that is handed in
    "teaching:home": only("teacher", "supervisor", "accreditation_admin", "association_admin"),
    "teaching:participants": only("teacher", "supervisor", "accreditation_admin", "association_admin", elsewhere="404", course=_course),
    "teaching:evaluation": only(
        "author", "teacher", "supervisor", "accreditation_admin", "association_admin", elsewhere="404", course=_course
    ),
    "teaching:learner": only("teacher", "supervisor", "accreditation_admin", "association_admin", elsewhere="404", enrolment=_enrolment),
    "work:draft": nothing_there(activity=NOBODY, method="post"),
    "work:hand_in": nothing_there(activity=NOBODY, method="post"),
    "work:remove_file": nothing_there(activity=NOBODY, method="post"),
    "work:reflection": nothing_there(activity=NOBODY, method="post"),
    "work:evaluation": nothing_there(activity=NOBODY, method="post"),
    "work:file": nothing_there(submission=NOBODY),
    "work:judge": role_then_nothing("teacher", "supervisor", submission=NOBODY),
    # cms and courses in the editor
    "cms:film": nothing_there(anonymous="404", pk=0),
    "courses:h5p:library_root": everyone(),
    "courses:h5p:content_root": everyone(),
    "courses_cms:publish": editor("association_admin", elsewhere="403", pk=_course_page),
    "courses_cms:releases": editor("association_admin", elsewhere="403", pk=_course_page),
    "courses_cms:move": editor("association_admin", elsewhere="403", pk=_course_page, number=1),
    "h5p_cms:contents": editor("author", "association_admin"),
    "h5p_cms:upload": editor("author", "association_admin"),
    "h5p_cms:content": _row(
        {**dict.fromkeys(ROLES, "login"), **dict.fromkeys(["author", "association_admin", "superuser"], "404")}, "get", None, {"pk": 0}
    ),
    "h5p_cms:libraries": editor("association_admin"),
    "h5p_cms:default_library": _row(
        {**dict.fromkeys(ROLES, "login"), "author": "403", "association_admin": "404", "superuser": "404"}, "post", None, {"pk": 0}
    ),
    "h5p_cms:delete_library": _row(
        {**dict.fromkeys(ROLES, "login"), "author": "403", "association_admin": "404", "superuser": "404"}, "post", None, {"pk": 0}
    ),
    "wagtailsnippetchoosers_courses_h5pcontent:choose": editor("author", "association_admin"),
    "wagtailsnippetchoosers_courses_h5pcontent:choose_results": editor("author", "association_admin"),
    "wagtailsnippetchoosers_courses_h5pcontent:chosen": editor(others="404", superuser="404", pk="0"),
    "wagtailsnippetchoosers_courses_h5pcontent:chosen_multiple": editor("author", "association_admin"),
    "wagtailsnippetchoosers_courses_question:choose": editor("author", "association_admin"),
    "wagtailsnippetchoosers_courses_question:choose_results": editor("author", "association_admin"),
    "wagtailsnippetchoosers_courses_question:chosen": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippetchoosers_courses_question:chosen_multiple": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:list": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:list_results": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:add": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:import": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:export": editor("author", "association_admin"),
    "wagtailsnippets_courses_question:edit": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:preview": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:statistics": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:usage": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:history": editor("author", "association_admin", elsewhere="404", pk=_question),
    "wagtailsnippets_courses_question:history_results": editor("author", "association_admin", elsewhere="404", pk=_question),
    # one's own record, and the keys of tools
    "portal:home": logged_in(),
    "lrs:my_records": logged_in(),
    "lrs:my_records_download": logged_in(),
    "lrs:credentials": only("association_admin"),
    "lrs:credential_rotate": only("association_admin", elsewhere="404", pk=_credential, method="post"),
    "lrs:credential_revoke": only("association_admin", elsewhere="404", pk=_credential, method="post"),
    "lrs:set_aside": only("association_admin"),
    "lrs:set_aside_again": only("association_admin", method="post"),
    "media": nothing_there(anonymous="404", path="er-is-niets.svg"),
}

# Addresses of others, by the start of their route: what keeps people out there is tested as a group.
THIRD_PARTIES = ("cms/", "documenten/", "account/", "_util/", "media/", "^media/", "^((?:[\\w\\-]+/)*)$", "")
