"""Sends what waits in the outbox to the service of a register: at least once, and never so that the register has it twice.

Only who holds the lease of a connection sends. A call is written down, with the reports in it, before it goes out; what was on its way
when a worker died is found there by the next one and goes again. The register knows an attendance by person, course and the frozen
moment (types 2 and 3) or by edition and meeting (types 1 and 4), so that this adds nothing there.

What a call accepted is matched on person, course and moment. For the rest the service names no person: unless the answer leaves no
doubt about whose message it is, each of those goes once more in a call of its own, and what comes back then is about nobody else
(docs/decisions, "Whose rejection is it").
"""

import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.outgoing.connection import AddressRefused, is_loopback_name
from accounts.outgoing.locks import CannotUnlock
from accounts.register_numbers import NumberKind, clean_number
from accreditation.big_register.doubts import Doubt, doubts
from accreditation.editions import Place
from accreditation.exports.pe_online.fields import COURSE, END_DATE, Presence, problems, value_of
from accreditation.exports.pe_online.xml import ROWS_PER_CALL, entry
from accreditation.models import Accreditation, PointAward, RegisterConnection, Report, ReportAttempt, ReportCall, ReportingTerm
from accreditation.reporting import answers
from accreditation.reporting.answers import Answer
from accreditation.reporting.outbox import NOTHING, net_points, places_of, with_accreditation
from accreditation.reporting.transport import Sealed, Service, login_of
from courses.meetings.attendance import length
from courses.models import Attendance

