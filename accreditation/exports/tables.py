"""Tables that leave the house, as CSV and XLSX: one row at a time, so that a hundred thousand rows take no more memory than ten.

Both know the same few kinds of value: text, whole and decimal numbers, a day, and nothing. A number that names somebody or something
is text and keeps its leading zero; an amount can be added up, a day sorted.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO

Value = str | int | Decimal | date | None

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# A spreadsheet takes a cell that starts with one of these for a formula: a name is a name, never an instruction.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
ROWS_PER_SHEET = 1_048_576  # what Excel opens; the head counts too
PIECE = 64 * 1024


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
    from accreditation.exports import sheets  # noqa: PLC0415 - what it loads is 5 MB, for who asks for a file only

    return sheets.write(file, head, rows, title=title, rows_per_sheet=rows_per_sheet)


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
