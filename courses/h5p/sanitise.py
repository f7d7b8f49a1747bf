"""Cleaning the text of a package by the semantics of its libraries, along the lines of H5P core's content filter.

The player's sandbox already keeps scripts away from everything of ours; this keeps them out of the content as well.
Fields that the semantics do not know are kept, with only harmless markup.
"""

import html
import posixpath
import re
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

import nh3
from django.conf import settings
from django.utils.translation import gettext as _

from courses.h5p.package import VERSIONED_NAME, LibraryName

SemanticsOf = Callable[[LibraryName], list[Any] | None]

SAFE_TAGS = frozenset(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del dfn div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre"
    " q rp rt ruby s samp small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr"
    " math mi mn mo ms mtext mrow mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mspace mstyle mfenced menclose mpadded mphantom semantics".split()
)
ATTRIBUTES = {
    "*": {"class", "id", "title", "lang", "dir", "role", "style", "align", "valign"},
    "a": {"href", "target", "name"},
    "img": {"src", "alt", "width", "height"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "font": {"color", "face", "size"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "table": {"border", "cellpadding", "cellspacing", "summary", "width"},
    "td": {"colspan", "rowspan", "headers", "width", "height", "scope"},
    "th": {"colspan", "rowspan", "headers", "width", "height", "scope"},
    "time": {"datetime"},
    "math": {"display", "xmlns"},
    "mstyle": {"displaystyle", "mathsize", "mathvariant"},
}
STYLES = {
    "background-color", "border", "border-collapse", "border-color", "border-style", "border-width", "color", "float", "font-family", "font-size", "font-style", "font-weight",
    "height", "line-height", "list-style-type", "margin", "margin-left", "margin-right", "padding", "text-align", "text-decoration", "vertical-align", "width",
}  # fmt: skip
URL_SCHEMES = {"http", "https", "mailto", "tel"}
# One tag in the semantics stands for those that come with it (H5P core, `validateText`).
IMPLIED = {
    "table": {"tr", "td", "th", "colgroup", "col", "thead", "tbody", "tfoot", "caption", "figure", "figcaption"},
    "strong": {"b"}, "b": {"strong"}, "em": {"i"}, "i": {"em"}, "ul": {"li"}, "ol": {"li"}, "del": {"s", "strike"}, "s": {"del", "strike"}, "strike": {"s", "del"},
}  # fmt: skip
ALWAYS = {"div", "span", "p", "br"}
BARE_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});)")
# Copied content may point at "../12/images/x.png"; the file itself is in this package.
COPIED_PATH = re.compile(r"^(?:\.\./){1,2}(?:.*content/)?(?:\d+|editor)/(.+)$")
SCHEME = re.compile(r"^\s*([a-zA-Z][a-zA-Z0-9+.\-]*):")
RISKY_PATTERN = re.compile(r"[+*}]\)?[+*{]|\([^)]*[+*][^)]*\)[+*{]")


