"""The kind `session`: a contact meeting in a lesson. Its dates are planned apart from the course."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.meetings.attendance import length
from courses.meetings.booking import open_booking
from courses.meetings.planning import coming_dates
from courses.models import Attendance, Booking, CoursePage, Enrolment, ReleaseActivity


class SessionKind:
    """Shows the programme and the dates; a learner books a place, and sees the video link only with one."""

    code: ClassVar[str] = "session"
    template: ClassVar[str] = "courses/meetings/activity.html"
    answers: ClassVar[frozenset[str]] = frozenset({"attended"})

    def freeze(self, value: dict[str, Any], *, course: CoursePage) -> dict[str, Any]:
        programme = value.get("programme")
        return {"programme": programme.source if programme else ""}

    def problems(self, value: dict[str, Any], *, course: CoursePage) -> list[str]:
        return [] if value.get("minutes") else [_("Vul in hoe lang de bijeenkomst duurt.")]

    def context(self, request: HttpRequest, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        dates = list(coming_dates(course=activity.release.course, activity=activity.uuid))
        booking = open_booking(enrolment=enrolment, activity=activity.uuid) if enrolment else None
        whole, part = _was_there(enrolment, activity) if enrolment else (None, None)
        return {
            "activity": activity,
            "enrolment": enrolment,
            "programme": activity.settings.get("programme", ""),
            "dates": [
                {"meeting": meeting, "full": meeting.capacity is not None and meeting.taken >= meeting.capacity} for meeting in dates
            ],
            "booking": booking,
            "has_begun": booking is not None and booking.meeting.starts_at <= timezone.now(),
            "attendance": whole,
            "attendance_in_part": part,
            "not_yet_marked": enrolment is not None and _waits_for_mark(enrolment, activity),
        }


def _was_there(enrolment: Enrolment, activity: ReleaseActivity) -> tuple[Attendance | None, Attendance | None]:
    """The first meeting where this learner was all the time; without one, the first where they were part of it."""
    rows = Attendance.objects.filter(enrolment=enrolment, meeting__activity=activity.uuid, corrected_by=None, present=True)
    marks = list(rows.select_related("meeting").order_by("meeting__starts_at"))
    whole = next((mark for mark in marks if mark.hours >= length(mark.meeting)), None)
    return whole, (marks[0] if marks and whole is None else None)


def _waits_for_mark(enrolment: Enrolment, activity: ReleaseActivity) -> bool:
    past = Booking.objects.filter(
        enrolment=enrolment, meeting__activity=activity.uuid, cancelled_at=None, waiting=False, meeting__cancelled_at=None
    )
    marked = Attendance.objects.filter(enrolment=enrolment).values("meeting")
    return past.filter(meeting__ends_at__lte=timezone.now()).exclude(meeting__in=marked).exists()
