"""One answer for any person, register and day: what counts, what does not and why, what is missing, and until when.

Pure: rows and a rule go in, an `Evaluation` comes out; nothing is read from the database or the clock here. Days are Amsterdam's dates
(`amsterdam_date`): what is completed at 23:30 UTC on 31 December counts in the next year. Both the first and the last day of a period count.

Rules used, in this order, for each row (oldest first, so that the order in which rows are read does not matter):

1. a row that was undone does not count, and neither does the row that undid it;
2. a row outside the period does not count;
3. a row of a category that the rule does not know does not count;
4. the rest counts as far as the maximum of its category, and of the categories around it, still has room.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZERO = Decimal(0)


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
    CAP_REACHED = "cap_reached"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the points ledger, as far as a rule is concerned."""

    id: int
    category: str
    points: Decimal
    on: date
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """What the rule says of one category. `part_of` names the category in which it counts too."""

    code: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    part_of: str | None = None
    name: str = ""
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """What a register asks in all over one period."""

    total: Decimal
    categories: tuple[Category, ...]

    def __post_init__(self) -> None:
        codes = {category.code for category in self.categories}
        for category in self.categories:
            if category.part_of is not None and category.part_of not in codes:
                raise ValueError(f"category {category.code} is part of {category.part_of}, which the rule does not name")


@dataclass(frozen=True, slots=True)
class Counted:
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
    """The whole answer. `missing` is what the total still asks; `complete` needs every minimum too."""

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

    def of(self, code: str) -> CategoryResult:
        return next(result for result in self.categories if result.category.code == code)


def evaluate(rows: Iterable[Row], *, rule: Rule, first_day: date, last_day: date, day: date) -> Evaluation:
    """What these ledger rows are worth under this rule, in the period from `first_day` to `last_day` (both included), seen on `day`.

    `day` says only whether the period is over: rows later than `day` count when the period holds them.
    """
    ordered = sorted(rows, key=lambda row: (row.on, row.id))
    undone = {row.reverses for row in ordered if row.reverses is not None}
    around = {category.code: _around(category, rule.categories) for category in rule.categories}
    room = {category.code: category.maximum for category in rule.categories}
    reached = dict.fromkeys(room, ZERO)
    direct = dict.fromkeys(room, ZERO)
    left_out = dict.fromkeys(room, ZERO)
    counted: list[Counted] = []
    for row in ordered:
        reason = _excluded(row, undone=undone, known=around, first_day=first_day, last_day=last_day)
        if reason:
            counted.append(Counted(row, ZERO, reason))
            continue
        path = around[row.category]
        rooms = [limit for limit in (room[code] for code in path) if limit is not None]
        amount = min([row.points, *rooms])
        for code in path:
            limit = room[code]
            if limit is not None:
                room[code] = limit - amount
        direct[row.category] += row.points
        left_out[row.category] += row.points - amount
        counted.append(Counted(row, amount, Reason.CAP_REACHED if amount < row.points else None))
    # A minimum is judged by what the category itself can hold. Judged by what happened to fit beside other categories under a
    # common maximum, the order of the rows would decide whether someone meets it.
    for category in _innermost_first(rule.categories):
        parts = sum((reached[part.code] for part in rule.categories if part.part_of == category.code), ZERO)
        reached[category.code] = _at_most(direct[category.code] + parts, category.maximum)
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


def _excluded(row: Row, *, undone: set[int], known: dict[str, list[str]], first_day: date, last_day: date) -> Reason | None:
    if row.reverses is not None:
        return Reason.UNDOES
    if row.id in undone:
        return Reason.UNDONE
    if row.on < first_day:
        return Reason.BEFORE_PERIOD
    if row.on > last_day:
        return Reason.AFTER_PERIOD
    return None if row.category in known else Reason.UNKNOWN_CATEGORY


def _around(category: Category, categories: Sequence[Category]) -> list[str]:
    """The category and all those it is part of, from the inside out."""
    by_code = {other.code: other for other in categories}
    path = [category.code]
    while (outer := by_code[path[-1]].part_of) is not None:
        if outer in path:
            raise ValueError(f"category {outer} is part of itself")
        path.append(outer)
    return path


def _innermost_first(categories: Sequence[Category]) -> list[Category]:
    return sorted(categories, key=lambda category: -len(_around(category, categories)))


def _at_most(amount: Decimal, maximum: Decimal | None) -> Decimal:
    return amount if maximum is None else min(amount, maximum)
