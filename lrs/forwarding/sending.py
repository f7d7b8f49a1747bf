"""Sends what waits for a target: at least once, and in order for each person.

A cursor walks along the order of arrival, up to where no statement can turn up any more. Only who holds the target's lease
sends; the lease ends by itself when a worker dies, and the next one begins where the last batch was booked. What was on its way
then goes out a second time under the same id, which changes nothing at the other side.

A statement that the other side refuses is set apart, and with it whatever the same person does later, so that nothing
overtakes it; everybody else goes on.
"""

import logging
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.outgoing.connection import AddressRefused
from accounts.outgoing.locks import CannotUnlock
from lrs import queries
from lrs.forwarding import history, telling
from lrs.forwarding.choosing import Chooser
from lrs.forwarding.disguise import parcels
from lrs.forwarding.erasing import being_erased
from lrs.forwarding.senders import Answer, Outcome, Parcel, Sender, sender_for
from lrs.models import Forwarded, ForwardedErasure, ForwardingTarget, HeldStatement, Statement
from lrs.redaction import has_trace

logger = logging.getLogger(__name__)

PAGE = 500
LARGEST_BATCH = 100
MOST_CHARACTERS = 1_000_000  # of statements in one request
LEASE = timedelta(minutes=4)  # longer than any request lasts, a second try included
FIRST_WAIT, LONGEST_WAIT = 30, 3600  # seconds
SMOOTH = 20  # batches that went well before they grow again
REFUSED_IN_A_ROW = 25  # after so many it is not the statements
WRONG_ADDRESS_IN_A_ROW = 3
WITHDRAWN_AT_ONCE = 50

Reason = ForwardingTarget.Reason
PAUSES: dict[Outcome, ForwardingTarget.Reason] = {
    Outcome.KEY_REFUSED: Reason.KEY_REFUSED,
    Outcome.ADDRESS_NOT_ALLOWED: Reason.ADDRESS_NOT_ALLOWED,
    Outcome.REFUSED: Reason.REFUSES_ALL,
    Outcome.CONFLICT: Reason.REFUSES_ALL,
    Outcome.TOO_LARGE: Reason.REFUSES_ALL,
}
WAITS: dict[Outcome, ForwardingTarget.Reason] = {
    Outcome.BUSY: Reason.BUSY,
    Outcome.TROUBLE: Reason.TROUBLE,
    Outcome.UNREACHABLE: Reason.UNREACHABLE,
    Outcome.WRONG_ADDRESS: Reason.WRONG_ADDRESS,
}


@dataclass
class Run:
    """What one turn of sending did."""

    sent: int = 0
    refused: int = 0
    held: int = 0
    more: bool = False  # there was more than the time allowed
    busy: bool = False  # somebody else is sending, or it is not its time


