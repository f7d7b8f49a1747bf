"""Sends to an analysis database: rows over ClickHouse's own HTTP interface, as JSONEachRow.

A repeat is harmless twice over: an insert carries a token made of the ids in it (a block that came in before is dropped), and
the table is a ReplacingMergeTree on the id of the statement (docs/scaling.md has its definition).
"""

import hashlib
import json
import re
from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.outgoing.connection import AddressRefused, CallFailed, Connection, Reply
from accounts.outgoing.locks import unlocked
from lrs.forwarding.senders import Answer, Outcome, Parcel, Tested, no_reply
from lrs.forwarding.xapi import LONGEST_TEXT, answer_of
from lrs.models import ForwardingTarget

TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")
# Numbers of ClickHouse's own errors (src/Common/ErrorCodes.cpp).
KEY_REFUSED = {"192", "193", "194", "497", "516"}
WRONG_PLACE = {"36", "60", "81", "16"}  # no such table, database or column
BUSY = {"202", "252", "241"}  # too many queries, too many parts, no memory


class ClickHouseSender:
    """Speaks HTTP to one ClickHouse."""

    def __init__(self, target: ForwardingTarget) -> None:
        if not TABLE.fullmatch(target.table):
            raise AddressRefused(_("Dit is geen naam van een tabel."))
        self.target = target
        # In headers, not in the address: addresses end up in logs.
        self._headers = {"X-ClickHouse-User": unlocked(target.key_locked) or "default", "X-ClickHouse-Key": unlocked(target.secret_locked)}
        self._connection = Connection(target.endpoint, allows_private=target.allows_private)

    def __enter__(self) -> "ClickHouseSender":
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.__exit__()

    def send(self, parcels: Sequence[Parcel]) -> Answer:
        token = hashlib.sha256("\n".join(str(parcel.uuid) for parcel in parcels).encode()).hexdigest()
        rows = "\n".join(json.dumps({**parcel.row, "statement": parcel.text}, ensure_ascii=False) for parcel in parcels)
        return self._ask(
            f"INSERT INTO {self.target.table} FORMAT JSONEachRow",
            rows.encode("utf-8", "replace"),
            insert_deduplication_token=token,
            date_time_input_format="best_effort",
            input_format_skip_unknown_fields="1",
        )

    def has_same(self, parcel: Parcel) -> bool:
        return False  # this database never says that it has a row already

    def withdraw(self, ids: Sequence[UUID]) -> Answer:
        listed = ", ".join(f"'{one}'" for one in ids)  # UUIDs: nothing in them can end the quotes
        return self._ask(f"DELETE FROM {self.target.table} WHERE statement_id IN ({listed})", b"")  # noqa: S608

    def test(self) -> Tested:
        answer = self._ask(f"SELECT count() FROM {self.target.table} LIMIT 1", b"")  # noqa: S608 - checked against TABLE
        return Tested(passed=answer.outcome == Outcome.TAKEN, answer=answer)

    def _ask(self, query: str, body: bytes, **settings: str) -> Answer:
        # A long list of ids does not fit in an address; without rows the query itself is the body.
        if body:
            path, content = f"/?{urlencode({'query': query, **settings})}", body
        else:
            path, content = f"/?{urlencode(settings)}" if settings else "/", query.encode()
        try:
            reply = self._connection.call("POST", path, headers=self._headers, body=content)
        except (AddressRefused, CallFailed) as failure:
            return no_reply(failure)
        return _answer_of(reply)


def _answer_of(reply: Reply) -> Answer:
    text = reply.text.strip()[:LONGEST_TEXT]
    code = reply.headers.get("x-clickhouse-exception-code", "")
    if not code:
        return answer_of(reply)
    if code in KEY_REFUSED:
        return Answer(Outcome.KEY_REFUSED, reply.status, text)
    if code in WRONG_PLACE:
        return Answer(Outcome.WRONG_ADDRESS, reply.status, text)
    if code in BUSY or reply.status >= 500:
        return Answer(Outcome.TROUBLE, reply.status, text)
    return Answer(Outcome.REFUSED, reply.status, text)
