"""The picture beside a table: one bar per line, in parts. It shows nothing that the table does not say.

Positions are percentages as text, because the strict Content-Security-Policy allows no inline style and a locale may not turn a point into a comma.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import localize
from django.utils.translation import gettext as _

from accreditation.insight.tables import HIDDEN, Cell, Line, Table

LONGEST = 12  # bars; more are in the table


@dataclass(frozen=True, slots=True)
class Part:
    tone: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    text: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Bars:
    """`key` names the parts, `left_out` says how many lines are in the table only."""

    title: str
    description: str
    key: Sequence[tuple[str, str]]
    bars: Sequence[Bar]
    left_out: int


def bars_of(table: Table) -> Bars | None:
    """The bars of the columns that have a tone, the longest first; None when there is nothing to draw."""
    drawn = [number for number, column in enumerate(table.columns) if column.tone]
    sized = [(sum((_size(line.cells[n]) for n in drawn), Decimal(0)), line) for line in table.lines]
    ordered = sorted(sized, key=lambda pair: -pair[0])[:LONGEST]
    longest = max((size for size, _line in sized), default=Decimal(0))
    if not longest:
        return None
    found = []
    for _whole, line in ordered:
        parts, at = [], Decimal(0)
        for number in drawn:
            size = _size(line.cells[number])
            if size:
                parts.append(Part(table.columns[number].tone, f"{100 * at / longest:.2f}%", f"{100 * size / longest:.2f}%"))
            at += size
        found.append(Bar(_name(line, table), " · ".join(_text(line.cells[number]) for number in drawn), parts))
    key = [(table.columns[number].tone, table.columns[number].label) for number in drawn]
    biggest = f"{found[0].label}: {found[0].text}"
    description = _("Staven, de langste eerst (%(biggest)s). Dezelfde getallen staan in de tabel.") % {"biggest": biggest}
    return Bars(title=table.title, description=description, key=key, bars=found, left_out=len(table.lines) - len(found))


def _name(line: Line, table: Table) -> str:
    """What tells this bar from the others: its label, with the first words of its row where that occurs more than once."""
    words = [str(cell) for column, cell in zip(table.columns, line.cells, strict=True) if column.words]
    alike = sum(other.label == line.label for other in table.lines)
    return f"{line.label}, {words[0]}" if alike > 1 and words else line.label


def _size(cell: Cell) -> Decimal:
    return Decimal(cell) if isinstance(cell, int | Decimal) else Decimal(0)


def _text(cell: Cell) -> str:
    return _("verborgen") if cell is HIDDEN else str(localize(cell))
