"""Planning meetings, and the questions which come next."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import record as audit
from accounts.models import User
from accounts.permissions import Action, may, organisations_where
from courses.meetings import mail
from courses.meetings.booking import fill_places, locked, taken
from courses.models import Booking, CoursePage, Enrolment, Meeting, Release, ReleaseActivity

TAKEN = Count("bookings", filter=Q(bookings__cancelled_at=None, bookings__waiting=False), distinct=True)
WAITING = Count("bookings", filter=Q(bookings__cancelled_at=None, bookings__waiting=True), distinct=True)


class MeetingRefused(Exception):
    """The message tells the teacher why, and what to do."""


def save_meeting(*, meeting: Meeting, by: User, teachers: Iterable[User] = ()) -> Meeting:
    """Keep a new or changed meeting; who booked hears of another date or place, and free places go to the waiting list.

    Raises MeetingRefused when it is not theirs to plan, is called off, or has more bookings than places.
    """
    refuse_others(by, meeting)
    with transaction.atomic():
        if meeting.pk is None:
            meeting.made_by = by
            meeting.save()
            meeting.teachers.set(teachers)
            return meeting
        before = locked(meeting)
        if before.cancelled_at is not None:
            raise MeetingRefused(_("Deze bijeenkomst is afgelast. Plan een nieuwe."))
        if meeting.capacity is not None and taken(meeting) > meeting.capacity:
            raise MeetingRefused(_("Het aantal aanmeldingen is al %(count)s. Kies minstens zoveel plaatsen.") % {"count": taken(meeting)})
        if meeting.starts_at != before.starts_at and meeting.attendance.exists():
            raise MeetingRefused(_("Er is al aanwezigheid vastgelegd; de datum ligt daarom vast."))
        meeting.save()
        meeting.teachers.set(teachers)
        fill_places(meeting)
        if any(getattr(before, name) != getattr(meeting, name) for name in ("starts_at", "ends_at", "place", "video_link")):
            for booking in open_bookings(meeting):
                mail.changed(booking, meeting)
    return meeting


def call_off(*, meeting: Meeting, by: User) -> None:
    """The meeting does not take place; everyone who booked hears of it. Refused once someone's attendance is marked."""
    refuse_others(by, meeting)
    with transaction.atomic():
        current = locked(meeting)
        if current.cancelled_at is not None:
            return
        if current.attendance.exists():
            raise MeetingRefused(_("Er is al aanwezigheid vastgelegd. Haal die eerst weg als de bijeenkomst niet doorging."))
        current.cancelled_at = timezone.now()
        current.save(update_fields=["cancelled_at"])
        for booking in open_bookings(current):
            mail.called_off(booking, current)
        audit("meeting-called-off", actor=by, on_behalf_of=current.organisation, subject=str(current), meeting=str(current.uuid))


def refuse_others(by: User, meeting: Meeting) -> None:
    if not may(by, Action.MARK_ATTENDANCE, meeting.course.organisation):
        raise MeetingRefused(
            _("Bijeenkomsten van deze cursus regelt een docent van %(organisation)s.") % {"organisation": meeting.course.organisation}
        )


def meetings_of(teacher: User) -> QuerySet[Any]:
    """The meetings of the courses of organisations where this person teaches, with how many come and wait."""
    where = organisations_where(teacher, Action.MARK_ATTENDANCE)
    return (
        Meeting.objects.filter(course__organisation__in=where)
        .select_related("course", "organisation")
        .annotate(taken=TAKEN, waiting=WAITING)
    )


def open_bookings(meeting: Meeting) -> QuerySet[Booking]:
    """Who comes, by name, and after them who waits."""
    rows = Booking.objects.filter(meeting=meeting, cancelled_at=None).select_related("enrolment__learner", "enrolment__course")
    return rows.order_by("waiting", "enrolment__learner__last_name", "enrolment__learner__first_name", "pk")


def coming_dates(*, course: CoursePage, activity: uuid.UUID) -> QuerySet[Any]:
    """The dates of one session that someone can still book, each with how many places are `taken` and who is `waiting`."""
    rows = Meeting.objects.filter(course=course, activity=activity, cancelled_at=None, starts_at__gt=timezone.now())
    return rows.annotate(taken=TAKEN, waiting=WAITING).order_by("starts_at", "pk")


def next_meetings(course_ids: Iterable[int]) -> dict[int, Meeting]:
    """The first meeting to come of each of these courses, in one query; courses without one are left out."""
    found: dict[int, Meeting] = {}
    rows = Meeting.objects.filter(course__in=list(course_ids), cancelled_at=None, starts_at__gt=timezone.now()).order_by("starts_at", "pk")
    for meeting in rows:
        found.setdefault(meeting.course_id, meeting)
    return found


def next_booked(learner: User) -> Booking | None:
    """The next meeting this learner has a place at."""
    rows = Booking.objects.filter(enrolment__learner=learner, enrolment__withdrawn_at=None, cancelled_at=None, meeting__cancelled_at=None)
    return (
        rows.filter(meeting__ends_at__gt=timezone.now())
        .select_related("meeting__course", "enrolment")
        .order_by("waiting", "meeting__starts_at")
        .first()
    )


def sessions_of(courses: Iterable[CoursePage]) -> list[ReleaseActivity]:
    """The sessions in the newest release of each course, for which a meeting can be planned."""
    newest: dict[int, Release] = {}
    for release in Release.objects.filter(course__in=list(courses)).order_by("course", "-number"):
        newest.setdefault(release.course_id, release)
    rows = ReleaseActivity.objects.filter(release__in=newest.values(), kind="session").select_related("release__course")
    return list(rows.order_by("release__course__title", "order"))


def not_on_the_list(meeting: Meeting) -> QuerySet[Enrolment]:
    """Who follows the course and has no place at this meeting: for whoever turns up without booking."""
    listed = Booking.objects.filter(meeting=meeting, cancelled_at=None).values("enrolment")
    rows = Enrolment.objects.filter(course=meeting.course, withdrawn_at=None).exclude(pk__in=listed)
    return rows.select_related("learner").order_by("learner__last_name", "learner__first_name")
