"""Attachments: the parts of a multipart message, kept once by their hash, and written back as a multipart message."""

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from lrs.models import Attachment

# Clauses: xAPI 1.0.3, Part Three, 1.5.2; 2.0: 4.1.3.

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
HASHES = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}


class MessageRefused(Exception):
    """The multipart message is not what the standard asks; the message says what is wrong."""


@dataclass(frozen=True)
class Part:
    """One attachment as it came in."""

    sha2: str
    content_type: str
    content: bytes


def read_message(body: bytes, *, content_type: str) -> tuple[bytes, dict[str, Part]]:
    """The JSON of the statements and the attachments by hash. Raises MessageRefused."""
    boundary = _boundary(content_type)
    pieces = _pieces(body, boundary)
    headers, content = next(pieces, ({}, b""))
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise MessageRefused("the first part must be application/json and hold the statements (1.5.2)")
    parts: dict[str, Part] = {}
    for number, (part_headers, part_content) in enumerate(pieces, start=2):
        sha2 = part_headers.get("x-experience-api-hash", "").lower()
        if not sha2:
            raise MessageRefused(f"part {number}: X-Experience-API-Hash is missing (1.5.2)")
        if part_headers.get("content-transfer-encoding", "").lower() != "binary":
            raise MessageRefused(f"part {number}: Content-Transfer-Encoding must be binary (1.5.2)")
        if "content-type" not in part_headers:
            raise MessageRefused(f"part {number}: Content-Type is missing (1.5.2)")
        hashed = HASHES.get(len(sha2))
        if hashed is None or hashed(part_content).hexdigest() != sha2:
            raise MessageRefused(f"part {number}: X-Experience-API-Hash is not the hash of the part (1.5.2)")
        parts[sha2] = Part(sha2=sha2, content_type=part_headers["content-type"], content=part_content)
    return content, parts


def match_parts(statements: Sequence[Any], parts: Mapping[str, Part]) -> None:
    """Each part belongs to an attachment, and each attachment has its part or says where it is. Raises MessageRefused.

    The hash says which bytes are meant. `length` is the sender's word: nothing in the standard makes a store refuse a wrong one.
    """
    wanted = set()
    for attachment in (attachment for statement in statements for attachment in attachments_of(statement)):
        sha2 = str(attachment.get("sha2", "")).lower()
        wanted.add(sha2)
        if sha2 not in parts and "fileUrl" not in attachment:
            raise MessageRefused(f"the attachment {sha2[:80]} has neither a part in this message nor a fileUrl (1.5.1)")
    for sha2 in parts:
        if sha2 not in wanted:
            raise MessageRefused(f"the part {sha2[:80]} belongs to no attachment of these statements (1.5.2)")


def attachments_of(statement: Any) -> Iterator[dict[str, Any]]:
    """The attachments of a statement and of its sub-statement, whatever their form."""
    if not isinstance(statement, dict):
        return
    for part in (statement, statement.get("object")):
        listed = part.get("attachments") if isinstance(part, dict) else None
        yield from (entry for entry in (listed if isinstance(listed, list) else []) if isinstance(entry, dict))


def keep_parts(parts: Iterable[Part]) -> None:
    """Store what is not there yet: the same bytes are kept once."""
    parts = list(parts)
    there = set(Attachment.objects.filter(sha2__in=[part.sha2 for part in parts]).values_list("sha2", flat=True))
    for part in parts:
        if part.sha2 in there:
            continue
        attachment = Attachment(sha2=part.sha2, content_type=part.content_type[:200], size=len(part.content))
        attachment.file.save(uuid.uuid4().hex, ContentFile(part.content), save=False)
        try:
            with transaction.atomic():
                attachment.save(force_insert=True)
        except IntegrityError:  # someone else stored the same bytes meanwhile
            attachment.file.delete(save=False)


def write_message(result: bytes, *, statements: Sequence[dict[str, Any]]) -> tuple[str, bytes]:
    """A content type and a body: the statements, then each attachment that we hold, once."""
    boundary = uuid.uuid4().hex
    hashes = dict.fromkeys(str(entry.get("sha2", "")).lower() for statement in statements for entry in attachments_of(statement))
    lines = [f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode(), result, b"\r\n"]
    for attachment in Attachment.objects.filter(sha2__in=list(hashes)):
        head = (
            f"--{boundary}\r\nContent-Type: {attachment.content_type}\r\nContent-Transfer-Encoding: binary\r\n"
            f"X-Experience-API-Hash: {attachment.sha2}\r\n\r\n"
        )
        with attachment.file.open("rb") as file:
            lines += [head.encode(), file.read(), b"\r\n"]
    lines.append(f"--{boundary}--\r\n".encode())
    return f"multipart/mixed; boundary={boundary}", b"".join(lines)


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
                _check_signature(statement, part.content)


def _check_signature(statement: dict[str, Any], token: bytes) -> None:
    from lrs import signatures  # noqa: PLC0415 - cryptography is slow to import, and few statements are signed

    try:
        payload = signatures.payload_of(token)
    except signatures.SignatureRefused as refusal:
        raise MessageRefused(str(refusal)) from None
    unsigned = {key: value for key, value in statement.items() if key != "attachments"}
    rest = [entry for entry in statement["attachments"] if entry["usageType"] != SIGNATURE]
    signed = dict(payload)
    signed_rest = [
        entry for entry in signed.pop("attachments", []) if not (isinstance(entry, dict) and entry.get("usageType") == SIGNATURE)
    ]
    for key in ("id", "timestamp", "stored", "authority", "version"):  # what the store may add after signing
        if key not in signed or key not in unsigned:
            signed.pop(key, None)
            unsigned.pop(key, None)
    if json.dumps(signed, sort_keys=True) != json.dumps(unsigned, sort_keys=True) or signed_rest != rest:
        raise MessageRefused("the signature is of another statement (2.6)")


def _boundary(content_type: str) -> bytes:
    match = re.search(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', content_type, re.IGNORECASE)
    if match is None:
        raise MessageRefused("Content-Type: multipart/mixed needs a boundary (1.5.2)")
    return (match[1] or match[2]).encode("latin-1", "replace")


def _pieces(body: bytes, boundary: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """The headers and the content of each part (RFC 2046, 5.1.1)."""
    delimiter = b"--" + boundary
    chunks = (b"\r\n" + body).split(b"\r\n" + delimiter)
    if len(chunks) < 3 or not chunks[-1].startswith(b"--"):
        raise MessageRefused("the message does not begin and end with its boundary (1.5.2)")
    for number, chunk in enumerate(chunks[1:-1], start=1):
        start = chunk.lstrip(b" \t")
        if not start.startswith(b"\r\n"):
            raise MessageRefused(f"part {number}: no line end after the boundary (1.5.2)")
        head, separator, content = start[2:].partition(b"\r\n\r\n")
        if not separator:
            if start[2:4] != b"\r\n":
                raise MessageRefused(f"part {number}: no empty line after the headers (1.5.2)")
            head, content = b"", start[4:]
        headers = {}
        for line in head.split(b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        yield headers, content


__all__ = ["MessageRefused", "Part", "attachments_of", "check_signatures", "keep_parts", "match_parts", "read_message", "write_message"]
