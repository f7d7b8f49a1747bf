"""Makes and changes targets, and stops, starts and tests them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.outgoing.connection import AddressRefused, check_address
from accounts.outgoing.locks import CannotUnlock, locked
from accounts.permissions import Action, organisations_where
from lrs import queries, sequence
from lrs.forwarding import history
from lrs.forwarding.clickhouse import TABLE
from lrs.forwarding.senders import Answer, Outcome, Tested, sender_for
from lrs.models import Forwarded, ForwardingTarget, HeldStatement

State, Reason, Reach = ForwardingTarget.State, ForwardingTarget.Reason, ForwardingTarget.Reach

# Other words in these mean that what was read before may no longer go out as it was.
SETTINGS = (
    *("name", "kind", "organisation", "endpoint", "version", "table", "allows_private", "reach", "verbs", "activities", "sources"),
    *("credential", "actors", "with_attachments", "voids_on_erasure"),
)
# Where it goes, and how: with another one of these, trouble with the old one says nothing any more.
WAY = frozenset({"kind", "endpoint", "version", "table", "allows_private"})


class TargetRefused(Exception):
    """The target cannot be made or changed like this; the message tells what to do, `field` where."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Login:
    """The key and secret that the other side gave us."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return "Login(…)"


def managed_by(user: User, *, removed_too: bool = False) -> QuerySet[ForwardingTarget]:
    """The targets of the organisations for which this person may forward; all of them for a superuser."""
    targets = ForwardingTarget.objects.all() if removed_too else ForwardingTarget.objects.filter(removed_at=None)
    if user.is_superuser:
        return targets
    return targets.filter(organisation__in=organisations_where(user, Action.FORWARD_RECORDS))


def make(*, login: Login, by: User | None, since: datetime | None = None, backlog: bool = False, **fields: Any) -> ForwardingTarget:
    """Make a target that gets what comes in from now on, or since some moment, or (`backlog`) everything there is.

    `fields` are those of SETTINGS. Raises TargetRefused.
    """
    target = ForwardingTarget(**_only_settings(fields))
    if target.allows_private and not _all_powerful(by):
        raise TargetRefused(_("Alleen een superuser kan een adres in het eigen netwerk toestaan."), "endpoint")
    _check(target, by=by)
    target.key_locked, target.secret_locked = locked(login.key), locked(login.secret)
    target.cursor = _beginning(since, backlog=backlog)
    with transaction.atomic():
        target.save()
        history.note(target, history.Kind.MADE, by=by)
    return target


def change(target: ForwardingTarget, *, login: Login | None, by: User | None, **fields: Any) -> ForwardingTarget:
    """Change a target. Without a login the old one stays, but never for another address: it would be told to whoever is there.

    With another address or login it goes on at once, also when it had stopped by itself; what somebody paused stays paused.
    """
    before = {name: getattr(target, name) for name in SETTINGS}
    for name, value in _only_settings(fields).items():
        setattr(target, name, value)
    if not _all_powerful(by):
        # What a superuser allowed holds for the address that they looked at.
        target.allows_private = before["allows_private"] and _origin(before["endpoint"]) == _origin(target.endpoint)
    _check(target, by=by)
    if login is None and _origin(before["endpoint"]) != _origin(target.endpoint):
        raise TargetRefused(_("Vul ook sleutel en geheim in: die van het oude adres sturen we niet naar een ander adres."), "secret")
    changed = [name for name in SETTINGS if getattr(target, name) != before[name]]
    fields_to_save = list(changed)
    if login is not None:
        target.key_locked, target.secret_locked = locked(login.key), locked(login.secret)
        fields_to_save += ["key_locked", "secret_locked"]
    if fields_to_save:
        with transaction.atomic():
            target.save(update_fields=fields_to_save)
            ForwardingTarget.objects.filter(pk=target.pk).update(generation=F("generation") + 1)
            history.note(target, history.Kind.CHANGED, by=by)
            if login is not None or WAY.intersection(changed):
                _begin_afresh(target, by=by)
    return target


def _begin_afresh(target: ForwardingTarget, *, by: User | None) -> None:
    ForwardingTarget.objects.filter(pk=target.pk).update(retry_at=None, failures=0, refusals=0)
    by_itself = ForwardingTarget.objects.filter(pk=target.pk, state=State.PAUSED).exclude(reason__in=[Reason.BY_HAND, Reason.NONE])
    if by_itself.exists():
        resume(target, by=by)


def pause(target: ForwardingTarget, *, by: User | None) -> None:
    """Stop sending until somebody resumes. Everything waits where it is."""
    changed = ForwardingTarget.objects.filter(pk=target.pk, state=State.ACTIVE).update(state=State.PAUSED, reason=Reason.BY_HAND)
    if changed:
        history.note(target, history.Kind.PAUSED, by=by)


def resume(target: ForwardingTarget, *, by: User | None) -> None:
    """Go on where it stopped, at once."""
    changed = ForwardingTarget.objects.filter(pk=target.pk, state=State.PAUSED, removed_at=None).update(
        state=State.ACTIVE, reason=Reason.NONE, retry_at=None, failures=0, refusals=0
    )
    if changed:
        history.note(target, history.Kind.RESUMED, by=by)


def try_now(target: ForwardingTarget) -> None:
    """Do not wait for the next try."""
    ForwardingTarget.objects.filter(pk=target.pk).update(retry_at=None)


def begin_again(target: ForwardingTarget, *, since: datetime | None, by: User | None) -> None:
    """Send what came in since then once more, or all of it: for a store that lost what it had. What it still has stays as it is."""
    beginning = sequence.at(since) if since else 0
    with transaction.atomic():
        ForwardingTarget.objects.filter(pk=target.pk, cursor__gt=beginning).update(
            # What went out before stays known as such, or erasure would miss it until it went out again.
            sending_through=Greatest(F("sending_through"), F("cursor")),
            cursor=beginning,
            generation=F("generation") + 1,
        )
        Forwarded.objects.filter(target=target, sequence__gte=beginning).delete()
        HeldStatement.objects.filter(target=target, sequence__gte=beginning).delete()
        history.note(target, history.Kind.REWOUND, by=by)


def remove(target: ForwardingTarget, *, by: User | None) -> None:
    """Forward no more, and forget key and secret. What went there stays known, so that erasure can still ask for it."""
    with transaction.atomic():
        ForwardingTarget.objects.filter(pk=target.pk).update(
            removed_at=timezone.now(), state=State.PAUSED, key_locked="", secret_locked="", generation=F("generation") + 1
        )
        HeldStatement.objects.filter(target=target).delete()
        history.note(target, history.Kind.REMOVED, by=by)


def test(target: ForwardingTarget, *, by: User | None) -> Tested:
    """Ask the other side something harmless with the key we have."""
    try:
        with sender_for(target) as sender:
            tested = sender.test()
    except CannotUnlock:
        tested = Tested(passed=False, answer=Answer(Outcome.KEY_REFUSED))
    except AddressRefused as refusal:
        tested = Tested(passed=False, answer=Answer(Outcome.ADDRESS_NOT_ALLOWED, None, str(refusal)))
    history.note(target, history.Kind.TESTED, reason="" if tested.passed else _reason_of(tested.answer), detail=tested.answer.text, by=by)
    return tested


def _reason_of(answer: Answer) -> str:
    return answer.outcome.value if answer.outcome.value in Reason.values else Reason.TROUBLE


def _beginning(since: datetime | None, *, backlog: bool) -> int:
    if backlog:
        return 0
    return sequence.at(since) - 1 if since else queries.settled_through()


def _only_settings(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = set(fields) - set(SETTINGS)
    if unknown:
        raise TypeError(f"not settings of a target: {sorted(unknown)}")
    return {**fields, **({"endpoint": str(fields["endpoint"]).strip().rstrip("/")} if "endpoint" in fields else {})}


def _check(target: ForwardingTarget, *, by: User | None) -> None:
    try:
        check_address(target.endpoint)
    except AddressRefused as refusal:
        raise TargetRefused(str(refusal), "endpoint") from None
    if target.kind == ForwardingTarget.Kind.CLICKHOUSE and not TABLE.fullmatch(target.table):
        raise TargetRefused(_("Vul de naam van de tabel in, bijvoorbeeld leren.statements."), "table")
    _check_reach(target, target.organisation, by=by)


def _all_powerful(by: User | None) -> bool:
    return by is None or by.is_superuser  # without a person: the command line


def _origin(endpoint: str) -> tuple[str, str, int | None]:
    parts = urlsplit(endpoint)
    return parts.scheme, (parts.hostname or "").lower(), parts.port


def _check_reach(target: ForwardingTarget, organisation: Organisation | None, *, by: User | None) -> None:
    all_powerful = _all_powerful(by)
    if organisation is None or target.reach == Reach.EVERYTHING:
        if not all_powerful:
            raise TargetRefused(_("Kies een organisatie van jou."), "organisation")
        if organisation is None and target.reach != Reach.EVERYTHING:
            raise TargetRefused(_("Zonder organisatie gaat alles mee. Kies ‘alles’, of kies een organisatie."), "reach")
    elif target.credential and target.credential.organisation_id != organisation.pk and not all_powerful:
        raise TargetRefused(_("Deze sleutel is niet van de gekozen organisatie."), "credential")


__all__ = ["Login", "TargetRefused", "begin_again", "change", "make", "managed_by", "pause", "remove", "resume", "test", "try_now"]