class _Stopped(Exception):
    """The other side cannot be sent to now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.outcome)
        self.answer = answer


class _Changed(Exception):
    """The target was changed, paused, or somebody was erased meanwhile: what was read before may not go out any more."""


def forward(target_id: int, *, seconds: float = 50) -> Run:
    """Send what waits for this target, for about so long. Harmless to repeat, also at the same time."""
    target = _take_lease(target_id)
    if target is None:
        return Run(busy=True)
    turn = _Turn(target)
    try:
        turn.go(until=time.monotonic() + seconds)
    finally:
        ForwardingTarget.objects.filter(pk=target.pk, lease=target.lease).update(lease=None, leased_until=None)
    return turn.run


def _take_lease(target_id: int) -> ForwardingTarget | None:
    now = timezone.now()
    lease = uuid.uuid4()
    taken = (
        ForwardingTarget.objects.filter(pk=target_id, state=ForwardingTarget.State.ACTIVE, removed_at=None)
        .filter(Q(retry_at=None) | Q(retry_at__lte=now), Q(lease=None) | Q(leased_until__lt=now))
        .update(lease=lease, leased_until=now + LEASE)
    )
    return ForwardingTarget.objects.get(pk=target_id) if taken else None


class _Turn:
    """One worker's turn with one target."""

    def __init__(self, target: ForwardingTarget) -> None:
        self.target = target
        self.lease = target.lease
        self.run = Run()

    def go(self, *, until: float) -> None:
        try:
            self._go(until=until)
        except _Changed:
            # The next turn begins with what the target is now; where it then goes on from is booked.
            self.run.more = True

    def _go(self, *, until: float) -> None:
        try:
            sender = sender_for(self.target)
        except CannotUnlock:
            self._pause(Reason.SECRET_UNREADABLE, Answer(Outcome.TROUBLE))
            return
        except AddressRefused as refusal:
            self._pause(Reason.ADDRESS_NOT_ALLOWED, Answer(Outcome.ADDRESS_NOT_ALLOWED, None, str(refusal)))
            return
        with sender:
            while True:
                try:
                    more = self._withdraw_erased(sender) or self._send_held_again(sender) or self._send_page(sender, until=until)
                except _Stopped as stop:
                    self._stumble(stop.answer)
                    return
                if not more:
                    return
                if time.monotonic() >= until:
                    self.run.more = True
                    return

    # --- Forward ------------------------------------------------------------------------------------------------------

    def _send_page(self, sender: Sender, *, until: float) -> bool:
        """The next statements in the order of arrival; answers whether there may be more after them."""
        target = self.target
        through = queries.settled_through()
        if through <= target.cursor:
            return False
        chooser = Chooser(target)
        page = list(
            Statement.objects.filter(chooser.rough(), sequence__gt=target.cursor, sequence__lte=through).order_by("sequence")[:PAGE]
        )
        end = page[-1].sequence if len(page) == PAGE else through
        page, end, full = _before_erased(page, end, len(page) == PAGE)
        there = self._already_there([statement.sequence for statement in page])
        chosen = [(statement, person) for statement, person in chooser.chosen(page) if statement.sequence not in there]
        blocked = self._blocked({person for _, person in chosen})
        going = [(statement, person) for statement, person in chosen if person not in blocked]
        waiting = [(statement.sequence, person) for statement, person in chosen if person in blocked]
        ready = parcels(target, [statement for statement, _ in going], persons={one.sequence: person for one, person in going})
        place = 0
        while place < len(ready):
            batch = self._batch(ready, place)
            place += len(batch)
            last = batch[-1].sequence if place < len(ready) else end
            delivery = self._deliver(sender, [parcel for parcel in batch if parcel.person not in blocked])
            delivery.held += [parcel for parcel in batch if parcel.person in blocked]
            blocked |= delivery.blocked
            now_waiting = [pair for pair in waiting if pair[0] <= last]
            waiting = waiting[len(now_waiting) :]
            self._book(delivery, waiting=now_waiting, cursor=None if delivery.stop else last)
            if delivery.stop:
                raise _Stopped(delivery.stop)
            if time.monotonic() >= until and place < len(ready):
                return True
        if target.cursor < end:
            self._book(_Delivery(), waiting=waiting, cursor=end)
        return full

    def _batch(self, ready: Sequence[Parcel], place: int) -> list[Parcel]:
        """As many as go in one request: a single one as a probe after trouble."""
        size = 1 if self.target.failures else self.target.batch_size
        batch: list[Parcel] = []
        characters = 0
        for parcel in ready[place : place + size]:
            characters += len(parcel.text)
            if batch and (characters > MOST_CHARACTERS or parcel.sha2s):
                break
            batch.append(parcel)
            if parcel.sha2s:  # bytes of unknown size: such a statement ends its batch
                break
        return batch

    def _already_there(self, sequences: list[int]) -> set[int]:
        """What was booked before a turn was broken off in the middle of a page."""
        mine = {"target": self.target, "sequence__in": sequences}
        sent = Forwarded.objects.filter(**mine).values_list("sequence", flat=True)
        return {*sent, *HeldStatement.objects.filter(**mine).values_list("sequence", flat=True)}

    def _blocked(self, persons: set[UUID]) -> set[UUID]:
        """Who has a statement set apart: what they did later waits for it."""
        held = HeldStatement.objects.filter(target=self.target).exclude(state=HeldStatement.State.DISMISSED)
        # Usually nobody: then one look at an index is enough.
        return set(held.filter(person__in=persons).values_list("person", flat=True)) if persons and held.exists() else set()

    def _deliver(self, sender: Sender, batch: list[Parcel]) -> "_Delivery":
        """Send a batch; when something in it is refused, look for what it is. Never raises for an answer: `stop` has it."""
        delivery = _Delivery()
        try:
            self._deliver_part(sender, batch, delivery)
        except _Stopped as stop:
            delivery.stop = stop.answer
        return delivery

    def _deliver_part(self, sender: Sender, batch: list[Parcel], delivery: "_Delivery") -> None:
        if not batch:
            return
        before = self.target.sending_through
        self._renew(through=batch[-1].sequence)
        answer = sender.send(batch)
        if answer.unsent:
            self._take_back(before)
        if answer.outcome == Outcome.TAKEN:
            delivery.taken += batch
            self.target.refusals = 0
            return
        # Our own kind of store answers 403 to voiding what somebody else wrote: that is about the statement, not about the key.
        about_voiding = answer.outcome == Outcome.KEY_REFUSED and answer.status == 403 and any(parcel.voiding for parcel in batch)
        if answer.outcome not in (Outcome.REFUSED, Outcome.CONFLICT, Outcome.TOO_LARGE) and not about_voiding:
            raise _Stopped(answer)
        if len(batch) == 1:
            self._settle_single(sender, batch[0], answer, delivery)
            return
        middle = len(batch) // 2
        if answer.outcome == Outcome.TOO_LARGE:
            self.target.batch_size, self.target.smooth = min(self.target.batch_size, middle), 0
        self._deliver_part(sender, batch[:middle], delivery)
        rest = batch[middle:]
        delivery.held += [parcel for parcel in rest if parcel.person in delivery.blocked]
        self._deliver_part(sender, [parcel for parcel in rest if parcel.person not in delivery.blocked], delivery)

    def _settle_single(self, sender: Sender, parcel: Parcel, answer: Answer, delivery: "_Delivery") -> None:
        if answer.outcome == Outcome.CONFLICT:
            self._renew(through=parcel.sequence)
            if sender.has_same(parcel):
                delivery.taken.append(parcel)
                return
        delivery.refused.append((parcel, answer))
        delivery.blocked.add(parcel.person)
        self.target.refusals += 1
        if self.target.refusals >= REFUSED_IN_A_ROW:
            raise _Stopped(Answer(Outcome.REFUSED, answer.status, answer.text))

    def _renew(self, *, through: int) -> None:
        """Hold the lease a while longer, and say how far what goes out now reaches. Raises _Changed when it may not go out."""
        renewed = ForwardingTarget.objects.filter(
            pk=self.target.pk,
            lease=self.lease,
            generation=self.target.generation,
            state=ForwardingTarget.State.ACTIVE,
            removed_at=None,
        ).update(leased_until=timezone.now() + LEASE, sending_through=Greatest(F("sending_through"), through))
        if not renewed:
            raise _Changed
        self.target.sending_through = max(self.target.sending_through, through)

    def _take_back(self, before: int) -> None:
        """Nothing went out after all: whose statements these are need not hear that they may be elsewhere."""
        ForwardingTarget.objects.filter(pk=self.target.pk, lease=self.lease, generation=self.target.generation).update(
            sending_through=before
        )
        self.target.sending_through = before

    def _book(self, delivery: "_Delivery", *, waiting: list[tuple[int, UUID]], cursor: int | None) -> None:
        """Write down what became of a batch, all of it or nothing, as long as the target is still ours."""
        target = self.target
        now = timezone.now()
        went_well = bool(delivery.taken) and delivery.stop is None
        recovered = bool(delivery.taken) and target.failures > 0
        if delivery.taken:
            target.failures = 0
        if went_well:
            self._grow()
        with transaction.atomic():
            booked = ForwardingTarget.objects.filter(pk=target.pk, lease=self.lease, generation=target.generation).update(
                cursor=target.cursor if cursor is None else cursor,
                batch_size=target.batch_size,
                smooth=target.smooth,
                refusals=target.refusals,
                failures=target.failures,
                **({"retry_at": None, "last_success_at": now} if delivery.taken else {}),
            )
            if not booked:
                raise _Changed
            Forwarded.objects.bulk_create(
                [Forwarded(target=target, sequence=parcel.sequence) for parcel in delivery.taken], ignore_conflicts=True
            )
            held = [_refused(target, parcel, answer) for parcel, answer in delivery.refused]
            held += [_waiting(target, parcel.sequence, parcel.person) for parcel in delivery.held]
            held += [_waiting(target, sequence, person) for sequence, person in waiting]
            HeldStatement.objects.bulk_create(held, ignore_conflicts=True)
            history.count(target, sent=len(delivery.taken), refused=len(delivery.refused))
            if recovered:
                history.note(target, history.Kind.RECOVERED)
        if cursor is not None:
            target.cursor = cursor
        self.run.sent += len(delivery.taken)
        self.run.refused += len(delivery.refused)
        self.run.held += len(held) - len(delivery.refused)

    def _grow(self) -> None:
        """After a while without trouble batches grow again to what they were before a 413."""
        target = self.target
        target.smooth += 1
        if target.smooth >= SMOOTH and target.batch_size < LARGEST_BATCH:
            target.batch_size, target.smooth = min(target.batch_size * 2, LARGEST_BATCH), 0
        target.smooth = min(target.smooth, SMOOTH)

    # --- What was set apart, and what has to go -----------------------------------------------------------------------

    def _send_held_again(self, sender: Sender) -> bool:
        """Somebody asked for it: for one person, what was set apart, in order. Answers whether there was anything."""
        target = self.target
        mine = HeldStatement.objects.filter(target=target).exclude(state=HeldStatement.State.DISMISSED)
        first = mine.filter(due=True).order_by("sequence").first()
        if first is None:
            return False
        # All of theirs: when it breaks off half-way, what is left has to go on, also when the refused one is through.
        mine.filter(person=first.person).update(due=True)
        rows = list(mine.filter(person=first.person).order_by("sequence")[:PAGE])
        statements = Statement.objects.in_bulk([row.sequence for row in rows])
        in_order = sorted(statements.values(), key=lambda one: one.sequence)
        if len(_before_erased(in_order, 0, False)[0]) < len(in_order):
            return False
        present = [statements[row.sequence] for row in rows if row.sequence in statements]
        meant = {statement.sequence for statement, _ in Chooser(target).chosen(present)}
        # The filters changed meanwhile, or the statement is no longer there: then nothing waits for it.
        dropped = [row.pk for row in rows if row.sequence not in meant]
        HeldStatement.objects.filter(pk__in=dropped).delete()
        ready = parcels(target, [one for one in present if one.sequence in meant], persons={one.sequence: first.person for one in present})
        place = 0
        while place < len(ready):
            batch = self._batch(ready, place)
            place += len(batch)
            delivery = self._deliver(sender, batch)
            self._book_held(delivery)
            if delivery.stop:
                raise _Stopped(delivery.stop)
            if delivery.refused:
                mine.filter(person=first.person).update(due=False)
                return True
        mine.filter(person=first.person).update(due=len(rows) == PAGE)
        return True

    def _book_held(self, delivery: "_Delivery") -> None:
        """What was taken is held no longer; what was refused again says why."""
        with transaction.atomic():
            for parcel, answer in delivery.refused:
                HeldStatement.objects.filter(target=self.target, sequence=parcel.sequence).update(
                    state=HeldStatement.State.REFUSED,
                    attempts=F("attempts") + 1,
                    status=answer.status,
                    answer=answer.text,
                    last_attempt_at=timezone.now(),
                    due=False,
                )
            HeldStatement.objects.filter(target=self.target, sequence__in=[parcel.sequence for parcel in delivery.taken]).delete()
            self._book(_Delivery(taken=delivery.taken, stop=delivery.stop), waiting=[], cursor=None)
            history.count(self.target, refused=len(delivery.refused))
        self.run.refused += len(delivery.refused)

    def _withdraw_erased(self, sender: Sender) -> bool:
        """Somebody was erased here: take back there what was sent of them. Answers whether there was anything."""
        erasure = ForwardedErasure.objects.filter(target=self.target, withdraws=True, withdrawn_at=None).order_by("pk").first()
        if erasure is None:
            return False
        ids = [UUID(one) for one in erasure.id_list]
        part = ids[erasure.withdrawn : erasure.withdrawn + WITHDRAWN_AT_ONCE]
        if part:
            self._renew(through=0)
            answer = sender.withdraw(part)
            if answer.outcome in (Outcome.REFUSED, Outcome.KEY_REFUSED, Outcome.TOO_LARGE) and len(part) > 1:
                part = part[:1]
                self._renew(through=0)
                answer = sender.withdraw(part)
            refused = answer.outcome in (Outcome.REFUSED, Outcome.TOO_LARGE) or (
                answer.outcome == Outcome.KEY_REFUSED and answer.status == 403
            )
            if refused:
                # It will not do this for us. The administrator there still can; the task stays open until they did.
                erasure.withdraw_answer = answer.text
            elif answer.outcome not in (Outcome.TAKEN, Outcome.CONFLICT):
                raise _Stopped(answer)
            erasure.withdrawn += 0 if refused else len(part)
            if refused:
                erasure.withdraws = False
        if erasure.withdrawn >= len(ids):
            erasure.withdrawn_at = timezone.now()
        erasure.save(update_fields=["withdrawn", "withdrawn_at", "withdraw_answer", "withdraws"])
        return True

    # --- Trouble ------------------------------------------------------------------------------------------------------

    def _stumble(self, answer: Answer) -> None:
        """Wait and try again by itself, or stop and tell somebody, whichever the answer asks for."""
        target = self.target
        if answer.outcome in PAUSES:
            self._pause(PAUSES[answer.outcome], answer)
            return
        reason = WAITS[answer.outcome]
        again = target.failures > 0 and target.last_error == reason
        if answer.outcome != Outcome.BUSY:
            target.failures += 1
        if answer.outcome == Outcome.WRONG_ADDRESS and target.failures >= WRONG_ADDRESS_IN_A_ROW:
            self._pause(reason, answer)
            return
        wait = answer.wait if answer.wait is not None else back_off(target.failures)
        retry_at = timezone.now() + wait
        self._note_error(reason, answer, retry_at=retry_at, failures=target.failures)
        history.count(target, failures=1)
        if not again:
            history.note(target, history.Kind.STUMBLED, reason=reason, detail=answer.text)

    def _pause(self, reason: ForwardingTarget.Reason, answer: Answer) -> None:
        self._note_error(reason, answer, state=ForwardingTarget.State.PAUSED, reason=reason, retry_at=None, failures=self.target.failures)
        history.count(self.target, failures=1)
        history.note(self.target, history.Kind.STOPPED, reason=reason, detail=answer.text)
        telling.tell_that_it_stopped(self.target, reason)

    def _note_error(self, error: ForwardingTarget.Reason, answer: Answer, **fields: object) -> None:
        """Raises _Changed when somebody mended or paused the target meanwhile.

        Trouble with what it was must not hold up what it is, nor have it go on by itself once that is mended, when somebody paused it.
        """
        logger.warning("Forwarding to target %s: %s (status %s)", self.target.pk, error, answer.status)
        noted = ForwardingTarget.objects.filter(
            pk=self.target.pk, lease=self.lease, generation=self.target.generation, state=ForwardingTarget.State.ACTIVE
        ).update(
            last_error=error,
            last_error_at=timezone.now(),
            last_status=answer.status,
            last_answer=answer.text,
            **fields,
        )
        if not noted:
            raise _Changed


