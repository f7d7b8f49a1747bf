"""From a list that was read to attendance that is marked: who is meant, a look beforehand, marking in pieces, and what stays to sort out.

Until somebody confirms a list nothing follows from it, and it can be thrown away. Attendance goes the road of a teacher's own mark (`courses.meetings.attendance`), so a list read twice marks nobody twice.
A number is looked up only among people whom the organisation knows already, as members or in its courses: a list of guessed numbers tells
nobody who holds them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from accounts.audit import record
from accounts.models import Organisation, Register, RegisterEntry, User
from accounts.permissions import Action, may, organisations_where
from accounts.register_numbers import without_spaces
from accreditation import jobs
from accreditation.attendance.names import Others, misfit
from accreditation.attendance.reading import CODE, Line, could_be_a_number, no_number
from accreditation.models import AttendanceLine, AttendanceList, Job
from courses.enrolment import EnrolmentRefused, enrol, open_enrolment
from courses.meetings.attendance import AttendanceRefused, hours_that_count, mark
from courses.meetings.booking import BookingRefused, add_participant
from courses.models import Attendance, Enrolment, Meeting

State = AttendanceLine.State
PIECE = 10
TO_TAKE = (State.READY, State.JOINS)
PRESENT = (State.DONE, State.ALREADY)
# What somebody may leave out of the list, with the reason that then stands there.
TO_LEAVE = (State.NOT_ENROLLED, State.MISNAMED, State.REFUSED, State.UNREADABLE)
# What in a list that was confirmed somebody still has to look at.
TO_SORT_OUT = (State.UNKNOWN, *TO_LEAVE)
# Names of lines that are done with, and lists that nobody confirmed, are needed no longer than this.
NAMES_KEPT = timedelta(days=90)
MOST_FOUND = 10


class TakingRefused(Exception):
    """The list or the line cannot be taken now; the message tells why."""


class NameDiffers(TakingRefused):
    """The name in the list is another than that of the person; somebody has to say that it is them all the same."""


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
        seen: dict[object, int] = {}
        rows = [_judged(kept, line, known=known, places=places, seen=seen) for line in lines]
        _point_at_each_other(rows, seen=seen)
        AttendanceLine.objects.bulk_create(rows)
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
    """Who does not follow the course, is called otherwise, cannot be marked or cannot be read stays out of it. Answers how many.

    `lines` are keys, None for all who do not follow the course.
    """
    why = {
        State.NOT_ENROLLED: gettext("Volgt de cursus niet en is weggelaten."),
        State.MISNAMED: gettext("De naam wijkt af; deze regel is weggelaten."),
        State.REFUSED: gettext("Kon niet worden vastgelegd en is weggelaten."),
        State.UNREADABLE: gettext("Niet te lezen en weggelaten."),
    }
    left = 0
    with transaction.atomic():
        for state in TO_LEAVE if lines is not None else (State.NOT_ENROLLED,):
            rows = kept.lines.filter(state=state)
            rows = rows if lines is None else rows.filter(pk__in=lines)
            left += rows.update(state=State.DROPPED, text=why[state], settled_by=by, settled_at=timezone.now())
        record("attendance-lines-left-out", actor=by, on_behalf_of=kept.organisation, subject=str(kept.meeting), rows=left, list=kept.pk)
    return left


def accept_name(*, kept: AttendanceList, line: int, by: User) -> AttendanceLine:
    """Somebody looked: this is the person, though the list calls them otherwise. `line` is a key. Raises TakingRefused."""
    return _judge_again(kept, line, state=State.MISNAMED, by=by, event="attendance-name-accepted")


def correct_hours(*, kept: AttendanceList, line: int, hours: Decimal | None, by: User) -> AttendanceLine:
    """Try a line that could not be marked again, with these hours (None: the whole meeting). `line` is a key. Raises TakingRefused."""
    _require_hours(kept, hours)
    return _judge_again(kept, line, state=State.REFUSED, by=by, event="attendance-line-corrected", hours=hours)


def correct_number(*, kept: AttendanceList, line: int, number: str, hours: Decimal | None, by: User) -> AttendanceLine:
    """Read a line that could not be read again, with this number and these hours (None: the whole meeting). `line` is a key.

    Raises TakingRefused.
    """
    if not number.strip():
        raise TakingRefused(gettext("Vul het nummer in, of laat deze regel weg."))
    bare = without_spaces(number)
    if not CODE.fullmatch(bare) or not could_be_a_number(bare):
        raise TakingRefused(no_number())
    _require_hours(kept, hours)
    return _judge_again(kept, line, state=State.UNREADABLE, by=by, event="attendance-line-corrected", number=bare, hours=hours)


def _require_hours(kept: AttendanceList, hours: Decimal | None) -> None:
    if impossible := _why_not(kept.meeting, hours):
        raise TakingRefused(impossible)


def _why_not(meeting: Meeting, hours: Decimal | None) -> str:
    """Why nobody can have been there for so many hours, if that is so."""
    try:
        hours_that_count(meeting, present=True, hours=hours)
    except AttendanceRefused as refusal:
        return str(refusal)
    return ""


def _judge_again(
    kept: AttendanceList, key: int, *, state: str, by: User, event: str, number: str = "", **changed: Decimal | None
) -> AttendanceLine:
    with transaction.atomic():
        line = AttendanceLine.objects.select_for_update(of=("self",)).filter(list=kept, pk=key, state=state).first()
        if line is None or (line.learner is None and not number):
            raise TakingRefused(gettext("Deze regel is al uitgezocht."))
        for name, value in changed.items():
            setattr(line, name, value)
        if number:
            found = _look_up([number], organisation=kept.organisation, register=kept.register).get(number, _Known(None))
            line.number, line.learner, line.text = number, found.learner, found.text
        if line.learner is None:
            line.state, line.text = State.UNKNOWN, line.text or _belongs_to_nobody()
        else:
            places = _Places(meeting=kept.meeting, learners=[line.learner], enrols=kept.enrols)
            _stand(line, line.learner, places=places, named=state == State.MISNAMED)
            _once(line)
        line.settled_by, line.settled_at = by, timezone.now()
        line.save()
        if line.state in (*TO_TAKE, State.ALREADY):
            others = kept.lines.filter(learner=line.learner, state=State.REFUSED).exclude(pk=line.pk)
            others.update(state=State.TWICE, text=_twice(line.line))
        record(event, actor=by, dossier_owner=line.learner, on_behalf_of=kept.organisation, subject=str(kept.meeting))
    if AttendanceList.objects.filter(pk=kept.pk).exclude(confirmed_at=None).exists():
        _take_line(line.pk, meeting=kept.meeting, by=by)
        line.refresh_from_db()
    return line


def take(job: Job) -> bool:
    """Step: mark some lines, each in a transaction of its own with what became of it."""
    kept = AttendanceList.objects.select_related("meeting__course__organisation").get(pk=job.parameters["list"])
    by = User.objects.get(pk=job.parameters["by"])
    waiting = kept.lines.filter(state__in=TO_TAKE)
    for key in [*waiting.order_by("line").values_list("pk", flat=True)[:PIECE]]:
        _take_line(key, meeting=kept.meeting, by=by)
    left = waiting.count()
    # What could not be marked is not done: the bar and the list of tasks show how many of the total were.
    refused = kept.lines.filter(state=State.REFUSED, settled_at__gte=job.asked_at).count()
    job.done = max(0, (job.total or 0) - left - refused)
    if left:
        return True
    counts = counts_of(kept)
    done, already = counts.get(State.DONE, 0), counts.get(State.ALREADY, 0)
    present = done or already
    lines = [] if present else [gettext("Uit deze lijst krijgt dus niemand punten of een deelnameverklaring.")]
    if counts.get(State.REFUSED):
        lines.append(
            ngettext("%(count)s kon niet; er staat bij waarom.", "%(count)s konden niet; er staat bij waarom.", counts[State.REFUSED])
            % {"count": counts[State.REFUSED]}
        )
    if counts.get(State.MISNAMED):
        lines.append(
            ngettext("Bij %(count)s wijkt de naam af.", "Bij %(count)s wijkt de naam af.", counts[State.MISNAMED])
            % {"count": counts[State.MISNAMED]}
        )
    if counts.get(State.UNKNOWN):
        lines.append(
            ngettext(
                "%(count)s nummer staat onder ‘Uit te zoeken’.", "%(count)s nummers staan onder ‘Uit te zoeken’.", counts[State.UNKNOWN]
            )
            % {"count": counts[State.UNKNOWN]}
        )
    if done:
        text, tone = ngettext("%(count)s aanwezige vastgelegd.", "%(count)s aanwezigen vastgelegd.", done) % {"count": done}, "done"
    elif already and counts.keys() <= {State.ALREADY, State.TWICE, State.DROPPED}:
        text, tone = gettext("Iedereen stond al als aanwezig; er is niets veranderd."), "info"
    elif already:
        text = ngettext(
            "%(count)s deelnemer stond al als aanwezig; er is niets veranderd.",
            "%(count)s deelnemers stonden al als aanwezig; er is niets veranderd.",
            already,
        ) % {"count": already}
        tone = "info"
    else:
        text, tone = gettext("Niemand staat als aanwezig"), "signal"
    job.result = {
        "text": text,
        "tone": tone,
        "lines": lines,
        "href": reverse("accreditation:attendance_list", args=[kept.pk]),
        "link": gettext("Bekijk het verslag per regel"),
    }
    return False


def look_again(*, kept: AttendanceList, by: User) -> int:
    """Look up the unknown numbers of a confirmed list once more: people add numbers to their profile. Answers how many are settled by it.

    Where the list calls somebody otherwise, their line then waits in it for somebody who looks.
    """
    unknown = [*kept.lines.filter(state=State.UNKNOWN, list__confirmed_at__isnull=False)]
    known = _look_up([line.number for line in unknown], organisation=kept.organisation, register=kept.register)
    learners = [found.learner for found in known.values() if found.learner]
    places = _Places(meeting=kept.meeting, learners=learners, enrols=kept.enrols)
    found = 0
    for line in unknown:
        learner = known[line.number].learner if line.number in known else None
        if learner is None:
            continue
        try:
            _settle(line, learner, by=by, places=places, asks=True)
        except TakingRefused:
            continue  # a colleague sorted it out this moment
        found += 1
    return found


def settle(*, line: AttendanceLine, learner: User, by: User, named: bool = False) -> AttendanceLine:
    """Say who an unknown number of a confirmed list is, and mark them if they follow the course or the list enrols.

    `named` means that somebody saw that the list calls them otherwise. Raises NameDiffers, and TakingRefused for somebody whom the
    organisation does not know.
    """
    kept = line.list
    if not reachable(kept.organisation).filter(pk=learner.pk).exists():
        raise TakingRefused(gettext("Deze persoon is geen deelnemer van %(organisation)s.") % {"organisation": kept.organisation})
    return _settle(line, learner, by=by, places=_Places(meeting=kept.meeting, learners=[learner], enrols=kept.enrols), named=named)


def _settle(line: AttendanceLine, learner: User, *, by: User, places: "_Places", named: bool = False, asks: bool = False) -> AttendanceLine:
    kept = line.list
    with transaction.atomic():
        locked = AttendanceLine.objects.select_for_update(of=("self",)).select_related("list").get(pk=line.pk)
        if locked.state != State.UNKNOWN or locked.list.confirmed_at is None:
            raise TakingRefused(gettext("Deze regel is al uitgezocht."))
        if not named and not asks and (doubt := places.doubt_about(locked.name, learner)):
            raise NameDiffers(doubt)
        locked.learner, locked.text = learner, ""
        _stand(locked, learner, places=places, named=named)
        _once(locked)
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


def with_counts(lists: QuerySet[AttendanceList]) -> QuerySet[AttendanceList, Any]:
    """Of each list `rows`, how many lines it has: how many tell of somebody who is `present`, are `left` to look at, or `waiting` to be marked."""
    return lists.annotate(
        rows=Count("lines"),
        present=Count("lines", filter=Q(lines__state__in=PRESENT)),
        left=Count("lines", filter=Q(lines__state__in=TO_SORT_OUT)),
        waiting=Count("lines", filter=Q(lines__state__in=TO_TAKE)),
    )


def to_mend(person: User) -> QuerySet[AttendanceList, Any]:
    """The confirmed lists of which other lines than unknown numbers still ask somebody's attention."""
    lists = lists_for(person).filter(confirmed_at__isnull=False, lines__state__in=TO_LEAVE)
    return lists.annotate(left=Count("lines")).select_related("meeting__course").order_by("-pk")


