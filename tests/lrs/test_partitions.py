"""The parts of the table of statements, on PostgreSQL."""

import importlib
import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from lrs import partitions
from lrs.models import Source, Statement
from lrs.store import append
from tests.factories.lrs import a_statement

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def in_parts() -> None:
    """The table as the migration makes it, without any part; made back by the end of the test's transaction."""
    migration = importlib.import_module("lrs.migrations.0002_time_coded_sequence")
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = 'lrs_statement'::regclass")
        if cursor.fetchone()[0] != "p":
            migration.in_parts(None, connection.schema_editor(atomic=False))
    for name in parts():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {name}")


def parts() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'lrs_statement'::regclass ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def test_a_statement_makes_the_part_it_belongs_in_when_nobody_did(in_parts):
    assert partitions.partitioned()

    [stored] = append([a_statement()], source=Source.OUTSIDE)

    today = datetime.now(tz=UTC).date()
    assert parts() == sorted([partitions.name_of(today), partitions.name_of(partitions.following(today))])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT uuid FROM {partitions.name_of(today)}")
        assert cursor.fetchall() == [(stored,)]


def test_a_part_is_made_once(in_parts):
    assert partitions.make(date(2026, 12, 31)) is True
    assert partitions.make(date(2026, 12, 1)) is False
    assert partitions.make_ahead(date(2026, 12, 5), months=2) == ["lrs_statement_y2027m01", "lrs_statement_y2027m02"]


def test_a_statement_in_any_part_is_found_by_its_id(in_parts):
    [old] = append([a_statement()], source=Source.OUTSIDE)
    statement = Statement.objects.get()
    partitions.make(date(2020, 1, 1))
    sequence = partitions.bounds_of(date(2020, 1, 1))[0]

    Statement.objects.filter(pk=statement.pk).update(sequence=sequence)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE lrs_statementid SET sequence = %s", [sequence])
        cursor.execute("SELECT count(*) FROM lrs_statement_y2020m01")
        assert cursor.fetchone() == (1,)
    assert Statement.objects.with_id(old).get().stored == datetime(2020, 1, 1, tzinfo=UTC)
    assert not Statement.objects.with_id(uuid.uuid4()).exists()
