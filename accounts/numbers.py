"""What the room above does with a register number: look it up, tell how it stands, find out whose it is.

`accounts` does not know that room; the settings name its functions (docs/decisions/0003).
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import Register, RegisterEntry, User


class ClaimRefused(Exception):
    """The number cannot be asked for; the message tells the person what to do first."""


class Standing(Protocol):
    """How a number stands, for its owner. `tone` is one of the tag component, `href` where to answer, or empty."""

    number: str
    text: str
    tone: str
    href: str


def standings(person: User) -> Sequence[Standing]:
    """How the numbers of this person stand."""
    return _named(settings.ACCOUNTS_NUMBER_STANDINGS)(person) if settings.ACCOUNTS_NUMBER_STANDINGS else []


def saved(entry: RegisterEntry) -> None:
    """A number was added or changed."""
    if settings.ACCOUNTS_NUMBER_SAVED:
        _named(settings.ACCOUNTS_NUMBER_SAVED)(entry)


def renamed(person: User) -> None:
    """The name beside the numbers changed."""
    if settings.ACCOUNTS_NAME_CHANGED:
        _named(settings.ACCOUNTS_NAME_CHANGED)(person)


def claim(
    *, person: User, register: Register, number: str, section: str, period_start: date | None, period_end: date | None, origin: str
) -> str:
    """Ask for a number that stands with somebody else; answers what to tell the person. Raises ClaimRefused."""
    if not settings.ACCOUNTS_NUMBER_CLAIMED:
        raise ClaimRefused
    try:
        told: str = _named(settings.ACCOUNTS_NUMBER_CLAIMED)(
            person=person,
            register=register,
            number=number,
            section=section,
            period_start=period_start,
            period_end=period_end,
            origin=origin,
        )
    except ValueError as refusal:
        raise ClaimRefused(str(refusal)) from refusal
    return told


def _named(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = import_string(name)
    return found
