"""Sets the worker to work on targets that have something to send. Who writes a statement waits for nothing of this."""

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django_tasks import task

from lrs.forwarding import history, sending
from lrs.models import ForwardedErasure, ForwardingTarget, HeldStatement, Statement

LOST = timedelta(minutes=10)  # a task that did not begin by then was lost
SOON = timedelta(seconds=2)


@task(queue_name="lrs")
def forward_target(target_id: int) -> None:
    """One turn with one target; when there is more, the next turn waits its turn like any other work."""
    # Also when another worker is at it: with the mark left behind, that one could not queue its next turn for ten minutes.
    ForwardingTarget.objects.filter(pk=target_id).update(queued_at=None)
    run = sending.forward(target_id)
    if run.more:
        _queue(target_id)


def wake_soon() -> None:
    """A statement was stored: have a worker look what there is to send, when somebody is sent to at all.

    One look every two seconds from each process, put off until after those two seconds, so that it covers all that is written in them.
    What a failure or a queue that cannot put off leaves lying is for `manage.py catch_up`.
    """
    now = time.monotonic()
    if now < _awake_until[0] or not look_around.get_backend().supports_defer:
        return
    _awake_until[0] = now + SOON.total_seconds()
    # What was stored is acknowledged, whatever becomes of this.
    transaction.on_commit(_look_around_soon, robust=True)


def _look_around_soon() -> None:
    if ForwardingTarget.objects.filter(state=ForwardingTarget.State.ACTIVE, removed_at=None).exists():
        look_around.using(run_after=timezone.now() + SOON).enqueue()


_awake_until = [0.0]


@task(queue_name="lrs")
def look_around() -> None:
    """Wake whatever has something to send."""
    _wake_waiting()


def wake() -> int:
    """Queue a turn for every target that has something to send and is not being sent to. Answers for how many."""
    history.forget_old()
    return _wake_waiting()


def _wake_waiting() -> int:
    return sum(_queue(target_id) for target_id in waiting())


def wake_one(target: ForwardingTarget) -> None:
    """Somebody asks for a turn with this target now. Also when one was queued: that one may be lost, and a turn too many is harmless."""
    ForwardingTarget.objects.filter(pk=target.pk).update(queued_at=timezone.now())
    forward_target.enqueue(target.pk)


def waiting() -> list[int]:
    """The targets that have something to send, and whose time it is."""
    now = timezone.now()
    free = Q(lease=None) | Q(leased_until__lt=now)
    due = Q(retry_at=None) | Q(retry_at__lte=now)
    targets = ForwardingTarget.objects.filter(free, due, state=ForwardingTarget.State.ACTIVE, removed_at=None)
    if not targets.exists():
        return []
    last = Statement.objects.aggregate(last=Max("sequence"))["last"] or 0
    behind = Q(cursor__lt=last)
    again = Q(pk__in=HeldStatement.objects.filter(due=True).exclude(state=HeldStatement.State.DISMISSED).values("target"))
    erase = Q(pk__in=ForwardedErasure.objects.filter(withdraws=True, withdrawn_at=None).values("target"))
    return list(targets.filter(behind | again | erase).order_by("pk").values_list("pk", flat=True))


def _queue(target_id: int) -> bool:
    now = timezone.now()
    queued = ForwardingTarget.objects.filter(pk=target_id).filter(Q(queued_at=None) | Q(queued_at__lt=now - LOST)).update(queued_at=now)
    if queued:
        forward_target.enqueue(target_id)
    return bool(queued)
