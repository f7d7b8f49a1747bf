"""Which dated rule holds for somebody, over which period, and how leave moves its end. Pure: nothing is read from the database or the clock.

The dossier and the simulator of rule changes both judge through `judge`, so that what is predicted is what happens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accreditation.evaluation import Evaluation, Row, Rule, evaluate

YEARS_WHEN_UNKNOWN = 5


@dataclass(frozen=True, slots=True)
class LeaveTerm:
    """What leave of one kind adds to the period: `share` percent of its days, from `minimum_days` on, together at most `maximum_days`."""

    kind: str
    minimum_days: int
    share: int
    maximum_days: int | None


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch of leave, both days included; `percentage` of the usual hours that were not worked."""

    kind: str
    first_day: date
    last_day: date
    percentage: int

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True)
class DatedRule:
    """A rule with the section, the profession and the ends of periods for which it is meant; `key` tells it from the others."""

    key: int
    section: str
    profession: str
    applies_from: date | None
    applies_until: date | None
    period_years: int
    rule: Rule
    leave: tuple[LeaveTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in a register, as far as a rule asks."""

    section: str
    professions: frozenset[str]
    period_start: date | None
    period_end: date | None
    away: tuple[Away, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rule that holds, and what it makes of the rows. `added` days of the period come from leave; `assumed` when we had to guess it."""

    rule: DatedRule
    evaluation: Evaluation
    added: int
    assumed: bool


def judge(rows: Iterable[Row], *, place: Place, rules: Sequence[DatedRule], day: date) -> Judgement | None:
    """How someone in this place stands on this day; None when no rule fits.

    The rule follows from the end of the period as the register gave it. Leave moves the deadline; it does not bring another rule.
    """
    chosen, (first_day, last_day, assumed) = fitting_rule(place, rules=rules, day=day)
    if chosen is None:
        return None
    added = 0 if assumed else extension(place.away, terms=chosen.leave, first_day=first_day, last_day=last_day)
    last_day += timedelta(days=added)
    return Judgement(chosen, evaluate(rows, rule=chosen.rule, first_day=first_day, last_day=last_day, day=day), added, assumed)


def fitting_rule(place: Place, *, rules: Sequence[DatedRule], day: date) -> tuple[DatedRule | None, tuple[date, date, bool]]:
    """The rule that holds for someone in this place on this day, if any, and the period as `period_of` tells it."""
    period = period_of(place, day=day, years=years_of(rules, place))
    return choose(rules, section=place.section, professions=place.professions, period_end=period[1]), period


def choose(rules: Iterable[DatedRule], *, section: str, professions: frozenset[str], period_end: date) -> DatedRule | None:
    """The rule for whom the period ends on this day. One for a section goes before a general one, then one for a profession, then the newest."""
    fitting = [
        rule
        for rule in rules
        if rule.section in (section, "")
        and (not rule.profession or rule.profession in professions)
        and (rule.applies_from is None or rule.applies_from <= period_end)
        and (rule.applies_until is None or period_end <= rule.applies_until)
    ]
    return max(fitting, key=lambda rule: (bool(rule.section), bool(rule.profession), rule.applies_from or date.min, rule.key), default=None)


def years_of(rules: Sequence[DatedRule], place: Place) -> int:
    """How long a period lasts for who did not tell both its ends: as the newest rule of the section says."""
    meant = [
        rule for rule in rules if rule.section in (place.section, "") and (not rule.profession or rule.profession in place.professions)
    ]
    newest = max(meant, key=lambda rule: (bool(rule.section), bool(rule.profession), rule.applies_from or date.min, rule.key), default=None)
    return newest.period_years if newest else YEARS_WHEN_UNKNOWN


def period_of(place: Place, *, day: date, years: int = YEARS_WHEN_UNKNOWN) -> tuple[date, date, bool]:
    """First and last day of the registration period that holds `day`, and whether we had to assume it."""
    if place.period_end:
        return place.period_start or years_before(place.period_end, years) + timedelta(days=1), place.period_end, False
    if place.period_start:
        return place.period_start, years_before(place.period_start, -years) - timedelta(days=1), True
    return years_before(day, years) + timedelta(days=1), day, True


def extension(away: Iterable[Away], *, terms: Iterable[LeaveTerm], first_day: date, last_day: date) -> int:
    """How many days leave within this period adds to it, by the terms of the rule. Days of overlapping leave count once, as the largest part."""
    term_of = {term.kind: term for term in terms}
    per_kind: dict[str, dict[date, int]] = {}
    for stretch in away:
        term = term_of.get(stretch.kind)
        if term is None or stretch.days < term.minimum_days:
            continue
        begin, end = max(stretch.first_day, first_day), min(stretch.last_day, last_day)
        days = per_kind.setdefault(stretch.kind, {})
        for number in range((end - begin).days + 1):
            one = begin + timedelta(days=number)
            days[one] = max(days.get(one, 0), stretch.percentage * term.share)
    best: dict[date, tuple[int, str]] = {}
    for kind, days in per_kind.items():
        for one, worth in days.items():
            best[one] = max(best.get(one, (0, kind)), (worth, kind))
    added = 0
    for kind in per_kind:
        whole = sum(worth for worth, winner in best.values() if winner == kind) // 10_000  # a percentage of a percentage
        most = term_of[kind].maximum_days
        added += whole if most is None else min(whole, most)
    return added


def years_before(day: date, years: int) -> date:
    """The same date so many years ago; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
