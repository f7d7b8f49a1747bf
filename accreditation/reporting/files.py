"""Files with what is to be reported, for a connection without a service: made once, fetched as often as needed, then marked or put back."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet, Sum, TextChoices
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import User
from accreditation.evaluation import AMSTERDAM
from accreditation.exports.pe_online.xml import ROWS_PER_CALL, entry
from accreditation.exports.tables import Value
from accreditation.models import PointAward, PointCategory, RegisterConnection, Report, ReportAttempt, ReportCall
from accreditation.reporting.outbox import with_accreditation
from accreditation.reporting.sending import Row, put_aside, sifted

AT_ONCE = 1000
Item = TypeVar("Item")
State, Outcome, Transport = Report.State, ReportAttempt.Outcome, RegisterConnection.Transport


class Column(TextChoices):
    """What may stand in a file for a register, in this order. No register published what it wants, so each connection chooses."""

    NUMBER = "number", _("Nummer")
    NAME = "name", _("Naam")
    COURSE = "course", _("Cursus")
    ID_NUMBER = "id_number", _("ID-nummer")
    DATE = "date", _("Datum")
    POINTS = "points", _("Punten per soort")
    TOTAL = "total", _("Punten samen")


# A register knows people by their number; a name is added only by who chooses so.
USUAL = (Column.NUMBER, Column.COURSE, Column.ID_NUMBER, Column.DATE, Column.POINTS)


class NothingToFile(Exception):
    """Nothing of what waits can go in a file; the message says why."""


def make(*, connection: RegisterConnection, actor: User) -> ReportCall:
    """Put all that waits at this connection in one file. What lacks something is held and stays out. Raises NothingToFile."""
    with transaction.atomic():
        # One at a time: two files would hold the same people.
        RegisterConnection.objects.select_for_update().get(pk=connection.pk)
        waiting = Report.objects.filter(connection=connection, state=State.WAITING)
        ready, refused = _sifted(connection, _complete(waiting.select_for_update(of=("self",))))
        for some in _parts(refused):
            put_aside(some)
        now = timezone.now()
        call = None
        if ready:
            call = ReportCall.objects.create(
                connection=connection, transport=connection.transport, rows=len(ready), made_by=actor, sent_at=now
            )
            for part in _parts(ready):
                Report.objects.filter(pk__in=[row.report.pk for row in part]).update(state=State.SENT, call=call, sent_at=now)
            _note([row.report for row in ready], call, Outcome.FILED, actor)
    if call is None:
        raise NothingToFile(
            gettext("Er is geen bestand gemaakt: wat klaarstond mist nog iets. Kijk bij de tegengehouden meldingen.")
            if refused
            else gettext("Er staat niets klaar om te melden.")
        )
    return call


def open_files(connection: RegisterConnection) -> QuerySet[ReportCall]:
    """Files of which nobody said yet whether they were handed in."""
    return ReportCall.objects.filter(connection=connection, closed_at=None, transport__in=(Transport.FILE, Transport.LIST))


def mark(*, call: ReportCall, on: datetime, note: str, actor: User) -> int:
    """Somebody handed the file in: all in it count as reported on that day. Answers how many."""
    with transaction.atomic():
        if not ReportCall.objects.filter(pk=call.pk, closed_at=None).update(closed_at=timezone.now(), outcome="marked"):
            return 0
        reports = list(Report.objects.filter(call=call, state=State.SENT).select_for_update(of=("self",)))
        Report.objects.filter(pk__in=[report.pk for report in reports]).update(
            state=State.MARKED, settled_at=on, settled_by=actor, note=note[:300]
        )
        _note(reports, call, Outcome.MARKED, actor, text=note[:300])
    return len(reports)


def put_back(*, call: ReportCall, actor: User) -> int:
    """The file was not handed in: all in it wait again. Answers how many."""
    with transaction.atomic():
        if not ReportCall.objects.filter(pk=call.pk, closed_at=None).update(closed_at=timezone.now(), outcome="put_back"):
            return 0
        reports = list(Report.objects.filter(call=call, state=State.SENT).select_for_update(of=("self",)))
        Report.objects.filter(pk__in=[report.pk for report in reports]).update(state=State.WAITING)
        _note(reports, call, Outcome.AGAIN, actor)
    return len(reports)


def as_xml(call: ReportCall) -> tuple[bytes, str]:
    """The official XML and how its name ends; more calls are packed together. The key is left out: placeholders stand in its place."""
    reports = _complete(Report.objects.filter(call=call))
    rows, _refused = _sifted(call.connection, reports)
    # What became incomplete after the file was made is still in it: a file does not change.
    there = {row.report.pk for row in rows}
    rows += [Row(report) for report in reports if report.pk not in there]
    by_org: dict[int, list[Row]] = {}
    for row in rows:
        by_org.setdefault(row.accreditation.effective_org_id() or 0, []).append(row)
    files = [
        (f"pe-online-{org_id}-{start // ROWS_PER_CALL + 1:03d}.xml", entry(part, org_id=org_id, email=call.connection.email, language="nl"))
        for org_id, group in sorted(by_org.items())
        for start in range(0, len(group), ROWS_PER_CALL)
        if (part := group[start : start + ROWS_PER_CALL])
    ]
    if len(files) == 1:
        return files[0][1], "xml"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue(), "zip"


def table(call: ReportCall) -> tuple[list[str], Iterator[list[Value]]]:
    """What is handed in: the head and a line for each report, with the columns that the connection chose. The same each time."""
    chosen = [column for column in Column if column in (call.connection.columns or USUAL)]
    # Asked in steps: a join of everybody's points with everybody's reports grows with their product.
    accreditations = Report.objects.filter(call=call).order_by().values("accreditation").distinct()
    given = PointAward.objects.filter(accreditation__in=accreditations, register=call.connection.register_id).order_by()
    kinds = list(PointCategory.objects.filter(pk__in=given.values("category").distinct()))
    names: list[str] = []
    for column in chosen:
        names += [gettext("Punten: %(kind)s") % {"kind": kind.name} for kind in kinds] if column == Column.POINTS else [str(column.label)]
    return names, _handed_in(call, chosen, kinds)


def numbers(call: ReportCall) -> Iterator[str]:
    """The numbers to paste, each once."""
    return iter(dict.fromkeys(Report.objects.filter(call=call).order_by("number", "pk").values_list("number", flat=True)))


def _handed_in(call: ReportCall, chosen: Sequence[Column], kinds: Sequence[PointCategory]) -> Iterator[list[Value]]:
    reports = Report.objects.filter(call=call).select_related("learner").order_by("accreditation", "number", "pk")
    before: tuple[int, int] | None = None
    rest = reports.iterator(chunk_size=AT_ONCE)
    while part := list(islice(rest, AT_ONCE)):
        points = _points_then(call, part)
        for report in with_accreditation(part):
            key = (report.learner_id, report.accreditation_id)
            # Of two meetings that are reported apart only the first carries the points of the whole.
            mine = points.get(key, {}) if key != before else {}
            before = key
            line: list[Value] = []
            for column in chosen:
                match column:
                    case Column.NUMBER:
                        line.append(report.number)
                    case Column.NAME:
                        line.append(str(report.learner))
                    case Column.COURSE:
                        line.append(report.accreditation.course.title)
                    case Column.ID_NUMBER:
                        line.append(report.accreditation.id_number)
                    case Column.DATE:
                        line.append(report.end_date.astimezone(AMSTERDAM).date())
                    case Column.POINTS:
                        line += [mine.get(kind.pk) for kind in kinds]
                    case Column.TOTAL:
                        line.append(sum(mine.values(), Decimal(0)) if mine else None)
            yield line


def _points_then(call: ReportCall, reports: Sequence[Report]) -> dict[tuple[int, int], dict[int, Decimal]]:
    """What each of these people had under each of these accreditations when the file was made, by kind of points."""
    awards = PointAward.objects.filter(
        learner__in={report.learner_id for report in reports},
        accreditation__in={report.accreditation_id for report in reports},
        recorded_at__lte=call.sent_at,
    )
    found: dict[tuple[int, int], dict[int, Decimal]] = {}
    for row in awards.order_by().values("learner", "accreditation", "category").annotate(net=Sum("points")):
        found.setdefault((row["learner"], row["accreditation"]), {})[row["category"]] = row["net"]
    return found


def head() -> list[str]:
    return [
        gettext("Nummer"),
        gettext("Naam"),
        gettext("Cursus"),
        gettext("ID-nummer"),
        gettext("Voltooid op"),
        gettext("Stand"),
        gettext("Antwoord van het register"),
    ]


def lines(reports: QuerySet[Report]) -> Iterator[list[Value]]:
    """One line for each report."""
    for report in reports.select_related("learner", "accreditation__course", "connection").iterator(chunk_size=1000):
        yield [
            report.number,
            str(report.learner),
            report.accreditation.course.title,
            report.accreditation.id_number,
            report.end_date.astimezone(AMSTERDAM).date(),
            report.stand,
            report.text or report.problem,
        ]


def _complete(reports: QuerySet[Report]) -> Sequence[Report]:
    return with_accreditation(list(reports.order_by("accreditation", "number", "pk")))


def _sifted(connection: RegisterConnection, reports: Sequence[Report]) -> tuple[list[Row], list[tuple[Report, str, str]]]:
    """As `sending.sifted`, for as many as there are: a database takes only so many values in a question."""
    ready: list[Row] = []
    refused: list[tuple[Report, str, str]] = []
    for part in _parts(reports):
        may_go, may_not = sifted(connection, part)
        ready += may_go
        refused += may_not
    return ready, refused


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _note(reports: Sequence[Report], call: ReportCall, outcome: str, actor: User, text: str = "") -> None:
    now = timezone.now()
    ReportAttempt.objects.bulk_create(
        [
            ReportAttempt(report=report, call=call, at=now, outcome=outcome, number=report.number, text=text, actor=actor)
            for report in reports
        ]
    )
