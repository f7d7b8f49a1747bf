"""Sets the worker to work on connections that have something to send."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django_tasks import task

from accounts.models import User
from accreditation.models import RegisterConnection, Report, ReportCall
from accreditation.reporting import outbox, sending

LOST = timedelta(minutes=10)  # a task that did not begin by then was lost


@task()
def send_reports(connection_id: int) -> None:
    """One turn with one connection; when there is more, the next turn waits its turn like any other work."""
    if sending.send(connection_id).more:
        _queue(connection_id)


def wake() -> int:
    """Queue what was newly awarded where a connection does so by itself, and a turn for every connection with something to send."""
    outbox.queue_automatically()
    return sum(_queue(connection_id) for connection_id in waiting())


def wake_one(connection: RegisterConnection) -> None:
    """Queue a turn for this connection now."""
    if connection.by_service:
        _queue(connection.pk)


def number_settled(number: str, *, actor: User | None) -> None:
    """Whose this number is was decided: let what was held because of it go on, after commit."""
    for connection in outbox.number_settled(number, actor=actor):
        transaction.on_commit(partial(wake_one, connection), robust=True)


def waiting() -> list[int]:
    """The connections that have something to send, or a call without an answer, and whose time it is."""
    now = timezone.now()
    open_calls = ReportCall.objects.filter(connection=OuterRef("pk"), closed_at=None)
    return list(
        RegisterConnection.objects.filter(
            Q(retry_at=None) | Q(retry_at__lte=now),
            Q(lease=None) | Q(leased_until__lt=now),
            Exists(Report.objects.filter(connection=OuterRef("pk"), state=Report.State.WAITING)) | Exists(open_calls),
            state=RegisterConnection.State.ACTIVE,
            transport__in=RegisterConnection.SERVICES,
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _queue(connection_id: int) -> bool:
    now = timezone.now()
    mine = RegisterConnection.objects.filter(pk=connection_id)
    queued = mine.filter(Q(queued_at=None) | Q(queued_at__lt=now - LOST)).update(queued_at=now)
    if queued:
        send_reports.enqueue(connection_id)
    return bool(queued)
