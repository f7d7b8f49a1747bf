"""When somebody will have what the rule asks, if they go on as they did so far in this period. Pure: an evaluation goes in.

"As they did so far" is taken literally: every kind of points goes on growing at the pace it had, and the evaluator judges that future by the
same rule, so that a maximum stays a maximum and what counts once is not earned twice. What is dated after today counts on its day, not in the pace.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from accreditation.evaluation import ZERO, Category, Evaluation, Reason, Row, evaluate

# Fewer days or fewer rows make a pace of chance: one course in the first month would promise sixty in five years.
FEWEST_DAYS = 90
FEWEST_ROWS = 2
FURTHEST = 3650


class Outlook(StrEnum):
    """What going on like this leads to."""

    COMPLETE = "complete"
    ON_TIME = "on_time"
    TOO_LATE = "too_late"
    NEVER = "never"
    TOO_LITTLE = "too_little"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Forecast:
    """`on` is the day on which everything is reached; `slowest` the category that is reached last (None: the total itself).

    `at_end` and `missing_at_end` are the total on the last day of the period and what it then misses; `steps` how the total grew so far.
    """

    outlook: Outlook
    steps: tuple[tuple[date, Decimal], ...]
    on: date | None = None
    slowest: Category | None = None
    at_end: Decimal | None = None
    missing_at_end: Decimal | None = None


def forecast(evaluation: Evaluation) -> Forecast:
    """The outlook on the day of the evaluation."""
    steps = _steps(evaluation)
    if evaluation.complete:
        return Forecast(Outlook.COMPLETE, steps)
    if evaluation.closed:
        return Forecast(Outlook.CLOSED, steps)
    elapsed = (evaluation.day - evaluation.first_day).days + 1
    so_far = [
        counted.row for counted in evaluation.rows if counted.reason in (None, Reason.CAP_REACHED) and counted.row.on <= evaluation.day
    ]
    if elapsed < FEWEST_DAYS or len(so_far) < FEWEST_ROWS:
        return Forecast(Outlook.TOO_LITTLE, steps)
    left = (evaluation.last_day - evaluation.day).days
    end = _after(evaluation, so_far, days=left, elapsed=elapsed)
    reached = _first_complete(evaluation, so_far, elapsed=elapsed)
    missing = end.gap if end.missing == ZERO else end.missing
    if reached is None:
        far = _after(evaluation, so_far, days=left + FURTHEST, elapsed=elapsed)
        return Forecast(Outlook.NEVER, steps, None, _slowest(far), end.total, missing)
    before = _after(evaluation, so_far, days=reached - 1, elapsed=elapsed)
    outlook = Outlook.ON_TIME if reached <= left else Outlook.TOO_LATE
    return Forecast(outlook, steps, evaluation.day + timedelta(days=reached), _slowest(before), end.total, missing)


def _first_complete(evaluation: Evaluation, rows: list[Row], *, elapsed: int) -> int | None:
    """After how many days nothing is missing; more days never make it less, so halving finds the first."""
    low, high = 0, (evaluation.last_day - evaluation.day).days + FURTHEST
    if not _after(evaluation, rows, days=high, elapsed=elapsed).complete:
        return None
    while low < high:
        middle = (low + high) // 2
        if _after(evaluation, rows, days=middle, elapsed=elapsed).complete:
            high = middle
        else:
            low = middle + 1
    return low


def _after(evaluation: Evaluation, rows: list[Row], *, days: int, elapsed: int) -> Evaluation:
    """The evaluation after so many more days at the same pace."""
    grown: dict[str, Decimal] = {}
    once = []
    for row in rows:
        if row.category in evaluation.rule.times:
            once.append(row)
        else:
            grown[row.category] = grown.get(row.category, ZERO) + row.points
    day = evaluation.day + timedelta(days=days)
    planned = [
        counted.row
        for counted in evaluation.rows
        if counted.reason in (None, Reason.CAP_REACHED) and evaluation.day < counted.row.on <= day
    ]
    future = [
        Row(id=("pace", number), category=category, points=points * (elapsed + days) / elapsed, on=evaluation.first_day)
        for number, (category, points) in enumerate(sorted(grown.items()))
    ]
    return evaluate(
        [*future, *once, *planned],
        rule=evaluation.rule,
        first_day=evaluation.first_day,
        last_day=max(evaluation.last_day, day),
        day=evaluation.day,
    )


def _slowest(evaluation: Evaluation) -> Category | None:
    short = [result for result in evaluation.categories if result.missing]
    if not short or (evaluation.missing and evaluation.missing > max(result.missing for result in short)):
        return None
    return max(short, key=lambda result: result.missing).category


def _steps(evaluation: Evaluation) -> tuple[tuple[date, Decimal], ...]:
    """How the total grew, a step for each day on which something counted."""
    total = ZERO
    found: dict[date, Decimal] = {}
    for counted in evaluation.rows:
        if counted.counted and counted.row.on <= evaluation.day:
            total += counted.counted
            found[counted.row.on] = total
    return tuple(found.items())
