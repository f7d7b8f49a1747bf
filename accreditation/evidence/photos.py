"""Photos without what they tell beside the picture: where they were taken, with which device, and what else a phone adds.

Kept are how the picture is to be turned, its day and its colours, and in a PNG a badge. The picture itself is copied byte for byte, and the
same photo always gives the same file.
"""

import re
import zlib
from collections.abc import Iterator
from itertools import islice

from PIL import Image

# Exif 2.32: the IFD of Exif itself, DateTimeOriginal, Orientation, DateTime.
EXIF_PART, TAKEN_AT, ORIENTATION, CHANGED_AT = 0x8769, 0x9003, 0x0112, 0x0132
BADGE_CHUNKS = ("openbadgecredential", "openbadges")  # Open Badges 3.0 (5.3.1) and 2.0: baked into a PNG

EXIF = b"Exif\0\0"
# JPEG (ITU-T T.81, B.1.1.3): the ends of the picture and of a scan's head; comments; APP0 to APP15, of which 0 is JFIF, 2 may be a colour
# profile, 14 is Adobe's.
END, SCAN, COMMENT, APPS = 0xD9, 0xDA, 0xFE, range(0xE0, 0xF0)
# What begins a part: not padding, nor what stands alone. In the data of a scan 0xFF is followed by a nought, or by a restart that belongs to it.
NEXT = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")
PNG_BEGINNING = b"\x89PNG\r\n\x1a\n"
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
MOST_PARTS = 10_000  # a JPEG has some hundreds at most, a PNG of 20 MB in the usual pieces of 8 kB some thousands


class NoPhoto(Exception):
    """It has more parts than any photo."""


def without_whereabouts(content: bytes, content_type: str) -> bytes:
    """The photo with only what is needed to show it and to know its day. From where its parts cannot be told apart it is copied as it came.

    Raises NoPhoto for a file of very many parts: whoever opens millions of them is busy for long and needs a gigabyte.
    """
    parts = {"image/jpeg": _of_jpeg, "image/png": _of_png}.get(content_type)
    if parts is None:
        return content
    kept = list(islice(parts(content), MOST_PARTS + 1))
    if len(kept) > MOST_PARTS:
        raise NoPhoto
    return b"".join(kept)


def _of_jpeg(content: bytes) -> Iterator[bytes]:
    yield content[:2]
    at, told = 2, False
    while found := NEXT.search(content, at):
        at, marker = found.start(), content[found.start() + 1]
        if marker == END:
            yield content[at : at + 2]  # a phone puts further pictures behind it, each with a place of its own
            return
        after = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        part = content[at:after]
        if marker == 0xE1 and part[4:].startswith(EXIF):
            if not told and (exif := _needed(part[4:])):
                yield b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif
            told = True
        elif _is_needed(marker, part[4:]):
            yield part
        at = after
        if marker == SCAN:
            found = NEXT.search(content, at)
            begin, at = at, found.start() if found else len(content)
            yield content[begin:at]
    yield content[at:]


def _is_needed(marker: int, payload: bytes) -> bool:
    if marker == 0xE2:
        return payload.startswith(b"ICC_PROFILE\0")
    return marker not in (COMMENT, *APPS) or marker in (0xE0, 0xEE)


def _of_png(content: bytes) -> Iterator[bytes]:
    yield content[: len(PNG_BEGINNING)]
    at, told = len(PNG_BEGINNING), False
    while at + 12 <= len(content):
        after = at + 12 + int.from_bytes(content[at : at + 4])
        kind, payload = content[at + 4 : at + 8], content[at + 8 : after - 4]
        if kind == b"eXIf":
            if not told and (exif := _needed(EXIF + payload)):
                yield _chunk(kind, exif.removeprefix(EXIF))
            told = True
        elif kind not in TEXTS or payload.partition(b"\0")[0].decode("latin-1") in BADGE_CHUNKS:
            yield content[at:after]
        at = after
        if kind == b"IEND":
            return
    yield content[at:]


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return len(payload).to_bytes(4) + kind + payload + zlib.crc32(kind + payload).to_bytes(4)


def _needed(exif: bytes) -> bytes:
    """Of what the camera wrote only the turn and the day; nothing when neither can be read."""
    before, after = Image.Exif(), Image.Exif()
    try:
        before.load(exif)
        turned, taken = before.get(ORIENTATION), before.get_ifd(EXIF_PART).get(TAKEN_AT) or before.get(CHANGED_AT)
    except Exception:  # noqa: BLE001 - other people's bytes: what cannot be read is not needed
        return b""
    if isinstance(turned, int) and 1 <= turned <= 8:
        after[ORIENTATION] = turned
    if isinstance(taken, str):
        after.get_ifd(EXIF_PART)[TAKEN_AT] = taken[:19]
    return after.tobytes() if isinstance(turned, int) or isinstance(taken, str) else b""
