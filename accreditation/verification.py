"""Anyone may check a certificate: by number and code, by the QR code's token, or with the file itself, PDF or badge.

The answer holds no more than a verifier needs to compare with the paper in hand (docs/decisions/0006-what-verification-shows.md),
and there is no way to ask that lists people: a wrong code and an unknown number get the same answer.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from typing import IO, Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet

from accreditation.attendance_statements import state as attendance_state
from accreditation.badges import reading
from accreditation.badges.status import why_revoked
from accreditation.certificates import shown_state
from accreditation.dossiers import checking, paper
from accreditation.models import AttendanceStatement, Certificate, CertificateEvent

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_NUMBER_OF_ENDS = 40
LIMITS = {
    "code": (20, 600),
    "token": (60, 600),
    "file": (20, 600),
    "dossier": (20, 600),
    "share": (60, 600),
}  # tries, and the seconds in which they count


class TooManyTries(Exception):
    """Someone is guessing, or very busy: they must wait."""


class Verdict(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REVOKED = "revoked"
    CHANGED = "changed"
    UNKNOWN = "unknown"


class What(StrEnum):
    """What was handed in."""

    CERTIFICATE = "certificate"
    BADGE = "badge"
    STATEMENT = "statement"
    DOSSIER = "dossier"
    DOSSIER_ON_PAPER = "dossier-on-paper"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verifier learns. Everything but the verdict is empty when what was handed in is unknown, or not as we issued it."""

    verdict: Verdict
    what: What = What.CERTIFICATE
    why: str = ""
    number: str = ""
    initials: str = ""
    course: str = ""
    organisation: str = ""
    earned_on: date | None = None
    since: datetime | None = None
    valid_until: date | None = None
    accredited: bool = False
    demo: bool = False
    lines: tuple[dict[str, Any], ...] = ()
    hours: str = ""
    meetings: int = 0


UNKNOWN = Answer(Verdict.UNKNOWN)


def by_token(token: str) -> Answer:
    certificate = Certificate.objects.filter(token=token).exclude(sha256="").prefetch_related("events").first()
    return of_certificate(certificate) if certificate else _attended(_statements().filter(token=token).first())


def by_number(number: str, check_code: str) -> Answer:
    """The certificate with this number, if the code that is printed beside it is right."""
    number = as_printed(number)
    kind: Any = AttendanceStatement if number.startswith("DV-") else Certificate
    known = kind.objects.filter(number=number).exclude(sha256="").values_list("pk", "check_code").first()
    # Compared in either case, and nothing more is read before that: the time an answer takes does not tell which numbers exist.
    right = secrets.compare_digest((known[1] if known else "????????").encode(), _bare(check_code).encode())
    if known is None or not right:
        return UNKNOWN
    if kind is AttendanceStatement:
        return _attended(_statements().get(pk=known[0]))
    return of_certificate(Certificate.objects.prefetch_related("events").get(pk=known[0]))


def by_file(content: bytes) -> Answer:
    """The PDF whose bytes these are, or the badge that says this. One changed byte of a PDF, one changed word of a badge, is seen."""
    if reading.looks_like_one(content):
        return _by_badge(content)
    digest = hashlib.sha256(content).hexdigest()
    certificate = Certificate.objects.filter(sha256=digest).prefetch_related("events").first()
    if certificate is not None:
        return of_certificate(certificate)
    statement = _statements().filter(sha256=digest).first()
    if statement is None and _begins_as_ours(content):
        return Answer(Verdict.CHANGED)
    if statement is None and paper.looks_like_one(content):
        return replace(UNKNOWN, what=What.DOSSIER_ON_PAPER)
    return _attended(statement)


def by_upload(source: IO[bytes]) -> Answer:
    """The same of a file that somebody hands in, which may be a whole dossier: that is recognised, and checked elsewhere."""
    if checking.is_one(source):
        return replace(UNKNOWN, what=What.DOSSIER)
    return by_file(source.read(LARGEST_FILE))


