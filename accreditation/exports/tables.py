"""Results as CSV, XLSX and as a list of numbers to paste, for a register without a service and for an administrator's own use."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font

from accreditation.evaluation import AMSTERDAM
from accreditation.exports.rows import Earned

# A spreadsheet takes a cell that starts with one of these for a formula: a name is a name, never an instruction.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(rows: Iterable[Earned]) -> bytes:
    """Semicolons and a byte order mark, as a Dutch Excel expects."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_head())
    for values in _lines(rows):
        writer.writerow([_as_text(value) for value in values])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(rows: Iterable[Earned]) -> bytes:
    """One sheet. Numbers that name something are text and keep their leading zero; points can be added up, dates sorted."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(gettext("Resultaten"))
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHI", (34, 30, 14, 16, 40, 10, 30, 14, 18), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.append([_text(sheet, value, bold=True) for value in _head()])
    for values in _lines(rows):
        sheet.append([_cell(sheet, value) for value in values])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_paste_list(rows: Iterable[Earned]) -> bytes:
    """Only the numbers, one on a line: what a register's own page takes by pasting."""
    return "".join(f"{row.number}\r\n" for row in rows).encode()


def harmless(value: str) -> str:
    """The value so that no spreadsheet runs it."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _head() -> list[str]:
    return [
        gettext("Naam"),
        gettext("Register"),
        gettext("Nummer"),
        gettext("ID-nummer"),
        gettext("Cursus"),
        gettext("Punten"),
        gettext("Soort"),
        gettext("Voltooid op"),
        gettext("Certificaat"),
    ]


def _lines(rows: Iterable[Earned]) -> Iterator[list[str | Decimal | date]]:
    for row in rows:
        for category, points in row.points.items():
            yield [
                row.name,
                row.accreditation.register.name,
                row.number,
                row.accreditation.id_number,
                row.accreditation.course.title,
                points,
                category,
                row.completed_at.astimezone(AMSTERDAM).date(),
                row.certificate,
            ]


def _as_text(value: str | Decimal | date) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}".replace(".", ",")
    return f"{value:%d-%m-%Y}" if isinstance(value, date) else harmless(value)


def _cell(sheet: Any, value: str | Decimal | date) -> Cell:
    if isinstance(value, str):
        return _text(sheet, value)
    kept: Any = value  # the stubs of openpyxl know neither Decimal nor date; openpyxl does
    cell: Cell = WriteOnlyCell(sheet, value=kept)
    cell.number_format = "dd-mm-yyyy" if isinstance(value, date) else "0.##"
    return cell


def _text(sheet: Any, value: str, *, bold: bool = False) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, value=harmless(value))
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
