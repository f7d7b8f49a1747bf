"""Workers and a server that have the same learner in hand at once."""

import uuid

import pytest

from lrs.models import PendingProjection, Source, Statement
from lrs.projections import project_waiting
from lrs.store import append
from tests.factories.lrs import a_statement
from tests.lrs import projecting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def learner(settings, monkeypatch):
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.project"]
    # What a tool sends waits for a worker; here it must be one of ours.
    monkeypatch.setattr("lrs.projections.wake", lambda: None)
    projecting.seen.clear()
    learner = uuid.uuid4()
    yield learner
    projecting.seen.clear()
    projecting.rows.pop(learner, None)


def test_two_workers_and_a_server_at_once_project_nothing_twice_and_leave_nothing(at_once, learner):
    append([a_statement(learner) for _ in range(60)], source=Source.TOOL)

    def work(who: str) -> None:
        for _ in range(6):
            if who == "server":
                append([a_statement(learner)], source=Source.SERVER)  # whose answer waits for the projections
            elif who == "tool":
                append([a_statement(learner)], source=Source.TOOL)
            else:
                project_waiting()

    assert at_once(work, ("worker",), ("worker",), ("server",), ("tool",)) == [None] * 4
    project_waiting()

    assert Statement.objects.count() == 72
    assert sorted(projecting.seen) == sorted(str(row) for row in Statement.objects.values_list("uuid", flat=True))
    assert not PendingProjection.objects.exists()