def _by_badge(content: bytes) -> Answer:
    try:
        found = reading.read(content)
    except reading.NotABadge:
        return UNKNOWN
    if found.badge is None:
        return replace(UNKNOWN, what=What.BADGE)
    if not found.genuine:
        return Answer(Verdict.CHANGED, what=What.BADGE)
    answer = replace(of_certificate(found.badge.certificate), what=What.BADGE)
    if answer.verdict in (Verdict.VALID, Verdict.EXPIRED) and (why := why_revoked(found.badge)):
        return replace(answer, verdict=Verdict.REVOKED, why=why, since=found.badge.proof_key.retired_at)
    return answer


def _begins_as_ours(content: bytes) -> bool:
    """Whether a PDF of ours was added to: programmes that fill in or sign a PDF leave what was there and write after it."""
    digest, start, prefixes = hashlib.sha256(), 0, []
    for end in _ends(content)[:LARGEST_NUMBER_OF_ENDS]:
        digest.update(content[start:end])
        start = end
        prefixes.append(digest.copy().hexdigest())
    return bool(prefixes) and any(kind.objects.filter(sha256__in=prefixes).exists() for kind in (Certificate, AttendanceStatement))


def _ends(content: bytes) -> list[int]:
    """Where a version of the PDF ended: after each %%EOF, with or without the end of its line."""
    places = []
    for found in re.finditer(rb"%%EOF(\r\n|\n|\r)?", content):
        places += [found.start() + 5, *([found.end()] if found.end() > found.start() + 5 else [])]
    return places


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


def of_certificate(certificate: Certificate, *, register: str = "") -> Answer:
    """What whoever holds it may know; of one register alone, by its code, when that is all that was shared."""
    said, current = certificate.snapshot, shown_state(certificate)
    kind = {Certificate.State.REVOKED: CertificateEvent.Kind.REVOKED, Certificate.State.REPLACED: CertificateEvent.Kind.REPLACED}.get(
        current
    )
    return Answer(
        verdict=Verdict(current.value),
        valid_until=certificate.valid_until,
        number=certificate.number or "",
        initials=initials(said["name"]) if "@" not in said["name"] else "",
        course=said["course"]["title"],
        organisation=said["organisation"],
        earned_on=certificate.earned_on,
        since=next((event.at for event in certificate.events.all() if event.kind == kind), None),
        accredited=said["accredited"],
        demo=said["demo"],
        lines=tuple(
            {key: line[key] for key in ("register", "id_number", "unit", "points", "credited")}
            for line in said["lines"]
            if register in ("", line["register_code"])
        ),
    )


def _statements() -> QuerySet[AttendanceStatement]:
    return AttendanceStatement.objects.exclude(sha256="").select_related("revocation", "replaced_by")


def _attended(statement: AttendanceStatement | None) -> Answer:
    if statement is None:
        return UNKNOWN
    said, current = statement.snapshot, attendance_state(statement)
    since = {Certificate.State.REVOKED: "revocation.at", Certificate.State.REPLACED: "replaced_by.created_at"}.get(current)
    return Answer(
        verdict=Verdict(current.value),
        what=What.STATEMENT,
        number=statement.number or "",
        initials=initials(said["name"]) if "@" not in said["name"] else "",
        course=said["course"]["title"],
        organisation=said["organisation"],
        earned_on=statement.attended_until,
        since=attrgetter(since)(statement) if since else None,
        accredited=said["accredited"],
        demo=said["demo"],
        hours=said["hours"],
        meetings=len(said["meetings"]),
    )


def as_printed(number: str) -> str:
    """A number as it stands on the paper, from what somebody typed over: "vw2026000037" and "VW – 2026 – OOOO37" are the same."""
    bare = _bare(number)
    prefix, digits = bare[:2], bare[2:].replace("O", "0")
    return f"{prefix}-{digits[:4]}-{digits[4:]}"


def _bare(typed: str) -> str:
    return re.sub(r"[\W_]", "", typed).upper()
