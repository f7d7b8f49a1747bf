"""Read a badge that somebody hands in, and look whether it is one of ours, to the letter.

Nothing of it is trusted and nothing is fetched: its id finds the badge as we made it, and what was handed in must say exactly the same.
So no canonical form of a stranger's document is ever computed, which can be made to take hours.
"""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accreditation.badges.baking import SIGNATURE, NothingBaked, unbake
from accreditation.badges.proofs import proof_holds, token_holds
from accreditation.models import Badge

LARGEST = 512 * 1024
BASE64 = re.compile(r"[A-Za-z0-9_-]{40,}")
URN = re.compile(r"urn:uuid:[0-9a-f-]{36}")
MOST_IDS = 3  # looked up of what cannot be read
TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class NotABadge(Exception):
    """This is no Open Badge, or nothing of it can be read."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was handed in: the badge of ours with its id, if there is one, and whether it says what we signed."""

    badge: Badge | None
    genuine: bool = False


def read(content: bytes) -> Found:
    """Compare a badge (JSON, JWT, or a picture that holds one of these) with what was made here. Raises NotABadge."""
    text = _text(content)
    token = text if TOKEN.fullmatch(text) else ""
    try:
        document = _parse(_payload(token) if token else text)
    except NotABadge:
        if (damaged := _mentioned(text)) is None:
            raise
        return Found(damaged)
    badge = _named(document.get("id"))
    if badge is None:
        if "OpenBadgeCredential" not in _types(document):
            raise NotABadge
        return Found(None)
    if token:
        return Found(badge, token == badge.token and token_holds(token, key=badge.token_key))
    ours = json.loads(badge.document)
    return Found(badge, _same(document, ours) and proof_holds(ours, key=badge.proof_key))


def looks_like_one(content: bytes) -> bool:
    """Whether it is worth reading as a badge, by how it begins."""
    start = content[:300].lstrip()
    return start.startswith((SIGNATURE, b"{", b"<", b"eyJ", b"\xef\xbb\xbf"))


def _text(content: bytes) -> str:
    if content.startswith(SIGNATURE) or content.lstrip()[:1] == b"<":
        try:
            return unbake(content).strip()
        except NothingBaked:
            raise NotABadge from None
    if len(content) > LARGEST:
        raise NotABadge
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise NotABadge from None


def _payload(token: str) -> str:
    part = token.split(".")[1]
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
    except (ValueError, UnicodeDecodeError):
        raise NotABadge from None


def _parse(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise NotABadge from None
    if not isinstance(document, dict):
        raise NotABadge
    return document


def _named(name: Any) -> Badge | None:
    if not isinstance(name, str) or not name.startswith("urn:uuid:"):
        return None
    try:
        uuid = UUID(name.removeprefix("urn:uuid:"))
    except ValueError:
        return None
    return Badge.objects.filter(uuid=uuid).select_related("certificate", "proof_key", "token_key").first()


def _mentioned(text: str) -> Badge | None:
    """The badge of ours whose id stands in what can no longer be read as one: something was changed in it."""
    # What precedes a changed character of base64 still says what it said; what follows is noise.
    parts = [text, *(base64.b64decode(part[: len(part) // 4 * 4], altchars=b"-_").decode(errors="replace") for part in _base64_in(text))]
    found = [badge for part in parts for name in URN.findall(part)[:MOST_IDS] if (badge := _named(name))]
    return found[0] if found else None


def _base64_in(text: str) -> list[str]:
    return BASE64.findall(text)[:3] if text.startswith("eyJ") else []


def _types(document: dict[str, Any]) -> list[Any]:
    types = document.get("type")
    return types if isinstance(types, list) else [types]


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """The same JSON, whatever its layout and the order of its names."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
