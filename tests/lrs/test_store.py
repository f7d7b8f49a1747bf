import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from lrs.models import PendingProjection, Source, Statement
from lrs.profiles.adl import VOIDED
from lrs.projections import project_waiting, rebuild
from lrs.store import StatementConflict, StatementRefused, append
from tests.factories.lrs import a_statement
from tests.lrs import projecting


@pytest.fixture(autouse=True)
def _only_our_projection(settings):
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.project"]
    projecting.seen.clear()
    projecting.broken.clear()
    projecting.rows.clear()


@pytest.mark.django_db
def test_a_statement_is_stored_with_how_it_came_in_and_projected():
    statement = a_statement()

    [stored] = append([statement], source=Source.LEARNER_SESSION)

    row = Statement.objects.get()
    assert (str(stored), row.source, str(row.learner)) == (statement["id"], Source.LEARNER_SESSION, statement["actor"]["account"]["name"])
    assert projecting.seen == [statement["id"]]
    assert not PendingProjection.objects.exists()


@pytest.mark.django_db
def test_the_same_statement_twice_is_harmless():
    statement = a_statement()

    append([statement], source=Source.SERVER)
    append([{**statement, "timestamp": "2026-03-02T10:00:00Z"}], source=Source.SERVER)

    assert Statement.objects.count() == 1
    assert projecting.seen == [statement["id"]]


@pytest.mark.django_db
def test_a_different_statement_with_the_same_id_is_a_conflict_and_nothing_of_the_batch_is_stored():
    statement = a_statement()
    append([statement], source=Source.SERVER)

    with pytest.raises(StatementConflict):
        append([a_statement(), {**statement, "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"}}], source=Source.SERVER)

    assert Statement.objects.count() == 1


@pytest.mark.django_db
def test_a_batch_with_one_bad_statement_is_refused_whole():
    with pytest.raises(StatementRefused):
        append([a_statement(), {"actor": {}}], source=Source.SERVER)

    assert not Statement.objects.exists()


@pytest.mark.django_db
def test_a_projection_that_fails_sets_the_statement_aside_and_the_others_go_on():
    learner = uuid.uuid4()
    first, second = a_statement(learner), a_statement(learner)
    projecting.broken.add(first["id"])

    append([first, second], source=Source.SERVER)

    pending = PendingProjection.objects.get()
    assert (str(pending.statement.uuid), pending.attempts, pending.error) == (first["id"], 1, "RuntimeError: kapot")
    assert projecting.seen == [second["id"]]


@pytest.mark.django_db
def test_what_was_set_aside_is_tried_again_when_its_time_has_come():
    statement = a_statement()
    projecting.broken.add(statement["id"])
    append([statement], source=Source.SERVER)
    projecting.broken.clear()

    project_waiting()
    assert projecting.seen == []

    with time_machine.travel(timezone.now() + timedelta(seconds=31), tick=False):
        project_waiting()
    assert projecting.seen == [statement["id"]]
    assert not PendingProjection.objects.exists()


@pytest.mark.django_db
def test_rebuilding_replays_in_the_order_of_arrival_without_what_was_voided():
    learner = uuid.uuid4()
    kept, void = a_statement(learner), a_statement(learner)
    append([kept, void], source=Source.SERVER)
    voiding = a_statement(learner, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": void["id"]})
    append([voiding], source=Source.SERVER)

    assert rebuild(learner) == 2

    assert projecting.rows[learner] == [kept["id"], voiding["id"]]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_requests_with_one_statement_store_it_once():
    if connection.vendor != "postgresql":
        pytest.skip("row locks need PostgreSQL")
    statement = a_statement()
    barrier = threading.Barrier(4)
    errors: list[Exception] = []

    def post() -> None:
        try:
            barrier.wait()
            append([statement], source=Source.SERVER)
        except Exception as error:  # noqa: BLE001 - handed to the test's own thread
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert Statement.objects.count() == 1
    assert projecting.seen == [statement["id"]]
