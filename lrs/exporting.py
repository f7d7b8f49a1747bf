"""All statements of a selection as a file that another store can read: one statement a line, in the order in which they came in.

An export of a million statements takes the memory of a portion. It ends at a fixed number: what arrives meanwhile is for the next
one. What was cut off is continued where it stopped, without a line twice.
"""

import gzip
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Length
from django.utils import timezone

from accounts.models import Organisation
from lrs import queries, sequence
from lrs.actors import indexable
from lrs.attachments import bytes_of, is_there, sent_with
from lrs.models import Attachment, Statement
from lrs.models.record import StatementQuerySet

FORMAT = "xapi-statements/1"
NUMBERS = 1000  # statements looked up at once
PORTION = 4 * 1024 * 1024  # characters of statements in memory at once


class ExportRefused(Exception):
    """The export cannot be made like this; the message tells what to do."""


@dataclass(frozen=True)
class Selection:
    """Which statements. `since` and `until` are moments of arrival; `since` itself is left out, as in the standard (2.1.3).

    Of an organisation: what its keys wrote, imports included (docs/decisions, "Whose statement is it").
    """

    since: datetime | None = None
    until: datetime | None = None
    organisation: Organisation | None = None
    verb: str = ""
    activity: str = ""
    learner: UUID | None = None

    def statements(self) -> StatementQuerySet:
        found = Statement.objects.all()
        if self.since:
            found = found.filter(sequence__gte=_after(self.since))
        if self.until:
            found = found.filter(sequence__lt=_after(self.until))
        if self.organisation:
            found = found.filter(credential__organisation=self.organisation)
        if self.verb:
            found = found.with_verb(self.verb)
        if self.activity:
            found = found.on_activity(indexable(self.activity, 1000))
        return found.of_learner(self.learner) if self.learner else found

    def told(self) -> dict[str, str]:
        """The selection in a manifest."""
        words = {
            "since": self.since.astimezone(UTC).isoformat() if self.since else "",
            "until": self.until.astimezone(UTC).isoformat() if self.until else "",
            "organisation": self.organisation.slug if self.organisation else "",
            "verb": self.verb,
            "activity": self.activity,
            "learner": str(self.learner) if self.learner else "",
        }
        return {name: value for name, value in words.items() if value}


def _after(moment: datetime) -> int:
    """The first number after the millisecond of this moment."""
    return min(sequence.at(moment) + (1 << sequence.BITS), sequence.LATEST)


@dataclass
class Progress:
    """How far an export is; what stands in its cursor, and at the end in its manifest."""

    through: int
    after: int = 0
    first: int = 0
    statements: int = 0
    octets: int = 0
    lost: int = 0  # attachments of which the store has the name and not the bytes


def walk(selection: Selection, *, after: int, through: int) -> Iterator[list[Statement]]:
    """The statements in portions that fit in memory, whatever the size of one of them."""
    wanted = selection.statements().filter(sequence__lte=through).order_by("sequence")
    while sizes := list(wanted.filter(sequence__gt=after).annotate(size=Length("exact")).values_list("sequence", "size")[:NUMBERS]):
        portion: list[int] = []
        room = PORTION
        for number, size in sizes:
            if portion and size > room:
                yield _load(portion)
                portion, room = [], PORTION
            portion.append(number)
            room -= size
        yield _load(portion)
        after = sizes[-1][0]


def _load(numbers: list[int]) -> list[Statement]:
    return list(Statement.objects.filter(sequence__in=numbers).order_by("sequence"))


def line_of(statement: Statement) -> str:
    """The statement as it is kept, on one line: in JSON a line end stands between words only, never within a string."""
    return statement.exact.replace("\r", " ").replace("\n", " ") + "\n"


# --- To a stream ------------------------------------------------------------------------------------------------------


def lines(selection: Selection, *, after: int = 0, told: Callable[[Progress], None] | None = None) -> Iterator[str]:
    """Every line, for who reads along. `told` hears after each portion how far it is."""
    progress = Progress(through=queries.settled_through(), after=after)
    for portion in walk(selection, after=after, through=progress.through):
        yield "".join(line_of(statement) for statement in portion)
        _count(progress, portion)
        if told:
            told(progress)


def _count(progress: Progress, portion: list[Statement]) -> None:
    progress.first = progress.first or portion[0].sequence
    progress.after = portion[-1].sequence
    progress.statements += len(portion)


# --- To a file --------------------------------------------------------------------------------------------------------


