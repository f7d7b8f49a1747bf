"""What every kind of target can do: take statements, say whether it has one already, answer a test, take statements back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from accounts.outgoing.connection import AddressRefused, CallFailed
from lrs.models import ForwardingTarget


class Outcome(StrEnum):
    """What became of what was sent, and so what is to be done."""

    TAKEN = "taken"
    REFUSED = "refused"  # something in it: look for the one that it is
    CONFLICT = "conflict"  # an id in it is there already
    TOO_LARGE = "too_large"
    KEY_REFUSED = "key_refused"
    WRONG_ADDRESS = "wrong_address"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    BUSY = "busy"
    TROUBLE = "trouble"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Answer:
    """The other side's answer to what was sent."""

    outcome: Outcome
    status: int | None = None
    text: str = ""
    wait: timedelta | None = None  # how long it asks us to
    unsent: bool = False  # there was no connection: nothing can have arrived


def no_reply(failure: AddressRefused | CallFailed) -> Answer:
    """What it means when there is no answer."""
    if isinstance(failure, AddressRefused):
        return Answer(Outcome.ADDRESS_NOT_ALLOWED, None, str(failure))
    return Answer(Outcome.UNREACHABLE, None, str(failure), unsent=failure.unsent)


@dataclass(frozen=True)
class Parcel:
    """A statement as it goes to one target: its words, and in them only what that target may know."""

    sequence: int
    uuid: UUID
    person: UUID
    text: str
    document: dict[str, Any] = field(repr=False)
    voiding: bool = False
    row: dict[str, Any] = field(default_factory=dict, repr=False)  # columns for an analysis database
    sha2s: tuple[str, ...] = ()  # attachments that go along


@dataclass(frozen=True)
class Tested:
    """What a test of the connection showed, one line a step."""

    passed: bool
    answer: Answer
    about: str = ""
    may_read: bool = True


class Sender(Protocol):
    """Speaks to one target over one connection. Use it as a context."""

    def __enter__(self) -> "Sender": ...
    def __exit__(self, *_error: object) -> None: ...

    def send(self, parcels: Sequence[Parcel]) -> Answer:
        """Deliver these together. Delivering them again is harmless."""

    def has_same(self, parcel: Parcel) -> bool:
        """Whether the target already has this very statement; after a CONFLICT."""

    def withdraw(self, ids: Sequence[UUID]) -> Answer:
        """Have the target void or delete these. Harmless to repeat."""

    def test(self) -> Tested:
        """Ask something harmless."""


def sender_for(target: ForwardingTarget) -> Sender:
    """The sender of this target. Raises AddressRefused and CannotUnlock."""
    from lrs.forwarding.clickhouse import ClickHouseSender  # noqa: PLC0415 - the kinds know this module
    from lrs.forwarding.xapi import XAPISender  # noqa: PLC0415

    if target.kind == ForwardingTarget.Kind.CLICKHOUSE:
        return ClickHouseSender(target)
    return XAPISender(target)