def _before_erased(page: list[Statement], end: int, full: bool) -> tuple[list[Statement], int, bool]:
    """What comes before the first statement that names somebody who is being erased. The rest goes when it has been rewritten."""
    erased = being_erased()
    for place, statement in enumerate(page if erased else ()):
        if any(has_trace(statement.document, matches=matches) for matches in erased):
            return page[:place], statement.sequence - 1, False
    return page, end, full


class _Delivery:
    """What became of a batch."""

    def __init__(self, taken: list[Parcel] | None = None, stop: Answer | None = None) -> None:
        self.taken: list[Parcel] = taken or []
        self.refused: list[tuple[Parcel, Answer]] = []
        self.held: list[Parcel] = []
        self.blocked: set[UUID] = set()
        self.stop = stop


def back_off(failures: int) -> timedelta:
    """Twice as long each time, up to an hour, and never exactly: many senders must not come back in step."""
    seconds = min(FIRST_WAIT * 2 ** min(max(failures - 1, 0), 12), LONGEST_WAIT)
    return timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311 - not a secret


def _refused(target: ForwardingTarget, parcel: Parcel, answer: Answer) -> HeldStatement:
    now = timezone.now()
    return HeldStatement(
        target=target,
        sequence=parcel.sequence,
        person=parcel.person,
        state=HeldStatement.State.REFUSED,
        attempts=1,
        status=answer.status,
        answer=answer.text,
        since=now,
        last_attempt_at=now,
    )


def _waiting(target: ForwardingTarget, sequence: int, person: UUID) -> HeldStatement:
    return HeldStatement(target=target, sequence=sequence, person=person, state=HeldStatement.State.WAITING, since=timezone.now())


__all__ = ["Run", "back_off", "forward"]
