"""One answer for any person, register and day: what counts, what does not and why, what is missing, and until when.

Pure: rows and a rule go in, an `Evaluation` comes out; nothing is read from the database or the clock here. Days are Amsterdam's dates
(`amsterdam_date`): what is completed at 23:30 UTC on 31 December counts in the next year. Both the first and the last day of a period count.

Rules used, in this order, for each row (oldest first, so that the order in which rows are read does not matter):

1. a row that was undone does not count, and neither does the row that undid it;
2. a row outside the period does not count;
3. a row of a category that the rule does not know does not count;
4. in a category for accredited education, a row counts only if it was accredited on its day;
5. what is claimed twice counts once: of several claims to the same thing the largest stands, an award before somebody's own evidence;
6. where a category counts a number of times only, its largest rows count;
7. the rest counts as far as the maximum of its category, and of the categories around it, still has room.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZERO = Decimal(0)

# Where a row comes from and its key there: ("award", 12), ("evidence", 7). Sortable, so that two rows of one day have an order.
RowKey = tuple[str, int]


def amsterdam_date(moment: datetime) -> date:
    """The date that a moment has in Amsterdam, which is the one that registers count with."""
    return moment.astimezone(AMSTERDAM).date()


class Reason(StrEnum):
    """Why (part of) a row does not count."""

    UNDONE = "undone"
    UNDOES = "undoes"
    BEFORE_PERIOD = "before_period"
    AFTER_PERIOD = "after_period"
    UNKNOWN_CATEGORY = "unknown_category"
    NOT_ACCREDITED = "not_accredited"
    DUPLICATE = "duplicate"
    COUNTED_OFTEN_ENOUGH = "counted_often_enough"
    CAP_REACHED = "cap_reached"


class Row(NamedTuple):
    """One row of the points ledger or of somebody's own evidence, as far as a rule is concerned.

    `accredited`: whether it was accredited education on its day. `once` names the thing that can count one time only (an accreditation);
    `claim` tells the claims to it apart, because one accreditation may give an award in each of several categories. Empty: no other claim.
    """

    id: RowKey
    category: str
    points: Decimal
    on: date
    reverses: RowKey | None = None
    accredited: bool = True
    once: str = ""
    claim: str = ""

    @property
    def source(self) -> str:
        """Where the row comes from: "award" or "evidence"."""
        return self.id[0]


@dataclass(frozen=True, slots=True)
class Category:
    """What the rule says of one category. `part_of` names the category in which it counts too; `times` how many of its rows count at most."""

    code: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    part_of: str | None = None
    name: str = ""
    confirmed: bool = True
    accredited: bool = False
    times: int | None = None


@dataclass(frozen=True)
class Rule:
    """What a register asks in all over one period."""

    total: Decimal
    categories: tuple[Category, ...]

    def __post_init__(self) -> None:
        codes = {category.code for category in self.categories}
        for category in self.categories:
            if category.part_of is not None and category.part_of not in codes:
                raise ValueError(f"category {category.code} is part of {category.part_of}, which the rule does not name")

    @cached_property
    def around(self) -> dict[str, list[str]]:
        """Each category with all those it is part of, from the inside out; worked out once for all the people it judges."""
        return {category.code: _around(category, self.categories) for category in self.categories}

    @cached_property
    def innermost_first(self) -> list[Category]:
        return sorted(self.categories, key=lambda category: -len(self.around[category.code]))

    @cached_property
    def for_accredited(self) -> frozenset[str]:
        return frozenset(category.code for category in self.categories if category.accredited)

    @cached_property
    def times(self) -> dict[str, int]:
        return {category.code: category.times for category in self.categories if category.times is not None}

    @cached_property
    def capped(self) -> dict[str, list[str]]:
        """Of each category the maxima on its path."""
        limited = {category.code for category in self.categories if category.maximum is not None}
        return {code: [outer for outer in path if outer in limited] for code, path in self.around.items()}

    @cached_property
    def maxima(self) -> dict[str, Decimal]:
        return {category.code: category.maximum for category in self.categories if category.maximum is not None}


class Counted(NamedTuple):
    """What became of one row: `counted` of its points count; the rest does not, for `reason`."""

    row: Row
    counted: Decimal
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class CategoryResult:
    """One category: `reached` counts (its parts included), `missing` is what its minimum still asks."""

    category: Category
    reached: Decimal
    missing: Decimal
    left_out: Decimal


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole answer. `missing` is what the total still asks; `complete` needs every minimum too; `last_day` is until when."""

    rule: Rule
    first_day: date
    last_day: date
    day: date
    total: Decimal
    missing: Decimal
    categories: tuple[CategoryResult, ...]
    rows: tuple[Counted, ...] = field(default=())

    @property
    def complete(self) -> bool:
        return self.missing == ZERO and all(result.missing == ZERO for result in self.categories)

    @property
    def closed(self) -> bool:
        """Whether the period is over."""
        return self.day > self.last_day

    @property
    def gap(self) -> Decimal:
        """To compare by: what the total misses and what every minimum misses, added up. Nought is complete; `needed` is what to tell."""
        return sum((result.missing for result in self.categories), self.missing)

    @property
    def needed(self) -> Decimal:
        """The fewest further points with which all is met: what a minimum asks counts for the total too, and for what is around it."""

        def within(code: str | None) -> Decimal:
            parts = [result for result in self.categories if result.category.part_of == code]
            return sum((max(result.missing, within(result.category.code)) for result in parts), ZERO)

        return max(self.missing, within(None))

    def of(self, code: str) -> CategoryResult:
        return next(result for result in self.categories if result.category.code == code)


