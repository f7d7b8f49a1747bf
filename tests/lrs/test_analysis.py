"""The questions of docs/scaling.md, asked of PostgreSQL and of ClickHouse (as its embedded engine): both give the same rows."""

import json
import random
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from lrs import store
from lrs.forwarding.disguise import parcels
from lrs.models import ForwardingTarget, Source, Statement
from lrs.profiles import adl
from lrs.profiles.vakwijs import NAMESPACE
from tests.factories.forwarding import a_target

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"
BLOCKS = re.compile(r"^```sql ([a-z-]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _blocks(kind: str) -> list[str]:
    return [sql for named, sql in BLOCKS.findall(DOCUMENT.read_text()) if named == kind]


PAIRS = list(zip(_blocks("clickhouse"), _blocks("postgresql"), strict=True))


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[Any]:
    """An embedded ClickHouse with the tables of the document."""
    from chdb import session  # noqa: PLC0415 - half a gigabyte, for this test alone

    engine = session.Session(str(tmp_path / "clickhouse"))
    for sql in _blocks("clickhouse-tables")[0].split(";\n\n"):
        engine.query(sql.rstrip().rstrip(";"))
    yield engine
    engine.close()


@pytest.fixture
def recorded() -> None:
    """Three courses with enrolments, lessons, tests and some statements that were taken back, over the change to summer time."""
    chance = random.Random(20260329)
    began = datetime(2026, 3, 20, 22, 15, tzinfo=UTC)
    statements: list[dict[str, Any]] = []

    def say(person: uuid.UUID, verb: str, activity: str, at: datetime, registration: uuid.UUID, **more: Any) -> None:
        statements.append(
            {
                "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                "actor": {"account": {"homePage": NAMESPACE, "name": str(person)}},
                "verb": {"id": verb},
                "object": {"id": activity},
                "context": {"registration": str(registration)},
                "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                **more,
            }
        )

    courses = [f"{NAMESPACE}/activities/{uuid.UUID(int=chance.getrandbits(128), version=4)}" for _ in range(3)]
    for _ in range(24):
        person = uuid.UUID(int=chance.getrandbits(128), version=4)
        for course in chance.sample(courses, chance.randint(1, 3)):
            registration = uuid.UUID(int=chance.getrandbits(128), version=4)
            at = began + timedelta(hours=chance.random() * 400)
            say(person, adl.REGISTERED, course, at, registration)
            for lesson in range(chance.randint(0, 4)):
                at += timedelta(minutes=chance.random() * 3000)
                say(person, adl.EXPERIENCED, f"{course}/les-{lesson}", at, registration)
                at += timedelta(minutes=1 + chance.random() * 50)
                say(person, adl.COMPLETED, f"{course}/les-{lesson}", at, registration)
            scaled = round(chance.random(), 2)
            say(
                person,
                adl.PASSED if scaled > 0.5 else adl.FAILED,
                f"{course}/toets",
                at,
                registration,
                result={"score": {"scaled": scaled}, "success": scaled > 0.5},
            )
            if scaled > 0.5:
                say(person, adl.SATISFIED, course, at + timedelta(minutes=1), registration)
    statements += [
        {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "actor": {"mbox": "mailto:beheer@voorbeeld.example"},
            "verb": {"id": adl.VOIDED},
            "object": {"objectType": "StatementRef", "id": mistake},
            "timestamp": "2026-04-20T10:00:00.000Z",
        }
        for mistake in chance.sample([one["id"] for one in statements], 9)
    ]
    store.append(statements, source=Source.SERVER)


def test_both_engines_answer_every_question_alike(clickhouse, recorded):
    target = a_target(kind=ForwardingTarget.Kind.CLICKHOUSE, actors=ForwardingTarget.Actors.PSEUDONYM)
    statements = list(Statement.objects.order_by("pk"))
    persons = {statement.pk: statement.actor_digest for statement in statements}
    sent = [json.dumps({**parcel.row, "statement": parcel.text}) for parcel in parcels(target, statements, persons=persons)]
    # Twice, as after a crash in the middle of sending.
    for _ in range(2):
        clickhouse.query(
            "INSERT INTO vakwijs.statements SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow\n" + "\n".join(sent)
        )

    assert len(PAIRS) >= 5
    for of_clickhouse, of_postgresql in PAIRS:
        theirs = json.loads(str(clickhouse.query(of_clickhouse, "JSONCompact")))["data"]
        with connection.cursor() as cursor:
            cursor.execute(of_postgresql)
            ours = [list(row) for row in cursor.fetchall()]
        assert len(ours) > 2, of_postgresql
        assert [[_plain(value) for value in row] for row in theirs] == [[_plain(value) for value in row] for row in ours], of_clickhouse


def test_citus_gets_every_table_that_stands_beside_a_statement():
    """Where it spreads a table, each unique key has to hold the column by which it spreads."""
    [sql] = _blocks("citus")
    spread = dict(re.findall(r"create_distributed_table\('(\w+)', '(\w+)'", sql))
    whole = set(re.findall(r"create_reference_table\('(\w+)'", sql))
    tables = {model._meta.db_table: model._meta for model in apps.get_app_config("lrs").get_models()}
    beside = {name for name, meta in tables.items() if any(field.related_model is Statement for field in meta.concrete_fields)}

    assert beside <= spread.keys() | whole
    for name, column in spread.items():
        meta = tables[name]
        keys = [[field.column for field in meta.pk_fields]]
        keys += [[meta.get_field(field).column for field in unique.fields] for unique in meta.total_unique_constraints]
        assert all(column in key for key in keys), f"{name} cannot be spread by {column}"
        pointed = {field.related_model._meta.db_table for field in meta.concrete_fields if field.related_model is not None}
        assert pointed <= spread.keys() | whole, f"{name} points at a table that stays on one server"


def _plain(value: Any) -> Any:
    """ClickHouse writes large whole numbers as text."""
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return round(value, 3) if isinstance(value, float) else value
