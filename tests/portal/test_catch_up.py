import pytest
from django.core.management import call_command

from lrs.models import PendingProjection, Source
from lrs.store import append
from portal.management.commands import catch_up
from tests.factories.lrs import a_statement

pytestmark = pytest.mark.django_db


def test_a_statement_that_a_crash_left_waiting_is_projected(settings, monkeypatch):
    settings.LRS_PROJECTIONS = []
    monkeypatch.setattr("lrs.projections.project_learner", lambda learner_key: None)  # the process died after the commit
    append([a_statement()], source=Source.SERVER)
    monkeypatch.undo()
    assert PendingProjection.objects.exists()

    call_command("catch_up")

    assert not PendingProjection.objects.exists()


def test_one_kind_of_work_that_fails_does_not_keep_the_others_waiting(monkeypatch):
    done = []

    def fails() -> int:
        raise RuntimeError("kapot")

    def stop(seconds: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catch_up, "WAITING", [("broken", fails), ("fine", lambda: done.append(1) or 1)])
    monkeypatch.setattr(catch_up.time, "sleep", stop)

    with pytest.raises(KeyboardInterrupt):
        call_command("catch_up", every=1)

    assert done == [1]