class Cleaning:
    """One pass over the parameters of a package; `notes` gathers what was changed or is missing."""

    def __init__(self, *, semantics_of: SemanticsOf, files: Collection[str]) -> None:
        self.semantics_of = semantics_of
        self.files = files
        self.notes: list[str] = []

    def clean(self, parameters: dict[str, Any], library: LibraryName) -> dict[str, Any]:
        """The parameters as they may be kept."""
        return self._fields(parameters, self.semantics_of(library) or [])

    def _fields(self, values: dict[str, Any], fields: Any) -> dict[str, Any]:
        known = (
            {field["name"]: field for field in fields if isinstance(field, dict) and isinstance(field.get("name"), str)}
            if isinstance(fields, list)
            else {}
        )
        return {_key(name): self._value(value, known[name]) if name in known else self._unknown(value) for name, value in values.items()}

    def _value(self, value: Any, field: dict[str, Any]) -> Any:
        kind = field.get("type")
        if kind == "group":
            return self._group(value, field)
        if kind == "list":
            inner = field.get("field")
            return (
                [self._value(item, inner) if isinstance(inner, dict) else self._unknown(item) for item in value]
                if isinstance(value, list)
                else self._unknown(value)
            )
        if kind == "library":
            return self._library(value)
        if kind in {"file", "image", "video", "audio"}:
            return [self._file(item) for item in value] if isinstance(value, list) else self._file(value)
        if kind == "text" and isinstance(value, str):
            return self._text(value, field)
        return self._unknown(value)

    def _group(self, value: Any, field: dict[str, Any]) -> Any:
        fields = field.get("fields")
        if isinstance(fields, list) and len(fields) == 1 and isinstance(fields[0], dict) and not field.get("isSubContent"):
            # H5P stores a group of one field as that field.
            if not (isinstance(value, dict) and fields[0].get("name") in value):
                return self._value(value, fields[0])
        return self._fields(value, fields) if isinstance(value, dict) else self._unknown(value)

    def _library(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return self._unknown(value)
        cleaned = {_key(name): self._unknown(item) for name, item in value.items() if name != "params"}
        if "params" in value:
            match = VERSIONED_NAME.fullmatch(value["library"]) if isinstance(value.get("library"), str) else None
            fields = self.semantics_of(LibraryName(match[1], int(match[2]), int(match[3]))) if match else None
            params = value["params"]
            cleaned["params"] = self._fields(params, fields) if isinstance(params, dict) else self._unknown(params)
        return cleaned

    def _file(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return self._unknown(value)
        cleaned = {_key(name): self._unknown(item) for name, item in value.items() if name != "path"}
        if isinstance(value.get("path"), str):
            cleaned["path"] = self._path(value["path"])
        return cleaned

    def _path(self, path: str) -> str:
        if scheme := SCHEME.match(path):
            if scheme[1].lower() in {"http", "https"}:
                self._note_outside(path)
                return path
            self.notes.append(_("Een verwijzing naar %(path)s is weggelaten.") % {"path": path[:80]})
            return ""
        plain = path.removesuffix("#tmp")
        if copied := COPIED_PATH.match(plain):
            plain = copied[1]
        if plain.startswith("/") or ".." in plain.split("/"):
            self.notes.append(_("Een verwijzing naar %(path)s is weggelaten.") % {"path": path[:80]})
            return ""
        if plain and posixpath.normpath(html.unescape(plain)) not in self.files and plain not in self.files:
            self.notes.append(_("content/%(path)s wordt genoemd, maar staat niet in het pakket.") % {"path": plain[:120]})
        return plain

    def _note_outside(self, address: str) -> None:
        host = (urlsplit(html.unescape(address)).hostname or "") if "[" not in address else ""
        allowed = " ".join(source for sources in getattr(settings, "H5P_EXTERNAL_SOURCES", {}).values() for source in sources)
        if host and host.removeprefix("www.") not in allowed:
            self.notes.append(_("Een deel staat op %(host)s. Die site is hier niet toegestaan; dat deel speelt niet.") % {"host": host})

    def _text(self, text: str, field: dict[str, Any]) -> str:
        longest = field.get("maxLength")
        if isinstance(longest, int) and not isinstance(longest, bool) and 0 < longest < len(text) and "<" not in text:
            plain = html.unescape(text)  # what is escaped counts as it will be read
            text = escaped(plain[:longest]) if len(plain) > longest else text
        if text and not _fits(text, field.get("regexp")):
            self.notes.append(_("De tekst “%(text)s” heeft niet de vorm die zijn veld vraagt en is weggelaten.") % {"text": text[:60]})
            return ""
        tags = field.get("tags")
        if isinstance(tags, list):
            return self._markup(text, _allowed(tags))
        if field.get("widget") == "html":
            return self._markup(text, SAFE_TAGS)
        return escaped(text)

    def _markup(self, text: str, tags: Collection[str]) -> str:
        if "<" not in text:
            return text
        return nh3.clean(
            text,
            tags=set(tags),
            attributes={tag: names for tag, names in ATTRIBUTES.items() if tag == "*" or tag in tags},
            generic_attribute_prefixes={"data-", "aria-"},
            filter_style_properties=STYLES,
            url_schemes=URL_SCHEMES,
            link_rel="noopener noreferrer",
        )

    def _unknown(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._markup(value, SAFE_TAGS)
        if isinstance(value, list):
            return [self._unknown(item) for item in value]
        if isinstance(value, dict):
            # Sub-content can stand in a field that the semantics do not know, for instance of a newer library.
            if isinstance(value.get("library"), str) and isinstance(value.get("params"), dict):
                return self._library(value)
            return {
                _key(name): self._path(item) if name == "path" and isinstance(item, str) else self._unknown(item)
                for name, item in value.items()
            }
        return value


def escaped(text: str) -> str:
    """Plain text for a library that will insert it as HTML; what is escaped already stays as it is."""
    text = BARE_AMPERSAND.sub("&amp;", text)
    return text.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#039;")


def _key(name: str) -> str:
    return name.replace("<", "").replace(">", "")


def _allowed(tags: list[Any]) -> set[str]:
    named = {tag for tag in tags if isinstance(tag, str)}
    for tag in list(named):
        named |= IMPLIED.get(tag, set())
    return (named | ALWAYS) & SAFE_TAGS


def _fits(text: str, rule: Any) -> bool:
    pattern = rule.get("pattern") if isinstance(rule, dict) else None
    # A pattern that could take for ever, or that is not one of Python's, decides nothing.
    if not isinstance(pattern, str) or len(pattern) > 200 or len(text) > 500 or RISKY_PATTERN.search(pattern):
        return True
    try:
        return re.search(pattern, text, re.IGNORECASE if "i" in str(rule.get("modifiers", "")) else 0) is not None
    except (re.error, RecursionError, OverflowError):
        return True
