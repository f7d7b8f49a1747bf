"""Sends to another xAPI store: its statements resource, with the statements' own ids, so that a repeat changes nothing there."""

import base64
import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone

from accounts.outgoing.connection import AddressRefused, CallFailed, Connection, Reply
from accounts.outgoing.locks import unlocked
from lrs.forwarding.senders import Answer, Outcome, Parcel, Tested, no_reply
from lrs.models import Attachment, ForwardingTarget
from lrs.profiles.adl import VOIDED
from lrs.profiles.vakwijs import NAMESPACE
from lrs.store import comparable

CHUNK = 64 * 1024
LONGEST_TEXT = 2000
# Answers about the address as a whole: no statement can help them.
ABOUT_THE_ADDRESS = (301, 302, 303, 307, 308, 404, 405, 406, 410, 415, 501)


class XAPISender:
    """Speaks xAPI 1.0.3 or 2.0 to one target."""

    def __init__(self, target: ForwardingTarget) -> None:
        self.target = target
        login = base64.b64encode(f"{unlocked(target.key_locked)}:{unlocked(target.secret_locked)}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "X-Experience-API-Version": target.version, "Accept": "application/json"}
        self._connection = Connection(target.endpoint, allows_private=target.allows_private)

    def __enter__(self) -> "XAPISender":
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.__exit__()

    def send(self, parcels: Sequence[Parcel]) -> Answer:
        content = ("[" + ",".join(parcel.text for parcel in parcels) + "]").encode()
        sha2s = {sha2 for parcel in parcels for sha2 in parcel.sha2s}
        try:
            reply = self._post(content, attachments=list(Attachment.objects.filter(sha2__in=sha2s)) if sha2s else [])
        except (AddressRefused, CallFailed) as failure:
            return no_reply(failure)
        answer = answer_of(reply)
        if answer.outcome == Outcome.TAKEN and not _names_all(reply, parcels):
            # Something between us and the store may answer 200 to anything. Sending once more does no harm, losing them would.
            return Answer(Outcome.TROUBLE, reply.status, answer.text)
        return answer

    def has_same(self, parcel: Parcel) -> bool:
        try:
            for name in ("statementId", "voidedStatementId"):
                reply = self._connection.call("GET", f"/statements?{urlencode({name: str(parcel.uuid)})}", headers=self._headers)
                if reply.status == 200:
                    theirs = json.loads(reply.body)
                    return isinstance(theirs, dict) and comparable(_without_empty(theirs)) == comparable(_without_empty(parcel.document))
        except (AddressRefused, CallFailed, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return False
        return False

    def withdraw(self, ids: Sequence[UUID]) -> Answer:
        texts = [json.dumps(voiding_statement(self.target, one)) for one in ids]
        try:
            reply = self._post(f"[{','.join(texts)}]".encode(), attachments=[])
        except (AddressRefused, CallFailed) as failure:
            return no_reply(failure)
        return answer_of(reply)

    def test(self) -> Tested:
        try:
            about = self._connection.call("GET", "/about", headers={"X-Experience-API-Version": self.target.version})
            reply = self._connection.call("GET", "/statements?limit=1", headers=self._headers)
        except (AddressRefused, CallFailed) as failure:
            return Tested(passed=False, answer=no_reply(failure))
        versions = _versions(about)
        answer = answer_of(reply)
        # A key that may only write is refused here with 403, and is right all the same.
        only_writes = reply.status == 403
        passed = (reply.status == 200 and _is_page(reply)) or only_writes
        if reply.status == 200 and not passed:
            answer = Answer(Outcome.WRONG_ADDRESS, reply.status, answer.text)
        return Tested(passed=passed, answer=answer, about=", ".join(versions), may_read=not only_writes)

    def _post(self, content: bytes, *, attachments: list[Attachment]) -> Reply:
        if not attachments:
            return self._connection.call("POST", "/statements", headers={**self._headers, "Content-Type": "application/json"}, body=content)
        boundary = uuid.uuid4().hex
        head = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode() + content + b"\r\n"
        heads = [_part_head(boundary, attachment) for attachment in attachments]
        tail = f"--{boundary}--\r\n".encode()
        length = len(head) + len(tail) + sum(len(one) + attachment.size + 2 for one, attachment in zip(heads, attachments, strict=True))

        def body() -> Iterator[bytes]:
            yield head
            for one, attachment in zip(heads, attachments, strict=True):
                yield one
                with attachment.file.open("rb") as file:
                    while chunk := file.read(CHUNK):
                        yield chunk
                yield b"\r\n"
            yield tail

        headers = {**self._headers, "Content-Type": f"multipart/mixed; boundary={boundary}"}
        return self._connection.call("POST", "/statements", headers=headers, body=body(), length=length)


def voiding_statement(target: ForwardingTarget, statement_id: UUID) -> dict[str, Any]:
    """Says at the target that a statement no longer holds. Its id follows from the two, so that there is never a second one."""
    return {
        "id": str(uuid.uuid5(target.uuid, f"void {statement_id}")),
        "actor": {"objectType": "Agent", "account": {"homePage": NAMESPACE, "name": "vakwijs"}},
        "verb": {"id": VOIDED, "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": str(statement_id)},
    }


def answer_of(reply: Reply) -> Answer:
    """What a status means for what was sent."""
    text = reply.text.strip()[:LONGEST_TEXT]
    status = reply.status
    outcome = Outcome.TROUBLE
    if status in (200, 204):
        outcome = Outcome.TAKEN
    elif status in (401, 403, 407):
        outcome = Outcome.KEY_REFUSED
    elif status == 409:
        outcome = Outcome.CONFLICT
    elif status in (413, 414, 431):
        outcome = Outcome.TOO_LARGE
    elif status == 429 or (status == 503 and "retry-after" in reply.headers):
        outcome = Outcome.BUSY
    elif status in ABOUT_THE_ADDRESS:
        outcome = Outcome.WRONG_ADDRESS
        if "location" in reply.headers:
            text = f"→ {reply.headers['location'][:300]}\n{text}"
    elif 400 <= status < 500 and status not in (408, 421, 425):
        outcome = Outcome.REFUSED
    return Answer(outcome, status, text, _asked_wait(reply) if outcome == Outcome.BUSY else None)


def _asked_wait(reply: Reply) -> timedelta | None:
    """Retry-After, as seconds or as a moment (RFC 9110, 10.2.3)."""
    header = reply.headers.get("retry-after", "").strip()
    if header.isascii() and header.isdigit():
        return timedelta(seconds=min(int(header[:9]), 86_400))
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - _now(), timedelta(0)), timedelta(days=1))


