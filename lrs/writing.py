"""Writing statements to the database, and telling how far everything written can be read.

The number and the moment of a statement are given at the last moment, by whoever can promise an order:

- PostgreSQL gives them inside the statement that writes. Each writer holds a shared advisory lock whose key carries a moment at or
  before its numbers, until its transaction ends. So `settled_through` can look up how early a number may still appear.
- SQLite has one writer at a time; the number is given after its transaction began, one higher than the last at least.
"""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone
from psycopg import RawCursor

from lrs import partitions, sequence
from lrs.models import Credential, OpenReferral, Statement
from lrs.rows import Draft, iso

CHUNK = 1000  # rows in one statement: their numbers have to fit in one millisecond, see FIRST_NUMBER

# The advisory lock of a writer: 18 bits of our own above 44 bits of milliseconds. Those are in the key so that one look in pg_locks
# tells both who writes and since when; pg_stat_activity is not shown to every role, and is frozen within a transaction.
_OURS = 0x3A91C
_MOMENT = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_HELD = f"SELECT pg_advisory_xact_lock_shared(({_OURS}::bigint << 44) | {_MOMENT}) AS lock"

# The clock is read when the lock is held, and not before: a reader who did not see the lock then looked earlier than this moment.
# Milliseconds, microseconds, and a part in which two connections differ. No counter: nothing to wait for.
# S608: these texts are put together from constants of this module; what was sent goes in as parameters.
FIRST_NUMBER = f"""
held AS MATERIALIZED ({_HELD}),
clock AS MATERIALIZED (
    SELECT date_trunc('milliseconds', now) AS stored,
           to_char(now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS said,
           ((us / 1000) << {sequence.BITS}) + ((us % 1000) << 10) + (pg_backend_pid() & 1023) AS first
    FROM (SELECT now, floor(extract(epoch FROM now) * 1000000)::bigint AS us
          FROM (SELECT clock_timestamp() AS now FROM held WHERE lock::text IS NOT NULL) AS reading) AS taken
)"""  # noqa: S608

_WRITE = f"""
WITH {FIRST_NUMBER},
draft AS MATERIALIZED (
    SELECT clock.first + sent.n - 1 AS sequence, clock.stored, clock.said, sent.*
    FROM clock, unnest(
        $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::text[], $9::uuid[]
    ) WITH ORDINALITY AS sent (uuid, actor, verb, activity, registration, refers_to, happened, head, learner, n)
),
ids AS (INSERT INTO lrs_statementid (uuid, sequence) SELECT uuid, sequence FROM draft ORDER BY uuid),
mentions AS (
    INSERT INTO lrs_mention (key, statement_id)
    SELECT named.key, clock.first + named.n FROM clock, unnest($10::uuid[], $11::int[]) AS named (key, n)
),
pending AS (
    INSERT INTO lrs_pendingprojection (statement_id, learner_key, attempts, error)
    SELECT sequence, learner, 0, '' FROM draft WHERE learner IS NOT NULL
),
statements AS (
    INSERT INTO lrs_statement (
        sequence, uuid, actor_digest, verb_digest, activity_digest, registration, refers_to, timestamp, credential_id, source, voided, exact
    )
    SELECT sequence, uuid, actor, verb, activity, registration, refers_to, coalesce(happened, stored), $12::bigint, $13, false,
        head || CASE WHEN happened IS NULL THEN ',"timestamp":"' || said || '"' ELSE '' END || ',"stored":"' || said || '"}}'
    FROM draft
)
SELECT DISTINCT target FROM lrs_openreferral WHERE target = ANY($1::uuid[])
"""  # noqa: S608


def on_its_own() -> AbstractContextManager[Any]:
    """What to write in, so that a write that fails spoils nothing else: nothing when it is one statement of SQL with no transaction open."""
    return nullcontext() if connection.vendor == "postgresql" and not connection.in_atomic_block else transaction.atomic()


