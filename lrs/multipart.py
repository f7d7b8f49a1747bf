"""A multipart/mixed message, read as it comes in: never more of it in memory than a few pieces (RFC 2046, 5.1.1)."""

import re
from collections.abc import Iterator
from typing import Protocol

from lrs.refusals import Refusal

# Clauses: xAPI 1.0.3, Part Three, 1.5.2; 2.0: 4.1.3.

PIECE = 64 * 1024
LARGEST_HEAD = 16 * 1024
LARGEST_PREAMBLE = 64 * 1024
LONGEST_PADDING = 256
BLANKS = re.compile(rb"[ \t]*")


class MessageRefused(Refusal):
    """The multipart message is not what the standard asks; the message says what is wrong."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names. Raises MessageRefused."""
    match = re.search(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', content_type, re.IGNORECASE)
    if match is None:
        raise MessageRefused("Content-Type: multipart/mixed needs a boundary (1.5.2)")
    return (match[1] or match[2]).encode("latin-1", "replace")


class Reader:
    """The parts of a message, one after the other: `for headers, content in Reader(...)`.

    `headers` has its names in small letters; `content` gives the part in pieces, and what of it is not asked for is passed over
    when the next part is. Raises MessageRefused when the message breaks off or is not put together as it should be.
    """

    def __init__(self, stream: Readable, *, boundary: bytes) -> None:
        self._stream = stream
        self._delimiter = b"\r\n--" + boundary
        # A message may begin with its boundary: to the search it looks like every other one.
        self._buffer = bytearray(b"\r\n")

    def __iter__(self) -> Iterator[tuple[dict[str, str], Iterator[bytes]]]:
        self._pass_over_preamble()
        number = 0
        while self._another_part(number + 1):
            number += 1
            headers = self._headers(number)
            content = self._content()
            yield headers, content
            for _rest in content:
                pass

    def _more(self) -> None:
        piece = self._stream.read(PIECE)
        if not piece:
            raise MessageRefused("the message ends before its last boundary (1.5.2)")
        self._buffer += piece

    def _pass_over_preamble(self) -> None:
        passed = 0
        for piece in self._content():
            passed += len(piece)
            if passed > LARGEST_PREAMBLE:
                raise MessageRefused("the message does not begin with its boundary (1.5.2)")

    def _content(self) -> Iterator[bytes]:
        """What stands before the next delimiter, which is taken away with it."""
        buffer, delimiter = self._buffer, self._delimiter
        while (found := buffer.find(delimiter)) < 0:
            # The beginning of a delimiter may already be there.
            certain = len(buffer) - len(delimiter) + 1
            if certain > 0:
                piece = bytes(buffer[:certain])
                del buffer[:certain]
                yield piece
            self._more()
        piece = bytes(buffer[:found])
        del buffer[: found + len(delimiter)]
        if piece:
            yield piece

    def _another_part(self, number: int) -> bool:
        """Whether a part follows the delimiter, or the end of the message."""
        buffer = self._buffer
        while True:
            if buffer.startswith(b"--"):
                return False
            padding = BLANKS.match(buffer)
            at = padding.end() if padding else 0
            if buffer[at : at + 2] == b"\r\n":
                del buffer[: at + 2]
                return True
            if at > LONGEST_PADDING or (len(buffer) > at + 1 and buffer[:1] != b"-") or (len(buffer) > 1 and buffer[:1] == b"-"):
                raise MessageRefused("part %(number)s: no line end after the boundary (1.5.2)", number=number)
            self._more()

    def _headers(self, number: int) -> dict[str, str]:
        buffer = self._buffer
        while len(buffer) < 2:
            self._more()
        if buffer.startswith(b"\r\n"):
            del buffer[:2]
            return {}
        while (end := buffer.find(b"\r\n\r\n", 0, LARGEST_HEAD)) < 0:
            if len(buffer) >= LARGEST_HEAD:
                raise MessageRefused("part %(number)s: no empty line after the headers (1.5.2)", number=number)
            self._more()
        lines = bytes(buffer[:end]).split(b"\r\n")
        del buffer[: end + 2]
        # An empty part may be nothing but headers: the empty line is then the beginning of the next delimiter.
        while len(buffer) < len(self._delimiter) and self._delimiter.startswith(bytes(buffer)):
            self._more()
        if not buffer.startswith(self._delimiter):
            del buffer[:2]
        headers: dict[str, str] = {}
        name = ""
        for line in lines:
            if line.startswith(self._delimiter[2:]):
                raise MessageRefused("part %(number)s: no empty line after the headers (1.5.2)", number=number)
            if line[:1] in (b" ", b"\t") and name:
                headers[name] += " " + line.decode("latin-1").strip()
                continue
            raw_name, colon, value = line.decode("latin-1").partition(":")
            name = raw_name.strip().lower()
            if not colon or not name or name in headers:
                raise MessageRefused(
                    "part %(number)s: the header %(name)s is not one, or stands there twice (1.5.2)",
                    number=number,
                    name=repr(raw_name[:80]),
                )
            headers[name] = value.strip()
        return headers
