"""Marking who was at a meeting. Each mark is a row that stays; coming back on it adds another, and takes the statement back."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.audit import record as audit
from accounts.models import User
from accounts.permissions import Action, may
from courses.meetings.booking import locked
from courses.models import Attendance, Booking, CourseProgress, Enrolment, Meeting, ReleaseActivity
from courses.recording import record, take_back
from lrs.actors import actor_of
from lrs.profiles import adl


class AttendanceRefused(Exception):
    """The message tells the teacher why, and what to do."""


@dataclass(frozen=True)
class Participant:
    """One line of the attendance list: who, and the mark that holds, if there is one."""

    booking: Booking
    mark: Attendance | None

    @property
    def enrolment(self) -> Enrolment:
        return self.booking.enrolment


def mark(*, meeting: Meeting, enrolment: Enrolment, present: bool, by: User, hours: Decimal | None = None) -> Attendance:
    """Record that this participant was there (for so many hours, the whole meeting when not said) or was not.

    Hours are counted either way, but only who was at the whole meeting meets "attended": a register of physicians takes nothing less (ABSG).
    The same mark again changes nothing. Raises AttendanceRefused before the meeting begins, for a meeting that was called off, for
    someone who is not on the list, and for a teacher of another organisation.
    """
    with transaction.atomic():
        meeting = locked(meeting)
        _refuse_when_impossible(meeting, enrolment, by)
        worth = hours_that_count(meeting, present=present, hours=hours)
        before = Attendance.objects.filter(meeting=meeting, enrolment=enrolment, corrected_by=None).first()
        if before is not None and (before.present, before.hours) == (present, worth):
            return before
        if before is not None and before.statement:
            take_back(enrolment=enrolment, statement_id=before.statement, by=by)
        row = Attendance(meeting=meeting, enrolment=enrolment, present=present, hours=worth, marked_by=by, corrects=before)
        if present:
            row.statement = _attended(meeting, enrolment, hours=worth, by=by)
        row.save()
        audit(
            "attendance-corrected" if before else "attendance-marked",
            actor=by,
            dossier_owner=enrolment.learner,
            on_behalf_of=meeting.organisation,
            subject=str(meeting),
            present=present,
            hours=str(worth),
        )
        return row


def mark_all(*, meeting: Meeting, by: User) -> int:
    """Record everyone on the list who has no mark yet as present for the whole meeting; answers how many."""
    with transaction.atomic():
        unmarked = [line.enrolment for line in participants(meeting) if line.mark is None]
        for enrolment in unmarked:
            mark(meeting=meeting, enrolment=enrolment, present=True, by=by)
    return len(unmarked)


def participants(meeting: Meeting) -> list[Participant]:
    """Everyone with a place, by name, with the mark that holds."""
    marks = {row.enrolment_id: row for row in Attendance.objects.filter(meeting=meeting, corrected_by=None).select_related("marked_by")}
    bookings = Booking.objects.filter(meeting=meeting, cancelled_at=None, waiting=False).select_related(
        "enrolment__learner", "enrolment__course"
    )
    rows = bookings.order_by("enrolment__learner__last_name", "enrolment__learner__first_name", "pk")
    return [Participant(booking=booking, mark=marks.get(booking.enrolment_id)) for booking in rows]


def to_mark(meetings: list[Meeting]) -> dict[int, int]:
    """How many participants of each of these meetings have no mark yet, in two queries."""
    keys = [meeting.pk for meeting in meetings]
    marked = set(Attendance.objects.filter(meeting__in=keys, corrects=None).values_list("meeting", "enrolment"))
    open_: dict[int, int] = {}
    for pair in Booking.objects.filter(meeting__in=keys, cancelled_at=None, waiting=False).values_list("meeting", "enrolment"):
        if pair not in marked:
            open_[pair[0]] = open_.get(pair[0], 0) + 1
    return open_


def hours_attended(enrolment: Enrolment) -> Decimal:
    """The hours this learner was really at the meetings of the course."""
    rows = Attendance.objects.filter(enrolment=enrolment, corrected_by=None, present=True)
    return sum((row.hours for row in rows), Decimal(0))


def already_completed(enrolment: Enrolment) -> bool:
    """Whether the course is completed: taking back attendance then leaves a certificate that someone has to judge."""
    return CourseProgress.objects.filter(enrolment=enrolment, satisfied_at__isnull=False).exists()


def length(meeting: Meeting) -> Decimal:
    """The hours of the whole meeting."""
    seconds = Decimal((meeting.ends_at - meeting.starts_at) / timedelta(seconds=1))
    return (seconds / 3600).quantize(Decimal("0.01"))


def hours_that_count(meeting: Meeting, *, present: bool, hours: Decimal | None) -> Decimal:
    """The hours of a mark; those of the whole meeting when none are said. Raises AttendanceRefused for more than the meeting took."""
    if not present:
        return Decimal("0.00")
    worth = (length(meeting) if hours is None else hours).quantize(Decimal("0.01"))
    if not 0 < worth <= length(meeting):
        raise AttendanceRefused(
            _("Vul meer dan 0 en hoogstens %(hours)s uur in.") % {"hours": f"{length(meeting).normalize():f}".replace(".", ",")}
        )
    return worth


def _refuse_when_impossible(meeting: Meeting, enrolment: Enrolment, by: User) -> None:
    organisation = meeting.course.organisation
    # Who may bring in a list of who was there marks them with it.
    if not may(by, Action.MARK_ATTENDANCE, organisation) and not may(by, Action.IMPORT_ATTENDANCE, organisation):
        raise AttendanceRefused(
            _("Aanwezigheid bij deze cursus legt een docent van %(organisation)s vast.") % {"organisation": meeting.course.organisation}
        )
    if meeting.cancelled_at is not None:
        raise AttendanceRefused(_("Deze bijeenkomst is afgelast; er valt geen aanwezigheid vast te leggen."))
    if timezone.now() < meeting.starts_at:
        begin = timezone.localtime(meeting.starts_at)
        raise AttendanceRefused(
            _("Aanwezigheid kun je vastleggen zodra de bijeenkomst begint: %(when)s.") % {"when": date_format(begin, "j F Y H:i")}
        )
    if enrolment.learner_id == by.pk:
        raise AttendanceRefused(_("Vraag een andere docent: niemand legt de eigen aanwezigheid vast."))
    listed = Booking.objects.filter(meeting=meeting, enrolment=enrolment, cancelled_at=None, waiting=False).exists()
    if not listed and not Attendance.objects.filter(meeting=meeting, enrolment=enrolment).exists():
        raise AttendanceRefused(_("Deze persoon staat niet op de lijst. Voeg de deelnemer eerst toe."))


def _attended(meeting: Meeting, enrolment: Enrolment, *, hours: Decimal, by: User) -> uuid.UUID:
    """The statement, dated when the meeting was, not when someone came round to marking it."""
    activity = ReleaseActivity.objects.filter(release=enrolment.release_id, uuid=meeting.activity).first()
    if activity is None:
        raise AttendanceRefused(
            _("De uitgave die deze deelnemer volgt, kent deze bijeenkomst niet. Zet de deelnemer eerst over naar de nieuwe uitgave.")
        )
    return record(
        enrolment=enrolment,
        verb=adl.ATTENDED,
        subject=activity,
        result={"completion": hours >= length(meeting), "duration": f"PT{int(hours * 60)}M"},
        context={"instructor": actor_of(by.pseudonym)},
        at=min(meeting.ends_at, timezone.now()),
    )
