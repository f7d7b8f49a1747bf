"""Fills a store to a size: statements of half a year, built by the store itself and copied into its tables as fast as the database takes them."""

import hashlib
import json
import multiprocessing
import os
import random
import sqlite3
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import psycopg

from tests.bench.figures import Figure, show
from tests.bench.store import statements
from tests.bench.store.database import execute, scalar
from tests.bench.store.installation import Installation

SPAN = timedelta(days=180)
CHUNK = 5000
REFERS = 1000  # one in so many refers to another statement
VOIDS = 5000  # one in so many voids the one before it
STORAGE = 2.5
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@dataclass
class Known:
    """What a reader may ask for: the statements from `FIRST` on, spread evenly over the time until `end`."""

    size: int = 0
    end: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5))

    def id(self, chance: random.Random) -> uuid.UUID:
        while True:
            number = chance.randrange(self.size)
            if number % VOIDS != 0:
                return statement_id(number)

    def moment(self, chance: random.Random) -> str:
        """Between the first day and a week before the end."""
        return (self.end - SPAN + chance.random() * (SPAN - timedelta(days=7))).isoformat().replace("+00:00", "Z")


def statement_id(number: int) -> uuid.UUID:
    """As random as a client's, and known again."""
    return uuid.UUID(bytes=hashlib.blake2b(number.to_bytes(8), digest_size=16).digest(), version=4)


def fill(installation: Installation, size: int, known: Known) -> None:
    """Add statements until there are so many; prints how fast that went."""
    began = time.perf_counter()
    wanted = range(known.size, size)
    workers = 2 if installation.database == "postgresql" else 1
    if installation.database == "postgresql":
        installation.manage("shell", "-c", MAKE_PARTS.format(first=(known.end - SPAN).date().isoformat(), days=SPAN.days))
    context = multiprocessing.get_context("spawn")
    environment = installation.environment("config.settings.production")
    loaders = [context.Process(target=_load, args=(installation, wanted[n::workers], known.end, environment)) for n in range(workers)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
        if loader.exitcode:
            raise RuntimeError("a loader failed")
    if installation.database == "postgresql":
        execute(installation.url, "VACUUM ANALYZE")
    else:
        execute(installation.url, "ANALYZE")
    added, known.size = size - known.size, size
    show(Figure(name=f"{installation.database}_loading_to_{size}", value=added / (time.perf_counter() - began), unit="statements/s"))


# Half a year of parts: the store makes those of the present by itself.
MAKE_PARTS = """
from datetime import date, timedelta
from lrs import partitions
if partitions.partitioned():
    first = date.fromisoformat("{first}")
    for day in range(0, {days} + 32, 27):
        partitions.make((first + timedelta(days=day)).replace(day=1))
"""


def show_size(installation: Installation, size: int, held: list[bool]) -> None:
    """What the statements take on disk, indexes and all, beside their JSON as it was sent."""
    sent = int(scalar(installation.url, "SELECT sum(length(exact)) FROM lrs_statement")) if size < 200_000 else 0
    sample = [
        len(json.dumps(_statement(number, when=datetime.now(UTC)), separators=(",", ":")))
        for number in range(0, size, max(size // 5000, 1))
    ]
    of_json = sum(sample) / len(sample)
    if installation.database == "postgresql":
        total = scalar(
            installation.url,
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname ~ '^lrs_(statement|mention|activityversion|pending)'",
        )
    else:
        total = scalar(installation.url, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
    each = int(total) / size
    holds = each / of_json <= STORAGE
    held.append(holds)
    show(
        Figure(
            name=f"{installation.database}_storage_of_a_statement_of_{size}",
            value=each,
            unit="bytes, indexes included",
            compared_with=f"its JSON as sent: {of_json:.0f} bytes" + (f", as kept: {sent / size:.0f} bytes" if sent else ""),
            ratio=each / of_json,
            target=f"at most {STORAGE} times its JSON",
            holds=holds,
        )
    )


def _statement(number: int, *, when: datetime) -> dict[str, Any]:
    said = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    one = statements.a_statement(number, when=said, statement_id=statement_id(number))
    if number % VOIDS == 1:
        one["verb"] = {"id": VOIDED}
        one["object"] = {"objectType": "StatementRef", "id": str(statement_id(number - 1))}
        del one["result"]
    elif number % REFERS == 2:
        one["verb"] = {"id": "http://adlnet.gov/expapi/verbs/commented"}
        one["object"] = {"objectType": "StatementRef", "id": str(statement_id(number // 2 + 7))}
    return one


def _load(installation: Installation, numbers: range, end: datetime, environment: dict[str, str]) -> None:
    """In a process of its own: build the rows with the store's own code and copy them in."""
    os.environ.update(environment)
    import django  # noqa: PLC0415 - this process has its settings only now

    django.setup()
    from lrs.models import Credential  # noqa: PLC0415 - as above

    credential = Credential.objects.select_related("organisation").get(name="bench")
    copy = _copy_in_postgresql if installation.database == "postgresql" else _insert_in_sqlite
    left = iter(numbers)
    while some := tuple(islice(left, CHUNK)):
        copy(installation.url, list(_rows(some, end, credential)))


@dataclass(slots=True)
class Row:
    """What goes into each of the three tables."""

    statement: tuple[Any, ...]
    mentions: list[tuple[Any, ...]]


COLUMNS = (
    *("sequence", "uuid", "actor_digest", "verb_digest", "activity_digest", "registration", "refers_to"),
    *("timestamp", "credential_id", "source", "voided", "exact"),
)


def _rows(numbers: tuple[int, ...], end: datetime, credential: Any) -> Iterator[Row]:
    from lrs import rows, sequence  # noqa: PLC0415 - after django.setup()

    addition = rows.addition_of(credential, version="2.0.0")
    for number in numbers:
        # Whatever size the store has, its statements are spread over the whole time.
        at = end - SPAN * ((number * 0.6180339887498949) % 1)
        one = _statement(number, when=at)
        text = json.dumps(one, separators=(",", ":"))
        draft = rows.draft_of(one, text, credential=credential, version="2.0.0", addition=addition)
        said = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        key = sequence.at(at) + number % (1 << sequence.BITS)
        yield Row(
            statement=(
                *(key, draft.uuid, draft.actor_digest, draft.verb_digest, draft.activity_digest, draft.registration, draft.refers_to),
                *(draft.timestamp or at, credential.pk, "tool", number % VOIDS == 0, f'{draft.head},"stored":"{said}"}}'),
            ),
            mentions=[(mention, key) for mention in draft.mentions],
        )


def _copy_in_postgresql(url: str, rows: list[Row]) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY lrs_statementid (uuid, sequence) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((row.statement[1], row.statement[0]))
        with cursor.copy(f"COPY lrs_statement ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row.statement)
        with cursor.copy("COPY lrs_mention (key, statement_id) FROM STDIN") as copy:
            for row in rows:
                for mention in row.mentions:
                    copy.write_row(mention)


def _insert_in_sqlite(url: str, rows: list[Row]) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, uuid.UUID):
            return value.bytes
        return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value

    with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.executemany(
            "INSERT INTO lrs_statementid (uuid, sequence) VALUES (?, ?)", [(row.statement[1].bytes, row.statement[0]) for row in rows]
        )
        connection.executemany(
            f"INSERT INTO lrs_statement ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})",
            [tuple(plain(value) for value in row.statement) for row in rows],
        )
        connection.executemany(
            "INSERT INTO lrs_mention (key, statement_id) VALUES (?, ?)",
            [(key.bytes, statement) for row in rows for key, statement in row.mentions],
        )
