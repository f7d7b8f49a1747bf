"""The parts of the table of statements on PostgreSQL: one a month, by the number that carries time (lrs.sequence).

There is no part for whatever fits nowhere else: it would have to be searched at every new part, and PostgreSQL could not detach a
part beside it without stopping writers. A statement for which there is no part yet makes that part (lrs.writing).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection, transaction

from lrs import sequence
from lrs.models import PendingProjection

TABLE = "lrs_statement"
_MAKING = 0x6C727301  # the advisory lock of whoever makes a part


class PartRefused(Exception):
    """The part stays as it is; the message says why."""


@dataclass(frozen=True)
class Part:
    """A month of statements: its size on disk with its indexes in bytes, and whether it is still part of the table."""

    month: date
    name: str
    octets: int
    attached: bool


def partitioned() -> bool:
    """Whether the table is in parts: not on SQLite, and not where the tables were made without migrations."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass", [TABLE])
        return bool(cursor.fetchone()[0])


def name_of(month: date) -> str:
    """The table that holds the statements of this month (UTC)."""
    return f"{TABLE}_y{month.year:04}m{month.month:02}"


def bounds_of(month: date) -> tuple[int, int]:
    """The lowest number of this month, and that of the next."""
    return sequence.at(_first_of(month)), sequence.at(_first_of(following(month)))


def following(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def make(month: date) -> bool:
    """Make the part of this month; answers whether it was not there yet. Writers go on meanwhile.

    The part is made apart and attached after that: PostgreSQL then keeps out other changes to the table, and no reader or writer.
    """
    name, (first, end) = name_of(month), bounds_of(month)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        if cursor.fetchone()[0]:
            return False
        cursor.execute(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})")
    return True


def make_ahead(today: date, *, months: int = 2) -> list[str]:
    """Make the parts of this month and of so many after it; answers the names of those that were not there yet."""
    made, month = [], today.replace(day=1)
    for _ in range(months + 1):
        if make(month):
            made.append(name_of(month))
        month = following(month)
    return made


def parts() -> list[Part]:
    """The parts there are, the oldest first; detached ones too, for as long as they are kept in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_total_relation_size(c.oid), i.inhparent IS NOT NULL"
            " FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = %s::regclass"
            " WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = %s::regclass) AND c.relname LIKE %s",
            [TABLE, TABLE, f"{TABLE}_y____m__"],
        )
        found = [(month_of(name), name, octets, attached) for name, octets, attached in cursor.fetchall()]
    return [Part(month, name, octets, attached) for month, name, octets, attached in sorted(found)]


def month_of(name: str) -> date:
    """The month that a part of this name holds."""
    match = re.search(r"_y(\d{4})m(\d{2})$", name)
    if match is None:
        raise ValueError(name)
    return date(int(match[1]), int(match[2]), 1)


def detach(month: date, *, today: date) -> str:
    """Take the part of this month out of the table and keep it as a table by itself; answers its name. Writers and readers go on meanwhile.

    The ids of its statements stay known, so that nobody can send one of them again as something new. Outside a transaction only.
    Raises PartRefused for a month that is not over, one of which statements still wait for their projections, and one that is not there.
    """
    name = name_of(month)
    if following(month) > today.replace(day=1):
        raise PartRefused(f"{name}: the month is not over")
    if name not in {part.name for part in parts() if part.attached}:
        raise PartRefused(f"{name}: there is no such part")
    first, end = bounds_of(month)
    if PendingProjection.objects.filter(statement_id__gte=first, statement_id__lt=end).exists():
        raise PartRefused(f"{name}: statements in it still wait for their projections; run catch_up first")
    with connection.cursor() as cursor:
        # In two steps of its own, with no lock that stops a writer; what a crash left half-way is finished.
        cursor.execute("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = %s::regclass", [name])
        half_way = cursor.fetchone()[0]
        cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {name} {'FINALIZE' if half_way else 'CONCURRENTLY'}")
    return name


def attach(month: date) -> str:
    """Put a part that was detached back in its place; answers its name. Raises PartRefused when there is none."""
    name, (first, end) = name_of(month), bounds_of(month)
    if name not in {part.name for part in parts() if not part.attached}:
        raise PartRefused(f"{name}: there is no such part outside the table")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
        # The constraint that detaching left behind says what is in it, so that nothing has to be read again.
        cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})")
    return name


def months_before(before: date) -> Iterator[date]:
    """The months of the attached parts that lie before this one, the oldest first."""
    return (part.month for part in parts() if part.attached and part.month < before.replace(day=1))


def _first_of(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)