def read_before(kept: AttendanceList) -> AttendanceList | None:
    """An earlier list of this meeting with the same lines, of the last few: somebody read the same twice."""
    mine = _content_of(kept)
    earlier = AttendanceList.objects.filter(meeting=kept.meeting_id, pk__lt=kept.pk).annotate(rows=Count("lines")).filter(rows=len(mine))
    return next((other for other in earlier.select_related("made_by").order_by("-pk")[:5] if _content_of(other) == mine), None)


def _content_of(kept: AttendanceList) -> list[tuple[int, str, str]]:
    return [*kept.lines.order_by("line").values_list("line", "number", "name")]


def unresolved(person: User) -> QuerySet[AttendanceLine]:
    """The numbers that somebody still has to find out about, of lists that were confirmed, in the organisations of this person."""
    where = organisations_where(person, Action.IMPORT_ATTENDANCE)
    rows = AttendanceLine.objects.filter(state=State.UNKNOWN, list__confirmed_at__isnull=False, list__organisation__in=where)
    return rows.select_related("list__meeting__course", "list__organisation", "list__register").order_by("list__made_at", "line")


def reachable(organisation: Organisation) -> QuerySet[User]:
    """The people whom this organisation knows already: its members, and who follows or followed a course of it."""
    followers = Enrolment.objects.filter(course__organisation=organisation).values("learner")
    return User.objects.filter(Q(memberships__organisation=organisation) | Q(pk__in=followers), is_active=True).distinct()


