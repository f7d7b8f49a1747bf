"""The published JSON-LD contexts of badges, from the npm packages that hold them: nothing is fetched when a badge is made.

The front-end build writes them beside the fonts (`frontend/dist/contexts`). Only these can be loaded; any other address is refused.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
# Names what stands in neither of the two: the types of the schema and of the list of what was revoked.
EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
FILES = {CREDENTIALS: "credentials-v2.json", BADGES: "open-badges-3.0.3.json", EXTENSIONS: "open-badges-extensions.json"}


class NoContexts(Exception):
    """The contexts were not built: no badge can be made."""


def canonical(document: dict[str, Any]) -> bytes:
    """The document as canonical N-Quads (RDF Dataset Canonicalization 1.0). For documents of our own only: hostile ones can be made slow."""
    from pyld import jsonld  # noqa: PLC0415 - 12 MB, for processes that make badges only

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
    text: str = jsonld.normalize(document, options)
    return text.encode()


def ready() -> bool:
    """Whether the contexts are there."""
    return all((Path(settings.BADGE_CONTEXT_DIR) / name).exists() for name in FILES.values())


def _load(address: str, _options: dict[str, Any]) -> dict[str, Any]:
    if address not in FILES:
        raise NoContexts(f"{address} is not a context of ours")
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": address, "document": _read(FILES[address])}


@lru_cache
def _read(name: str) -> Any:
    path = Path(settings.BADGE_CONTEXT_DIR) / name
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise NoContexts(f"{path} is missing: build the front end first") from None
