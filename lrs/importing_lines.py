"""Reading a file of statements, one a line, as it comes: whatever stands in it, and however much of it.

Plain or gzip, or the ZIP that an export makes. A line that is no statement is told with its number and what is wrong; it does not
stop the others. A line longer than LONGEST is passed over without ever being in memory whole.
"""

import gzip
import hashlib
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from lrs.refusals import Refusal

LONGEST = 16 * 1024 * 1024
PIECE = 1024 * 1024
SHOWN = 10_000  # octets of a bad line that are kept to be looked at
MARK = b"\xef\xbb\xbf"  # of UTF-8, at the beginning of a file
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
SHA2 = re.compile(r"[0-9a-f]{56,128}\Z")


class FileRefused(Refusal):
    """The file cannot be read; the message says why."""


class LineRefused(Refusal):
    """The line holds no statement that can be read."""


@dataclass(frozen=True)
class Line:
    """A line that is not empty. `problem` says why it cannot be read; `end` is where the next line begins."""

    number: int
    end: int
    text: str
    problem: LineRefused | None = None


def lines_of(stream: IO[bytes], *, octet: int, line: int) -> Iterator[Line]:
    """The lines from here on. `octet` and `line` are where an earlier reading stopped; the stream stands at its beginning."""
    _go_to(stream, octet)
    at, number = octet, line
    while raw := stream.readline(LONGEST + 1):
        start, number = at, number + 1
        at += len(raw)
        if len(raw) > LONGEST:
            while raw[-1:] != b"\n" and (rest := stream.readline(PIECE)):
                at += len(rest)
                raw = raw[:SHOWN] + rest[-1:]
            yield Line(number, at, _shown(raw), LineRefused("the line is longer than %(most)s octets", most=LONGEST))
            continue
        if start == 0:
            raw = raw.removeprefix(MARK)
        raw = raw.strip(b" \t\r\n")
        if not raw:
            continue
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            yield Line(number, at, _shown(raw), LineRefused("the line is not UTF-8 (at octet %(place)s)", place=error.start + 1))
        else:
            yield Line(number, at, text)


def _shown(raw: bytes) -> str:
    return raw[:SHOWN].decode("utf-8", "replace")


def _go_to(stream: IO[bytes], octet: int) -> None:
    """Forward to where an earlier reading stopped. What cannot jump (a pipe) is read up to there."""
    if not octet:
        return
    if stream.seekable():
        stream.seek(octet)
        return
    left = octet
    while left and (piece := stream.read(min(PIECE, left))):
        left -= len(piece)
    if left:
        raise FileRefused("the file ends before octet %(octet)s, where the reading stopped", octet=octet)


class Bundle:
    """The attachments beside a file of statements: in a folder or in the same ZIP, each under its hash."""

    def __init__(self, *, folder: Path | None = None, archive: zipfile.ZipFile | None = None) -> None:
        self._folder, self._archive = folder, archive

    @contextmanager
    def open(self, sha2: str) -> Iterator[IO[bytes] | None]:
        """The bytes that should have this hash, or None."""
        if not SHA2.match(sha2):
            yield None
            return
        name = f"{sha2[:2]}/{sha2}"
        with ExitStack() as stack:
            found: IO[bytes] | None = None
            if self._archive is not None and f"attachments/{name}" in self._archive.NameToInfo:
                found = stack.enter_context(self._archive.open(f"attachments/{name}"))
            elif self._folder is not None and (self._folder / name).is_file():
                found = stack.enter_context((self._folder / name).open("rb"))
            yield found


@contextmanager
def opened(file: IO[bytes], *, folder: Path | None = None) -> Iterator[tuple[IO[bytes], Bundle]]:
    """The statements of a file, whatever it is packed in, and the attachments beside them. Raises FileRefused."""
    start = b""
    if file.seekable():
        start = file.read(4)
        file.seek(0)
    with ExitStack() as stack:
        if start.startswith(GZIP):
            yield cast("IO[bytes]", stack.enter_context(gzip.open(file, "rb"))), Bundle(folder=folder)
        elif start == ZIP:
            try:
                archive = stack.enter_context(zipfile.ZipFile(file))
                statements = stack.enter_context(archive.open("statements.ndjson"))
            except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
                raise FileRefused("the ZIP is damaged or holds no statements.ndjson") from error
            yield statements, Bundle(folder=folder, archive=archive)
        else:
            yield file, Bundle(folder=folder)


def beginning_of(file: IO[bytes]) -> str:
    """By what the same file is known again."""
    file.seek(0)
    start = file.read(64 * 1024)
    file.seek(0)
    return hashlib.sha256(start).hexdigest()
