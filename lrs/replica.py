"""Reading from a streaming replica of PostgreSQL, without anybody missing what they wrote a moment ago themselves.

A replica runs behind. Who just wrote reads from the primary until the replica has replayed that very write: its place in the
log is kept in the cache, which the web processes share. How far a reader on the replica may trust the order of arrival travels with the data,
in one row (`Settled`): the locks of the writers, from which the primary tells it, are not to be seen on a replica.

Used when `REPLICA_URL` is set; without it every question goes to the one database.
"""

import contextlib
import logging
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connections
from django.db.models import Model

from lrs import writing
from lrs.models import Settled

logger = logging.getLogger(__name__)

ALIAS = "replica"
REMEMBERED = 24 * 3600  # seconds; a replica that is a day behind needs its administrator first
REST = 10.0  # seconds without a try, after the replica did not answer
TOLD_EVERY = 1.0  # seconds between two times that this process tells how far all is settled

_reading_from: ContextVar[str | None] = ContextVar("reading_from", default=None)
_not_before = 0.0
_told_at = 0.0


class Router:
    """Sends the questions asked inside `reading` to the replica, and everything else to the primary. For DATABASE_ROUTERS."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return _reading_from.get() if model._meta.app_label == "lrs" else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return "default" if model._meta.app_label == "lrs" else None

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        return True if {one._state.db, other._state.db} <= {"default", ALIAS} else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == ALIAS else None


def configured() -> bool:
    """Whether there is a replica to read from."""
    return ALIAS in connections.settings


def database() -> str:
    """The alias of the database that a question about the record goes to now."""
    return _reading_from.get() or "default"


@contextlib.contextmanager
def reading(*, reader: str) -> Iterator[None]:
    """Ask the replica, if it has what this reader wrote last; else the primary."""
    on_replica = configured() and _has_seen_writes_of(reader)
    if on_replica:
        _tell_how_far()
    token = _reading_from.set(ALIAS if on_replica else None)
    try:
        yield
    finally:
        _reading_from.reset(token)


def wrote(*, writer: str) -> None:
    """Remember how far the log had come after this writer's write was committed."""
    if not configured():
        return
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()::text")
        cache.set(_name(writer), cursor.fetchone()[0], timeout=REMEMBERED)


def settled_through() -> int:
    """As `lrs.writing.settled_through`, of the database that is being read."""
    if database() != ALIAS:
        return writing.settled_through()
    row = Settled.objects.using(ALIAS).first()
    return row.through if row else 0


def forget_trouble() -> None:
    """Ask the replica again at once, also when it did not answer a moment ago."""
    global _not_before, _told_at
    _not_before = _told_at = 0.0


def _tell_how_far() -> None:
    """Once a second at most: write on the primary how far all is settled, so that the replica comes to know it in its turn.

    Whatever could be read on the primary when that was looked up was committed before this row, and is replayed before it.
    """
    global _told_at
    if time.monotonic() - _told_at < TOLD_EVERY:
        return
    _told_at = time.monotonic()
    through = writing.settled_through()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO lrs_settled (id, through) VALUES (1, %s)"
            " ON CONFLICT (id) DO UPDATE SET through = excluded.through WHERE lrs_settled.through < excluded.through",
            [through],
        )


def _has_seen_writes_of(reader: str) -> bool:
    global _not_before
    if time.monotonic() < _not_before:
        return False
    place = cache.get(_name(reader))
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery(), coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, false)", [place or "0/0"])
            in_recovery, seen = cursor.fetchone()
    except DatabaseError as error:
        logger.warning("The replica does not answer; reading from the primary: %s", error)
        connections[ALIAS].close()
        _not_before = time.monotonic() + REST
        return False
    return seen or not in_recovery  # a replica that was promoted has everything


def _name(who: str) -> str:
    return f"lrs-wrote-{who}"
