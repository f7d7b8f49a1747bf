"""Which counts stay hidden, so that no group of fewer than five people can be read from a table, nor reckoned from it.

A table divides a whole into groups and shows the whole as well: a single hidden group would follow from the total minus the others. So
besides the small groups the next larger one is hidden too, until what is hidden together is at least two groups and at least five people.
Whoever looks cannot tell which of the hidden groups is the small one. (Complementary cell suppression in one dimension; two tables of the
same whole along different lines share nothing but that whole. Why there is no second dimension: docs/decisions/0034.)
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

SMALLEST = 5  # also what evaluations are shown from (courses.work.evaluating)


@dataclass(frozen=True, slots=True)
class Group:
    """How many things were counted, and how many different people they are of."""

    count: int = 0
    people: int = 0

    @property
    def is_small(self) -> bool:
        """Nobody is no small group: that there is nothing says nothing about anyone."""
        return 0 < self.people < SMALLEST


def hidden(groups: Mapping[K, Group], *, together: Callable[[set[K]], int], sizes: Mapping[K, int] | None = None) -> set[K]:
    """The groups to hide. `together` answers how many different people are in some of the groups: one person may be in several.

    `sizes` decides which larger group is hidden besides a small one, the smallest first. Tables that count nearly the same, such as
    certificates and the points that came with them, are given the same sizes: were another group hidden in each, one table would give
    away what the other hides.
    """
    kept_back = {key for key, group in groups.items() if group.is_small}
    if not kept_back:
        return kept_back
    rank = sizes if sizes is not None else {key: group.people for key, group in groups.items()}
    # The key decides between equals, so that a second look hides the same.
    others = sorted((key for key, group in groups.items() if group.people >= SMALLEST), key=lambda key: (rank.get(key, 0), str(key)))
    while others and (len(kept_back) < 2 or _people(kept_back, groups, together) < SMALLEST):
        kept_back.add(others.pop(0))
    return kept_back


def _people(keys: set[K], groups: Mapping[K, Group], together: Callable[[set[K]], int]) -> int:
    largest = max(groups[key].people for key in keys)
    return largest if largest >= SMALLEST else together(keys)
