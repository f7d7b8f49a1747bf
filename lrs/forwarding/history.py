"""What happened to a target, and how much went to it: what its page shows."""

from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from lrs.models import ForwardingEvent, ForwardingHour, ForwardingTarget

Kind = ForwardingEvent.Kind
KEPT = timedelta(days=90)


def note(target: ForwardingTarget, kind: ForwardingEvent.Kind, *, reason: str = "", detail: str = "", by: User | None = None) -> None:
    """Add a line to the history of a target."""
    ForwardingEvent.objects.create(target=target, at=timezone.now(), kind=kind, reason=reason, detail=detail[:300], by=by)


def count(target: ForwardingTarget, *, sent: int = 0, refused: int = 0, failures: int = 0) -> None:
    """Add to the figures of this hour. Only who holds the lease of the target does."""
    if not (sent or refused or failures):
        return
    hour = hour_of(timezone.now())
    changed = ForwardingHour.objects.filter(target=target, hour=hour).update(
        sent=F("sent") + sent, refused=F("refused") + refused, failures=F("failures") + failures
    )
    if not changed:
        ForwardingHour.objects.create(target=target, hour=hour, sent=sent, refused=refused, failures=failures)


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def of(target: ForwardingTarget) -> QuerySet[ForwardingEvent]:
    """The history, latest first."""
    return ForwardingEvent.objects.filter(target=target).select_related("by").order_by("-at", "-pk")


def forget_old() -> None:
    """Figures and history are kept for three months."""
    ForwardingHour.objects.filter(hour__lt=timezone.now() - KEPT).delete()
    ForwardingEvent.objects.filter(at__lt=timezone.now() - KEPT).delete()
