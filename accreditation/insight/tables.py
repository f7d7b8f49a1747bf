"""A table of counts with what is hidden in it: the same for the page, for the picture beside it, and for the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from django.utils.translation import gettext as _

from accreditation.exports.tables import Value


class Hidden(Enum):
    """In the place of a count that would say too much about too few."""

    HIDDEN = "hidden"

    def __str__(self) -> str:
        return _("verborgen")


HIDDEN: Final = Hidden.HIDDEN

Cell = int | Decimal | date | str | Hidden | None


@dataclass(frozen=True, slots=True)
class Column:
    """`tone` is how its bar looks; a column without one is not drawn. Words stand on the left, numbers on the right."""

    label: str
    tone: str = ""
    words: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What a report found. `title` answers its question; `rows_are` names the first column."""

    title: str
    rows_are: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    total: Line | None = None
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def hides(self) -> bool:
        return any(cell is HIDDEN for line in self.all_lines() for cell in line.cells)

    @property
    def total_tells_all(self) -> bool:
        """Whether everybody can be read off from the total, hidden or not above it."""
        return self.total is not None and not any(cell is HIDDEN for cell in self.total.cells)

    def all_lines(self) -> Iterator[Line]:
        yield from self.lines
        if self.total:
            yield self.total

    def columned(self) -> list[tuple[Line, list[tuple[Column, Cell]]]]:
        """The lines, each cell with its column."""
        return [(line, list(zip(self.columns, line.cells, strict=True))) for line in self.lines]

    def head(self) -> list[str]:
        return [self.rows_are, *(column.label for column in self.columns)]

    def values(self) -> Iterator[list[Value]]:
        """For a file; hidden stays hidden, and says so."""
        for line in self.all_lines():
            yield [line.label, *(str(cell) if cell is HIDDEN else cell for cell in line.cells)]
