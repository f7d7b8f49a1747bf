"""Attachments: the parts of a multipart message, kept once by their hash, and written back as a multipart message.

Nothing here has an attachment in memory whole: what comes in goes through a hash into one temporary file per request, from there
into storage under its hash, and from storage in pieces to who reads it.
"""

import hashlib
import io
import json
import logging
import os
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import IO, Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.files import stored_parts
from lrs.models import Attachment, AttachmentSender, Mention, Statement, private_storage
from lrs.multipart import MessageRefused, Readable, Reader, boundary_of
from lrs.profiles.adl import SIGNATURE
from lrs.realms import realms_of, written_in
from lrs.refusals import Refusal
from lrs.validation import to_hundredths

# Clauses: xAPI 1.0.3, Part Three, 1.5.2; 2.0: 4.1.3.

HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
LARGEST_SIGNATURE = 1024 * 1024
FOLDER = "lrs/attachments"
UNREFERENCED_FOR = timedelta(days=1)
WAIT_FOR_A_PLACE = 2.0  # seconds
SLOWEST = 1_000_000  # octets a second that a storage takes at least

logger = logging.getLogger(__name__)


class MessageTooLarge(Refusal):
    """The message or something in it is larger than is allowed; the message says what."""


class StorageUnreachable(Refusal):
    """Attachments cannot be kept or read at this moment. Nothing was stored; the sender may try again."""


# --- Coming in --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limits:
    """How many octets the statements of a message may have, one attachment, and the whole message."""

    statements: int
    attachment: int
    message: int


@dataclass(frozen=True)
class Part:
    """One attachment as it came in. Its bytes lie in the temporary file of its message, and only as long as that is open."""

    sha2: str
    content_type: str
    size: int
    spool: "Spool"
    start: int

    def open(self) -> IO[bytes]:
        return io.BufferedReader(_Slice(self.spool, self.start, self.size))

    def read(self, most: int) -> bytes:
        """The bytes, when there are no more of them than this. Raises MessageRefused."""
        if self.size > most:
            raise MessageRefused("the part %(sha2)s is larger than %(most)s octets", sha2=self.sha2[:80], most=most)
        return self.spool.read_at(self.start, self.size)