def people_called(*, text: str, organisation: Organisation) -> list[User]:
    """Whom the organisation knows by this e-mail address or name, whose name is nearest first; at most `MOST_FOUND` and one.

    Raises TakingRefused when it is nobody.
    """
    people = reachable(organisation)
    if "@" in text:
        found = [*people.filter(email__iexact=text)[:1]]
        if not found:
            raise TakingRefused(
                gettext("Bij %(organisation)s kennen we geen deelnemer met dit e-mailadres.") % {"organisation": organisation}
            )
        return found
    # What has no letters in it, such as a number, is not in the way of any name.
    named = people.only("first_name", "last_name") if any(sign.isalpha() for sign in text) else people.none()
    fits = {person.pk: fit for person in named if (fit := misfit(text, person)) is not None}
    keys = sorted(fits, key=lambda key: fits[key])
    if words := [word for word in re.split(r"[\s,.;]+", text) if len(word) > 1]:
        parts = [Q(first_name__icontains=word) | Q(last_name__icontains=word) for word in words[:MOST_FOUND]]
        keys += [*people.filter(*parts).exclude(pk__in=keys[:MOST_FOUND]).values_list("pk", flat=True)[: MOST_FOUND + 1]]
    by_key = people.in_bulk(keys[: MOST_FOUND + 1])
    if not by_key:
        raise TakingRefused(gettext("Bij %(organisation)s kennen we geen deelnemer met deze naam.") % {"organisation": organisation})
    return [by_key[key] for key in keys[: MOST_FOUND + 1]]


