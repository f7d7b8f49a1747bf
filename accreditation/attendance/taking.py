"""From a list that was read to attendance that is marked: who is meant, a look beforehand, marking in pieces, and what stays to sort out.

Until somebody confirms a list nothing follows from it, and it can be thrown away. Attendance goes the road of a teacher's own mark (`courses.meetings.attendance`), so a list read twice marks nobody twice.
A number is looked up only among people whom the organisation knows already, as members or in its courses: a list of guessed numbers tells
nobody who holds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.audit import record
from accounts.models import Organisation, Register, RegisterEntry, User
from accounts.permissions import Action, may, organisations_where
from accreditation import jobs
from accreditation.attendance.reading import Line, could_be_a_number, no_number
from accreditation.models import AttendanceLine, AttendanceList, Job
from courses.enrolment import EnrolmentRefused, enrol, open_enrolment
from courses.meetings.attendance import AttendanceRefused, mark
from courses.meetings.booking import BookingRefused, add_participant
from courses.models import Attendance, Enrolment, Meeting

State = AttendanceLine.State
PIECE = 10
TO_TAKE = (State.READY, State.JOINS)
# Names of lines that are done with, and lists that nobody confirmed, are needed no longer than this.
NAMES_KEPT = timedelta(days=90)


class TakingRefused(Exception):
    """The list or the line cannot be taken now; the message tells why."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a number stands for, if the organisation knows them."""

    learner: User | None
    text: str = ""


def bring(
    *, lines: Sequence[Line], meeting: Meeting, by: User, name: str, register: Register | None = None, enrols: bool = False
) -> AttendanceList:
    """Keep the list and say of each line what will happen; nothing is marked yet. Raises TakingRefused."""
    organisation = meeting.course.organisation
    if not may(by, Action.IMPORT_ATTENDANCE, organisation):
        raise TakingRefused(gettext("Lijsten bij deze cursus leest iemand van %(organisation)s in.") % {"organisation": organisation})
    if meeting.cancelled_at is not None:
        raise TakingRefused(gettext("Deze bijeenkomst is afgelast; er valt geen aanwezigheid vast te leggen."))
    if timezone.now() < meeting.starts_at:
        raise TakingRefused(gettext("Deze bijeenkomst is nog niet begonnen. Lees de lijst daarna in."))
    with transaction.atomic():
        kept = AttendanceList.objects.create(
            meeting=meeting, organisation=organisation, register=register, name=name[:120], enrols=enrols, made_by=by
        )
        known = _look_up([line.number for line in lines if not line.problem], organisation=organisation, register=register)
        places = _Places(meeting=meeting, learners=[found.learner for found in known.values() if found.learner], enrols=enrols)
        seen: set[object] = set()
        AttendanceLine.objects.bulk_create(_judged(kept, line, known=known, places=places, seen=seen) for line in lines)
        record("attendance-list-read", actor=by, on_behalf_of=organisation, subject=str(meeting), rows=len(lines), list=kept.pk)
    return kept


def confirm(*, kept: AttendanceList, by: User) -> Job:
    """Mark those who are ready, in the background; from now on the unknown numbers are to be sorted out.

    Raises TakingRefused when that was asked for already.
    """
    with transaction.atomic():
        if not AttendanceList.objects.filter(pk=kept.pk, confirmed_at=None).update(confirmed_at=timezone.now()):
            raise TakingRefused(gettext("Deze lijst is al vastgelegd of weggegooid."))
        return _start(kept, by=by, event="attendance-list-confirmed")


def discard(*, kept: AttendanceList, by: User) -> None:
    """Throw a list away that nobody confirmed, with all its lines. Raises TakingRefused when it was confirmed."""
    with transaction.atomic():
        # Held until it is gone: it may be confirmed this very moment.
        mine = AttendanceList.objects.select_for_update().filter(pk=kept.pk, confirmed_at=None).first()
        if mine is None:
            raise TakingRefused(gettext("Deze lijst is al vastgelegd. Wat is vastgelegd, verbeter je bij de bijeenkomst."))
        mine.delete()
        record("attendance-list-discarded", actor=by, on_behalf_of=kept.organisation, subject=str(kept.meeting), list=kept.pk)


