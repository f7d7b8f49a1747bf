"""Translation catalogues with Babel, so that no gettext tools are needed: `python -m config.translations collect|compile|check`.

The interface is written in Dutch; each package carries its English in `<package>/locale/en/LC_MESSAGES/django.po`.
"""

import io
import sys
from pathlib import Path
from typing import Any

from babel.messages import Catalog, pofile
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["config", "portal", "accreditation", "competencies", "courses", "cms", "lrs", "accounts"]

KEYWORDS = dict.fromkeys(
    (
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
)


def catalogues() -> list[Path]:
    """The .po files there are."""
    return [path for package in PACKAGES if (path := ROOT / package / "locale/en/LC_MESSAGES/django.po").exists()]


def compile_all() -> int:
    """Write the .mo file beside each catalogue."""
    for path in catalogues():
        with path.open("rb") as file:
            catalog = pofile.read_po(file)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
    return 0


def collect() -> int:
    """Bring each catalogue up to date with the strings its package uses; translations that exist are kept."""
    for package in PACKAGES:
        path = ROOT / package / "locale/en/LC_MESSAGES/django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        template = _extracted(package)
        catalog = Catalog(locale="en", project="Vakwijs", fuzzy=False)
        if path.exists():
            with path.open("rb") as file:
                catalog = pofile.read_po(file, locale="en")
        catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            pofile.write_po(file, catalog, omit_header=False, sort_output=True, no_location=True, width=0)
    return 0


def check() -> int:
    """Say which strings lack an English translation; answers how many packages have any."""
    incomplete = 0
    for package in PACKAGES:
        path = ROOT / package / "locale/en/LC_MESSAGES/django.po"
        known = set()
        if path.exists():
            with path.open("rb") as file:
                known = {message.id for message in pofile.read_po(file) if message.id and _translated(message.string)}
        missing = [message.id for message in _extracted(package) if message.id and message.id not in known]
        if missing:
            incomplete += 1
            print(f"{package}: {len(missing)} strings without English, for instance: {missing[0]!r}")
    return 1 if incomplete else 0


def _extracted(package: str) -> Catalog:
    """The strings of one package, in code and templates."""
    catalog = Catalog()
    sources = sorted([*(ROOT / package).rglob("*.py"), *(ROOT / package).rglob("*.html"), *(ROOT / package).rglob("*.txt")])
    for path in sources:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = templatize(text, origin=str(path))
        for _line, function, message, _comments in extract_python(io.BytesIO(text.encode()), KEYWORDS, [], {"encoding": "utf-8"}):
            context, message = _split(str(function), message)
            if message:
                catalog.add(message, context=context)
    return catalog


def _split(function: str, message: Any) -> tuple[str | None, Any]:
    """Context and message (a pair of singular and plural for the n-functions) as Babel wants them."""
    parts = [part for part in (message if isinstance(message, tuple) else (message,)) if isinstance(part, str)]
    context = parts.pop(0) if function.startswith(("pgettext", "npgettext")) and parts else None
    plural = function.lstrip("p").startswith("ngettext") or function.startswith("npgettext")
    if not parts:
        return context, None
    return context, tuple(parts[:2]) if plural and len(parts) >= 2 else parts[0]


def _translated(string: object) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


if __name__ == "__main__":
    sys.exit({"compile": compile_all, "collect": collect, "check": check}[sys.argv[1]]())
