"""After commit: what every statement leads to. The list stands in `settings.LRS_PROJECTIONS`, like MIDDLEWARE.

A projection is a module with `project(statement)`, and, when it writes derived rows, `clear(learner)` which deletes
those of one learner so that they can be made again.
"""

import importlib
import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task

from lrs.forwarding import waking
from lrs.models import LearnerLock, PendingProjection, Statement

logger = logging.getLogger(__name__)

TURN = 50  # statements of one learner in one transaction: on SQLite nobody else writes meanwhile
WAKE_EVERY = timedelta(seconds=1)
RETRY_AFTER = [timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=12)]


def project_learner(learner_key: uuid.UUID | str) -> None:
    """Bring every waiting statement of this learner through the projections, in the order they came in.

    Never raises for a statement that fails: it is set aside with its error and tried again later, so that the learner
    gets an answer now.
    """
    while _take_turn(learner_key):
        pass
    waking.wake_soon()


def _take_turn(learner_key: uuid.UUID | str, *, wait: bool = True) -> bool:
    """Some of the waiting statements in one transaction; answers whether there may be more. Without `wait`, none when someone is at it."""
    with transaction.atomic():
        if not wait and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Nobody waits for the answer. What a crash takes back, it takes back whole: the statement then waits again.
                cursor.execute("SET LOCAL synchronous_commit = off")
        if not lock_learner(learner_key, wait=wait):
            return False
        due = Q(retry_at=None) | Q(retry_at__lte=timezone.now())
        waiting = list(PendingProjection.objects.filter(due, learner_key=learner_key).select_related("statement").order_by("pk")[:TURN])
        if not waiting:
            return False
        passed = waiting
        try:
            with transaction.atomic():
                for pending in waiting:
                    _project(pending.statement)
        except Exception:  # noqa: BLE001 - found out below which of them it was, and told there
            passed = [pending for pending in waiting if _passes(pending)]
        PendingProjection.objects.filter(pk__in=[pending.pk for pending in passed]).delete()
    return len(waiting) == TURN


def _passes(pending: PendingProjection) -> bool:
    try:
        with transaction.atomic():
            _project(pending.statement)
    except Exception as error:
        logger.exception("Statement %s is set aside", pending.statement.uuid)
        _set_aside(pending, error)
        return False
    return True


def _project(statement: Statement) -> None:
    for project in _projections():
        project(statement)


def _set_aside(pending: PendingProjection, error: Exception) -> None:
    now = timezone.now()
    wait = RETRY_AFTER[min(pending.attempts, len(RETRY_AFTER) - 1)]
    pending.attempts += 1
    pending.set_aside_at = pending.set_aside_at or now
    pending.retry_at = now + wait
    pending.error = f"{type(error).__name__}: {error}"[:2000]
    pending.save()
    if project_learner_again.get_backend().supports_defer:
        transaction.on_commit(lambda: project_learner_again.using(run_after=now + wait).enqueue(str(pending.learner_key)))


@task(queue_name="lrs")
def project_learner_again(learner_key: str) -> None:
    """The worker's second try at what was set aside."""
    project_learner(learner_key)


def wake() -> None:
    """Have a worker look at what tools sent. The waiting rows are the queue; this is one nudge a second from each process.

    A nudge that is put off covers what is written until then. A queue that cannot put off gets it at once, and what is written in the
    rest of that second waits for the next nudge, or for `manage.py catch_up`.
    """
    now = time.monotonic()
    if now < _awake_until[0]:
        return
    _awake_until[0] = now + WAKE_EVERY.total_seconds()
    if project_what_tools_sent.get_backend().supports_defer:
        project_what_tools_sent.using(run_after=timezone.now() + WAKE_EVERY).enqueue()
    else:
        project_what_tools_sent.enqueue()


_awake_until = [0.0]


@task(queue_name="lrs")
def project_what_tools_sent() -> None:
    """What a tool sent, projected without the tool waiting for it."""
    project_waiting()


def try_again(pending: PendingProjection) -> bool:
    """Project what was set aside now instead of at its next time; answers whether it passed."""
    PendingProjection.objects.filter(pk=pending.pk).update(retry_at=None)
    project_learner(pending.learner_key)
    return not PendingProjection.objects.filter(pk=pending.pk).exists()


def project_waiting() -> int:
    """Bring whatever still waits through the projections: after a crash, or where the queue cannot defer. Answers how many learners."""
    due = Q(retry_at=None) | Q(retry_at__lte=timezone.now())
    keys = list(PendingProjection.objects.filter(due).order_by().values_list("learner_key", flat=True).distinct())
    for learner_key in keys:
        while _take_turn(learner_key, wait=False):  # another worker that has this learner brings all of it through
            pass
    return len(keys)


def lock_learner(learner_key: uuid.UUID | str, *, wait: bool = True) -> bool:
    """Wait until nobody else projects this learner's statements; holds until the transaction ends. Without `wait`, answers whether it holds.

    Without it two workers that finish one learner's last two lessons would each miss the other's row.
    """
    locks = LearnerLock.objects.select_for_update(skip_locked=not wait and connection.features.has_select_for_update_skip_locked)
    if locks.filter(learner_key=str(learner_key)).first():
        return True
    LearnerLock.objects.bulk_create([LearnerLock(learner_key=str(learner_key))], ignore_conflicts=True)
    return locks.filter(learner_key=str(learner_key)).first() is not None


def rebuild(learner: uuid.UUID) -> int:
    """Delete this learner's derived rows and make them again from the statements; answers how many were replayed."""
    with transaction.atomic():
        lock_learner(str(learner))
        clear(learner)
        # What a projection appends meanwhile stands after `last`, and is projected in its own turn.
        own = Statement.objects.of_learner(learner)
        last = own.aggregate(last=Max("pk"))["last"] or 0
        statements = own.filter(voided=False, pk__lte=last).order_by("pk")
        count = 0
        for statement in statements.iterator(chunk_size=500):
            _project(statement)
            count += 1
        PendingProjection.objects.filter(learner_key=learner, pk__lte=last).delete()
    return count


def clear(learner: uuid.UUID) -> None:
    """Delete what is derived about this learner. Only under the learner's lock: before it is made again, or when the record is erased."""
    for path in settings.LRS_PROJECTIONS:
        clear_one = getattr(importlib.import_module(path.rpartition(".")[0]), "clear", None)
        if clear_one is not None:
            clear_one(learner)


def _projections() -> list[Callable[[Statement], None]]:
    return [import_string(path) for path in settings.LRS_PROJECTIONS]