def write(drafts: Sequence[Draft], *, source: str, credential: Credential | None) -> list[UUID]:
    """Write statements with what they name and what waits for them, in this order, all or none.

    Answers the ids of those to which an earlier statement refers. One statement of SQL when they are few and nobody has a transaction
    open. Raises IntegrityError when an id is taken.
    """
    if len(drafts) <= CHUNK and connection.vendor == "postgresql" and not connection.in_atomic_block:
        try:
            return _write_in_postgresql(drafts, source=source, credential=credential)
        except IntegrityError as error:
            if not _lacks_part(error):
                raise
            _make_part()
            return _write_in_postgresql(drafts, source=source, credential=credential)
    awaited: list[UUID] = []
    with transaction.atomic():
        for start in range(0, len(drafts), CHUNK):
            chunk = drafts[start : start + CHUNK]
            if connection.vendor != "postgresql":
                awaited += _write_in_sqlite(chunk, source=source, credential=credential)
                continue
            try:
                with transaction.atomic():
                    awaited += _write_in_postgresql(chunk, source=source, credential=credential)
            except IntegrityError as error:
                if not _lacks_part(error):
                    raise
                _make_part()
                awaited += _write_in_postgresql(chunk, source=source, credential=credential)
    return awaited


def settled_through() -> int:
    """Up to and including this number every statement that will ever be there can be read now.

    Whoever walks forward reads up to here and remembers where it stopped: a statement that is still being written, and will get a
    lower number than one that is there already, is then never stepped over.
    """
    if connection.vendor != "postgresql":
        return Statement.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    with connection.cursor() as cursor:
        # The moment at which the question came in lies before the look at the locks. What this connection writes itself it can read.
        cursor.execute(
            "SELECT floor(extract(epoch FROM statement_timestamp()) * 1000000)::bigint,"
            " (SELECT min(((classid::bigint & 4095) << 32) | objid::bigint) FROM pg_locks"
            "  WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 12 = %s AND pid <> pg_backend_pid()"
            "  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [_OURS],
        )
        asked, earliest = cursor.fetchone()
    settled = ((asked // 1000) << sequence.BITS) + (asked % 1000 << 10)
    return min(settled, earliest << sequence.BITS if earliest is not None else settled) - 1


def _write_in_postgresql(drafts: Sequence[Draft], *, source: str, credential: Credential | None) -> list[UUID]:
    places: list[str] = []
    keys: list[UUID] = []
    for place, draft in enumerate(drafts):
        keys += draft.mentions
        places += [str(place)] * len(draft.mentions)
    parameters = [
        _uuids([draft.uuid for draft in drafts]),
        _uuids([draft.actor_digest for draft in drafts]),
        _uuids([draft.verb_digest for draft in drafts]),
        _uuids([draft.activity_digest for draft in drafts]),
        _uuids([draft.registration for draft in drafts]),
        _uuids([draft.refers_to for draft in drafts]),
        "{" + ",".join([f'"{draft.timestamp}"' if draft.timestamp else "NULL" for draft in drafts]) + "}",
        "{" + ",".join(['"' + draft.head.replace("\\", "\\\\").replace('"', '\\"') + '"' for draft in drafts]) + "}",
        _uuids([draft.learner for draft in drafts]),
        _uuids(keys),
        "{" + ",".join(places) + "}",
        credential.pk if credential else None,
        source,
    ]
    return [target for (target,) in execute_prepared(_WRITE, parameters)]


def execute_prepared(sql: str, parameters: Sequence[Any], *, using: str = "default") -> list[Any]:
    """Execute SQL that PostgreSQL keeps prepared in this connection, and answer its rows.

    Past Django's cursor, which puts the parameters into the text: that would be planned anew each time, longer than it is executed.
    """
    database = connections[using]
    database.close_if_health_check_failed()
    database.ensure_connection()
    raw = database.connection
    # A pooler that hands out connections per transaction knows nothing of prepared statements; who has one says so with this setting.
    prepare = not database.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
    kept = raw.prepare_threshold
    raw.prepare_threshold = 0 if prepare else None
    try:
        with database.wrap_database_errors, RawCursor(raw) as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []
    finally:
        raw.prepare_threshold = kept


def ask(sql: str, parameters: Sequence[Any], *, using: str = "default") -> list[Any]:
    """Execute SQL with `%s` where parameters go, prepared where that helps, and answer its rows."""
    if connections[using].vendor != "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())
    return execute_prepared(_numbered(sql), parameters, using=using)


@lru_cache(maxsize=500)
def _numbered(sql: str) -> str:
    places = count(1)
    return re.sub("%s", lambda _: f"${next(places)}", sql)


def _uuids(values: Sequence[UUID | None]) -> str:
    """An array as PostgreSQL writes it."""
    return "{" + ",".join(["NULL" if value is None else value.hex for value in values]) + "}"


def _lacks_part(error: IntegrityError) -> bool:
    """ "no partition of relation found for row" is a check violation to PostgreSQL, and this table has no other checks."""
    return getattr(error.__cause__, "sqlstate", "") == "23514" and partitions.partitioned()


def _make_part() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    partitions.make_ahead(now.astimezone(UTC).date(), months=1)


def _write_in_sqlite(drafts: Sequence[Draft], *, source: str, credential: Credential | None) -> list[UUID]:
    """Within a transaction, in which nobody else writes. Values are put in SQLite's words here: the ORM takes longer than SQLite does."""
    first = _first_number(len(drafts))
    stored = sequence.moment_of(first)
    said = iso(stored)
    end, end_with_moment = f',"stored":"{said}"}}', f',"timestamp":"{said}","stored":"{said}"}}'
    credential_id = credential.pk if credential else None
    ids, statements, mentions, pending = [], [], [], []
    for number, draft in enumerate(drafts, start=first):
        own = draft.uuid.bytes
        ids.append((own, number))
        mentions += [(key.bytes, number) for key in draft.mentions]
        if draft.learner:
            pending.append((number, draft.learner.hex))
        statements.append(
            (
                number,
                own,
                draft.actor_digest.bytes,
                draft.verb_digest.bytes,
                draft.activity_digest.bytes if draft.activity_digest else None,
                draft.registration.bytes if draft.registration else None,
                draft.refers_to.bytes if draft.refers_to else None,
                str((draft.timestamp or stored).replace(tzinfo=None)),
                credential_id,
                source,
                draft.head + (end if draft.timestamp else end_with_moment),
            )
        )
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO lrs_statementid (uuid, sequence) VALUES (%s, %s)", ids)
        cursor.executemany(
            "INSERT INTO lrs_statement (sequence, uuid, actor_digest, verb_digest, activity_digest, registration, refers_to, timestamp,"
            " credential_id, source, voided, exact) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s)",
            statements,
        )
        if mentions:
            cursor.executemany("INSERT INTO lrs_mention (key, statement_id) VALUES (%s, %s)", mentions)
        if pending:
            cursor.executemany(
                "INSERT INTO lrs_pendingprojection (statement_id, learner_key, attempts, error) VALUES (%s, %s, 0, '')", pending
            )
        cursor.execute("SELECT EXISTS (SELECT 1 FROM lrs_openreferral)")
        if not cursor.fetchone()[0]:
            return []
    return list(OpenReferral.objects.filter(target__in=[draft.uuid for draft in drafts]).values_list("target", flat=True))


def _first_number(count: int) -> int:
    now = timezone.now()
    wanted = sequence.at(now) + (now.microsecond % 1000 << 10)
    last = Statement.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    first = max(wanted, last + 1)
    if (first + count - 1) >> sequence.BITS != first >> sequence.BITS:  # all of them say the same millisecond
        first = ((first >> sequence.BITS) + 1) << sequence.BITS
    return first
