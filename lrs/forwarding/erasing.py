"""Erasure reaches the copies: what went to other stores of somebody who is erased here.

The standard knows no deleting. So for each target where something of this person went, or may have been on its way: a voiding
statement for each of theirs (a real delete in an analysis database), the pseudonym under which the target knew them is thrown
away, and somebody here gets the task to ask the administrator there, with the list of ids, until it is ticked off.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from lrs.actors import actor_key as key_of, actor_of
from lrs.digests import digest
from lrs.forwarding import history, telling
from lrs.models import (
    Forwarded,
    ForwardedErasure,
    ForwardingEvent,
    ForwardingPseudonym,
    ForwardingTarget,
    HeldStatement,
    Mention,
    Statement,
)
from lrs.profiles.adl import VOIDED

AT_ONCE = 2000


@dataclass(frozen=True)
class Reached:
    """One target to which statements of this person went: how many, what is done there, and the task that it leads to."""

    target: ForwardingTarget
    statements: int
    named_in: int
    voids: bool
    pseudonym: bool
    task: ForwardedErasure | None = None


def would_forget(*, learner: UUID | None = None, actor_key: str | None = None) -> list[Reached]:
    """What `forget` would do, without doing it."""
    key = _key(learner, actor_key)
    rows = []
    for target in _targets():
        own, named = _sent(target, key)
        if own or named:
            pseudonym = ForwardingPseudonym.objects.filter(target=target, person=digest(key)).exists()
            rows.append(Reached(target, len(own), len(named), _voids(target), pseudonym))
    return rows


def forget(*, learner: UUID | None = None, actor_key: str | None = None) -> list[Reached]:
    """Take this person back from every target. Call it before their statements here are changed, in the same transaction.

    Nothing of them goes out any more that was read before; what may be on its way right now counts as sent. Answers a row for each
    target that had anything; harmless to repeat, as what was asked before is not asked again.
    """
    key = _key(learner, actor_key)
    rows = []
    with transaction.atomic():
        # First: from here on no sender may send what it read before, and until the commit it waits for these rows.
        ForwardingTarget.objects.update(generation=F("generation") + 1)
        for target in _targets():
            rows += _forget_at(target, key)
    return rows


def confirm(erasure: ForwardedErasure, *, by: User | None, note: str = "") -> None:
    """The administrator of the other side said that it is done. The list of ids has served."""
    if erasure.confirmed_at:
        return
    erasure.confirmed_at, erasure.confirmed_by, erasure.note = timezone.now(), by, note.strip()[:300]
    erasure.withdraws = False
    erasure.ids = erasure.named_in = ""
    erasure.pseudonym = None
    erasure.save()
    history.note(erasure.target, ForwardingEvent.Kind.ERASURE_CONFIRMED, detail=erasure.note, by=by)


def list_for(erasure: ForwardedErasure) -> Iterator[str]:
    """The file for the administrator of the other side: what to look for, a line each."""
    if erasure.pseudonym:
        from lrs.forwarding.disguise import home_page  # noqa: PLC0415 - disguising needs the senders, erasing does not

        yield f"# account: {home_page(erasure.target)} {erasure.pseudonym}\n"
    yield "# statements of the person\n"
    yield from (f"{one}\n" for one in erasure.id_list)
    if erasure.named_in:
        yield "# other statements that name the person\n"
        yield from (f"{one}\n" for one in erasure.named_list)


def _key(learner: UUID | None, actor_key: str | None) -> str:
    if (learner is None) == (actor_key is None):
        raise ValueError("say who: a learner of ours, or the key of an actor")
    return key_of(actor_of(learner)) if learner else str(actor_key)


def _targets() -> list[ForwardingTarget]:
    """Every target that ever got anything, removed ones as well: a copy does not go away with the address."""
    return list(ForwardingTarget.objects.filter(sending_through__gt=0).order_by("pk"))


def _forget_at(target: ForwardingTarget, key: str) -> list[Reached]:
    person = digest(key)
    own, named = _sent(target, key)
    pseudonym = ForwardingPseudonym.objects.filter(target=target, person=person).first()
    HeldStatement.objects.filter(target=target, person=person).delete()
    before = {one for erasure in ForwardedErasure.objects.filter(target=target) for one in (*erasure.id_list, *erasure.named_list)}
    new_own = [one for one in own if str(one) not in before]
    new_named = [one for one in named if str(one) not in before]
    if pseudonym:
        pseudonym.delete()
    if not new_own and not new_named:
        return []
    voids = _voids(target)
    task = ForwardedErasure.objects.create(
        target=target,
        created_at=timezone.now(),
        ids="\n".join(str(one) for one in new_own),
        named_in="\n".join(str(one) for one in new_named),
        pseudonym=pseudonym.pseudonym if pseudonym else None,
        withdraws=voids and bool(new_own),
    )
    history.note(target, ForwardingEvent.Kind.ERASED, detail=str(len(new_own)))
    telling.tell_to_erase(target)
    return [Reached(target, len(new_own), len(new_named), voids, pseudonym is not None, task)]


def _voids(target: ForwardingTarget) -> bool:
    return target.voids_on_erasure and target.removed_at is None


def _sent(target: ForwardingTarget, key: str) -> tuple[list[UUID], list[UUID]]:
    """The ids of theirs that went to the target or may have, and of what else that went there names them.

    What they voided is among the latter: a voiding statement cannot be voided.
    """
    rows = Statement.objects.by_actor(key).order_by("sequence").values_list("sequence", "uuid", "verb_digest")
    own = {sequence: one for sequence, one, verb in rows if verb != digest(VOIDED)}
    other = {sequence: one for sequence, one, verb in rows if verb == digest(VOIDED)}
    naming = Mention.objects.filter(key__in=[Mention.key_of(kind, key) for kind in (Mention.Kind.OBJECT, Mention.Kind.AGENT)])
    rows_naming = Statement.objects.filter(sequence__in=naming.values("statement_id")).values_list("sequence", "uuid")
    other |= {sequence: one for sequence, one in rows_naming if sequence not in own}
    went = _went(target, [*own, *other])
    return [one for sequence, one in own.items() if sequence in went], [one for sequence, one in other.items() if sequence in went]


def _went(target: ForwardingTarget, sequences: list[int]) -> set[int]:
    went = {sequence for sequence in sequences if target.cursor < sequence <= target.sending_through}
    for place in range(0, len(sequences), AT_ONCE):
        part = sequences[place : place + AT_ONCE]
        went.update(Forwarded.objects.filter(target=target, sequence__in=part).values_list("sequence", flat=True))
        tried = HeldStatement.objects.filter(target=target, sequence__in=part, attempts__gt=0)
        went.update(tried.values_list("sequence", flat=True))
    return went
