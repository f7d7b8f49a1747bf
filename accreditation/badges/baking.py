"""A badge in a picture (Open Badges 3.0, 5.3): in a PNG as the text chunk `openbadgecredential`, in an SVG as an element."""

import struct
import zlib

from lxml import etree

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
SVG_NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
LARGEST_TEXT = 512 * 1024


class NothingBaked(Exception):
    """There is no badge in this picture."""


def bake(picture: bytes, text: str) -> bytes:
    """The PNG with this badge in it, right behind its header."""
    body = KEYWORD + b"\0" + b"\0\0" + b"\0" + b"\0" + text.encode()
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
    header = len(SIGNATURE) + 4 + 4 + 13 + 4
    return picture[:header] + chunk + picture[header:]


def unbake(picture: bytes) -> str:
    """The badge in a PNG or SVG, as JSON or JWT. Raises NothingBaked."""
    return _from_png(picture) if picture.startswith(SIGNATURE) else _from_svg(picture)


def _from_png(picture: bytes) -> str:
    place = len(SIGNATURE)
    while place + 12 <= len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        kind, body = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        if kind == b"iTXt" and body.startswith(KEYWORD + b"\0"):
            return _text(body[len(KEYWORD) + 1 :])
        place += 12 + length
    raise NothingBaked


def _text(rest: bytes) -> str:
    compressed, rest = rest[:1] == b"\1", rest[2:]
    _language, _zero, rest = rest.partition(b"\0")
    _translated, _zero, content = rest.partition(b"\0")
    try:
        if compressed:
            content = zlib.decompressobj().decompress(content, LARGEST_TEXT)
        return content[:LARGEST_TEXT].decode()
    except (zlib.error, UnicodeDecodeError):
        raise NothingBaked from None


def _from_svg(picture: bytes) -> str:
    try:
        root = etree.fromstring(picture, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError):
        raise NothingBaked from None
    found = root.find(f".//{{{SVG_NAMESPACE}}}credential")
    text = "" if found is None else str(found.get("verify") or found.text or "").strip()
    if not text:
        raise NothingBaked
    return text