def evaluate(rows: Iterable[Row], *, rule: Rule, first_day: date, last_day: date, day: date) -> Evaluation:
    """What these ledger rows are worth under this rule, in the period from `first_day` to `last_day` (both included), seen on `day`.

    `day` says only whether the period is over: rows later than `day` count when the period holds them.
    """
    ordered = sorted(rows, key=_when)
    out = _left_out_whole(ordered, rule=rule, first_day=first_day, last_day=last_day)
    room = dict(rule.maxima)
    direct = dict.fromkeys(rule.around, ZERO)
    left_out = dict.fromkeys(rule.around, ZERO)
    counted: list[Counted] = []
    capped = rule.capped
    for row in ordered:
        reason = out.get(row.id)
        if reason is not None:
            counted.append(Counted(row, ZERO, reason))
            continue
        category, points = row.category, row.points
        amount = points
        for code in capped[category]:
            amount = min(amount, room[code])
        for code in capped[category]:
            room[code] -= amount
        direct[category] += points
        if amount < points:
            left_out[category] += points - amount
            counted.append(Counted(row, amount, Reason.CAP_REACHED))
        else:
            counted.append(Counted(row, amount))
    reached = _reached(direct, rule)
    total = sum((reached[category.code] for category in rule.categories if category.part_of is None), ZERO)
    return Evaluation(
        rule=rule,
        first_day=first_day,
        last_day=last_day,
        day=day,
        total=total,
        missing=max(ZERO, rule.total - total),
        categories=tuple(
            CategoryResult(
                category=category,
                reached=reached[category.code],
                missing=max(ZERO, (category.minimum or ZERO) - reached[category.code]),
                left_out=left_out[category.code],
            )
            for category in rule.categories
        ),
        rows=tuple(counted),
    )


def _when(row: Row) -> tuple[date, RowKey]:
    return row.on, row.id


def _left_out_whole(rows: Sequence[Row], *, rule: Rule, first_day: date, last_day: date) -> dict[RowKey, Reason]:
    """The rows of which nothing counts, each with its reason; what is left meets the maxima."""
    undone = {row.reverses for row in rows if row.reverses is not None}
    known, for_accredited = rule.around, rule.for_accredited
    out: dict[RowKey, Reason] = {}
    claimed: set[str] = set()
    twice: set[str] = set()
    for row in rows:
        if row.reverses is not None:
            out[row.id] = Reason.UNDOES
        elif row.id in undone:
            out[row.id] = Reason.UNDONE
        elif row.on < first_day:
            out[row.id] = Reason.BEFORE_PERIOD
        elif row.on > last_day:
            out[row.id] = Reason.AFTER_PERIOD
        elif row.category not in known:
            out[row.id] = Reason.UNKNOWN_CATEGORY
        elif not row.accredited and row.category in for_accredited:
            out[row.id] = Reason.NOT_ACCREDITED
        elif row.once:
            (twice if row.once in claimed else claimed).add(row.once)
    if twice:
        out |= _duplicates([row for row in rows if row.once in twice and row.id not in out])
    if rule.times:
        out |= _too_often([row for row in rows if row.category in rule.times and row.id not in out], rule.times)
    return out


def _duplicates(rows: Sequence[Row]) -> dict[RowKey, Reason]:
    """Of several claims to one thing the largest stands; among equals an award before own evidence, and the oldest.

    Within a claim each category counts once: the same accreditation awarded twice is one award.
    """
    things: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        things.setdefault(row.once, {}).setdefault(row.claim or f"{row.id[0]}:{row.id[1]}", []).append(row)
    out: dict[RowKey, Reason] = {}
    for claims in things.values():
        standing = [_one_per_category(claim) for claim in claims.values()]
        best = min(
            standing, key=lambda claim: (-sum(row.points for row in claim), min((row.id[0] != "award", *_when(row)) for row in claim))
        )
        kept = {row.id for row in best}
        out |= {row.id: Reason.DUPLICATE for claim in claims.values() for row in claim if row.id not in kept}
    return out


def _one_per_category(claim: Sequence[Row]) -> list[Row]:
    best: dict[str, Row] = {}
    for row in claim:
        known = best.get(row.category)
        if known is None or (-row.points, *_when(row)) < (-known.points, *_when(known)):
            best[row.category] = row
    return list(best.values())


def _too_often(rows: Sequence[Row], times: dict[str, int]) -> dict[RowKey, Reason]:
    """The largest rows count: were it the oldest, a further small one could lower the total."""
    out: dict[RowKey, Reason] = {}
    for code, most in times.items():
        ranked = sorted((row for row in rows if row.category == code), key=lambda row: (-row.points, *_when(row)))
        out |= {row.id: Reason.COUNTED_OFTEN_ENOUGH for row in ranked[most:]}
    return out


def _reached(direct: dict[str, Decimal], rule: Rule) -> dict[str, Decimal]:
    """What counts in each category, parts included.

    A minimum is judged by what the category itself can hold. Judged by what happened to fit beside other categories under a
    common maximum, the order of the rows would decide whether someone meets it.
    """
    reached = dict(direct)
    for category in rule.innermost_first:
        held = reached[category.code]
        if category.maximum is not None and held > category.maximum:
            held = reached[category.code] = category.maximum
        if category.part_of is not None:
            reached[category.part_of] += held
    return reached


def _around(category: Category, categories: Sequence[Category]) -> list[str]:
    """The category and all those it is part of, from the inside out."""
    by_code = {other.code: other for other in categories}
    path = [category.code]
    while (outer := by_code[path[-1]].part_of) is not None:
        if outer in path:
            raise ValueError(f"category {outer} is part of itself")
        path.append(outer)
    return path
