"""The parts of the table of statements on PostgreSQL: one a month, by the number that carries time (lrs.sequence).

There is no part for whatever fits nowhere else: it would have to be searched at every new part, and PostgreSQL could not detach a
part beside it without stopping writers. A statement for which there is no part yet makes that part (lrs.writing).
"""

from datetime import UTC, date, datetime

from django.db import connection, transaction

from lrs import sequence

TABLE = "lrs_statement"
_MAKING = 0x6C727301  # the advisory lock of whoever makes a part


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


def _first_of(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)
