"""A list as people have it (CSV in any usual encoding, XLSX, pasted numbers) read into lines; nothing here knows who anybody is."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import islice

from django.utils.translation import gettext

from accounts.register_numbers import without_spaces
from accreditation.exports.tables import ROWS_PER_SHEET

MOST_LINES = 5_000
MOST_COLUMNS = 60
LARGEST = 5 * 1024 * 1024
LARGEST_UNPACKED = 60 * 1024 * 1024
NUMBER_HEADS = {
    "nummer", "registernummer", "big", "bignummer", "bignr", "relatienummer", "relatienr", "vnrelatienummer", "number", "externalpersonid",
    "lidnummer", "agb", "agbcode", "registratienummer", "bigregistratienummer",
}  # fmt: skip
NAME_HEADS = {"naam", "name", "deelnemer", "achternaam", "volledigenaam", "naamdeelnemer", "deelnemersnaam"}
HOURS_HEADS = {"uren", "uur", "hours", "aantaluren", "urenaanwezig"}
LIKE_A_NUMBER = re.compile(r"[0-9](?:[ .]?[0-9]){3,12}")
ROUNDED = re.compile(r"[0-9][.,][0-9]+[eE]\+?[0-9]+")
NAME_AFTER = re.compile(rf"({LIKE_A_NUMBER.pattern})[ .:–-]+([^\W\d_]\D*)")
NAME_BEFORE = re.compile(rf"([^\W\d_]\D*?)[ .:–-]+({LIKE_A_NUMBER.pattern})")
LONGEST_NAMED = 200
CODE = re.compile(r"[A-Za-z0-9/-]{1,20}")
DAY = re.compile(r"[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2,4}|[0-9]{4}-[0-9]{2}-[0-9]{2}")
FEWEST_DIGITS = 4
# Above the names of the columns people put a title, a day, an accreditation number.
MOST_ABOVE_THE_HEAD = 20


class ListRefused(Exception):
    """The list cannot be read; the message tells what to do. Nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the number without spaces, and what stood beside it. With a `problem` the number cannot be used.

    With an `hours_problem` what stood there as hours is none: nobody may guess that it was the whole meeting.
    """

    line: int
    number: str
    name: str = ""
    hours: Decimal | None = None
    problem: str = ""
    hours_problem: str = ""


def read_file(name: str, content: bytes) -> list[Line]:
    """The lines of a CSV or XLSX file. Raises ListRefused."""
    if len(content) > LARGEST:
        raise ListRefused(gettext("Dit bestand is groter dan 5 MB. Deel de lijst op."))
    if content.startswith(b"PK\x03\x04"):
        return lines_of(_sheet(content))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise ListRefused(gettext("Dit is een bestand van een oude Excel. Bewaar het als XLSX of CSV en kies het opnieuw."))
    if content.startswith(b"%PDF"):
        raise ListRefused(gettext("Dit is een PDF. Kies de lijst als CSV of XLSX, of plak de nummers."))
    return lines_of(_table(_text(content)))


def read_pasted(text: str) -> list[Line]:
    """The lines of pasted text: a table with names above its columns, or numbers with anything usual between them. Raises ListRefused."""
    if len(text) > LARGEST:
        raise ListRefused(gettext("Dit is meer tekst dan we kunnen lezen. Deel de lijst op."))
    table = _table(text)
    filled = [row for row in table if any(row)]
    if filled and len(head := filled[_head_of(filled) or 0]) > 1 and _column(_heads(head), NUMBER_HEADS) is not None:
        return lines_of(table)
    return lines_of([[row] for row in text.splitlines()])


def lines_of(rows: Sequence[Sequence[str]]) -> list[Line]:
    """Lines from rows of cells: by the names above the columns, or else by what each cell looks like. Raises ListRefused."""
    filled = [(number, row) for number, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    if not filled:
        raise ListRefused(gettext("De lijst is leeg."))
    above = _head_of([row for _number, row in filled]) or 0
    over, filled = filled[:above], filled[above:]
    head = _heads(filled[0][1])
    numbers = _column(head, NUMBER_HEADS)
    if len(filled) - (numbers is not None) > MOST_LINES:
        raise ListRefused(_too_many())
    if numbers is not None:
        width, filled = len(filled[0][1]), filled[1:]
        if not filled:
            raise ListRefused(gettext("Onder de kop staan geen regels."))
        if width > 1:
            names, hours = _column(head, NAME_HEADS), _column(head, HOURS_HEADS)
            below = [_line(number, row, numbers=numbers, names=names, hours=hours, width=width) for number, row in filled]
            return [_above_the_head(number, row) for number, row in over if _is_number(_cell(row, numbers))] + below
    found: list[tuple[int, Line]] = []
    for number, row in filled:
        found += [(number, line) for line in _loose(number, row)]
        if len(found) > MOST_LINES:
            raise ListRefused(_too_many())
    if numbers is None and all(line.problem and not ROUNDED.fullmatch(line.number) for _number, line in found):
        raise ListRefused(
            gettext(
                "We vinden geen kolom met nummers. Zet ‘Nummer’ boven de kolom met BIG- of relatienummers, of plak de nummers, met of zonder "
                "naam erachter."
            )
        )
    # With more than one number on a line, the lines are counted as they are shown.
    if len({number for number, _line in found}) < len(found):
        return [replace(line, line=place) for place, (_number, line) in enumerate(found, start=1)]
    return [line for _number, line in found]


def could_be_a_number(text: str) -> bool:
    """Whether this may be somebody's number in some register, known here or not."""
    return text[:1].isalnum() and sum(sign.isdigit() for sign in text) >= FEWEST_DIGITS


