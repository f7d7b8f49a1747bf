"""An analysis database gets rows, each insert under a token of its own, and a real delete on erasure."""

import json
import uuid

import pytest

from accounts.outgoing.connection import AddressRefused
from lrs import forwarding
from lrs.forwarding import undelivered
from lrs.forwarding.senders import sender_for
from lrs.forwarding.sending import forward
from lrs.models import ForwardedErasure, ForwardingTarget, Source
from lrs.profiles import adl
from lrs.store import append
from tests.factories.forwarding import SECRET, a_target
from tests.factories.lrs import a_statement

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(other):
    return a_target(other.address.removesuffix("/xapi"), kind=ForwardingTarget.Kind.CLICKHOUSE, table="leren.statements")


@pytest.fixture(autouse=True)
def takes_all(other):
    other.rule = lambda request: (200, {}, "")


def test_rows_arrive_with_their_columns_and_the_statement_itself(other, target):
    anna, registration = uuid.uuid4(), str(uuid.uuid4())
    result = {"score": {"scaled": 0.8}, "success": True, "duration": "PT5M"}
    statement = a_statement(anna, verb={"id": adl.PASSED}, result=result, context={"registration": registration})
    append([statement, a_statement()], source=Source.SERVER)

    run = forward(target.pk)

    [request] = other.requests
    assert run.sent == 2
    assert "query=INSERT+INTO+leren.statements+FORMAT+JSONEachRow" in request["path"]
    rows = [json.loads(line) for line in request["body"].decode().splitlines()]
    expected = {
        "statement_id": statement["id"],
        "verb": adl.PASSED,
        "activity": "https://voorbeeld.example/les",
        "registration": registration,
        "score_scaled": 0.8,
        "success": True,
        "duration": "PT5M",
        "source": "server",
    }
    assert {key: rows[0][key] for key in expected} == expected
    assert json.loads(rows[0]["statement"])["id"] == statement["id"]
    assert rows[0]["timestamp"] == "2026-03-01T10:00:00.000+00:00"


def test_the_same_rows_come_under_the_same_token_and_the_key_not_in_the_address(other, target):
    append([a_statement()], source=Source.SERVER)
    other.rule = lambda request: 500
    forward(target.pk)
    other.rule = lambda request: (200, {}, "")
    ForwardingTarget.objects.update(retry_at=None)

    forward(target.pk)

    first, second = (request["path"].partition("insert_deduplication_token=")[2].partition("&")[0] for request in other.requests)
    assert first == second != ""
    assert SECRET not in other.requests[0]["path"]
    assert other.requests[0]["headers"]["X-ClickHouse-Key"] == SECRET


def test_under_a_pseudonym_the_column_knows_nobody_either(other, target):
    ForwardingTarget.objects.update(actors="pseudonym")
    anna = uuid.uuid4()
    append([a_statement(anna)], source=Source.SERVER)

    forward(target.pk)

    assert str(anna) not in other.requests[-1]["body"].decode()


@pytest.mark.parametrize(
    ("code", "status", "state", "reason"),
    [("516", 403, "paused", "key_refused"), ("252", 500, "active", "trouble"), ("60", 404, "active", "wrong_address")],
)
def test_its_own_error_codes_are_understood(other, target, code, status, state, reason):
    append([a_statement()], source=Source.SERVER)
    other.rule = lambda request: (status, {"X-ClickHouse-Exception-Code": code}, f"Code: {code}. DB::Exception")

    forward(target.pk)

    target.refresh_from_db()
    assert (target.state, target.last_error) == (state, reason)


def test_a_row_that_it_cannot_read_is_a_dead_letter(other, target):
    append([a_statement()], source=Source.SERVER)
    other.rule = lambda request: (400, {"X-ClickHouse-Exception-Code": "27"}, "Code: 27. Cannot parse input")

    forward(target.pk)

    assert [row.answer for row in undelivered.refused(target)] == ["Code: 27. Cannot parse input"]


def test_erasure_deletes_there(other, target):
    anna = uuid.uuid4()
    statement = a_statement(anna)
    append([statement], source=Source.SERVER)
    forward(target.pk)

    forwarding.forget(learner=anna)
    forward(target.pk)

    assert other.requests[-1]["body"].decode() == f"DELETE FROM leren.statements WHERE statement_id IN ('{statement['id']}')"
    assert ForwardedErasure.objects.get().withdrawn_at is not None


def test_only_the_name_of_a_table_is_taken(target):
    target.table = "statements; DROP TABLE x"

    with pytest.raises(AddressRefused):
        sender_for(target)