def counts_of(kept: AttendanceList) -> dict[str, int]:
    return dict(kept.lines.order_by().values_list("state").annotate(Count("pk")))


def forget_old() -> int:
    """Blank the names, and the numbers that led to nobody, in lines that were dealt with long ago, and delete what nobody confirmed.

    Answers how many lines.
    """
    before = timezone.now() - NAMES_KEPT
    _all, deleted = AttendanceList.objects.filter(made_at__lt=before, confirmed_at=None).delete()
    old = AttendanceLine.objects.filter(list__made_at__lt=before).exclude(state=State.UNKNOWN)
    # What is wrong with these is told in words of the list itself.
    old.filter(state__in=(State.MISNAMED, State.UNREADABLE)).exclude(text="").update(text="")
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
        self.meeting, self.enrols = meeting, enrols
        keys = [learner.pk for learner in learners]
        enrolments = Enrolment.objects.filter(course=meeting.course_id, learner__in=keys, withdrawn_at=None)
        self.enrolments = {learner: enrolment for enrolment, learner in enrolments.values_list("pk", "learner")}
        marks = Attendance.objects.filter(meeting=meeting, enrolment__in=self.enrolments.values(), corrected_by=None, present=True)
        self.present = dict(marks.values_list("enrolment", "hours"))

    @cached_property
    def others(self) -> Others:
        return Others(reachable(self.meeting.course.organisation).only("first_name", "last_name"))

    def doubt_about(self, written: str, learner: User) -> str:
        """What to ask about a name in the list that is not surely this person's; nothing when it is."""
        fit = misfit(written, learner)
        if fit == 0 or (fit is not None and not self.others.fit_better(written, learner)):
            return ""
        said = {"name": written, "who": learner}
        if self.others.fit_better(written, learner):
            return (
                gettext(
                    "In de lijst staat ‘%(name)s’; die naam past beter bij iemand anders van jullie. Dit nummer is van ‘%(who)s’. Is dit dezelfde persoon?"
                )
                % said
            )
        return gettext("In de lijst staat ‘%(name)s’, maar deze deelnemer heet ‘%(who)s’. Is dit dezelfde persoon?") % said