def enrol_them(*, kept: AttendanceList, lines: Sequence[int] | None, by: User) -> Job | None:
    """Those who do not follow the course are enrolled and marked after all; `lines` are keys, None for all of the list.

    In a list that was confirmed the marking begins, and its job is answered. Raises TakingRefused when it concerns nobody.
    """
    with transaction.atomic():
        confirmed = AttendanceList.objects.select_for_update().get(pk=kept.pk).confirmed_at
        if not _not_enrolled(kept, lines).update(state=State.JOINS, text=""):
            raise TakingRefused(gettext("Deze regel is al uitgezocht."))
        return _start(kept, by=by, event="attendance-lines-enrolled") if confirmed else None


def leave_out(*, kept: AttendanceList, lines: Sequence[int] | None, by: User) -> int:
    """Those who do not follow the course stay out of it; `lines` are keys, None for all of the list. Answers how many."""
    with transaction.atomic():
        left = _not_enrolled(kept, lines).update(
            state=State.DROPPED, text=gettext("Volgt de cursus niet en is weggelaten."), settled_by=by, settled_at=timezone.now()
        )
        record("attendance-lines-left-out", actor=by, on_behalf_of=kept.organisation, subject=str(kept.meeting), rows=left, list=kept.pk)
    return left


def take(job: Job) -> bool:
    """Step: mark some lines, each in a transaction of its own with what became of it."""
    kept = AttendanceList.objects.select_related("meeting__course__organisation").get(pk=job.parameters["list"])
    by = User.objects.get(pk=job.parameters["by"])
    waiting = kept.lines.filter(state__in=TO_TAKE)
    for key in [*waiting.order_by("line").values_list("pk", flat=True)[:PIECE]]:
        _take_line(key, meeting=kept.meeting, by=by)
    left = waiting.count()
    job.done = max(0, (job.total or 0) - left)
    if left:
        return True
    counts = counts_of(kept)
    lines = []
    if counts.get(State.REFUSED):
        lines.append(
            ngettext("%(count)s kon niet; er staat bij waarom.", "%(count)s konden niet; er staat bij waarom.", counts[State.REFUSED])
            % {"count": counts[State.REFUSED]}
        )
    if counts.get(State.UNKNOWN):
        lines.append(
            ngettext(
                "%(count)s nummer staat onder ‘Uit te zoeken’.", "%(count)s nummers staan onder ‘Uit te zoeken’.", counts[State.UNKNOWN]
            )
            % {"count": counts[State.UNKNOWN]}
        )
    job.result = {
        "text": ngettext("%(count)s aanwezige vastgelegd.", "%(count)s aanwezigen vastgelegd.", counts.get(State.DONE, 0))
        % {"count": counts.get(State.DONE, 0)},
        "lines": lines,
        "href": reverse("accreditation:attendance_list", args=[kept.pk]),
        "link": gettext("Bekijk het verslag per regel"),
    }
    return False


def look_again(*, kept: AttendanceList, by: User) -> int:
    """Look up the unknown numbers once more: people add numbers to their profile. Settles who is known now; answers how many."""
    unknown = [*kept.lines.filter(state=State.UNKNOWN)]
    known = _look_up([line.number for line in unknown], organisation=kept.organisation, register=kept.register)
    found = 0
    for line in unknown:
        learner = known[line.number].learner if line.number in known else None
        if learner is not None:
            settle(line=line, learner=learner, by=by)
            found += 1
    return found


def settle(*, line: AttendanceLine, learner: User, by: User) -> AttendanceLine:
    """Say who an unknown number of a confirmed list is, and mark them if they follow the course or the list enrols.

    Raises TakingRefused for somebody whom the organisation does not know.
    """
    kept = line.list
    if not reachable(kept.organisation).filter(pk=learner.pk).exists():
        raise TakingRefused(gettext("Deze persoon is geen deelnemer van %(organisation)s.") % {"organisation": kept.organisation})
    with transaction.atomic():
        locked = AttendanceLine.objects.select_for_update(of=("self",)).select_related("list").get(pk=line.pk)
        if locked.state != State.UNKNOWN or locked.list.confirmed_at is None:
            raise TakingRefused(gettext("Deze regel is al uitgezocht."))
        locked.learner = learner
        if open_enrolment(learner=learner, course=kept.meeting.course) is not None:
            locked.state, locked.text = State.READY, ""
        elif kept.enrols:
            locked.state, locked.text = State.JOINS, ""
        else:
            locked.state, locked.text = State.NOT_ENROLLED, _why_not_enrolled()
        locked.settled_by, locked.settled_at = by, timezone.now()
        locked.save()
        record("attendance-line-settled", actor=by, dossier_owner=learner, on_behalf_of=kept.organisation, subject=str(kept.meeting))
    _take_line(locked.pk, meeting=kept.meeting, by=by)
    locked.refresh_from_db()
    return locked