def _now() -> datetime:
    return timezone.now()


def _names_all(reply: Reply, parcels: Sequence[Parcel]) -> bool:
    """A store answers with the ids of what it stored (xAPI 2.1.2)."""
    if reply.status == 204:
        return True
    try:
        named = json.loads(reply.body)
    except (ValueError, RecursionError):
        return False
    return isinstance(named, list) and {str(one).lower() for one in named} >= {str(parcel.uuid) for parcel in parcels}


def _is_page(reply: Reply) -> bool:
    try:
        return "statements" in json.loads(reply.body)
    except (ValueError, RecursionError, TypeError):
        return False


def _versions(reply: Reply) -> list[str]:
    try:
        listed = json.loads(reply.body)["version"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return []
    return [str(one)[:20] for one in listed][:10] if isinstance(listed, list) else []


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """Stores differ in whether they write out what is there by default; that makes no other statement."""
    actor = document.get("actor")
    if isinstance(actor, dict) and actor.get("objectType") == "Agent":
        document = {**document, "actor": {key: value for key, value in actor.items() if key != "objectType"}}
    return {key: value for key, value in document.items() if value not in ({}, [])}


def _part_head(boundary: str, attachment: Attachment) -> bytes:
    return (
        f"--{boundary}\r\nContent-Type: {attachment.content_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"X-Experience-API-Hash: {attachment.sha2}\r\n\r\n"
    ).encode()