def no_number() -> str:
    """What is wrong with a line of which that is not so."""
    return gettext("Dit is geen registratienummer.")


def _too_many() -> str:
    return gettext("De lijst heeft meer dan %(most)s regels. Deel haar op.") % {"most": MOST_LINES}


def _head_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Which row names the columns, among the first: more than one name, and one of them says that the numbers stand there."""
    for place, row in enumerate(each[:MOST_COLUMNS] for each in rows[:MOST_ABOVE_THE_HEAD]):
        if sum(bool(cell.strip()) for cell in row) > 1 and _column(_heads(row), NUMBER_HEADS) is not None:
            return place
    return None


def _above_the_head(number: int, row: Sequence[str]) -> Line:
    """A title is no line; something like a number in the column of the numbers is not thrown away unseen."""
    words = gettext("Dit staat boven de kop van de lijst: ‘%(text)s’.") % {"text": ", ".join(filter(None, row))[:200]}
    return Line(line=number, number="", problem=words)


def _loose(number: int, row: Sequence[str]) -> list[Line]:
    """What stands in a row of which no heading says what is what. Whatever is not understood becomes a line with a problem."""
    pieces = (piece.strip(" \"'") for cell in row for part in re.split(r"[;\t\r\n|]", cell) for piece in _pieces(part.strip()))
    # One line can be millions of signs: no further than says that it is too much.
    cells = list(islice(filter(None, pieces), MOST_LINES + 1))
    found = [cell for cell in cells if _is_number(cell)]
    others = [cell for cell in cells if not _is_number(cell)]
    if len(found) != 1:
        return [_line(number, [cell], numbers=0, names=None, hours=None, width=1) for cell in cells]
    line = _line(number, found, numbers=0, names=None, hours=None, width=1)
    unclear = [cell for cell in others if any(sign.isdigit() for sign in cell)]
    name = " ".join(cell for cell in others if cell not in unclear)
    if unclear and not line.problem:
        said = {"text": ", ".join(unclear)[:200]}
        words = gettext("We weten niet wat ‘%(text)s’ betekent. Zet boven elke kolom wat erin staat: Nummer, Naam, Uren.")
        line = replace(line, problem=words % said)
    return [replace(line, name=name[:120])]


def _is_number(cell: str) -> bool:
    """Whether this cell is meant as somebody's number, and not as a day, hours or a name."""
    if DAY.fullmatch(cell):
        return False
    if LIKE_A_NUMBER.fullmatch(cell) or ROUNDED.fullmatch(cell):
        return True
    return bool(CODE.fullmatch(cell)) and could_be_a_number(cell)