def drop(*, line: AttendanceLine, reason: str, by: User) -> None:
    """Put an unknown number aside for good, with the reason. Raises TakingRefused."""
    if not reason.strip():
        raise TakingRefused(gettext("Schrijf op waarom je deze regel weglegt."))
    dropped = AttendanceLine.objects.filter(pk=line.pk, state=State.UNKNOWN).update(
        state=State.DROPPED, text=reason.strip()[:500], settled_by=by, settled_at=timezone.now()
    )
    if not dropped:
        raise TakingRefused(gettext("Deze regel is al uitgezocht."))
    record("attendance-line-dropped", actor=by, on_behalf_of=line.list.organisation, subject=str(line.list.meeting), line=line.line)


def lists_for(person: User) -> QuerySet[AttendanceList]:
    return AttendanceList.objects.filter(organisation__in=organisations_where(person, Action.IMPORT_ATTENDANCE))


def unresolved(person: User) -> QuerySet[AttendanceLine]:
    """The numbers that somebody still has to find out about, of lists that were confirmed, in the organisations of this person."""
    where = organisations_where(person, Action.IMPORT_ATTENDANCE)
    rows = AttendanceLine.objects.filter(state=State.UNKNOWN, list__confirmed_at__isnull=False, list__organisation__in=where)
    return rows.select_related("list__meeting__course", "list__organisation", "list__register").order_by("list__made_at", "line")


def reachable(organisation: Organisation) -> QuerySet[User]:
    """The people whom this organisation knows already: its members, and who follows or followed a course of it."""
    followers = Enrolment.objects.filter(course__organisation=organisation).values("learner")
    return User.objects.filter(Q(memberships__organisation=organisation) | Q(pk__in=followers), is_active=True).distinct()


def counts_of(kept: AttendanceList) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in kept.lines.order_by().values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def forget_old() -> int:
    """Blank the names, and the numbers that led to nobody, in lines that were dealt with long ago, and delete what nobody confirmed.

    Answers how many lines.
    """
    before = timezone.now() - NAMES_KEPT
    _all, deleted = AttendanceList.objects.filter(made_at__lt=before, confirmed_at=None).delete()
    old = AttendanceLine.objects.filter(list__made_at__lt=before).exclude(state=State.UNKNOWN)
    count = deleted.get(AttendanceLine._meta.label, 0) + old.exclude(name="").update(name="")
    return count + old.filter(learner=None).exclude(number="").update(number="")


def _start(kept: AttendanceList, *, by: User, event: str) -> Job:
    count = kept.lines.filter(state__in=TO_TAKE).count()
    record(event, actor=by, on_behalf_of=kept.organisation, subject=str(kept.meeting), rows=count, list=kept.pk)
    return jobs.start(
        kind="attendance-list",
        about=str(kept.meeting),
        asked_by=by,
        organisation=kept.organisation,
        parameters={"list": kept.pk, "by": by.pk},
        total=count,
    )


def _not_enrolled(kept: AttendanceList, lines: Sequence[int] | None) -> QuerySet[AttendanceLine]:
    found = kept.lines.filter(state=State.NOT_ENROLLED)
    return found if lines is None else found.filter(pk__in=lines)


def _why_not_enrolled() -> str:
    return gettext("We kennen deze persoon, maar die is niet ingeschreven voor deze cursus. Zo wordt de aanwezigheid niet vastgelegd.")


