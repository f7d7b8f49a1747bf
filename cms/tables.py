"""A table that also reads without its head: on a phone each row becomes a block, in which every cell says which column it is of.

Templates write a plain table; `{% component "table" %}` sends it through here. The words of the head stay in one place.
"""

import re

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

LONG = 80  # characters of a cell that no longer reads well beside the name of its column on a phone

_HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
_ROW = re.compile(r"<tr\b([^>]*)>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(td|th)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_GROUP = re.compile(r"<(thead|tbody|tfoot)\b")
_ORNAMENT = re.compile(r"<span[^>]*aria-hidden=\"true\"[^>]*>.*?</span>", re.DOTALL)
_COLUMNS = re.compile(r"colspan=\"(\d+)\"")


def stackable(table: str) -> SafeString:
    """The head and body of a table (rendered HTML), with in each cell the name of its column as `data-column`, and roles.

    The style sheet takes rows apart on a narrow screen; the roles say that it stays a table to who cannot see it. A column whose name is
    only for screen readers, or that holds the choice of a row, gives its cells no name. Cells are closed and hold no tables of their own.
    """
    head = _HEAD.search(table)
    names = [_name(attributes, words) for _, attributes, words in _CELL.findall(head[0])] if head else []
    body_from = head.end() if head else 0
    named = _ROW.sub(_head_row, table[:body_from]) + _ROW.sub(lambda row: _body_row(row, names), table[body_from:])
    return mark_safe(_GROUP.sub(r'<\1 role="rowgroup"', named))  # noqa: S308 - the table as it was rendered, with words of its own head


def _name(attributes: str, words: str) -> str:
    if "vw-visually-hidden" in words or "vw-table__choose" in attributes:
        return ""
    return _plain(_ORNAMENT.sub("", words)).replace('"', "&quot;")


def _head_row(row: re.Match[str]) -> str:
    sorts = f' data-before="{gettext("Sorteer op")}"' if "vw-table__sort" in row[2] else ""
    cells = _CELL.sub(lambda cell: f'<{cell[1]}{cell[2]} role="columnheader">{cell[3]}</{cell[1]}>', row[2])
    return f'<tr{row[1]}{sorts} role="row">{cells}</tr>'


def _body_row(row: re.Match[str], names: list[str]) -> str:
    cells, column = [], 0
    for kind, attributes, words in _CELL.findall(row[2]):
        role = "rowheader" if kind == "th" else "cell"
        name = f' data-column="{names[column]}"' if column < len(names) and names[column] else ""
        long = " data-long" if len(_plain(words)) > LONG else ""
        cells.append(f'<{kind}{attributes} role="{role}"{name}{long}>{words if words.strip() else ""}</{kind}>')
        column += int(span[1]) if (span := _COLUMNS.search(attributes)) else 1
    return f'<tr{row[1]} role="row">{"".join(cells)}</tr>'


def _plain(html: str) -> str:
    return " ".join(strip_tags(html).split())
