"""Erasure reaches the copies: what went to other stores of somebody who is erased here.

The standard knows no deleting. So for each target where something of this person went, or may have been on its way: a voiding
statement for each of theirs (a real delete in an analysis database), the pseudonym under which the target knew them is thrown
away, and somebody here gets the task to ask the administrator there, with the list of ids, until it is ticked off.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from lrs.actors import actor_key as key_of, actor_of
from lrs.digests import digest
from lrs.forwarding import history, telling
from lrs.forwarding.choosing import Chooser
from lrs.forwarding.disguise import home_page
from lrs.models import (
    Erasure,
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
from lrs.redaction import Matches
from lrs.subjects import subject_from

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


def would_forget(*, learner: UUID | None = None, actor_key: str | None = None, actor_keys: Sequence[str] = ()) -> list[Reached]:
    """What `forget` would do, without doing it."""
    keys = _keys(learner, actor_key, actor_keys)
    rows = []
    for target in _targets():
        own, named = _sent(target, keys)
        if own or named:
            known = ForwardingPseudonym.objects.filter(target=target, person__in=[digest(key) for key in keys]).exists()
            rows.append(Reached(target, len(own), len(named), _voids(target), known))
    return rows


def forget(*, learner: UUID | None = None, actor_key: str | None = None, actor_keys: Sequence[str] = ()) -> list[Reached]:
    """Take this person, known by one key or several, back from every target. Call it before their statements here are changed.

    Nothing of them goes out any more that was read before; what may be on its way right now counts as sent. Answers a row for each
    target that had anything; harmless to repeat, as what was asked before is not asked again.
    """
    keys = _keys(learner, actor_key, actor_keys)
    rows = []
    with transaction.atomic():
        # First: from here on no sender may send what it read before, and until the commit it waits for these rows.
        ForwardingTarget.objects.update(generation=F("generation") + 1)
        for target in _targets():
            rows += _forget_at(target, keys)
    return rows


def being_erased() -> list[Matches]:
    """By what those are recognised who are being erased right now. What names them does not go out: it is about to be rewritten."""
    unfinished = Erasure.objects.filter(finished_at=None).exclude(subject={})
    return [subject_from(erasure.subject).matches for erasure in unfinished]


def confirm(erasure: ForwardedErasure, *, by: User | None, note: str = "") -> None:
    """The administrator of the other side said that it is done. The list of ids has served."""
    if erasure.confirmed_at:
        return
    erasure.confirmed_at, erasure.confirmed_by, erasure.note = timezone.now(), by, note.strip()[:300]
    erasure.withdraws = False
    erasure.ids = erasure.named_in = erasure.pseudonyms = ""
    erasure.save()
    history.note(erasure.target, ForwardingEvent.Kind.ERASURE_CONFIRMED, detail=erasure.note, by=by)


def list_for(erasure: ForwardedErasure) -> Iterator[str]:
    """The file for the administrator of the other side: what to look for, a line each."""
    yield from (f"# account: {home_page(erasure.target)} {pseudonym}\n" for pseudonym in erasure.pseudonyms.split())
    yield "# statements of the person\n"
    yield from (f"{one}\n" for one in erasure.id_list)
    if erasure.named_in:
        yield "# other statements that name the person\n"
        yield from (f"{one}\n" for one in erasure.named_list)


def _keys(learner: UUID | None, actor_key: str | None, actor_keys: Sequence[str]) -> list[str]:
    keys = [*([key_of(actor_of(learner))] if learner else []), *([actor_key] if actor_key else []), *actor_keys]
    if not keys:
        raise ValueError("say who: a learner of ours, or the key of an actor")
    return list(dict.fromkeys(keys))


def _targets() -> list[ForwardingTarget]:
    """Every target that ever got anything, removed ones as well: a copy does not go away with the address."""
    return list(ForwardingTarget.objects.filter(sending_through__gt=0).order_by("pk"))


def _forget_at(target: ForwardingTarget, keys: Sequence[str]) -> list[Reached]:
    persons = [digest(key) for key in keys]
    own, named = _sent(target, keys)
    HeldStatement.objects.filter(target=target, person__in=persons).delete()
    before = {one for erasure in ForwardedErasure.objects.filter(target=target) for one in (*erasure.id_list, *erasure.named_list)}
    new_own = [one for one in own if str(one) not in before]
    new_named = [one for one in named if str(one) not in before]
    known = ForwardingPseudonym.objects.filter(target=target, person__in=persons)
    pseudonyms = [str(row.pseudonym) for row in known]
    known.delete()
    if not new_own and not new_named:
        return []
    voids = _voids(target)
    task = ForwardedErasure.objects.create(
        target=target,
        created_at=timezone.now(),
        ids="\n".join(str(one) for one in new_own),
        named_in="\n".join(str(one) for one in new_named),
        pseudonyms="\n".join(pseudonyms),
        withdraws=voids and bool(new_own),
    )
    history.note(target, ForwardingEvent.Kind.ERASED, detail=str(len(new_own)))
    telling.tell_to_erase(target)
    return [Reached(target, len(new_own), len(new_named), voids, bool(pseudonyms), task)]


def _voids(target: ForwardingTarget) -> bool:
    return target.voids_on_erasure and target.removed_at is None


def _sent(target: ForwardingTarget, keys: Sequence[str]) -> tuple[list[UUID], list[UUID]]:
    """The ids of theirs that went to the target or may have, and of what else that went there names them.

    What they voided is among the latter: a voiding statement cannot be voided.
    """
    mine = Statement.objects.filter(actor_digest__in=[digest(key) for key in keys])
    rows = mine.order_by("sequence").values_list("sequence", "uuid", "verb_digest")
    own = {sequence: one for sequence, one, verb in rows if verb != digest(VOIDED)}
    other = {sequence: one for sequence, one, verb in rows if verb == digest(VOIDED)}
    kinds = (Mention.Kind.OBJECT, Mention.Kind.AGENT)
    naming = Mention.objects.filter(key__in=[Mention.key_of(kind, key) for key in keys for kind in kinds])
    rows_naming = Statement.objects.filter(sequence__in=naming.values("statement_id")).values_list("sequence", "uuid")
    other |= {sequence: one for sequence, one in rows_naming if sequence not in own}
    went = _went(target, [*own, *other])
    return [one for sequence, one in own.items() if sequence in went], [one for sequence, one in other.items() if sequence in went]


def _went(target: ForwardingTarget, sequences: list[int]) -> set[int]:
    went = set(_on_its_way(target, sequences))
    for place in range(0, len(sequences), AT_ONCE):
        part = sequences[place : place + AT_ONCE]
        went.update(Forwarded.objects.filter(target=target, sequence__in=part).values_list("sequence", flat=True))
        tried = HeldStatement.objects.filter(target=target, sequence__in=part, attempts__gt=0)
        went.update(tried.values_list("sequence", flat=True))
    return went


def _on_its_way(target: ForwardingTarget, sequences: list[int]) -> Iterator[int]:
    """Those that may have gone out without being booked, as far as the target's filters let them through."""
    between = [sequence for sequence in sequences if target.cursor < sequence <= target.sending_through]
    if not between:
        return
    # Other filters tell nothing of what went before; whether there were others is remembered no longer than the history is.
    remembered = target.created_at > timezone.now() - history.KEPT
    if not remembered or ForwardingEvent.objects.filter(target=target, kind=ForwardingEvent.Kind.CHANGED).exists():
        yield from between
        return
    meant = Statement.objects.filter(Chooser(target).rough())
    for place in range(0, len(between), AT_ONCE):
        yield from meant.filter(sequence__in=between[place : place + AT_ONCE]).values_list("sequence", flat=True)