class _Places:
    """How the people of a list stand towards the meeting, read at once."""

    def __init__(self, *, meeting: Meeting, learners: Sequence[User], enrols: bool) -> None:
        self.enrols = enrols
        keys = [learner.pk for learner in learners]
        enrolments = Enrolment.objects.filter(course=meeting.course_id, learner__in=keys, withdrawn_at=None)
        self.enrolments = {learner: enrolment for enrolment, learner in enrolments.values_list("pk", "learner")}
        marks = Attendance.objects.filter(meeting=meeting, enrolment__in=self.enrolments.values(), corrected_by=None, present=True)
        self.present = dict(marks.values_list("enrolment", "hours"))


def _judged(kept: AttendanceList, line: Line, *, known: dict[str, _Known], places: _Places, seen: set[object]) -> AttendanceLine:
    row = AttendanceLine(list=kept, line=line.line, number=line.number, name=line.name, hours=line.hours)
    found = known.get(line.number, _Known(None))
    if line.problem:
        row.state, row.text = State.UNREADABLE, line.problem
        return row
    mark_of_line: object = found.learner.pk if found.learner else line.number
    if mark_of_line in seen:
        row.state = State.TWICE
        return row
    seen.add(mark_of_line)
    row.learner, row.text = found.learner, found.text
    if found.learner is None:
        if not could_be_a_number(line.number):
            row.state, row.text = State.UNREADABLE, no_number()
        else:
            row.state, row.text = State.UNKNOWN, found.text or gettext("Dit nummer hoort bij geen van jullie deelnemers.")
        return row
    enrolment = places.enrolments.get(found.learner.pk)
    if enrolment is None and places.enrols:
        row.state = State.JOINS
    elif enrolment is None:
        row.state, row.text = State.NOT_ENROLLED, _why_not_enrolled()
    elif enrolment in places.present and line.hours in (None, places.present[enrolment]):
        row.state = State.ALREADY
    else:
        row.state = State.READY
    return row


def _look_up(numbers: Sequence[str], *, organisation: Organisation, register: Register | None) -> dict[str, _Known]:
    """Whom each number stands for. A BIG number whose first zero a spreadsheet ate is found with the zero."""
    wanted = {number: number for number in numbers} | {f"0{number}": number for number in numbers if len(number) == 10 and number.isdigit()}
    entries = RegisterEntry.objects.filter(user__in=reachable(organisation)).select_related("user")
    if register is not None:
        entries = entries.filter(register=register)
    people: dict[str, dict[int, User]] = {}
    padded: set[str] = set()
    keys = [*wanted]
    for start in range(0, len(keys), 500):
        for entry in entries.filter(number__in=keys[start : start + 500]):
            people.setdefault(wanted[entry.number], {})[entry.user_id] = entry.user
            if entry.number != wanted[entry.number]:
                padded.add(wanted[entry.number])
    found = {}
    for number, holders in people.items():
        if len(holders) > 1:
            found[number] = _Known(
                None, gettext("Dit nummer hoort in verschillende registers bij verschillende mensen. Kies een register, of zoek het uit.")
            )
        else:
            text = gettext("De nul aan het begin ontbrak.") if number in padded else ""
            found[number] = _Known(next(iter(holders.values())), text)
    return found


def _take_line(key: int, *, meeting: Meeting, by: User) -> None:
    try:
        with transaction.atomic():
            line = AttendanceLine.objects.select_for_update(of=("self",)).get(pk=key)
            if line.state not in TO_TAKE or line.learner_id is None:
                return
            learner = User.objects.get(pk=line.learner_id)
            enrolment = open_enrolment(learner=learner, course=meeting.course)
            if enrolment is None:
                if line.state != State.JOINS:
                    raise TakingRefused(gettext("Volgt de cursus intussen niet meer."))
                enrolment = enrol(learner=learner, course=meeting.course, organisation=meeting.course.organisation)
            add_participant(enrolment=enrolment, meeting=meeting)
            mark(meeting=meeting, enrolment=enrolment, present=True, by=by, hours=line.hours)
            line.state, line.settled_at = State.DONE, timezone.now()
            line.save(update_fields=["state", "settled_at"])
    except (TakingRefused, AttendanceRefused, BookingRefused, EnrolmentRefused) as refusal:
        AttendanceLine.objects.filter(pk=key, state__in=TO_TAKE).update(state=State.REFUSED, text=str(refusal))