def _judged(kept: AttendanceList, line: Line, *, known: dict[str, _Known], places: _Places, seen: dict[object, int]) -> AttendanceLine:
    row = AttendanceLine(list=kept, line=line.line, number=line.number, name=line.name, hours=line.hours)
    found = known.get(line.number, _Known(None))
    if line.problem:
        row.state, row.text = State.UNREADABLE, f"{line.problem} {line.hours_problem}".strip()
        return row
    mark_of_line: object = found.learner.pk if found.learner else line.number
    if mark_of_line in seen:
        row.state, row.text = State.TWICE, _twice(seen[mark_of_line])
        return row
    row.learner, row.text = found.learner, found.text
    if found.learner is None:
        seen[mark_of_line] = line.line
        if not could_be_a_number(line.number):
            row.state, row.text = State.UNREADABLE, no_number()
        else:
            row.state, row.text = State.UNKNOWN, found.text or _belongs_to_nobody()
        if line.hours_problem:
            row.state, row.text = State.UNREADABLE, f"{row.text} {line.hours_problem}"
        elif line.hours is not None and _why_not(kept.meeting, line.hours):
            words = gettext("Er staat %(hours)s uur bij, langer dan de bijeenkomst duurde. Dat verbeter je zodra je weet wie het is.")
            row.text = f"{row.text} {words % {'hours': number_format(line.hours.normalize())}}"
        return row
    _stand(row, found.learner, places=places)
    if line.hours_problem:
        row.state, row.text = State.REFUSED, line.hours_problem
    # A line that may be left out stands in nobody's way.
    if row.state not in (State.MISNAMED, State.REFUSED):
        seen[mark_of_line] = line.line
    return row


def _belongs_to_nobody() -> str:
    return gettext("Dit nummer hoort bij geen van jullie deelnemers.")


def _point_at_each_other(rows: Sequence[AttendanceLine], *, seen: dict[object, int]) -> None:
    """Of one person on two lines, none is to be mended for whom another counts; otherwise the later says where the first stands."""
    first: dict[int, int] = {}
    for row in rows:
        if row.state == State.REFUSED and row.learner_id:
            if row.learner_id in seen:
                row.state, row.text = State.TWICE, _twice(seen[row.learner_id])
            elif row.learner_id in first:
                row.text = f"{row.text} {gettext('Dezelfde persoon staat ook op regel %(line)s.') % {'line': first[row.learner_id]}}"
            first.setdefault(row.learner_id, row.line)


def _stand(row: AttendanceLine, learner: User, *, places: _Places, named: bool = False) -> None:
    """Say what will become of a line of which we know who it is. `named`: somebody saw that the name is another one."""
    enrolment = places.enrolments.get(learner.pk)
    if impossible := _why_not(places.meeting, row.hours):
        row.state, row.text = State.REFUSED, impossible
        return
    if not named and (doubt := places.doubt_about(row.name, learner)):
        row.state, row.text = State.MISNAMED, doubt
    elif enrolment is None and places.enrols:
        row.state = State.JOINS
    elif enrolment is None:
        row.state, row.text = State.NOT_ENROLLED, _why_not_enrolled()
    elif enrolment in places.present and row.hours in (None, places.present[enrolment]):
        row.state = State.ALREADY
    else:
        row.state = State.READY
    if named and row.state in (*TO_TAKE, State.ALREADY):
        row.text = ""


def _once(row: AttendanceLine) -> None:
    """One person counts once in a list: the later of two lines is kept as such, with where the other stands."""
    others = AttendanceLine.objects.filter(list=row.list_id, learner=row.learner_id).exclude(pk=row.pk)
    other = others.filter(state__in=(*TO_TAKE, State.ALREADY, State.DONE, State.NOT_ENROLLED)).order_by("line").first()
    if other is not None:
        row.state, row.text = State.TWICE, _twice(other.line)


def _twice(line: int) -> str:
    return gettext("Dezelfde persoon staat op regel %(line)s en telt één keer.") % {"line": line}


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
                enrolment = enrol(
                    learner=learner,
                    course=meeting.course,
                    organisation=meeting.course.organisation,
                    by=by,
                    because=gettext("stond op de presentielijst van %(meeting)s") % {"meeting": meeting},
                )
            add_participant(enrolment=enrolment, meeting=meeting)
            mark(meeting=meeting, enrolment=enrolment, present=True, by=by, hours=line.hours)
            line.state, line.settled_at = State.DONE, timezone.now()
            line.save(update_fields=["state", "settled_at"])
    except (TakingRefused, AttendanceRefused, BookingRefused, EnrolmentRefused) as refusal:
        AttendanceLine.objects.filter(pk=key, state__in=TO_TAKE).update(state=State.REFUSED, text=str(refusal), settled_at=timezone.now())
