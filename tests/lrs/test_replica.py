"""Reading from a real streaming replica: what somebody wrote they can read, and nobody is told more than the replica knows."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction

from lrs import queries, replica, store
from lrs.models import Source, Statement
from tests.factories.lrs import Tool, a_statement
from tests.lrs.replica_server import Settings, ask, primary_and_replica

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True, databases=["default", replica.ALIAS])]


@pytest.fixture(scope="module")
def servers(django_db_setup: None) -> Iterator[tuple[Settings, Settings]]:
    """A primary and a replica that follows it."""
    if connections["default"].vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    with primary_and_replica(connections["default"].settings_dict) as (primary, there):
        # A mirror, so that Django's tests let it be read and do not empty it.
        connections.settings[replica.ALIAS] = {**there, "TEST": {**there["TEST"], "MIRROR": "default"}}
        yield primary, connections.settings[replica.ALIAS]
        connections[replica.ALIAS].close()
        del connections.settings[replica.ALIAS]


@pytest.fixture
def standby(transactional_db: None, servers: tuple[Settings, Settings], settings: Any) -> Iterator[Settings]:
    """The replica, which is read from; what is written goes to its primary."""
    primary, there = servers
    kept = connections["default"]
    kept_settings = connections.settings["default"]
    connections.settings["default"] = primary
    connections["default"] = connections.create_connection("default")
    settings.DATABASE_ROUTERS = ["lrs.replica.Router"]
    replica.forget_trouble()
    ask(primary, "TRUNCATE lrs_statement, lrs_statementid, lrs_mention, lrs_pendingprojection, lrs_settled, lrs_credential CASCADE")
    _wait_until_replayed(there)
    try:
        yield there
    finally:
        ask(there, "SELECT pg_wal_replay_resume()")
        for alias in ("default", replica.ALIAS):
            connections[alias].close()
        connections.settings["default"] = kept_settings
        connections["default"] = kept


def _write(who: Tool, statement: dict[str, Any]) -> None:
    answer = who.send("POST", "statements", statement)
    assert answer.status_code == 200, answer.content


def _ids(who: Tool, **params: str) -> list[str]:
    answer = who.send("GET", "statements", **params)
    assert answer.status_code == 200, answer.content
    return [statement["id"] for statement in answer.json()["statements"]]


def _wait_until_replayed(standby: Settings) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()::text")
        place = cursor.fetchone()[0]
    for _ in range(400):
        if ask(standby, f"SELECT pg_last_wal_replay_lsn() >= '{place}'"):
            return
        time.sleep(0.05)
    raise AssertionError("the replica does not follow")


def test_who_wrote_reads_it_at_once_and_others_when_the_replica_has_it(standby):
    writer, other = Tool(name="Schrijver"), Tool(name="Lezer")
    _wait_until_replayed(standby)
    ask(standby, "SELECT pg_wal_replay_pause()")
    statement = a_statement()

    _write(writer, statement)

    assert _ids(writer) == [statement["id"]]
    assert _ids(other) == []  # so it does read from the replica
    ask(standby, "SELECT pg_wal_replay_resume()")
    _wait_until_replayed(standby)
    assert _ids(other) == [statement["id"]]
    with replica.reading(reader="somebody"):
        assert replica.database() == replica.ALIAS


def test_writing_never_goes_to_the_replica(standby):
    with replica.reading(reader="somebody"):
        store.append([a_statement()], source=Source.SERVER)

    assert Statement.objects.using("default").count() == 1


def test_a_reader_on_the_replica_walks_no_farther_than_what_was_settled(standby, at_once):
    """A statement that is still being written has a lower number than one that is there already: nobody may step over it."""
    reader = Tool()
    late, early = a_statement(), a_statement()
    with transaction.atomic():
        store.append([late], source=Source.SERVER)
        at_once(lambda: store.append([early], source=Source.SERVER), ())
        _ids(reader)  # tells the replica how far all is settled
        _wait_until_replayed(standby)

        assert _ids(reader) == [early["id"]]  # the latest first: whatever is there
        assert _ids(reader, ascending="true") == []  # from the beginning on: only what can be relied upon
        with replica.reading(reader="somebody"):
            assert queries.settled_through() < Statement.objects.order_by("sequence").values_list("sequence", flat=True)[0]

    _rest()
    _ids(reader)
    _wait_until_replayed(standby)
    assert _ids(reader, ascending="true") == [late["id"], early["id"]]


def test_a_replica_that_is_gone_costs_nobody_an_answer(standby):
    reader = Tool()
    statement = a_statement()
    store.append([statement], source=Source.SERVER)
    connections[replica.ALIAS].close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connections[replica.ALIAS].settings_dict, "PORT", "1")

        assert _ids(reader) == [statement["id"]]


def _rest() -> None:
    """Longer than the replica is told anew how far all is settled."""
    time.sleep(replica.TOLD_EVERY + 0.1)
