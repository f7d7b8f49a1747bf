"""What people with a role find at home: what waits for an author, an administrator, an association and an auditor."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from wagtail.models import Page, WorkflowState

from accounts import audit
from accounts.models import Invitation, Organisation, User
from accounts.permissions import Action, may, organisations_where
from accreditation.expiry import expiring
from accreditation.models import Accreditation, Certificate
from accreditation.results import results_for
from courses.models import CourseIndexPage, CoursePage
from courses.review import Due, lessons_due_for_review

LATELY = timedelta(days=30)
SHOWN = 5
# Events in which someone saw the data of another.
LOOKS = (
    "progress-opened",
    "work-opened",
    "work-file-opened",
    "open-answer-read",
    "certificate-viewed",
    "certificate-downloaded",
    "records_viewed",
    "record_viewed",
    "records_case_opened",
    "forwarding_statement_seen",
)


@dataclass(frozen=True)
class AuthorHome:
    """Own courses, lessons whose facts must be checked, drafts that are not published, and what is in review."""

    courses: list[Any]
    due: list[Due]
    due_count: int
    drafts: list[Page]
    in_review: list[Any]
    catalogue_pk: int | None = None

    @property
    def nothing(self) -> bool:
        return not self.courses


@dataclass(frozen=True)
class Figure:
    """A count of certificates, and the filters that show just these in the list of results."""

    count: int
    query: str


@dataclass(frozen=True)
class AdministratorHome:
    """Accreditation: what was issued lately, what waits, and what ends soon."""

    issued: Figure
    waiting: Figure
    revoked: Figure
    requested: list[Accreditation]
    rejected: int
    expiring: list[Accreditation]
    expiring_count: int
    days: int = LATELY.days


@dataclass(frozen=True)
class AssociationHome:
    """The organisations whose members someone manages."""

    organisations: list[Any]
    in_review: list[Any]


@dataclass(frozen=True)
class AuditorHome:
    events: int
    looks: int
    days: int = LATELY.days


def author_home(person: User) -> AuthorHome | None:
    """For who makes courses, or owns one; None for others."""
    where = organisations_where(person, Action.AUTHOR_COURSES)
    courses = list(
        CoursePage.objects.filter(Q(course_owner=person) | Q(organisation__in=where))
        .annotate(release_number=Max("releases__number"))
        .distinct()
        .order_by("title")
    )
    if not courses and not where.exists():
        return None
    due = [one for one in lessons_due_for_review(person) if one.state in {"late", "soon", "missing"}]
    within = _within(courses)
    drafts = (
        list(Page.objects.filter(within, has_unpublished_changes=True).order_by("-latest_revision_created_at")[:SHOWN]) if courses else []
    )
    return AuthorHome(
        courses=courses,
        due=due[:SHOWN],
        due_count=len(due),
        drafts=drafts,
        in_review=_in_review(within) if courses else [],
        catalogue_pk=CourseIndexPage.objects.values_list("pk", flat=True).first() if where.exists() else None,
    )


def administrator_home(person: User) -> AdministratorHome | None:
    where = organisations_where(person, Action.MANAGE_ACCREDITATION)
    if not where.exists():
        return None
    today = timezone.localdate()
    accreditations = Accreditation.objects.filter(course__organisation__in=where).select_related("course", "register")
    ending = expiring(accreditations=accreditations, day=today)
    return AdministratorHome(
        issued=_certificates(person, stand="geldig", vanaf=(today - LATELY).isoformat()),
        waiting=_certificates(person, stand="wacht"),
        revoked=_certificates(person, stand="ingetrokken"),
        requested=list(accreditations.filter(status=Accreditation.Status.REQUESTED).order_by("requested_on")[:SHOWN]),
        rejected=accreditations.filter(status=Accreditation.Status.REJECTED).count(),
        expiring=ending[:SHOWN],
        expiring_count=len(ending),
    )


def _certificates(person: User, **filters: str) -> Figure:
    """As the list of results counts them, for this person."""
    found = results_for(Certificate, filters, organisations=organisations_where(person, Action.EXPORT_RESULTS))
    return Figure(count=found.count(), query=urlencode(filters))


def association_home(person: User) -> AssociationHome | None:
    where = organisations_where(person, Action.MANAGE_MEMBERS)
    open_ = Q(invitations__answered_at=None, invitations__valid_until__gt=timezone.now(), invitations__isnull=False)
    organisations = list(
        where.annotate(
            people=Count("memberships__user", distinct=True),
            invited=Count("invitations", filter=open_, distinct=True),
            courses_count=Count("courses", distinct=True),
        ).order_by("name")
    )
    if not organisations:
        return None
    courses = list(CoursePage.objects.filter(organisation__in=[organisation.pk for organisation in organisations]))
    return AssociationHome(organisations=organisations, in_review=_in_review(_within(courses)) if courses else [])


def auditor_home(person: User) -> AuditorHome | None:
    if not may(person, Action.READ_AUDIT):
        return None
    recent = audit.readable_by(person).filter(at__gte=timezone.now() - LATELY)
    return AuditorHome(events=recent.count(), looks=recent.filter(event__in=LOOKS).count())


def open_invitations(person: User) -> QuerySet[Invitation]:
    """Roles that someone is asked to take."""
    rows = Invitation.objects.filter(email__iexact=person.email, answered_at=None, valid_until__gt=timezone.now())
    return rows.select_related("organisation")


def organisations_of(person: User) -> QuerySet[Organisation]:
    return Organisation.objects.filter(memberships__user=person).distinct()


def _within(courses: list[Any]) -> Q:
    found = Q(pk__in=[])
    for course in courses:
        found |= Q(path__startswith=course.path)
    return found


def _in_review(within: Q) -> list[Any]:
    """Pages that wait in a workflow of the CMS."""
    keys = [str(key) for key in Page.objects.filter(within).values_list("pk", flat=True)]
    states = WorkflowState.objects.active().filter(object_id__in=keys).select_related("requested_by").order_by("created_at")
    pages = {str(page.pk): page for page in Page.objects.filter(pk__in=[state.object_id for state in states])}
    return [
        {"page": pages[state.object_id], "by": state.requested_by, "since": state.created_at}
        for state in states
        if state.object_id in pages
    ]
