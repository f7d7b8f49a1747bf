"""What a target refused, and what waits behind it: to be looked at, sent again, weighed anew, or let go with a reason."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from lrs.forwarding import history
from lrs.forwarding.choosing import Chooser
from lrs.models import ForwardingTarget, HeldStatement, Statement

AT_ONCE = 500


class DismissalRefused(Exception):
    """The statement cannot be let go like this; the message tells what to do."""


def held(target: ForwardingTarget) -> QuerySet[HeldStatement]:
    """Everything that is set apart for this target and not let go."""
    return HeldStatement.objects.filter(target=target).exclude(state=HeldStatement.State.DISMISSED)


def refused(target: ForwardingTarget) -> QuerySet[HeldStatement]:
    """What the target refused, the oldest first: these are what somebody can do something about."""
    return HeldStatement.objects.filter(target=target, state=HeldStatement.State.REFUSED).order_by("sequence")


def send_again(target: ForwardingTarget, *, only: HeldStatement | None = None, by: User | None = None) -> int:
    """Have what was refused sent again, with what waits behind it; one of them, or all. Answers how many were refused."""
    rows = refused(target)
    if only is not None:
        rows = rows.filter(pk=only.pk)
    count = rows.update(due=True)
    if count:
        history.note(target, history.Kind.RESENT, detail=str(count), by=by)
    return count


def dismiss(row: HeldStatement, *, reason: str, by: User | None = None) -> None:
    """Let one go: it is not sent to this target any more, and what waits behind it is. Raises DismissalRefused."""
    if not reason.strip():
        raise DismissalRefused(_("Schrijf op waarom deze uitspraak niet meer verstuurd hoeft te worden."))
    with transaction.atomic():
        changed = HeldStatement.objects.filter(pk=row.pk, state=HeldStatement.State.REFUSED).update(
            state=HeldStatement.State.DISMISSED, reason=reason.strip()[:300], dismissed_by=by, last_attempt_at=timezone.now(), due=False
        )
        if not changed:
            raise DismissalRefused(_("Deze uitspraak is intussen verstuurd of afgehandeld."))
        held(row.target).filter(person=row.person).update(due=True)
        history.note(row.target, history.Kind.DISMISSED, detail=reason.strip(), by=by)


def weigh_again(target: ForwardingTarget) -> int:
    """Drop what the filters, as they are now, no longer let through; what waited behind it goes on. Answers how many."""
    dropped = 0
    chooser = Chooser(target)
    after = 0
    while rows := list(held(target).filter(sequence__gt=after).order_by("sequence")[:AT_ONCE]):
        after = rows[-1].sequence
        statements = list(Statement.objects.filter(sequence__in=[row.sequence for row in rows]))
        meant = {statement.sequence for statement, _person in chooser.chosen(statements)}
        gone = [row for row in rows if row.sequence not in meant]
        with transaction.atomic():
            dropped += held(target).filter(pk__in=[row.pk for row in gone]).delete()[0]
            held(target).filter(person__in={row.person for row in gone}).update(due=True)
    return dropped
