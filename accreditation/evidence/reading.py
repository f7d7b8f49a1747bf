"""What can be read in a file that somebody brings: a title, a day, points. Suggestions for a form, never a decision.

A PDF is read by `pdf_words` in a process of its own; of a photo only what the camera wrote beside it is read. A file of which nothing can
be read is as welcome as any other.
"""

import base64
import binascii
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image

from accounts.models import User
from accreditation.evaluation import amsterdam_date
from accreditation.evidence import pdf_words
from accreditation.evidence.files import CheckedFile
from accreditation.evidence.photos import BADGE_CHUNKS, EXIF_PART, TAKEN_AT
from accreditation.models import Certificate

logger = logging.getLogger(__name__)

WAIT = 12  # seconds for the whole reading of a PDF
BADGE_TYPES = {"OpenBadgeCredential", "AchievementCredential"}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan january",
            "februari feb february",
            "maart mrt mar march",
            "april apr",
            "mei may",
            "juni jun june",
            "juli jul july",
            "augustus aug august",
            "september sept sep",
            "oktober okt oct october",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_WORDED = re.compile(rf"\b(\d{{1,2}})\s+({'|'.join(MONTHS)})\.?\s+(20\d\d)\b", re.IGNORECASE)
_DUTCH = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.](20\d\d)\b")
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_DAY_WORDS = re.compile(r"afgerond|behaald|voltooid|gevolgd|deelgenomen|bijgewoond|d\.d\.|datum|gehouden op|completed", re.IGNORECASE)
_OTHER_DAY_WORDS = re.compile(r"gebo(?:ren|orte)|geldig|vervalt|accreditatie(?:periode)? van|uitgegeven op|t/m|tot en met", re.IGNORECASE)
_POINTS = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)\s*(?:accreditatie|nascholings|studie|register|PE-?|KR-?)?\s*punt(?:en)?\b", re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)\s*(?:contact|studie|SBU|effectieve\s)?\s*(?:uur|uren)\b", re.IGNORECASE)
_ID = re.compile(r"\bID[- ]?(?:nummer|nr\.?|code)?\s*:?\s*(\d{5,7})\b", re.IGNORECASE)
_PROVIDER = re.compile(
    r"^\s*(?:aanbieder|organisator|opleider|organisatie|instelling|provider)\s*:?[ \t]*\n?[ \t]*(\S[^\n]{2,120})$",
    re.IGNORECASE | re.MULTILINE,
)
_TITLE = re.compile(
    r"^\s*(?:cursus|scholing|training|naam (?:van de )?(?:cursus|scholing|activiteit)|titel|onderwerp)\s*:[ \t]*\n?[ \t]*(\S[^\n]{2,180})$",
    re.IGNORECASE | re.MULTILINE,
)
_OURS = re.compile(r"\bVW-20\d\d-\d{6,}\b")
_NO_TITLE = re.compile(
    r"^(?:about:\w+|https?|microsoft word|untitled|naamloos|document\d*|scan\w*|img[-_ ]?\d*|certificaat\.?\w*|.*\.(?:docx?|pdf|indd|pptx?))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What was read, with `from_` saying where; empty when nothing was. JSON as it is kept beside the evidence."""

    title: str = ""
    provider: str = ""
    done_on: str = ""
    points: str = ""
    hours: str = ""
    id_number: str = ""
    found_in: str = ""
    own_certificate: str = ""
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value}


def suggestions(checked: CheckedFile, *, owner: User, today: date) -> Suggestions:
    """What this file says of itself. Whatever goes wrong in reading, the answer is no suggestions."""
    mine = Certificate.objects.filter(sha256=checked.sha256, learner=owner).first()
    if mine:
        return of_certificate(mine)
    try:
        if checked.content_type == "application/pdf":
            return of_pdf(_words(checked), owner=owner, today=today)
        return of_image(checked, today=today)
    except Exception:
        # Other people's files: reading them is a service, and keeping them is not stopped by it.
        logger.info("Nothing could be read in a file that was handed in (%s)", checked.content_type, exc_info=True)
        return Suggestions()


def of_certificate(certificate: Certificate) -> Suggestions:
    """It is our own: everything is known already, and its points are in the dossier without it."""
    said = certificate.snapshot
    return Suggestions(
        title=said["course"]["title"],
        provider=said["organisation"],
        done_on=certificate.earned_on.isoformat(),
        own_certificate=certificate.number or "",
        found_in="certificate",
    )


def of_pdf(words: dict[str, Any], *, owner: User, today: date) -> Suggestions:
    """From an Open Badge inside it, if there is one; else from its text and title."""
    for text in words.get("attachments", []):
        if badge := of_badge(text, today=today):
            return badge
    text = words.get("text", "")
    number = next((found for found in _OURS.findall(text) if Certificate.objects.filter(number=found, learner=owner).exists()), "")
    title = _first(_TITLE, text) or _good_title(words.get("title", ""))
    return Suggestions(
        title=title[:200],
        provider=(_first(_PROVIDER, text) or "")[:200],
        done_on=_day_in(text, today=today),
        points=_amount(_POINTS, text),
        hours=_amount(_HOURS, text),
        id_number=_first(_ID, text),
        own_certificate=number,
        found_in="text" if text.strip() else "",
    )


