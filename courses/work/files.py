"""Which files may be handed in. What a file is called says nothing yet: its first bytes must agree."""

import logging
import struct
import zipfile
from dataclasses import dataclass
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import File
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
TYPES = {".pdf": "application/pdf", ".docx": DOCX, ".odt": ODT, ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
BEGINNINGS = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    DOCX: b"PK\x03\x04",
    ODT: b"PK\x03\x04",
}
INSIDE = {DOCX: "word/document.xml", ODT: "content.xml"}
ACCEPT = ",".join(TYPES)


class FileRefused(Exception):
    """The message tells the learner why, and what to do."""


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be kept, with the name shown later and what it is."""

    content: File
    name: str
    content_type: str


def check_file(file: File) -> CheckedFile:
    """Refuse a file that is too large, of another kind than it says or than we take, or that the virus scanner rejects.

    `settings.WORK_VIRUS_SCANNER` names a callable(file) that answers why not, or nothing; a scanner that fails counts as a no.
    """
    name = PurePath((file.name or "").replace("\\", "/")).name
    content_type = TYPES.get(PurePath(name).suffix.lower())
    if content_type is None:
        raise FileRefused(_("Dit soort bestand nemen we niet aan. Bewaar het als PDF, Word (docx), ODT, JPG of PNG en kies het opnieuw."))
    if not file.size:
        raise FileRefused(_("Het bestand is leeg. Kies het opnieuw."))
    if file.size > settings.WORK_MAX_FILE_BYTES:
        raise FileRefused(
            _("Het bestand is te groot: hoogstens %(size)s MB. Maak de afbeeldingen erin kleiner of bewaar het als PDF.")
            % {"size": settings.WORK_MAX_FILE_BYTES // 1_000_000}
        )
    if not _is_what_it_says(file, content_type):
        raise FileRefused(_("De inhoud past niet bij de naam van het bestand. Open het, bewaar het opnieuw als PDF en kies het nog eens."))
    _scan(file)
    file.seek(0)
    return CheckedFile(content=file, name=name[-255:], content_type=content_type)


def _is_what_it_says(file: File, content_type: str) -> bool:
    file.seek(0)
    if not file.read(16).startswith(BEGINNINGS[content_type]):
        return False
    if content_type in INSIDE:
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, EOFError, OverflowError):
            return False
        return INSIDE[content_type] in names and not any(name.lower().endswith("vbaproject.bin") for name in names)
    return True


def _scan(file: File) -> None:
    if not settings.WORK_VIRUS_SCANNER:
        return
    file.seek(0)
    try:
        reason = import_string(settings.WORK_VIRUS_SCANNER)(file)
    except Exception as error:
        logger.exception("The virus scanner failed")
        raise FileRefused(
            _("We konden het bestand niet op virussen nakijken. Je tekst is bewaard; probeer het bestand straks opnieuw.")
        ) from error
    if reason:
        raise FileRefused(_("De virusscanner houdt dit bestand tegen. Kijk je computer na of lever een ander bestand in."))
