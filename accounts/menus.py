"""Pages to which a menu leads, and what one must be allowed to open each: nobody is shown a link that is refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from accounts.models import User
from accounts.permissions import Action, actions_of


@dataclass(frozen=True, slots=True)
class Place:
    """`key` is how a page says that it is the one shown; `address` the name of its URL; any of the actions opens it."""

    key: str
    label: Promise
    address: str
    actions: frozenset[Action]


Groups = Sequence[tuple[Promise, Sequence[Place]]]


def place(key: str, label: Promise, address: str, *actions: Action) -> Place:
    return Place(key, label, address, frozenset(actions))


def open_to(person: User, groups: Groups) -> list[tuple[Promise, list[Place]]]:
    """The groups of links, with only the pages that this person may open."""
    allowed = actions_of(person)
    mine = [(label, [one for one in places if one.actions & allowed]) for label, places in groups]
    return [(label, places) for label, places in mine if places]
