"""What a search finds as a file: all of it, in pieces, in as little memory for a million rows as for a page."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.utils import timezone
from django.utils.translation import gettext as _

from lrs.models import Source, Statement
from lrs.places import Place, activities_in, places_of
from lrs.sentences import name_of, result_of, verb_label
from lrs.viewer import Search, everything
from lrs.viewer_people import Names, Sight, names_of, text_for

KINDS = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson; charset=utf-8"}


@dataclass
class Count:
    """How many rows went out; known only when the last one has."""

    rows: int = 0


def export(search: Search, *, sight: Sight, kind: str, finished: Callable[[int], None]) -> Iterator[str]:
    """The rows of a search as CSV or NDJSON. `finished` is told how many went out, also when the reader left half-way."""
    count = Count()
    pieces = _csv(search, sight, count) if kind == "csv" else _ndjson(search, sight, count)
    try:
        yield from pieces
    finally:
        finished(count.rows)


def _ndjson(search: Search, sight: Sight, count: Count) -> Iterator[str]:
    for statements in everything(search, sight=sight):
        # Outside strings JSON may be on several lines; inside them a line end is always written as an escape.
        lines = [text_for(statement, sight=sight).replace("\r", " ").replace("\n", " ") for statement in statements]
        yield "\n".join(lines) + "\n"
        count.rows += len(lines)


def _csv(search: Search, sight: Sight, count: Count) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    words = {source.value: str(source.label) for source in Source} | {"yes": _("ja"), "no": _("nee")}  # looked up once, not for each row
    # The mark at the start tells a spreadsheet that this is UTF-8.
    yield "\ufeff" + cast(str, writer.writerow(_header()))
    for statements in everything(search, sight=sight):
        names = names_of(statements, sight=sight)
        places = places_of(iri for statement in statements for iri in activities_in(statement.document))
        yield "".join(cast(str, writer.writerow([_harmless(cell) for cell in _cells(one, names, places, words)])) for one in statements)
        count.rows += len(statements)


def _header() -> list[str]:
    return [
        _("gebeurd op"),
        _("vastgelegd op"),
        _("wie"),
        _("e-mailadres of pseudoniem"),
        _("wat"),
        _("waarover"),
        _("cursus"),
        _("uitkomst"),
        _("herkomst"),
        _("sleutel"),
        _("herroepen"),
        _("registratie"),
        _("werkwoord (IRI)"),
        _("activiteit (IRI)"),
        _("nummer"),
    ]


def _cells(statement: Statement, names: Names, places: dict[str, Place], words: dict[str, str]) -> list[str]:
    document = statement.document
    who = names.of(statement)
    place = next((places[iri] for iri in activities_in(document) if iri in places), None)
    return [
        _moment(statement.timestamp),
        _moment(statement.stored),
        who.name,
        who.detail,
        verb_label(document),
        name_of(document),
        place.course_title if place else "",
        result_of(document),
        words[statement.source],
        statement.credential.name if statement.credential else "",
        words["yes"] if statement.voided else words["no"],
        str(statement.registration or ""),
        statement.verb,
        statement.activity,
        str(statement.uuid),
    ]


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")


def _harmless(cell: str) -> str:
    """A cell that starts like a formula is text, whoever wrote it."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value
