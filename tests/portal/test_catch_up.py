from datetime import timedelta
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from lrs.forwarding import waking
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


def test_what_a_worker_finished_is_not_kept_for_ever(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "lrs"]}}
    now, results = timezone.now(), apps.get_model("django_tasks_database", "DBTaskResult").objects

    def a_task(status: str, *, days: int | None) -> UUID:
        task = UUID(waking.look_around.enqueue().id)
        results.filter(pk=task).update(status=status, finished_at=None if days is None else now - timedelta(days=days, seconds=1))
        return task

    kept = {a_task("READY", days=None), a_task("SUCCESSFUL", days=0), a_task("FAILED", days=13)}
    a_task("SUCCESSFUL", days=1)
    a_task("FAILED", days=14)
    assert results.count() == 5

    catch_up.forget_finished_tasks()

    assert set(results.values_list("pk", flat=True)) == kept


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
