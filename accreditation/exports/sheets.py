"""A table as XLSX, by openpyxl. Apart from the other forms, because few requests want it (accreditation.exports.tables)."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from accreditation.exports.tables import Value, harmless

# XML 1.0, clause 2.2: these cannot stand in a document at all, and one of them would spoil the whole file.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST_TEXT = 32_767
NARROWEST, WIDEST = 12, 44


def write(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str, rows_per_sheet: int) -> int:
    """What `tables.write_xlsx` does."""
    book = Workbook(write_only=True)
    sheet: Any = None
    day: Any = None
    count = 0
    for row in rows:
        if count % (rows_per_sheet - 1) == 0:
            sheet = _sheet(book, title, head)
            day = _day(sheet)
        sheet.append([_bound(value, day) for value in row])
        count += 1
    if sheet is None:
        _sheet(book, title, head)
    book.save(file)
    return count


def _sheet(book: Workbook, title: str, head: Sequence[str]) -> Any:
    number = len(book.sheetnames) + 1
    # Excel refuses these characters in the name of a sheet, and more than 31 of any.
    name = re.sub(r"[\\/*?:\[\]]", " ", title)[:26].strip() or "Tabel"
    sheet = book.create_sheet(name if number == 1 else f"{name} ({number})")
    sheet.freeze_panes = "A2"
    for column, text in enumerate(head, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = max(NARROWEST, min(WIDEST, len(text) * 2))
    sheet.append([_head_cell(sheet, text) for text in head])
    return sheet


def _head_cell(sheet: Any, text: str) -> Cell:
    cell = _text_cell(sheet, _clean(text))
    cell.font = Font(bold=True)
    return cell


def _text_cell(sheet: Any, text: str) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


def _bound(value: Value, day: Any) -> Any:
    """What the sheet is given for a value; a day looks like `day`."""
    if isinstance(value, str):
        text = _clean(value)
        # openpyxl takes "#N/A" for an error, which no name is.
        return _text_cell(day.parent, text) if text.startswith("#") else text
    if isinstance(value, date):
        cell: Any = WriteOnlyCell(day.parent)
        # Past the properties: to look the same style up for each day takes longer than to write the day.
        cell._style, cell._value, cell.data_type = day._style, value, "d"
        return cell
    return value


def _clean(text: str) -> str:
    return harmless(UNWRITABLE.sub("", text))[:LONGEST_TEXT]


def _day(sheet: Any) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cell.number_format = "dd-mm-yyyy"
    return cell
