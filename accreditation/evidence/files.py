"""Files as proof: checked before anything is kept, photos without where they were taken, kept once per person and content, swept when nothing uses them.

Order of keeping: the bytes first, then the row. A crash in between leaves bytes without a row, which `sweep` deletes a day later;
a row without bytes can never be.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.models import User
from accreditation.evidence.photos import NoPhoto, without_whereabouts
from accreditation.models import EvidenceFile

logger = logging.getLogger(__name__)

BEGINNINGS = {"application/pdf": b"%PDF-", "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
PHOTOS = {"image/jpeg", "image/png"}
# How a whole file ends, and in how many of its last bytes that stands: ISO 32000 gives a PDF some room behind it, JPEG and PNG none.
ENDS = {"application/pdf": (b"%%EOF", 4096), "image/jpeg": (b"\xff\xd9", 2), "image/png": (b"IEND\xaeB`\x82", 8)}
EXTENSIONS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
# Without HEIC in it, a phone that takes pictures in HEIC hands over a JPEG by itself.
ACCEPT = "application/pdf,image/jpeg,image/png,.pdf,.jpg,.jpeg,.png"
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}
CHUNK = 256 * 1024
KEEP_STRAYS = timedelta(days=1)


class FileRefused(Exception):
    """The message tells the person why, and what to do."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be kept: its name for people, what it is, and its hash."""

    content: File
    name: str
    content_type: str
    sha256: str
    size: int


def check(file: File, *, owner: User) -> CheckedFile:
    """Look at size, kind, end, room and viruses, and take from a photo where it was made. Raises FileRefused; keeps nothing yet.

    `settings.EVIDENCE_VIRUS_SCANNER` names a callable(file) that answers what it found, or nothing; a scanner that fails counts as a no.
    """
    name = PurePath((file.name or "").replace("\\", "/")).name.strip() or _("bestand")
    largest = settings.EVIDENCE_LARGEST_FILE
    if not file.size:
        raise FileRefused(_("Dit bestand is leeg. Kies het opnieuw."))
    if file.size > largest:
        raise FileRefused(_("Dit bestand is groter dan %(size)s MB. Kies een kleiner bestand.") % {"size": largest // 1_000_000})
    file.seek(0)
    content_type = _kind(file.read(32))
    if content_type in PHOTOS:
        file.seek(0)
        try:
            file = ContentFile(without_whereabouts(file.read(), content_type), name=name)
        except NoPhoto:
            raise FileRefused(_("Deze foto kunnen we niet lezen. Maak haar opnieuw, of bewaar haar als PDF.")) from None
    check_end(file, content_type)
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    sha256 = digest.hexdigest()
    _check_room(owner, sha256, file.size)
    _scan(file)
    file.seek(0)
    return CheckedFile(content=file, name=_short(name), content_type=content_type, sha256=sha256, size=file.size)


def check_end(file: File, content_type: str) -> None:
    """Look whether the file ends as a whole one does. Raises FileRefused."""
    end, room = ENDS[content_type]
    file.seek(max(0, file.size - room))
    if end not in file.read(room):
        raise FileRefused(
            _("Dit bestand is niet compleet: het einde ontbreekt, en een beoordelaar kan het niet openen. Download of maak het opnieuw.")
        )


def keep(checked: CheckedFile, *, owner: User) -> EvidenceFile:
    """Store it, or find it: the same content of the same person is there once, also when two windows upload it at the same moment.

    Within a transaction: what is found stays locked until it is in use, so that nobody lets go of it meanwhile.
    """
    existing = EvidenceFile.objects.select_for_update().filter(owner=owner, sha256=checked.sha256).first()
    if existing:
        return existing
    row = EvidenceFile(owner=owner, sha256=checked.sha256, size=checked.size, content_type=checked.content_type)
    checked.content.seek(0)
    row.file.save(checked.sha256, checked.content, save=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        _storage().delete(str(row.file.name))
        return EvidenceFile.objects.get(owner=owner, sha256=checked.sha256)
    except BaseException:
        _storage().delete(str(row.file.name))
        raise
    return row


def let_go(files: list[EvidenceFile]) -> int:
    """Delete the files that no evidence uses any more, their bytes after the commit. Answers how many."""
    gone = 0
    for file in files:
        with transaction.atomic():
            locked = EvidenceFile.objects.select_for_update().filter(pk=file.pk).first()
            if locked is None or locked.documents.exists():
                continue
            name = str(locked.file.name)
            locked.delete()
            transaction.on_commit(lambda name=name: _storage().delete(name), robust=True)  # type: ignore[misc]
            gone += 1
    return gone


def sweep() -> int:
    """Delete what a crash left half: bytes without a row, and rows that no evidence uses. Answers how many; harmless to repeat."""
    before = timezone.now() - KEEP_STRAYS
    unused = list(EvidenceFile.objects.filter(documents=None, created_at__lt=before)[:500])
    count = let_go(unused)
    storage = _storage()
    try:
        folders = storage.listdir("evidence")[0]
    except FileNotFoundError:
        return count
    for folder in folders:
        names = [f"evidence/{folder}/{name}" for name in storage.listdir(f"evidence/{folder}")[1]]
        known = set(EvidenceFile.objects.filter(file__in=names).values_list("file", flat=True))
        for name in names:
            if name not in known and storage.get_modified_time(name) < before:
                storage.delete(name)
                count += 1
    return count


def _kind(beginning: bytes) -> str:
    for content_type, start in BEGINNINGS.items():
        if beginning.startswith(start):
            return content_type
    if beginning[4:8] == b"ftyp" and beginning[8:12] in HEIC_BRANDS:
        raise FileRefused(
            _(
                "Dit is een foto in HEIC, en die kan een beoordelaar vaak niet openen. Maak er een JPG van: op een iPhone via Instellingen, Camera, "
                "Structuren, 'Meest compatibel', of deel de foto met jezelf per e-mail. Kies haar daarna opnieuw."
            )
        )
    raise FileRefused(
        _("Dit soort bestand nemen we niet aan. Kies een PDF, of een foto als JPG of PNG. Een Word-document bewaar je als PDF.")
    )


def _check_room(owner: User, sha256: str, size: int) -> None:
    mine = EvidenceFile.objects.filter(owner=owner)
    if mine.filter(sha256=sha256).exists():
        return
    used = mine.aggregate(used=Sum("size"))["used"] or 0
    if used + size > settings.EVIDENCE_ROOM:
        raise FileRefused(
            _("Je hebt hier ruimte voor %(room)s MB aan bewijsstukken, en die is vol. Haal weg wat je niet meer nodig hebt.")
            % {"room": settings.EVIDENCE_ROOM // 1_000_000}
        )


def _scan(file: File) -> None:
    if not settings.EVIDENCE_VIRUS_SCANNER:
        return
    file.seek(0)
    try:
        found = import_string(settings.EVIDENCE_VIRUS_SCANNER)(file)
    except Exception as error:
        logger.exception("The virus scanner failed")
        raise FileRefused(
            _("We kunnen het bestand nu niet op virussen nakijken. Er is niets bewaard; probeer het straks opnieuw.")
        ) from error
    if found:
        raise FileRefused(_("De virusscanner houdt dit bestand tegen. Er is niets bewaard. Kijk je apparaat na of kies een ander bestand."))


def _short(name: str) -> str:
    """The name within its column, with its ending."""
    path = PurePath(name)
    return name if len(name) <= 150 else path.stem[:140] + path.suffix[:10]


def _storage() -> Storage:
    field: Any = EvidenceFile._meta.get_field("file")
    storage: Storage = field.storage
    return storage
