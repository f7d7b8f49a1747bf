"""Lays our reports of one accreditation beside the list that the register holds: in both, only here, only there."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from accounts.register_numbers import SHAPES, NumberKind, without_spaces
from accreditation.evaluation import AMSTERDAM
from accreditation.models import Accreditation, PointAward, Report

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_UNPACKED = 100 * 1024 * 1024
MOST_LINES = 50_000
MOST_CELLS = 60
State = Report.State
PERSON = re.compile(r"big|relatie|persoon|professional|person|registratienummer|registernummer", re.IGNORECASE)


class ListUnreadable(Exception):
    """The list of the register cannot be read; the message says what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Line:
    """A number in the register's list, with the day that stands beside it, if any."""

    number: str
    day: date | None = None


@dataclass
class Comparison:
    """What came of it. `unread` are lines without a number that this register uses."""

    both: list[Report] = field(default_factory=list)
    other_day: list[tuple[Report, date]] = field(default_factory=list)
    only_here: list[Report] = field(default_factory=list)
    only_there: list[tuple[Line, PointAward | None]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def to_mark(self) -> list[Report]:
        """In the register, and not known here as reported."""
        return [report for report in self.both if report.state not in (State.ACCEPTED, State.MARKED, State.SENT)]

    @property
    def to_accept(self) -> list[Report]:
        """In the register, and known here only as handed in."""
        return [report for report in self.both if report.state == State.MARKED and not report.connection.by_service]

    @property
    def to_send(self) -> list[Report]:
        """Thought to be there, and not there."""
        return [report for report in self.only_here if report.state in (State.ACCEPTED, State.MARKED, State.REJECTED, State.DEAD)]


def text_of(name: str, content: bytes) -> str:
    """A CSV or XLSX file as lines of text with semicolons. Raises ListUnreadable."""
    if len(content) > LARGEST_FILE:
        raise ListUnreadable(gettext("Dit bestand is groter dan 5 MB. Haal er alleen de kolommen met nummer en datum uit."))
    if content[:2] == b"PK":
        return "\n".join(_sheet(content))
    for coding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(coding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise ListUnreadable(gettext("We kunnen dit bestand niet lezen. Bewaar het als CSV of XLSX, of plak de lijst."))


def read(text: str, *, kinds: Sequence[NumberKind], not_persons: Iterable[str] = ()) -> tuple[list[Line], list[str]]:
    """The numbers in a list, and the lines without one. Raises ListUnreadable.

    A head that names the column of the person decides where the number stands. `not_persons` are numbers of the course itself: they
    have the shape of a person's number.
    """
    lines: dict[str, Line] = {}
    unread: list[str] = []
    rows = text.splitlines()
    if len(rows) > MOST_LINES:
        raise ListUnreadable(gettext("De lijst heeft meer dan 50.000 regels. Vergelijk per accreditatie."))
    other = set(not_persons)
    column: int | None = None
    for index, cells in enumerate(_cells(rows)):
        if not any(cells):
            continue
        if index == 0:
            column = next((place for place, cell in enumerate(cells) if PERSON.search(cell)), None)
        where = cells if column is None else cells[column : column + 1]
        number = next((found for cell in where if (found := _number(cell, kinds)) and found not in other), "")
        if number:
            lines.setdefault(number, Line(number, next((day for cell in cells if (day := _day(cell))), None)))
        elif index or any(re.search(r"\d", cell) for cell in cells):
            unread.append(" · ".join(cell for cell in cells if cell)[:120])
    if not lines:
        raise ListUnreadable(
            gettext("In deze lijst staat geen nummer dat bij dit register hoort. Kijk of je de goede lijst en het goede register koos.")
        )
    return list(lines.values()), unread


def as_text(lines: Iterable[Line]) -> str:
    """What was read, to send along with what is decided of it: the same lines, without whatever else stood there."""
    return "\n".join(f"{line.number};{line.day}" if line.day else line.number for line in lines)


def compare(*, accreditation: Accreditation, lines: Iterable[Line], unread: Sequence[str] = ()) -> Comparison:
    """The reports of this accreditation beside these lines."""
    there = {line.number: line for line in lines}
    result = Comparison(unread=list(unread))
    mine = (
        Report.objects.filter(accreditation=accreditation)
        .exclude(state=State.DROPPED)
        .select_related("learner", "accreditation__register", "accreditation__course", "connection")
        .order_by("learner__last_name", "learner__first_name", "pk")
    )
    known = set()
    for report in mine:
        known.add(report.number)
        line = there.get(report.number)
        if line is None:
            result.only_here.append(report)
            continue
        result.both.append(report)
        day = report.end_date.astimezone(AMSTERDAM).date()
        if line.day and line.day != day:
            result.other_day.append((report, line.day))
    rest = [line for number, line in there.items() if number not in known]
    awards = {
        award.register_number: award
        for award in PointAward.objects.filter(
            accreditation=accreditation, register_number__in=[line.number for line in rest], reverses=None, reversed_by=None
        ).select_related("learner")
    }
    result.only_there = [(line, awards.get(line.number)) for line in rest]
    return result


def _sheet(content: bytes) -> Iterator[str]:
    from openpyxl import load_workbook  # noqa: PLC0415 - for who hands in an XLSX only

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
                raise ListUnreadable(gettext("Dit bestand is uitgepakt te groot om te lezen. Bewaar het als CSV."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet: Any = book.worksheets[0]
        # Some programs write a size that is not true, and no more than that would be read.
        sheet.reset_dimensions()
        for count, row in enumerate(sheet.iter_rows(max_col=MOST_CELLS, values_only=True)):
            if count > MOST_LINES:
                raise ListUnreadable(gettext("De lijst heeft meer dan 50.000 regels. Vergelijk per accreditatie."))
            yield ";".join(_as_text(value) for value in row)
    except ListUnreadable:
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises whatever a broken file makes it stumble over
        raise ListUnreadable(gettext("We kunnen dit XLSX-bestand niet lezen. Bewaar het opnieuw, of kies CSV.")) from None


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return re.sub(r"[;\r\n]", " ", str(value))


def _cells(rows: Sequence[str]) -> Iterator[list[str]]:
    sample = "\n".join(rows[:20])
    mark = max(";\t,", key=sample.count)
    try:
        for cells in csv.reader(rows, delimiter=mark):
            yield [cell.strip() for cell in cells[:MOST_CELLS]]
    except csv.Error:
        raise ListUnreadable(gettext("We kunnen deze lijst niet lezen. Bewaar haar als CSV, of plak alleen de nummers.")) from None


def _number(cell: str, kinds: Sequence[NumberKind]) -> str:
    bare = without_spaces(cell.strip().strip("'=\""))
    # A spreadsheet takes a number for an amount and drops its leading zero.
    padded = bare.zfill(11) if NumberKind.BIG in kinds and re.fullmatch(r"[0-9]{10}", bare) else bare
    # Not `clean_number`, which makes a sentence of each refusal: a list can have millions of cells that are no number.
    shapes = [SHAPES[kind] for kind in kinds if kind != NumberKind.FREE] or [SHAPES[kind] for kind in kinds]
    return next((candidate for candidate in (bare, padded) if any(shape.fullmatch(candidate) for shape in shapes)), "")


def _day(cell: str) -> date | None:
    found = re.match(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})\b", cell)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(cell[:10]) if re.match(r"\d{4}-\d\d-\d\d", cell) else None
    except ValueError:
        return None