class Spool:
    """One temporary file in which the attachments of a message lie behind each other; it is gone when the file is closed."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # on a full disk: what it could not write
                self._file.close()

    def add(self, pieces: Iterable[bytes], *, sha2: str, content_type: str, largest: int) -> Part | None:
        """Write the pieces and answer them as a part, or None when this is not their hash. Raises MessageTooLarge and StorageUnreachable."""
        hashed = HASHES.get(len(sha2))
        if hashed is None:
            return None
        with _finding_room():
            if self._file is None:
                # No `with`: it closes when the message has been dealt with.
                self._file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
            # Behind a part that was refused half-way, too.
            self._file.seek(self._end)
        digest, start, size = hashed(), self._end, 0
        for piece in pieces:
            size += len(piece)
            if size > largest:
                raise MessageTooLarge("the attachment %(sha2)s is larger than %(most)s octets", sha2=sha2[:80], most=largest)
            digest.update(piece)
            with _finding_room():
                self._file.write(piece)
        with _finding_room():
            self._file.flush()
        self._end += size
        if digest.hexdigest() != sha2:
            return None
        return Part(sha2=sha2, content_type=content_type, size=size, spool=self, start=start)

    def read_at(self, offset: int, size: int) -> bytes:
        # With the place in the call, so that several readers do not move each other's.
        return os.pread(self._file.fileno(), size, offset) if self._file is not None else b""


@contextmanager
def _finding_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        logger.exception("There is no room for the temporary file of a message")
        raise StorageUnreachable("there is no room for attachments now; nothing was stored, try again later") from error


class _Slice(io.RawIOBase):
    def __init__(self, spool: Spool, start: int, size: int) -> None:
        self._spool, self._start, self._size, self._at = spool, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        piece = self._spool.read_at(self._start + self._at, max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@contextmanager
def received(stream: Readable, *, content_type: str, limits: Limits) -> Iterator[tuple[bytes, dict[str, Part]]]:
    """The JSON of the statements and the attachments by hash, for as long as the context lasts.

    Raises MessageRefused and MessageTooLarge, and whatever the stream raises when its sender is gone.
    """
    with Spool() as spool:
        yield _read(stream, boundary=boundary_of(content_type), limits=limits, spool=spool)


def _read(stream: Readable, *, boundary: bytes, limits: Limits, spool: Spool) -> tuple[bytes, dict[str, Part]]:
    statements: bytes | None = None
    parts: dict[str, Part] = {}
    for number, (headers, content) in enumerate(Reader(_Measured(stream, limits.message), boundary=boundary), start=1):
        if statements is None:
            if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                raise MessageRefused("the first part must be application/json and hold the statements (1.5.2)")
            statements = whole(content, largest=limits.statements)
            continue
        sha2 = headers.get("x-experience-api-hash", "").lower()
        if not sha2:
            raise MessageRefused("part %(number)s: X-Experience-API-Hash is missing (1.5.2)", number=number)
        if headers.get("content-transfer-encoding", "").lower() != "binary":
            raise MessageRefused("part %(number)s: Content-Transfer-Encoding must be binary (1.5.2)", number=number)
        if "content-type" not in headers:
            raise MessageRefused("part %(number)s: Content-Type is missing (1.5.2)", number=number)
        part = spool.add(content, sha2=sha2, content_type=headers["content-type"], largest=limits.attachment)
        if part is None:
            raise MessageRefused("part %(number)s: X-Experience-API-Hash is not the hash of the part (1.5.2)", number=number)
        parts[sha2] = part
    if statements is None:
        raise MessageRefused("the first part must be application/json and hold the statements (1.5.2)")
    return statements, parts


class _Measured:
    """A stream of which no more than this can be read."""

    def __init__(self, stream: Readable, largest: int) -> None:
        self._stream, self._largest, self._left = stream, largest, largest

    def read(self, size: int, /) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise MessageTooLarge("the message is larger than %(most)s octets", most=self._largest)
        return piece


def whole(content: Iterable[bytes], *, largest: int) -> bytes:
    whole = bytearray()
    for piece in content:
        whole += piece
        if len(whole) > largest:
            raise MessageTooLarge("the statements are larger than %(most)s octets", most=largest)
    return bytes(whole)


def match_parts(statements: Sequence[Any], parts: Mapping[str, Part]) -> None:
    """Each part belongs to an attachment, and each attachment has its part or says where it is. Raises MessageRefused.

    The hash says which bytes are meant. `length` is the sender's word: nothing in the standard makes a store refuse a wrong one.
    """
    wanted = set()
    for attachment in (attachment for statement in statements for attachment in attachments_of(statement)):
        sha2 = str(attachment.get("sha2", "")).lower()
        wanted.add(sha2)
        if sha2 not in parts and "fileUrl" not in attachment:
            raise MessageRefused("the attachment %(sha2)s has neither a part in this message nor a fileUrl (1.5.1)", sha2=sha2[:80])
    for sha2 in parts:
        if sha2 not in wanted:
            raise MessageRefused("the part %(sha2)s belongs to no attachment of these statements (1.5.2)", sha2=sha2[:80])


def attachments_of(statement: Any) -> list[dict[str, Any]]:
    """The attachments of a statement and of its sub-statement, whatever their form."""
    found: list[Any] = []
    if isinstance(statement, dict):
        for part in (statement, statement.get("object")):
            if isinstance(part, dict) and isinstance(listed := part.get("attachments"), list):
                found += listed
    return [entry for entry in found if isinstance(entry, dict)] if found else []


# --- Keeping ----------------------------------------------------------------------------------------------------------


def keep_parts(parts: Iterable[Part], *, realm: str) -> None:
    """Store what is not there yet, and that it was sent in this realm: the same bytes are kept once, under their hash.

    Before the statements themselves: a crash between the two leaves at most a file that nobody names, which `sweep` takes away.
    Raises MessageRefused when the virus scanner does, and StorageUnreachable when scanner or storage cannot be reached.
    """
    parts = list(parts)
    new = [part for part in parts if not _is_kept(part)]
    for part in new:
        _scan(part)
    for part in new:
        _keep(part)
    _remember_sender({part.sha2 for part in parts}, realm)


def _is_kept(part: Part) -> bool:
    """Whether the bytes are there. Marks them as sent again, so that `sweep` leaves them for the statement that is about to name them."""
    if not Attachment.objects.filter(sha2=part.sha2).update(last_sent_at=timezone.now()):
        return False
    attachment = Attachment.objects.filter(sha2=part.sha2).first()
    return attachment is not None and is_there(attachment)


def _scan(part: Part) -> None:
    if not settings.LRS_VIRUS_SCANNER:
        return
    with part.open() as file:
        try:
            reason = import_string(settings.LRS_VIRUS_SCANNER)(File(file, name=part.sha2))
        except Exception as error:
            logger.exception("The virus scanner cannot be reached")
            raise StorageUnreachable("attachments cannot be checked for viruses now; nothing was stored, try again later") from error
    if reason:
        raise MessageRefused("the attachment %(sha2)s is refused: %(reason)s", sha2=part.sha2[:80], reason=str(reason)[:200])


def _keep(part: Part) -> None:
    # A name that only this request uses, so that it can take away what a full disk left half-written.
    wanted = f"{FOLDER}/{part.sha2[:2]}/{part.sha2}.{uuid.uuid4().hex[:8]}"
    given_up = threading.Event()

    def save() -> str:
        try:
            name = private_storage().save(wanted, File(file))
        except Exception:
            _take_away(wanted)
            raise
        if given_up.is_set():
            _take_away(name)
        return name

    with part.open() as file:
        try:
            name = _at_storage(save, seconds=settings.LRS_STORAGE_SECONDS + part.size / SLOWEST)
        except StorageUnreachable:
            given_up.set()
            raise
    values = {"content_type": part.content_type[:200], "size": part.size, "last_sent_at": timezone.now()}
    try:
        with transaction.atomic():
            Attachment.objects.create(sha2=part.sha2, file=name, **values)
    except IntegrityError:
        # Someone else stored the same bytes meanwhile, or the file of this row was lost.
        kept = Attachment.objects.get(sha2=part.sha2)
        with _reaching_storage():
            if name != str(kept.file) and private_storage().exists(str(kept.file)):
                private_storage().delete(name)
                name = str(kept.file)
        Attachment.objects.filter(pk=kept.pk).update(file=name, **values)


def _take_away(name: str) -> None:
    try:
        private_storage().delete(name)
    except Exception:  # noqa: BLE001 - `sweep` takes it away later
        logger.warning("%s could not be taken away from storage", name)


Found = TypeVar("Found")


def _at_storage(do: Callable[[], Found], *, seconds: float) -> Found:
    """What storage answers within this time. Raises StorageUnreachable.

    A storage that hangs cannot be interrupted, so it is asked on a thread of its own; and it never holds more than half of the
    requests that can be at work at once, so that statements without attachments go on.
    """
    with _reaching_storage():
        if not _places_at_storage().acquire(timeout=min(seconds, WAIT_FOR_A_PLACE)):
            raise TimeoutError("storage is busy with others, or hangs")
        answer: Future[Found] = Future()
        threading.Thread(target=_answer, args=(answer, do), name="storage", daemon=True).start()
        return answer.result(timeout=seconds)


def _answer(answer: "Future[Found]", do: Callable[[], Found]) -> None:
    try:
        answer.set_result(do())
    except BaseException as error:  # noqa: BLE001 - raised where the answer is awaited
        answer.set_exception(error)
    finally:
        _places_at_storage().release()


@lru_cache(maxsize=1)
def _places_at_storage() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


def _remember_sender(hashes: set[str], realm: str) -> None:
    """Who had the bytes may have them back; who names a hash may only know it."""
    kept = Attachment.objects.filter(sha2__in=hashes)
    if not kept.exclude(senders__realm=realm).exists():
        return
    with transaction.atomic():
        # Locked, so that nobody deletes one meanwhile.
        rows = list(kept.select_for_update().order_by("pk").values_list("pk", flat=True))
        AttachmentSender.objects.bulk_create([AttachmentSender(attachment_id=pk, realm=realm) for pk in rows], ignore_conflicts=True)


@contextmanager
def _reaching_storage() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Each kind of storage has its own errors, and none of them is the sender's fault.
        logger.exception("The storage of attachments cannot be reached")
        raise StorageUnreachable("attachments cannot be kept now; nothing was stored, try again later") from error


# --- Letting go -------------------------------------------------------------------------------------------------------


def let_go(sha2: str) -> str:
    """Now that a statement no longer names these bytes: forget who sent them and has no other statement with them.

    With the last of those their row goes. Answers the name of their file then, for who deletes it after the transaction. A statement of
    somebody who only knows the hash keeps nothing.
    """
    attachment = Attachment.objects.select_for_update().filter(sha2=sha2).first()
    if attachment is None:
        return ""
    named = Mention.objects.filter(key=Mention.key_of(Mention.Kind.ATTACHMENT, sha2))
    left = 0
    for sender in attachment.senders.all():
        if named.filter(written_in(sender.realm, path="statement__")).exists():
            left += 1
        else:
            sender.delete()
    if left:
        return ""
    attachment.delete()
    return str(attachment.file)


# --- Sweeping ---------------------------------------------------------------------------------------------------------


def sweep() -> int:
    """Delete what no statement names: sent with a message that was refused, or left by a crash. Answers how many.

    Only what nobody sent for a day, so that a statement on its way keeps its attachment; and once a day, because the files are gone through.
    """
    if not cache.add("lrs.attachments.sweep", 1, timeout=UNREFERENCED_FOR.total_seconds()):
        return 0
    before = timezone.now() - UNREFERENCED_FOR
    swept = sum(_sweep_row(pk, before) for pk, sha2 in _unsent_since(before) if not _is_named(sha2))
    return swept + sum(_sweep_file(name) for name in _files_without_row(before))


def _unsent_since(before: datetime) -> Iterator[tuple[int, str]]:
    return Attachment.objects.filter(last_sent_at__lt=before).values_list("pk", "sha2").iterator(chunk_size=1000)


def _is_named(sha2: str) -> bool:
    return Mention.objects.filter(key=Mention.key_of(Mention.Kind.ATTACHMENT, sha2)).exists()


def _sweep_row(pk: int, before: datetime) -> bool:
    """The file first: with the row locked, who sends the same bytes now waits, finds no row, and stores them anew."""
    with transaction.atomic():
        attachment = Attachment.objects.select_for_update().filter(pk=pk, last_sent_at__lt=before).first()
        if attachment is None or _is_named(attachment.sha2):
            return False
        with _reaching_storage():
            private_storage().delete(str(attachment.file))
        attachment.delete()
        return True


def _files_without_row(before: datetime) -> Iterator[str]:
    """Files that a crash left before their row was written."""
    storage = private_storage()
    try:
        folders, _files = storage.listdir(FOLDER)
    except (FileNotFoundError, NotImplementedError):
        return
    for folder in sorted(folders):
        _folders, files = storage.listdir(f"{FOLDER}/{folder}")
        names = {f"{FOLDER}/{folder}/{file}" for file in files}
        names -= set(Attachment.objects.filter(file__in=list(names)).values_list("file", flat=True))
        yield from sorted(name for name in names if storage.get_modified_time(name) < before)


def _sweep_file(name: str) -> bool:
    with _reaching_storage():
        private_storage().delete(name)
    return True


# --- Going out --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """A multipart answer: how long it is, and its pieces, read from storage while they are sent."""

    content_type: str
    length: int
    pieces: Iterator[bytes]


def hashes_in(statement: Statement) -> list[str]:
    """The attachments that the statement names, by hash, each once."""
    # Without parsing it, nearly always: only an escape can hide the word.
    if '"attachments"' not in statement.exact and "\\u" not in statement.exact:
        return []
    return list(dict.fromkeys(str(entry.get("sha2", "")).lower() for entry in attachments_of(statement.document)))


def sent_with(statements: Iterable[Statement]) -> dict[int, dict[str, Attachment]]:
    """What may be given along with each statement, by its number and by hash: the bytes that were sent in its own realm.

    The threat: who knows or guesses the hash of somebody else's file names it in a statement, with a fileUrl and without the bytes, and
    asks for them. So it is not enough that a statement names an attachment and that we hold it.
    """
    named = [(statement, hashes) for statement in statements if (hashes := hashes_in(statement))]
    if not named:
        return {}
    realms = realms_of([statement for statement, _ in named])
    senders = AttachmentSender.objects.filter(
        attachment__sha2__in={sha2 for _, hashes in named for sha2 in hashes}, realm__in=set(realms.values())
    ).select_related("attachment")
    held = {(sender.realm, sender.attachment.sha2): sender.attachment for sender in senders}
    return {
        statement.sequence: {sha2: held[place] for sha2 in hashes if (place := (realms[statement.sequence], sha2)) in held}
        for statement, hashes in named
    }


def was_sent(sha2: str, *, realm: str) -> bool:
    """Whether these bytes came in within this realm before."""
    return AttachmentSender.objects.filter(attachment__sha2=sha2, realm=realm).exists()


def message_of(result: bytes, *, statements: Sequence[Statement]) -> Message:
    """The statements, then each attachment that goes with them, once. Raises StorageUnreachable before anything is sent."""
    boundary = uuid.uuid4().hex
    first = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
    last = f"--{boundary}--\r\n".encode()
    going = {one.pk: one for held in sent_with(statements).values() for one in held.values()}
    rows = [going[pk] for pk in sorted(going)]
    there = [row for row in rows if is_there(row)]
    with _reaching_storage():
        sizes = {row.pk: private_storage().size(str(row.file)) for row in there}
    held = [(row, _head_of(row, boundary)) for row in rows if row.pk in sizes]
    for row in rows:
        if row.pk not in sizes:
            logger.error("The bytes of attachment %s are lost; sending them again brings them back", row.sha2)
    length = len(first) + len(result) + 2 + sum(len(head) + sizes[attachment.pk] + 2 for attachment, head in held) + len(last)

    def pieces() -> Iterator[bytes]:
        yield first + result + b"\r\n"
        for attachment, head in held:
            yield head
            yield from bytes_of(attachment, size=sizes[attachment.pk])
            yield b"\r\n"
        yield last

    return Message(content_type=f"multipart/mixed; boundary={boundary}", length=length, pieces=pieces())


def is_there(attachment: Attachment) -> bool:
    """Whether its bytes are in storage. Raises StorageUnreachable when nobody can say."""
    return _at_storage(lambda: private_storage().exists(str(attachment.file)), seconds=settings.LRS_STORAGE_SECONDS)


def bytes_of(attachment: Attachment, *, size: int | None = None) -> Iterator[bytes]:
    """The bytes of an attachment in pieces."""
    size = attachment.size if size is None else size
    return stored_parts(private_storage(), str(attachment.file), 0, size - 1) if size else iter(())


def _head_of(attachment: Attachment, boundary: str) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: {attachment.content_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"X-Experience-API-Hash: {attachment.sha2}\r\n\r\n"
    )
    return head.encode("latin-1", "replace")


# --- Signatures -------------------------------------------------------------------------------------------------------


def check_signatures(statements: Sequence[dict[str, Any]], parts: Mapping[str, Part]) -> None:
    """A signature is a JWS of this very statement (2.6). Raises MessageRefused.

    The certificate in the header, when there is one, has to fit the signature; whom it belongs to is for the reader to decide.
    """
    for statement in statements:
        for entry in statement.get("attachments", ()):
            if entry["usageType"] != SIGNATURE:
                continue
            if entry["contentType"].partition(";")[0].strip().lower() != "application/octet-stream":
                raise MessageRefused("a signature has the content type application/octet-stream (2.6)")
            part = parts.get(entry["sha2"].lower())
            if part is not None:
                _check_signature(statement, part.read(LARGEST_SIGNATURE))


def _check_signature(statement: dict[str, Any], token: bytes) -> None:
    from lrs import signatures  # noqa: PLC0415 - cryptography is slow to import, and few statements are signed

    payload = signatures.payload_of(token)
    unsigned = {key: value for key, value in statement.items() if key != "attachments"}
    rest = [entry for entry in statement["attachments"] if entry["usageType"] != SIGNATURE]
    signed = {key: value for key, value in payload.items() if key != "attachments"}
    listed = payload.get("attachments", [])
    signed_rest = [
        entry
        for entry in (listed if isinstance(listed, list) else [listed])
        if not (isinstance(entry, dict) and entry.get("usageType") == SIGNATURE)
    ]
    for key in ("id", "timestamp", "stored", "authority", "version"):  # what the store may add after signing
        if key not in signed or key not in unsigned:
            signed.pop(key, None)
            unsigned.pop(key, None)
    try:
        same = _comparable(signed) == _comparable(unsigned) and signed_rest == rest
    except RecursionError:
        raise MessageRefused("the payload of the signature is nested too deep (2.6)") from None
    if not same:
        raise MessageRefused("the signature is of another statement (2.6)")


def _comparable(statement: dict[str, Any]) -> str:
    """The text of what counts when a statement and its signature are compared: nothing finer than a hundredth of a second (2.0: 4.2.7)."""
    target = statement.get("object")
    parts = {**_with_short_duration(statement), **({"object": _with_short_duration(target)} if isinstance(target, dict) else {})}
    return json.dumps(parts, sort_keys=True)


def _with_short_duration(part: dict[str, Any]) -> dict[str, Any]:
    result = part.get("result")
    if not isinstance(result, dict) or not isinstance(result.get("duration"), str):
        return part
    return {**part, "result": {**result, "duration": to_hundredths(result["duration"])}}


__all__ = [
    "Limits",
    "MessageRefused",
    "MessageTooLarge",
    "Part",
    "Spool",
    "StorageUnreachable",
    "attachments_of",
    "bytes_of",
    "check_signatures",
    "hashes_in",
    "is_there",
    "keep_parts",
    "let_go",
    "match_parts",
    "message_of",
    "received",
    "sent_with",
    "sweep",
    "was_sent",
    "whole",
]