def _line(number: int, row: Sequence[str], *, numbers: int, names: int | None, hours: int | None, width: int) -> Line:
    text, problem = _cell(row, numbers), ""
    bare = without_spaces(text)
    if ROUNDED.fullmatch(text):
        problem = gettext(
            "Het rekenblad heeft dit nummer afgerond. Maak de kolom tekst, vul het nummer opnieuw in en lees de lijst nog eens in."
        )
    elif not bare:
        problem = gettext("Er staat geen nummer.")
    elif not CODE.fullmatch(bare) or (width == 1 and not _is_number(text)):
        problem = no_number()
    if beyond := [cell for cell in row[width:] if cell.strip()]:
        words = gettext("Deze regel heeft meer kolommen dan de kop; ‘%(text)s’ hoort bij geen kolom.")
        problem = " ".join(filter(None, [problem, words % {"text": ", ".join(beyond)[:200]}]))
    worked, hours_problem = None, ""
    if hours is not None and (said := _cell(row, hours)):
        try:
            worked = Decimal(said.replace(",", ".")).quantize(Decimal("0.01"))
        except InvalidOperation:
            hours_problem = gettext("‘%(text)s’ is geen aantal uren.") % {"text": said[:20]}
        else:
            if not (worked.is_finite() and 0 < worked <= 24):
                worked = None
                hours_problem = gettext("In de lijst staat ‘%(text)s’; het aantal uren ligt tussen 0 en 24.") % {"text": said[:20]}
    kept = bare if not problem or bare else text
    name = _cell(row, names)[:120] if names is not None else ""
    return Line(line=number, number=kept[:60], name=name, hours=worked, problem=problem, hours_problem=hours_problem)


def _text(content: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _decoded(content, encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # What Excel on Windows writes. It has a few holes, which Latin-1 has not.
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError:
            return content.decode("latin-1")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as broken:
        raise ListRefused(
            gettext("De tekens in dit bestand zijn niet te lezen. Bewaar het als CSV (UTF-8) en kies het opnieuw.")
        ) from broken


def _table(text: str) -> list[list[str]]:
    if "\x00" in text:
        raise ListRefused(gettext("Dit is geen tekstbestand. Kies een CSV of XLSX, of plak de nummers."))
    rows = list(islice(filter(str.strip, io.StringIO(text, newline=None)), MOST_ABOVE_THE_HEAD))
    first = next((row for row in rows if any(_head_of([row.split(mark, MOST_COLUMNS)]) == 0 for mark in ";\t,")), rows[0] if rows else "")
    # What is not in the first row separates nothing: below a single column, a comma belongs to what stands there.
    separator = max(";\t,", key=first.count) if any(mark in first for mark in ";\t,") else ";"
    if text[:4].lower() == "sep=" and len(text) > 4:
        separator, text = text[4], text.partition("\n")[2]
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]
    except csv.Error as broken:
        raise ListRefused(gettext("Dit bestand is niet als CSV te lezen. Bewaar het opnieuw, of plak de nummers.")) from broken


def _sheet(content: bytes) -> list[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - for who hands in an XLSX only
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    broken = gettext("Dit XLSX-bestand is niet te openen. Bewaar het opnieuw, of kies CSV.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # A small file can unpack to gigabytes; what the archive says of itself is checked again while reading, by the limit on lines.
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
                raise ListRefused(gettext("Dit bestand is uitgepakt te groot. Deel de lijst op."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.active
            if sheet is None or not hasattr(sheet, "iter_rows"):
                raise ListRefused(broken)
            rows: list[list[str]] = []
            filled = 0
            # Not as far as the sheet says that it goes: some programs write that wrong. Empty rows in between are no lines.
            for row in sheet.iter_rows(max_row=ROWS_PER_SHEET, max_col=MOST_COLUMNS, values_only=True):
                rows.append([] if row.count(None) == len(row) else [_written(value) for value in row])
                filled += any(rows[-1])
                if filled > MOST_LINES + 1:
                    break  # `lines_of` says that these are too many
            return rows
        finally:
            book.close()
    except ListRefused:
        raise
    # A damaged archive or sheet fails in as many ways as there are parts in it; each means the same to whoever chose the file.
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        EOFError,
        SyntaxError,
        AttributeError,
    ) as error:
        raise ListRefused(broken) from error


def _written(value: object) -> str:
    """A cell as it reads: a number of a register that the sheet took for a quantity has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _pieces(row: str) -> Iterator[str]:
    if ROUNDED.fullmatch(row):
        yield row
        return
    for part in row.split(","):
        words = part.split()
        # "1901 234 56 78" is one number written for reading; "19012345678 19012345679" are two.
        if len(words) > 1 and all(len(word) >= 6 for word in words):
            yield from words
        elif len(part) <= LONGEST_NAMED and (named := NAME_AFTER.fullmatch(part.strip()) or NAME_BEFORE.fullmatch(part.strip())):
            yield from named.groups()
        elif part.strip():
            yield part.strip()


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z]", "", cell.lower())


def _heads(row: Sequence[str]) -> dict[str, int]:
    return {_plain(cell): place for place, cell in reversed(list(enumerate(row)))}


def _column(head: dict[str, int], words: set[str]) -> int | None:
    return next((place for word, place in head.items() if word in words), None)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""
