"""Tables that leave the house, as CSV and XLSX: one row at a time, so that a hundred thousand rows take no more memory than ten.

Both know the same few kinds of value: text, whole and decimal numbers, a day, and nothing. A number that names somebody or something
is text and keeps its leading zero; an amount can be added up, a day sorted.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Value = str | int | Decimal | date | None

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# A spreadsheet takes a cell that starts with one of these for a formula: a name is a name, never an instruction.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# XML 1.0, clause 2.2: these cannot stand in a document at all, and one of them would spoil the whole file.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ROWS_PER_SHEET = 1_048_576  # what Excel opens; the head counts too
LONGEST_TEXT = 32_767
PIECE = 64 * 1024
NARROWEST, WIDEST = 12, 44


def stream_csv(head: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """The table in pieces of about 64 KB, with semicolons and a byte order mark, as a Dutch Excel expects."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    out.write("\ufeff")
    writer.writerow([harmless(name) for name in head])
    for row in rows:
        writer.writerow([_as_text(value) for value in row])
        if out.tell() >= PIECE:
            yield out.getvalue().encode(errors="replace")
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode(errors="replace")


def write_xlsx(
    file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str, rows_per_sheet: int = ROWS_PER_SHEET
) -> int:
    """Write the table to an open file, and answer how many rows there were. What does not fit one sheet goes on in the next."""
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


def paste_list(numbers: Iterable[str]) -> Iterator[bytes]:
    """Only the numbers, one on a line: what a register's own page takes by pasting."""
    return (f"{number}\r\n".encode() for number in numbers)


def harmless(value: str) -> str:
    """The value so that no spreadsheet runs it."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _as_text(value: Value) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}".replace(".", ",")
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    return "" if value is None else harmless(str(value))


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