State, Outcome, Reason = Report.State, ReportAttempt.Outcome, RegisterConnection.Reason
LEASE = timedelta(minutes=4)  # longer than a call lasts
FIRST_WAIT, LONGEST_WAIT = 60, 6 * 3600  # seconds
MOST_TROUBLES = 8  # sends of one report in a row without a usable answer, before it is given up
ALONE_AFTER = 3
REFUSALS_IN_A_ROW = 3  # calls of a single row that were "no XML": then it is not the row
PAUSES = {
    answers.Outcome.KEY_REFUSED: Reason.KEY_REFUSED,
    answers.Outcome.ADDRESS_NOT_ALLOWED: Reason.ADDRESS_NOT_ALLOWED,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A report as it goes out."""

    report: Report
    place: Place | None = None

    @property
    def accreditation(self) -> Accreditation:
        return self.report.accreditation

    @property
    def number(self) -> str:
        return self.report.number

    @property
    def completed_at(self) -> datetime:
        return self.report.end_date

    @property
    def places(self) -> tuple[Place, ...]:
        return (self.place,) if self.place else ()

    @property
    def course(self) -> str:
        return (value_of(self.accreditation, COURSE) or ("", ""))[1]

    @property
    def dated(self) -> bool:
        return END_DATE[self.accreditation.course_type] is Presence.REQUIRED

    @property
    def key(self) -> tuple[str, str]:
        """Person and course: two of the same in one call could not be told apart in its answer."""
        return self.number, self.course


@dataclass
class Run:
    """What one turn did."""

    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    more: bool = False  # there was more than the time allowed
    busy: bool = False  # somebody else is sending, or it is not its time


class _LostLease(Exception):
    """The connection was paused or changed hands meanwhile."""


def send(connection_id: int, *, seconds: float = 50) -> Run:
    """Send what waits at this connection, for about so long. Harmless to repeat, also at the same time."""
    connection = _take_lease(connection_id)
    if connection is None:
        return Run(busy=True)
    turn = _Turn(connection)
    try:
        turn.go(until=time.monotonic() + seconds)
    except _LostLease:
        turn.run.more = True
    finally:
        RegisterConnection.objects.filter(pk=connection.pk, lease=connection.lease).update(lease=None, leased_until=None)
    return turn.run


def why_held(report: Report, *, in_part: bool, doubt: Doubt | None, term: ReportingTerm | None, connection: RegisterConnection) -> str:
    """Why this report is not sent as it stands, in words for the administrator; empty when nothing is in the way."""
    accreditation = report.accreditation
    if connection.transport == RegisterConnection.Transport.LIST:
        # A list has no more than numbers: what the XML asks for is not needed, that the register granted it is.
        if accreditation.status != Accreditation.Status.GRANTED:
            return gettext("Deze accreditatie is niet toegekend. Aanwezigheid melden kan pas daarna.")
    elif found := problems(accreditation):
        return " ".join(found)
    if accreditation.is_demo and connection.by_service and not is_loopback_name(urlsplit(connection.endpoint).hostname or ""):
        return gettext("Deze accreditatie is een voorbeeld. Voorbeelden melden we niet aan een echt register.")
    if report.end_date > timezone.now():
        return gettext("De cursus is op dat moment nog niet geweest. Melden kan pas daarna.")
    try:
        clean_number(report.number, kinds=[NumberKind(kind) for kind in connection.register.number_kinds])
    except ValidationError as error:
        return " ".join(error.messages)
    if doubt:
        return doubt.text
    if term is not None and term.whole_only and in_part:
        return gettext(
            "Dit register neemt alleen volledige aanwezigheid aan. Geef de deelnemer een bewijs van deelname met de uren die echt zijn gevolgd; "
            "de deelnemer dient dat zelf in."
        )
    return ""


def _take_lease(connection_id: int) -> RegisterConnection | None:
    now = timezone.now()
    taken = (
        RegisterConnection.objects.filter(pk=connection_id, state=RegisterConnection.State.ACTIVE)
        .filter(transport__in=RegisterConnection.SERVICES)
        .filter(Q(retry_at=None) | Q(retry_at__lte=now), Q(lease=None) | Q(leased_until__lt=now))
        .update(lease=uuid.uuid4(), leased_until=now + LEASE, queued_at=None)
    )
    return RegisterConnection.objects.select_related("register", "organisation").get(pk=connection_id) if taken else None


def sifted(connection: RegisterConnection, page: Sequence[Report]) -> tuple[list[Row], list[tuple[Report, str, str]]]:
    """Those that may go, and those that may not with why: undone before they went, or lacking something."""
    net = net_points(page)
    places = _places(page)
    term = ReportingTerm.objects.filter(register=connection.register_id).first()
    short = _there_in_part(page) if term is not None and term.whole_only else set()
    doubted = doubts(register=connection.register_id, held={(report.learner_id, report.number) for report in page})
    ready: list[Row] = []
    refused: list[tuple[Report, str, str]] = []
    for report in page:
        left, first = net.get((report.learner_id, report.accreditation_id), NOTHING)
        if left <= 0:
            refused.append((report, State.DROPPED, gettext("De punten zijn teruggedraaid voordat dit was gemeld.")))
            continue
        place = places.get((report.learner_id, report.accreditation_id, report.part))
        if report.part and place is None:
            refused.append((report, State.DROPPED, gettext("De aanwezigheid bij deze bijeenkomst is intussen gecorrigeerd.")))
            continue
        worth = sum((line.points for line in report.accreditation.points.all()), Decimal(0))
        in_part = left < max(first, worth) or (report.learner_id, report.accreditation_id) in short
        doubt = doubted.get((report.learner_id, report.number))
        why = why_held(report, in_part=in_part, doubt=doubt, term=term, connection=connection)
        if why:
            refused.append((report, State.HELD, why))
        else:
            ready.append(Row(report, place))
    return ready, refused


def put_aside(refused: Sequence[tuple[Report, str, str]]) -> None:
    """Write down what may not go, with why."""
    now = timezone.now()
    alike: dict[tuple[str, str], list[int]] = {}
    for report, state, why in refused:
        alike.setdefault((state, why), []).append(report.pk)
    for (state, why), keys in alike.items():
        dropped = {"settled_at": now, "note": why} if state == State.DROPPED else {}
        Report.objects.filter(pk__in=keys).update(state=state, problem=why, code="", text="", **dropped)
    ReportAttempt.objects.bulk_create(
        [
            ReportAttempt(
                report=report, at=now, outcome=Outcome.DROPPED if state == State.DROPPED else Outcome.HELD, number=report.number, text=why
            )
            for report, state, why in refused
        ]
    )


def _places(page: Sequence[Report]) -> dict[tuple[int, int, str], Place]:
    """Where each report that is about one edition or meeting has its numbers now: they may have been filled in since it was queued."""
    parts = [report for report in page if report.part]
    enrolments = _enrolments(parts)
    keys = {(report.learner_id, report.accreditation_id): report.accreditation for report in parts}
    found = places_of((accreditation, enrolments[key]) for key, accreditation in keys.items() if key in enrolments)
    return {
        (learner, accreditation, place.key): place
        for (learner, accreditation), enrolment in enrolments.items()
        for place in found.get((accreditation, enrolment), [])
    }


def _there_in_part(page: Sequence[Report]) -> set[tuple[int, int]]:
    """Who was at a meeting for fewer hours than it lasted."""
    enrolments = _enrolments(page)
    rows = Attendance.objects.filter(enrolment__in=enrolments.values(), corrected_by=None, present=True).select_related("meeting")
    short = {row.enrolment_id for row in rows if row.hours < length(row.meeting).quantize(Decimal("0.01"))}
    return {key for key, enrolment in enrolments.items() if enrolment in short}


def _enrolments(reports: Sequence[Report]) -> dict[tuple[int, int], int]:
    """The enrolment that brought each of these people their points under each of these accreditations."""
    if not reports:
        return {}
    awards = PointAward.objects.filter(
        learner__in={report.learner_id for report in reports}, accreditation__in={report.accreditation_id for report in reports}
    )
    return {
        (learner, accreditation): enrolment
        for learner, accreditation, enrolment in awards.order_by("-pk").values_list("learner", "accreditation", "enrolment")
    }


class _Turn:
    """One worker's turn with one connection."""

    def __init__(self, connection: RegisterConnection) -> None:
        self.connection = connection
        self.lease = connection.lease
        self.run = Run()

    def go(self, *, until: float) -> None:
        self._pick_up_what_was_on_its_way()
        try:
            login = login_of(self.connection)
        except CannotUnlock:
            self._pause(Reason.KEY_UNREADABLE, "")
            return
        if not login.user_id or not login.user_key:
            self._pause(Reason.KEY_MISSING, "")
            return
        try:
            service = Service(self.connection, login)
        except AddressRefused as refusal:
            self._pause(Reason.ADDRESS_NOT_ALLOWED, str(refusal))
            return
        with service:
            while True:
                self._renew()
                taken = self._take_batch()
                if taken is None:
                    return
                call, rows = taken
                if rows:
                    content = entry(
                        rows,
                        org_id=call.org_id or 0,
                        email=self.connection.email,
                        language="nl",
                        user_id=login.user_id,
                        user_key=login.user_key,
                    )
                    answer = service.send(Sealed(content))
                    if not self._book(call, rows, answer):
                        return
                if time.monotonic() >= until:
                    self.run.more = True
                    return

    def _renew(self) -> None:
        renewed = RegisterConnection.objects.filter(pk=self.connection.pk, lease=self.lease, state=RegisterConnection.State.ACTIVE).update(
            leased_until=timezone.now() + LEASE
        )
        if not renewed:
            raise _LostLease

    def _pick_up_what_was_on_its_way(self) -> None:
        """A worker died between sending and booking: nobody knows what arrived, and sending again is harmless."""
        for call in ReportCall.objects.filter(connection=self.connection, closed_at=None).exclude(
            transport__in=(RegisterConnection.Transport.FILE, RegisterConnection.Transport.LIST)
        ):
            with transaction.atomic():
                if not ReportCall.objects.filter(pk=call.pk, closed_at=None).update(closed_at=timezone.now(), outcome="lost"):
                    continue
                reports = list(Report.objects.filter(call=call, state=State.SENT).select_for_update(of=("self",)))
                self._back(reports, call, Outcome.UNANSWERED, troubled=True)

    # --- What goes ----------------------------------------------------------------------------------------------------

    def _take_batch(self) -> tuple[ReportCall, list[Row]] | None:
        """The next reports, written down as on their way; None when nothing waits. Those that may not go are held with the reason."""
        connection = self.connection
        size = min(connection.batch_size, ROWS_PER_CALL)
        with transaction.atomic():
            waiting = Report.objects.filter(connection=connection, state=State.WAITING).order_by("troubles", "pk")
            page = with_accreditation(list(waiting.select_for_update(of=("self",))[: ROWS_PER_CALL * 2]))
            if not page:
                return None
            ready = self._sifted(page)
            rows: list[Row] = []
            org_id: int | None = None
            keys: set[tuple[str, str]] = set()
            for row in ready:
                found = row.accreditation.effective_org_id()
                # One report may be what they stumble over: who stumbled often goes alone, and lets the others pass.
                alone = row.report.alone or row.report.troubles >= ALONE_AFTER
                if rows and (found != org_id or row.key in keys or alone):
                    continue
                rows.append(row)
                org_id = found
                keys.add(row.key)
                if alone or len(rows) == size:
                    break
            now = timezone.now()
            if not rows:
                return ReportCall(connection=connection), []
            call = ReportCall.objects.create(
                connection=connection,
                transport=connection.transport,
                org_id=org_id,
                rows=len(rows),
                test_mode=connection.test_mode,
                sent_at=now,
            )
            Report.objects.filter(pk__in=[row.report.pk for row in rows]).update(
                state=State.SENT, call=call, sent_at=now, attempts=F("attempts") + 1
            )
        self.run.sent += len(rows)
        return call, rows

    def _sifted(self, page: Sequence[Report]) -> list[Row]:
        """Those that may go. What was undone before it went is dropped, what lacks something is held."""
        ready, refused = sifted(self.connection, page)
        put_aside(refused)
        return ready

    # --- What came back -----------------------------------------------------------------------------------------------

    def _book(self, call: ReportCall, rows: Sequence[Row], answer: Answer) -> bool:
        """Write down what became of a call, all of it or nothing. Answers whether to go on."""
        with transaction.atomic():
            closed = ReportCall.objects.filter(pk=call.pk, closed_at=None).update(
                closed_at=timezone.now(),
                outcome=answer.outcome,
                status=answer.status,
                accepted=answer.accepted_rows or len(answer.accepted),
                rejected=answer.rejected_rows or 0,
                answer=answer.text,
            )
            if not closed:
                # This turn took longer than its lease, and the next one has already set these going again.
                raise _LostLease
            if answer.outcome == answers.Outcome.PROCESSED:
                self._book_rows(call, rows, answer)
                return True
            if answer.outcome == answers.Outcome.XML_REFUSED:
                return self._book_invalid(call, rows, answer)
            if answer.outcome in PAUSES:
                self._back([row.report for row in rows], call, Outcome.UNPROCESSED, text=answer.text)
                self._pause(PAUSES[answer.outcome], answer.text)
                return False
            self._back([row.report for row in rows], call, Outcome.UNANSWERED, text=answer.text, troubled=True)
            self._stumble(answer)
            return False

    def _book_rows(self, call: ReportCall, rows: Sequence[Row], answer: Answer) -> None:
        left = list(answer.accepted)
        taken: list[Row] = []
        for row in rows:
            match = next((said for said in left if _is_about(said, row)), None)
            if match is not None:
                left.remove(match)
                taken.append(row)
        rest = [row for row in rows if row not in taken]
        # One row, and they count one accepted and none rejected: that is this one, however they write its course or date.
        if len(rows) == 1 and rest and (answer.accepted_rows or answer.accepted) and not answer.rejected_rows and not answer.errors:
            taken, rest = list(rows), []
        claimed = max(answer.accepted_rows or 0, len(answer.accepted))
        self._accept(call, taken)
        if rest:
            error = _whose(answer, rest, alone=len(rows) == 1, unmatched=claimed > len(taken))
            if error is None:
                # What the answer says may be about somebody else: it stands with the call, not in the history of a person.
                self._back([row.report for row in rest], call, Outcome.UNCLEAR, alone=True)
            else:
                self._reject(call, rest, code=error.code, text=error.text)
        self._smooth()

    def _book_invalid(self, call: ReportCall, rows: Sequence[Row], answer: Answer) -> bool:
        """Nothing of the call was processed. Smaller calls find the row that spoils it; when single ones fail too, it is not a row."""
        connection = self.connection
        if len(rows) > 1:
            connection.batch_size = max(1, len(rows) // 2)
            self._back([row.report for row in rows], call, Outcome.UNPROCESSED, text=answer.text)
        else:
            connection.refusals += 1
            error = answer.errors[0] if answer.errors else answers.RowError(answers.INVALID, answer.text)
            if connection.refusals >= REFUSALS_IN_A_ROW:
                self._back([row.report for row in rows], call, Outcome.UNPROCESSED, text=answer.text)
                self._pause(Reason.XML_REFUSED, answer.text)
                return False
            self._reject(call, rows, code=error.code, text=error.text)
        RegisterConnection.objects.filter(pk=connection.pk).update(batch_size=connection.batch_size, refusals=connection.refusals)
        return True

    def _accept(self, call: ReportCall, rows: Sequence[Row]) -> None:
        # In the vendor's test mode nothing is written there, so nothing counts as reported here.
        state, outcome = (State.TESTED, Outcome.TESTED) if call.test_mode else (State.ACCEPTED, Outcome.ACCEPTED)
        self._move(call, rows, state=state, outcome=outcome, code="", text="", settled=not call.test_mode)
        self.run.accepted += len(rows)

    def _reject(self, call: ReportCall, rows: Sequence[Row], *, code: str, text: str) -> None:
        self._move(call, rows, state=State.REJECTED, outcome=Outcome.REJECTED, code=code, text=text, settled=False)
        self.run.rejected += len(rows)

    def _move(self, call: ReportCall, rows: Sequence[Row], *, state: str, outcome: str, code: str, text: str, settled: bool) -> None:
        now = timezone.now()
        Report.objects.filter(pk__in=[row.report.pk for row in rows], call=call, state=State.SENT).update(
            state=state, code=code, text=text, problem="", alone=False, troubles=0, settled_at=now if settled else None
        )
        ReportAttempt.objects.bulk_create(
            [ReportAttempt(report=row.report, call=call, at=now, outcome=outcome, number=row.number, code=code, text=text) for row in rows]
        )

    def _back(
        self,
        reports: Sequence[Report],
        call: ReportCall,
        outcome: str,
        *,
        text: str = "",
        troubled: bool = False,
        alone: bool = False,
    ) -> None:
        """These go again; who went too often without a usable answer is given up until somebody looks."""
        now = timezone.now()
        dead = [report for report in reports if troubled and report.troubles + 1 >= MOST_TROUBLES]
        onward = [report for report in reports if report not in dead]
        mine = Report.objects.filter(call=call, state=State.SENT)
        change: dict[str, object] = {"troubles": F("troubles") + 1} if troubled else {}
        if alone:
            change["alone"] = True
        mine.filter(pk__in=[report.pk for report in onward]).update(state=State.WAITING, **change)
        mine.filter(pk__in=[report.pk for report in dead]).update(state=State.DEAD, text=text)
        ReportAttempt.objects.bulk_create(
            [
                ReportAttempt(
                    report=report, call=call, at=now, outcome=Outcome.DEAD if report in dead else outcome, number=report.number, text=text
                )
                for report in reports
            ]
        )

    # --- How the connection fares -------------------------------------------------------------------------------------

    def _smooth(self) -> None:
        connection = self.connection
        connection.batch_size = min(ROWS_PER_CALL, connection.batch_size * 2)
        connection.failures = connection.refusals = 0
        RegisterConnection.objects.filter(pk=connection.pk).update(
            batch_size=connection.batch_size,
            failures=0,
            refusals=0,
            retry_at=None,
            reason="",
            last_success_at=timezone.now(),
            last_answer="",
        )

    def _stumble(self, answer: Answer) -> None:
        connection = self.connection
        connection.failures += 1
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (connection.failures - 1))
        unreachable = answer.outcome == answers.Outcome.UNREACHABLE
        RegisterConnection.objects.filter(pk=connection.pk).update(
            failures=connection.failures,
            retry_at=timezone.now() + timedelta(seconds=wait * random.uniform(0.9, 1.1)),  # noqa: S311 - spreads retries, guards nothing
            reason=Reason.UNREACHABLE if unreachable else Reason.TROUBLE,
            last_answer=f"{answer.status or ''} {answer.text}".strip(),
        )

    def _pause(self, reason: str, text: str) -> None:
        RegisterConnection.objects.filter(pk=self.connection.pk, lease=self.lease).update(
            state=RegisterConnection.State.PAUSED, reason=reason, last_answer=text
        )


def _is_about(said: answers.AcceptedRow, row: Row) -> bool:
    """Whether this accepted row is ours. Of types 1 and 4 we send no moment, so whatever date they name there is theirs."""
    if (said.person, said.course) != row.key:
        return False
    return not row.dated or answers.same_moment(said.moment, row.completed_at)


def _whose(answer: Answer, rest: Sequence[Row], *, alone: bool, unmatched: bool) -> answers.RowError | None:
    """The message that is surely about all of these rows; None when it cannot be told, or when some of them may have been accepted."""
    if alone and answer.errors:
        return answers.RowError(answer.errors[0].code, " ".join(dict.fromkeys(error.without_line for error in answer.errors)))
    if alone:
        return answers.RowError("", gettext("Afgewezen zonder toelichting."))
    texts = {(error.code, error.without_line) for error in answer.errors}
    if unmatched or len(texts) != 1 or len(answer.errors) != len(rest):
        return None
    code, text = texts.pop()
    return answers.RowError(code, text)
