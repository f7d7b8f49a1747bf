"""Reading the statements resource of another store, page by page, oldest first, with attachments that are never in memory whole.

Speaks xAPI 2.0 when the other store does, else 1.0.3. An answer that says "later" (429, 503, no answer) is no failure: the import
waits as long as it was told to.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.utils import timezone

from accounts.outgoing.connection import AddressRefused, CallFailed, Connection, Streamed, check_address
from accounts.outgoing.locks import unlocked
from lrs import json_text
from lrs.attachments import MessageTooLarge, Part, Spool, whole
from lrs.models import Import, StatementId
from lrs.multipart import MessageRefused, Reader, boundary_of
from lrs.profiles.adl import VOIDED
from lrs.refusals import Refusal
from lrs.validation import V1, V2, StatementRefused, check_uuid

ON_A_PAGE = 100
LARGEST_PAGE = 64 * 1024 * 1024
LONGEST_WAIT = 6 * 3600
PAGE_SECONDS = 900  # a page may bring large attachments along


class StoreBusy(Refusal):
    """The other store asks to wait, or does not answer; `seconds` is how long it asks for."""

    def __init__(self, rule: str, /, *, seconds: float = 0, **values: object) -> None:
        super().__init__(rule, **values)
        self.seconds = seconds


class StoreRefused(Refusal):
    """The other store cannot be read like this; `trouble` is one of Import.Trouble."""

    def __init__(self, rule: str, /, *, trouble: str, **values: object) -> None:
        super().__init__(rule, **values)
        self.trouble = trouble


@dataclass
class Page:
    """One page: the text of each statement, the attachments that came along by hash, and where to go on."""

    texts: list[str]
    parts: dict[str, Part]
    more: str = ""
    lost: dict[str, Refusal] = field(default_factory=dict)  # attachments that could not be taken along, with the reason


class OtherStore:
    """A store to read from, as an import names it. Use it as a context."""

    def __init__(self, run: Import) -> None:
        self._run = run
        self._login = base64.b64encode(f"{unlocked(run.key_locked)}:{unlocked(run.secret_locked)}".encode()).decode()
        try:
            self._connection = Connection(run.address, allows_private=settings.LRS_IMPORT_PRIVATE_ADDRESSES, seconds=PAGE_SECONDS)
        except AddressRefused as refusal:
            raise StoreRefused(str(refusal), trouble=Import.Trouble.ADDRESS) from None

    def __enter__(self) -> "OtherStore":
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.__exit__()

    @staticmethod
    def check(address: str) -> None:
        """Raises StoreRefused for an address that is never called."""
        try:
            check_address(address)
        except AddressRefused as refusal:
            raise StoreRefused(str(refusal), trouble=Import.Trouble.ADDRESS) from None

    def choose_version(self) -> str:
        """The newest version that both of us speak."""
        for version in (V2, V1):
            with self._asked("/about", version=version) as answer:
                if answer.status != 200:
                    continue
                try:
                    known = json.loads(whole(_pieces(answer), largest=1024 * 1024))["version"]
                except (ValueError, KeyError, TypeError, RecursionError, MessageTooLarge):
                    continue
                if any(str(one).startswith("2.0") for one in known):
                    return V2
                if any(str(one).startswith("1.0") for one in known):
                    return V1
        raise StoreRefused("the about resource names no version that we speak", trouble=Import.Trouble.ADDRESS)

    @contextmanager
    def page(self, *, more: str, since: datetime | None) -> Iterator[Page]:
        """The page at `more`, or the first one after `since`. Its attachments lie in a temporary file while the context lasts."""
        with Spool() as spool:
            page = self._more(more, spool=spool) if more else None
            yield page or self._first(since, spool=spool)

    def _first(self, since: datetime | None, *, spool: Spool) -> Page:
        asked = {"ascending": "true", "attachments": "true", "limit": str(ON_A_PAGE)}
        if since:
            asked["since"] = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._asked(f"/statements?{urlencode(asked)}") as answer:
            self._expect(answer)
            return self._read(answer, spool=spool)

    def _more(self, more: str, *, spool: Spool) -> Page | None:
        """The page behind this link, or None when the other store does not know the link any more."""
        with self._asked(self._target(more), whole_path=True) as answer:
            if answer.status in (400, 404, 410):
                return None
            self._expect(answer)
            return self._read(answer, spool=spool)

    def _target(self, more: str) -> str:
        """The path of a `more`. Only of the same store: the key goes nowhere else."""
        here, there = urlsplit(self._run.address), urlsplit(urljoin(f"{self._run.address}/statements", more))
        if (here.scheme, here.hostname, here.port) != (there.scheme, there.hostname, there.port):
            raise StoreRefused("the link to the next page leads to another machine", trouble=Import.Trouble.ANSWER)
        return f"{there.path}?{there.query}" if there.query else there.path

    def _read(self, answer: Streamed, *, spool: Spool) -> Page:
        kind, _, _parameters = answer.headers.get("content-type", "").partition(";")
        page = Page(texts=[], parts={})
        try:
            if kind.strip().lower() == "multipart/mixed":
                content = self._read_message(answer, page, spool)
            else:
                content = whole(_pieces(answer), largest=LARGEST_PAGE)
            found = json_text.members(content.decode())
            _values, page.texts = json_text.split(found["statements"][1])
            page.more = str(found["more"][0] or "") if "more" in found else ""
        except (MessageRefused, MessageTooLarge) as refusal:
            raise StoreRefused(refusal.rule, trouble=Import.Trouble.ANSWER, **refusal.values) from None
        except KeyError:
            raise StoreRefused("the page holds no statements", trouble=Import.Trouble.ANSWER) from None
        except (ValueError, RecursionError) as error:
            raise StoreRefused("the page is not JSON: %(error)s", trouble=Import.Trouble.ANSWER, error=str(error)[:300]) from None
        page.texts = self._with_voided(page, spool)
        return page

    def _read_message(self, answer: Streamed, page: Page, spool: Spool) -> bytes:
        content: bytes | None = None
        for headers, pieces in Reader(answer, boundary=boundary_of(answer.headers["content-type"])):
            if content is None:
                content = whole(pieces, largest=LARGEST_PAGE)
                continue
            sha2 = headers.get("x-experience-api-hash", "").lower()
            try:
                part = spool.add(
                    pieces,
                    sha2=sha2,
                    content_type=headers.get("content-type", "application/octet-stream"),
                    largest=settings.LRS_LARGEST_ATTACHMENT,
                )
            except MessageTooLarge as refusal:
                page.lost[sha2] = refusal
                continue
            if part is None:
                page.lost[sha2] = MessageRefused("the other store sent other bytes than those of the attachment %(sha2)s", sha2=sha2[:80])
            else:
                page.parts[sha2] = part
        return content or b""

    def _with_voided(self, page: Page, spool: Spool) -> list[str]:
        """A page does not hold what is void. Each void statement is asked for, and put before the one that voids it."""
        texts: list[str] = []
        for text in page.texts:
            target = _voided_by(text)
            if target and not StatementId.objects.filter(uuid=target).exists():
                texts += self._voided(target, page, spool)
            texts.append(text)
        return texts

    def _voided(self, target: str, page: Page, spool: Spool) -> list[str]:
        with self._asked(f"/statements?{urlencode({'voidedStatementId': target, 'attachments': 'true'})}") as answer:
            if answer.status in (400, 403, 404):
                return []
            self._expect(answer)
            if answer.headers.get("content-type", "").startswith("multipart/mixed"):
                content = self._read_message(answer, page, spool)
            else:
                content = whole(_pieces(answer), largest=LARGEST_PAGE)
        return [content.decode("utf-8", "replace")]

    @contextmanager
    def _asked(self, path: str, *, version: str = "", whole_path: bool = False) -> Iterator[Streamed]:
        headers = {
            "Authorization": f"Basic {self._login}",
            "X-Experience-API-Version": version or self._run.version,
            "Accept": "application/json, multipart/mixed",
        }
        try:
            with self._connection.streamed("GET", path, headers=headers, whole_path=whole_path) as answer:
                yield answer
        except AddressRefused as refusal:
            raise StoreRefused(str(refusal), trouble=Import.Trouble.ADDRESS) from None
        except CallFailed as failure:
            raise StoreBusy(str(failure)) from None

    def _expect(self, answer: Streamed) -> None:
        """Raises StoreBusy and StoreRefused unless the answer is what was asked for."""
        if answer.status == 200:
            return
        refusal = Refusal("the other store answers %(status)s: %(answer)s", status=answer.status, answer=_beginning(answer))
        if answer.status in (408, 425, 429) or answer.status >= 500:
            raise StoreBusy(refusal.rule, seconds=_asked_to_wait(answer.headers), **refusal.values)
        trouble = Import.Trouble.KEY if answer.status in (401, 403) else Import.Trouble.ADDRESS
        raise StoreRefused(refusal.rule, trouble=trouble, **refusal.values)


def _voided_by(text: str) -> str:
    """The id of the statement that this one voids, or nothing."""
    if VOIDED not in text:
        return ""
    try:
        value: Any = json.loads(text)
        if value["verb"]["id"] != VOIDED:
            return ""
        check_uuid(value["object"]["id"], "$.object.id")
        return str(value["object"]["id"])
    except (ValueError, KeyError, TypeError, RecursionError, StatementRefused):
        return ""


def _pieces(answer: Streamed) -> Iterator[bytes]:
    while piece := answer.read(64 * 1024):
        yield piece


def _beginning(answer: Streamed) -> str:
    return answer.read(300).decode("utf-8", "replace").replace("\0", "")


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    """Retry-After, in seconds or as a moment (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(int(value[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - timezone.now()).total_seconds(), 0), LONGEST_WAIT)