def to_file(path: Path, *, selection: Selection, after: int = 0, attachments: Path | None = None) -> dict[str, Any]:
    """Write the export, or go on with it where an earlier run was cut off; answers its manifest, which stands beside it.

    A name that ends in .gz makes it gzip. `attachments` is a folder, in which each content stands once, under its hash.
    Raises ExportRefused.
    """
    cursor, manifest = path.with_name(f"{path.name}.cursor"), path.with_name(f"{path.name}.manifest.json")
    asked = {"selection": selection.told(), "after": after}
    if cursor.exists():
        kept = json.loads(cursor.read_text())
        if kept.pop("asked") != asked:
            raise ExportRefused(f"{path} is an unfinished export of another selection. Ask for the same, or choose another name.")
        progress = Progress(**kept)
    elif path.exists():
        raise ExportRefused(f"{path} is there already. Choose another name.")
    else:
        progress = Progress(through=queries.settled_through(), after=after)
    with path.open("r+b" if path.exists() else "wb") as file:
        # What was written after the cursor was, may be half a line; it is written again.
        file.truncate(progress.octets)
        file.seek(progress.octets)
        _keep_cursor(cursor, asked, progress)
        for portion in walk(selection, after=progress.after, through=progress.through):
            if attachments:
                given = [one for held in sent_with(portion).values() for one in held.values()]
                progress.lost += sum(not _keep_attachment(one, attachments) for one in given)
            text = "".join(line_of(statement) for statement in portion).encode("utf-8", "surrogatepass")
            # Each portion is a member of its own, so that the file can be cut between them; every reader of gzip reads them as one.
            file.write(gzip.compress(text, 6, mtime=0) if path.suffix == ".gz" else text)
            file.flush()
            os.fsync(file.fileno())
            _count(progress, portion)
            progress.octets = file.tell()
            _keep_cursor(cursor, asked, progress)
    told = _manifest(path, selection=selection, progress=progress, attachments=attachments)
    manifest.write_text(json.dumps(told, indent=2) + "\n")
    cursor.unlink()
    return told


def _keep_cursor(cursor: Path, asked: dict[str, Any], progress: Progress) -> None:
    draft = cursor.with_name(f"{cursor.name}.new")
    draft.write_text(json.dumps({"asked": asked, **vars(progress)}))
    draft.replace(cursor)


def _keep_attachment(attachment: Attachment, folder: Path) -> bool:
    """Write the bytes under their hash, unless they are there; answers whether we have them."""
    sha2 = attachment.sha2
    place = folder / sha2[:2] / sha2
    if place.exists():
        return True
    if not is_there(attachment):
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f"{sha2}.new")
    with draft.open("wb") as file:
        for piece in bytes_of(attachment):
            file.write(piece)
    draft.replace(place)
    return True


def _manifest(path: Path, *, selection: Selection, progress: Progress, attachments: Path | None) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    told = _told(selection, progress) | {"files": {path.name: {"octets": path.stat().st_size, "sha256": digest}}}
    if attachments:
        kept = [one for one in attachments.glob("??/*") if not one.name.endswith(".new")]
        told["attachments"] = {
            "folder": str(attachments),
            "count": len(kept),
            "octets": sum(one.stat().st_size for one in kept),
            "lost": progress.lost,
        }
    return told


def _told(selection: Selection, progress: Progress) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "site": settings.SITE_URL,
        "made_at": timezone.now().isoformat(),
        "selection": selection.told(),
        "statements": progress.statements,
        "first": progress.first,
        "last": progress.after,
        "through": progress.through,
    }


# --- To a ZIP that is sent while it is made ---------------------------------------------------------------------------


@dataclass
class _Sent(io.RawIOBase):
    """What the ZIP writes, until it has been sent. It cannot be sought in, so the ZIP describes each file behind it."""

    pieces: list[bytes] = field(default_factory=list)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        whole = b"".join(self.pieces)
        self.pieces.clear()
        return whole


def zipped(selection: Selection, *, finished: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """A ZIP with statements.ndjson, the attachments by hash, and manifest.json. `finished` hears how many statements went out."""
    sent = _Sent()
    progress = Progress(through=queries.settled_through())
    wanted: dict[str, None] = {}
    digest, octets = hashlib.sha256(), 0
    try:
        with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("statements.ndjson", "w", force_zip64=True) as entry:
                for portion in walk(selection, after=0, through=progress.through):
                    text = "".join(line_of(statement) for statement in portion).encode("utf-8", "surrogatepass")
                    digest.update(text)
                    octets += len(text)
                    entry.write(text)
                    wanted.update(dict.fromkeys(sha2 for held in sent_with(portion).values() for sha2 in held))
                    _count(progress, portion)
                    yield sent.taken()
            told = _told(selection, progress) | {"files": {"statements.ndjson": {"octets": octets, "sha256": digest.hexdigest()}}}
            told["attachments"] = yield from _zip_attachments(archive, sent, list(wanted))
            archive.writestr("manifest.json", json.dumps(told, indent=2) + "\n")
        yield sent.taken()
    finally:
        if finished:
            finished(progress.statements)


def _zip_attachments(archive: zipfile.ZipFile, sent: _Sent, hashes: list[str]) -> Generator[bytes, None, dict[str, int]]:
    count = octets = lost = 0
    for sha2 in hashes:
        attachment = Attachment.objects.filter(sha2=sha2).first()
        if attachment is None:
            continue
        if not is_there(attachment):
            lost += 1
            continue
        # Stored as it is: pictures and film do not get smaller.
        entry_info = zipfile.ZipInfo(f"attachments/{sha2[:2]}/{sha2}", date_time=timezone.localtime().timetuple()[:6])
        with archive.open(entry_info, "w", force_zip64=True) as entry:
            for piece in bytes_of(attachment):
                entry.write(piece)
                yield sent.taken()
        count, octets = count + 1, octets + attachment.size
    return {"count": count, "octets": octets, "lost": lost}


__all__ = ["ExportRefused", "Progress", "Selection", "lines", "to_file", "walk", "zipped"]