def of_image(checked: CheckedFile, *, today: date) -> Suggestions:
    """The day a photo was taken, or the badge that is baked into a PNG. Only what stands before the picture is read."""
    checked.content.seek(0)
    with Image.open(checked.content.file or checked.content) as image:
        for chunk in BADGE_CHUNKS:
            text = image.info.get(chunk)
            if isinstance(text, str) and (badge := of_badge(text, today=today)):
                return badge
        taken = image.getexif().get_ifd(EXIF_PART).get(TAKEN_AT)
    if not isinstance(taken, str):
        return Suggestions()
    # The camera's own clock, without a zone: the day on which it was taken, where it was taken.
    day = datetime.strptime(taken[:10], "%Y:%m:%d").date()  # noqa: DTZ007
    return Suggestions(done_on=day.isoformat(), found_in="photo") if date(2000, 1, 1) <= day <= today else Suggestions()


def of_badge(text: str, *, today: date) -> Suggestions | None:
    """An Open Badges 3.0 credential as JSON or as VC-JWT: what it says, whose word it is unchecked. None when it is not one."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else _payload(text.strip())
    except (ValueError, RecursionError, binascii.Error):
        return None
    credential = found.get("vc", found) if isinstance(found, dict) else None
    if not isinstance(credential, dict) or not BADGE_TYPES & set(_listed(credential.get("type"))):
        return None
    subject = next((s for s in _listed(credential.get("credentialSubject")) if isinstance(s, dict)), {})
    given = subject.get("achievement")
    achievement: dict[str, Any] = given if isinstance(given, dict) else {}
    issuer = credential.get("issuer")
    name = issuer.get("name", "") if isinstance(issuer, dict) else issuer
    day = _moment(credential.get("validFrom") or credential.get("issuanceDate"))
    earned = subject.get("creditsEarned", achievement.get("creditsAvailable"))
    return Suggestions(
        title=_text(achievement.get("name") or credential.get("name"))[:200],
        provider=_text(name)[:200],
        done_on=day.isoformat() if day and day <= today else "",
        points=str(Decimal(str(earned))) if isinstance(earned, int | float) and 0 < earned < 1000 else "",
        found_in="badge",
    )


def _words(checked: CheckedFile) -> dict[str, Any]:
    checked.content.seek(0)
    done = subprocess.run(  # noqa: S603 - our own program, nothing of the file in its arguments
        [sys.executable, "-I", str(Path(pdf_words.__file__))],
        input=checked.content.read(),
        capture_output=True,
        timeout=WAIT,
        check=True,
        env={},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _payload(token: str) -> dict[str, Any]:
    head, body, _signature = token.split(".")
    if not head or len(token) > pdf_words.LARGEST_ATTACHMENT:
        raise ValueError("not a token")
    answer: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return answer


def _days_in(text: str) -> Iterator[tuple[int, date]]:
    for match in _WORDED.finditer(text):
        yield from _valid(match.start(), match[3], MONTHS[match[2].lower()], match[1])
    for match in _DUTCH.finditer(text):
        yield from _valid(match.start(), match[3], match[2], match[1])
    for match in _ISO.finditer(text):
        yield from _valid(match.start(), match[1], match[2], match[3])


def _valid(at: int, year: str, month: str | int, day: str) -> Iterator[tuple[int, date]]:
    try:
        yield at, date(int(year), int(month), int(day))
    except ValueError:
        return


def _day_in(text: str, *, today: date) -> str:
    """The day that most looks like that of the activity: words such as "afgerond op" before it count for it, "geldig tot" against it."""
    best: tuple[int, int] | None = None
    chosen = ""
    for at, day in _days_in(text):
        if day > today:
            continue
        before = text[max(0, at - 45) : at]
        score = 2 * bool(_DAY_WORDS.search(before)) - 3 * bool(_OTHER_DAY_WORDS.search(before))
        if score >= 0 and (best is None or (score, -at) > best):
            best, chosen = (score, -at), day.isoformat()
    return chosen


def _amount(pattern: re.Pattern[str], text: str) -> str:
    """The amount, when the text names one and the same; several different ones say nothing."""
    amounts = {Decimal(found.replace(",", ".")) for found in pattern.findall(text)}
    return f"{amounts.pop():f}" if len(amounts) == 1 else ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return " ".join(match[1].split()) if match else ""


def _good_title(title: str) -> str:
    title = " ".join(title.split())
    return "" if _NO_TITLE.match(title) else title


def _text(value: Any) -> str:
    """A text of a credential, which may be one per language."""
    if isinstance(value, dict):
        value = value.get("nl") or value.get("en") or next(iter(value.values()), "")
    return " ".join(value.split()) if isinstance(value, str) else ""


def _moment(value: Any) -> date | None:
    try:
        return amsterdam_date(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
