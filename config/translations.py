"""Translation catalogues with Babel, so that no gettext tools are needed: `python -m config.translations collect|compile|check`.

The interface is written in Dutch; each package carries its English in `<package>/locale/en/LC_MESSAGES/django.po`.
"""

import ast
import io
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message, pofile
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from django.utils.translation.template import templatize

from config.catalogues import ROOT

PACKAGES = ["config", "portal", "accreditation", "competencies", "courses", "cms", "lrs", "accounts"]

KEYWORDS = (
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
    "npgettext_lazy",
)

HEADER = "# The Dutch interface of Vakwijs in English."
# A header that changes at every collection would make a conflict of every merge.
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
BLANK: dict[str, Any] = {
    "creation_date": SINCE,
    "revision_date": SINCE,
    "msgid_bugs_address": "none",
    "last_translator": "Vakwijs",
    "language_team": "Vakwijs",
}

# A context, if any, and a message: one string, or a singular and a plural.
Found = tuple[str | None, Any]


def catalogues() -> list[Path]:
    """The .po files there are."""
    return [path for package in PACKAGES if (path := ROOT / package / "locale/en/LC_MESSAGES/django.po").exists()]


def compile_all() -> int:
    """Write the .mo file beside each catalogue."""
    for path in catalogues():
        with path.open("rb") as file:
            catalog = pofile.read_po(file, locale="en")
        # Put in its place whole: a process that starts at this moment reads the old one or the new one.
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as made:
            write_mo(made, catalog)
        Path(made.name).chmod(0o644)
        Path(made.name).replace(path.with_suffix(".mo"))
    return 0


def collect() -> int:
    """Bring each catalogue up to date with the strings its package uses; translations that exist are kept."""
    for package in PACKAGES:
        path = ROOT / package / "locale/en/LC_MESSAGES/django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        template = _extracted(package)
        catalog = Catalog(locale="en", project="Vakwijs", version="1", header_comment=HEADER, fuzzy=False, **BLANK)
        for message in english(package):
            catalog.add(message.id, message.string, context=message.context)
        catalog.update(template, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            pofile.write_po(file, catalog, omit_header=False, sort_output=True, no_location=True, width=0)
    return 0


def check() -> int:
    """Say which strings lack an English translation; answers how many packages have any."""
    incomplete = 0
    for package in PACKAGES:
        missing = untranslated(package)
        if missing:
            incomplete += 1
            print(f"{package}: {len(missing)} strings without English, for instance: {missing[0]!r}")
    return 1 if incomplete else 0


def untranslated(package: str) -> list[Any]:
    """The strings of a package that its catalogue has no English for."""
    known = {(message.context, message.id) for message in english(package) if _translated(message.string)}
    return [message.id for message in _extracted(package) if message.id and (message.context, message.id) not in known]


def english(package: str) -> list[Message]:
    """The strings of a package with their English, as its catalogue has them."""
    path = ROOT / package / "locale/en/LC_MESSAGES/django.po"
    if not path.exists():
        return []
    with path.open("rb") as file:
        return [message for message in pofile.read_po(file, locale="en") if message.id]


def _extracted(package: str) -> Catalog:
    """The strings of one package, in code and templates."""
    catalog = Catalog()
    for path in sorted((ROOT / package).rglob("*")):
        if path.suffix in (".py", ".html", ".txt"):
            text = path.read_text(encoding="utf-8")
            for context, message in in_code(text) if path.suffix == ".py" else in_template(text, origin=str(path)):
                catalog.add(message, context=context)
    return catalog


def in_code(source: str) -> Iterator[Found]:
    """The strings that Python code marks, each with its context. Both branches of `_("a" if x else "b")` are found."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in KEYWORDS:
                yield from _messages(name, [_constants(argument) for argument in node.args])


def in_template(source: str, *, origin: str | None = None) -> Iterator[Found]:
    """The strings that a Django template marks."""
    # Django blanks out everything but the calls; what remains of the layout means nothing, and is not valid indentation.
    calls = "\n".join(line.lstrip() for line in templatize(source, origin=origin).splitlines())
    for _line, name, arguments, _comments in extract_python(io.BytesIO(calls.encode()), dict.fromkeys(KEYWORDS), [], {"encoding": "utf-8"}):
        parts = arguments if isinstance(arguments, tuple) else (arguments,)
        yield from _messages(str(name), [[part] if isinstance(part, str) else [] for part in parts])


def _messages(name: str, arguments: list[list[str]]) -> Iterator[Found]:
    """Context and message (a pair of singular and plural for the n-functions) of one call."""
    contexts = arguments.pop(0) if name.startswith(("pgettext", "npgettext")) and arguments else [None]
    for context in contexts:
        if name.startswith(("ngettext", "npgettext")):
            yield from ((context, pair) for pair in zip(*arguments[:2], strict=False) if len(pair) == 2)
        elif arguments:
            yield from ((context, message) for message in arguments[0] if message)


def _constants(node: ast.expr) -> list[str]:
    """The strings an argument may be: itself, or either branch of a choice."""
    if isinstance(node, ast.IfExp):
        return [*_constants(node.body), *_constants(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _translated(string: object) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


if __name__ == "__main__":
    sys.exit({"compile": compile_all, "collect": collect, "check": check}[sys.argv[1]]())
