"""Anyone may check a certificate: by number and code, by the QR code's token, or with the file itself.

The answer holds no more than a verifier needs to compare with the paper in hand (docs/decisions/0006-what-verification-shows.md),
and there is no way to ask that lists people: a wrong code and an unknown number get the same answer.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.cache import cache

from accreditation.certificates import state
from accreditation.models import Certificate, CertificateEvent

LIMITS = {"code": (20, 600), "token": (60, 600), "file": (20, 600)}  # tries, and the seconds in which they count


class TooManyTries(Exception):
    """Someone is guessing, or very busy: they must wait."""


class Verdict(StrEnum):
    VALID = "valid"
    REPLACED = "replaced"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verifier learns. Everything but the verdict is empty when the certificate is unknown."""

    verdict: Verdict
    number: str = ""
    initials: str = ""
    course: str = ""
    organisation: str = ""
    earned_on: date | None = None
    since: datetime | None = None
    accredited: bool = False
    demo: bool = False
    lines: tuple[dict[str, Any], ...] = ()


UNKNOWN = Answer(Verdict.UNKNOWN)


def by_token(token: str) -> Answer:
    return _answer(Certificate.objects.filter(token=token).exclude(sha256="").prefetch_related("events").first())


def by_number(number: str, check_code: str) -> Answer:
    """The certificate with this number, if the code that is printed beside it is right."""
    certificate = Certificate.objects.filter(number=_bare(number)).exclude(sha256="").prefetch_related("events").first()
    # Compared in either case, so that the time an answer takes tells nothing.
    right = secrets.compare_digest(
        (certificate.check_code if certificate else "????????").encode(), _bare(check_code).replace("-", "").encode()
    )
    return _answer(certificate if right else None)


def by_file(content: bytes) -> Answer:
    """The certificate whose file is this one to the last byte. One changed byte makes it unknown."""
    digest = hashlib.sha256(content).hexdigest()
    return _answer(Certificate.objects.filter(sha256=digest).prefetch_related("events").first())


def count_try(kind: str, *, origin: str) -> None:
    """Count an attempt from this address. Raises TooManyTries above the limit; the address itself is not kept."""
    tries, seconds = LIMITS[kind]
    name = hmac.new(settings.SECRET_KEY.encode(), f"{kind}:{origin}".encode(), "sha256").hexdigest()[:32]
    key = f"verification:{name}"
    cache.add(key, 0, seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # it expired in between
        cache.set(key, 1, seconds)
        count = 1
    if count > tries:
        raise TooManyTries


def initials(name: str) -> str:
    """ "Fatma van der Meulen-Özdemir" becomes "F. v. d. M.-Ö.": enough to compare, too little to find someone."""
    return " ".join("-".join(f"{part[0]}." for part in word.split("-") if part) for word in name.split())


def _answer(certificate: Certificate | None) -> Answer:
    if certificate is None:
        return UNKNOWN
    said, current = certificate.snapshot, state(certificate)
    kind = {Certificate.State.REVOKED: CertificateEvent.Kind.REVOKED, Certificate.State.REPLACED: CertificateEvent.Kind.REPLACED}.get(
        current
    )
    return Answer(
        verdict=Verdict(current.value),
        number=certificate.number or "",
        initials=initials(said["name"]) if "@" not in said["name"] else "",
        course=said["course"]["title"],
        organisation=said["organisation"],
        earned_on=certificate.earned_on,
        since=next((event.at for event in certificate.events.all() if event.kind == kind), None),
        accredited=said["accredited"],
        demo=said["demo"],
        lines=tuple({key: line[key] for key in ("register", "id_number", "unit", "points", "credited")} for line in said["lines"]),
    )


def _bare(typed: str) -> str:
    return re.sub(r"\s", "", typed).upper()
