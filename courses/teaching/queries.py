"""Questions of teachers: what waits for me, and how are my learners doing."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Action, organisations_where
from courses.meetings.attendance import to_mark
from courses.meetings.planning import meetings_of
from courses.models import CoursePage, Enrolment, Meeting, Submission
from courses.questions import marking
from courses.work import judging

SHOWN = 50
LOOK_BACK = timedelta(days=365)


@dataclass(frozen=True)
class MeetingToMark:
    meeting: Meeting
    unmarked: int


@dataclass(frozen=True)
class Waiting:
    """What waits for a teacher: work oldest first, open answers to read, meetings with attendance to mark, and who comes next."""

    work: list[Submission]
    work_count: int
    open_answers: int
    to_mark: list[MeetingToMark]
    coming: list[Meeting]

    @property
    def nothing(self) -> bool:
        return not self.work and not self.open_answers and not self.to_mark


def waits_for(teacher: User) -> Waiting:
    """All that waits for this teacher, in a fixed number of queries."""
    waiting = judging.waiting_for(teacher)
    meetings = meetings_of(teacher).filter(cancelled_at=None)
    now = timezone.now()
    past = list(meetings.filter(starts_at__lte=now, starts_at__gt=now - LOOK_BACK).order_by("starts_at"))
    unmarked = to_mark(past)
    return Waiting(
        work=list(waiting[:SHOWN]),
        work_count=waiting.count(),
        open_answers=marking.waiting_for(teacher).count(),
        to_mark=[MeetingToMark(meeting=meeting, unmarked=unmarked[meeting.pk]) for meeting in past if unmarked.get(meeting.pk)],
        coming=list(meetings.filter(starts_at__gt=now).order_by("starts_at")[:3]),
    )


def courses_with_learners(viewer: User) -> QuerySet[Any]:
    """The courses whose learners this person may see, with how many follow them and how many finished."""
    following = Q(enrolments__withdrawn_at=None, enrolments__isnull=False)
    rows = CoursePage.objects.filter(organisation__in=organisations_where(viewer, Action.SEE_LEARNERS))
    return rows.annotate(
        learners=Count("enrolments", filter=following, distinct=True),
        finished=Count("enrolments", filter=following & Q(enrolments__progress__satisfied_at__isnull=False), distinct=True),
    ).order_by("title")


def participants_of(course: CoursePage) -> QuerySet[Enrolment]:
    """Who follows the course now, with how far they are."""
    return Enrolment.objects.filter(course=course, withdrawn_at=None).select_related("learner", "progress", "release")


def enrolments_for(viewer: User) -> QuerySet[Enrolment]:
    """Every enrolment whose progress this person may see; never one's own, for that is at /mijn/."""
    where = organisations_where(viewer, Action.SEE_LEARNERS)
    return Enrolment.objects.filter(course__organisation__in=where).exclude(learner=viewer)
