"""The parts of the table of statements, on PostgreSQL."""

import importlib
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from lrs import partitions
from lrs.models import PendingProjection, Source, Statement, StatementId
from lrs.store import StatementConflict, append
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


@pytest.fixture
def months(transactional_db: None) -> Iterator[tuple[date, date]]:
    """The part of last month with a statement in it, and that of this month; outside a transaction, as the command works."""
    migration = importlib.import_module("lrs.migrations.0002_time_coded_sequence")
    if not partitions.partitioned():
        migration.in_parts(None, connection.schema_editor(atomic=False))
    this = datetime.now(tz=UTC).date().replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    partitions.make(last)
    partitions.make(this)
    yield last, this
    for part in partitions.parts():
        if part.month == last:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE {part.name}")


def _a_statement_of(month: date) -> uuid.UUID:
    [stored] = append([a_statement(actor={"mbox": "mailto:iemand@elders.example"})], source=Source.OUTSIDE)
    number = partitions.bounds_of(month)[0]
    Statement.objects.with_id(stored).update(sequence=number)
    StatementId.objects.filter(uuid=stored).update(sequence=number)
    return stored


@pytest.mark.django_db(transaction=True)
def test_a_month_is_put_away_and_taken_back_while_a_writer_is_at_work(months, at_once):
    last, this = months
    old = _a_statement_of(last)
    begun, go_on = threading.Event(), threading.Event()

    def write_slowly() -> str:
        with transaction.atomic():
            append([a_statement()], source=Source.OUTSIDE)
            begun.set()
            go_on.wait(60)
            append([a_statement()], source=Source.OUTSIDE)
        return "written"

    def change_the_parts() -> str:
        begun.wait(60)
        made = partitions.make(date(2031, 5, 1))  # does not wait for the writer
        go_on.set()
        partitions.detach(last, today=this)
        return f"{made}"

    assert at_once(lambda function: function(), (write_slowly,), (change_the_parts,)) == ["written", "True"]

    assert Statement.objects.count() == 2
    assert not Statement.objects.with_id(old).exists()
    with pytest.raises(StatementConflict):  # its id is still known
        append([a_statement(id=str(old))], source=Source.OUTSIDE)
    partitions.attach(last)
    assert Statement.objects.with_id(old).exists()
    assert Statement.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_month_that_is_not_over_or_still_waits_stays(months):
    last, this = months
    with pytest.raises(partitions.PartRefused, match="not over"):
        partitions.detach(this, today=this)
    stored = _a_statement_of(last)
    PendingProjection.objects.create(statement_id=partitions.bounds_of(last)[0], learner_key=uuid.uuid4())
    with pytest.raises(partitions.PartRefused, match="still wait"):
        partitions.detach(last, today=this)

    assert Statement.objects.with_id(stored).exists()


@pytest.mark.django_db(transaction=True)
def test_the_command_lists_makes_and_detaches(months, capsys):
    last, this = months
    _a_statement_of(last)

    call_command("statement_parts", make_ahead=2, detach_before=this)

    printed = capsys.readouterr().out
    assert f"detached {partitions.name_of(last)}; keep it with: pg_dump" in printed
    assert "Niet alles hierin is over een bewaartermijn heen." in printed, "so it may not just be dropped"
    assert [part.attached for part in partitions.parts() if part.month == last] == [False]
    call_command("statement_parts", attach=last)
    assert f"attached {partitions.name_of(last)}" in capsys.readouterr().out
