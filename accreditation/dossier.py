"""A person's points beside the rule in force: reads the ledger and the rules, and lets `evaluation` judge."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from accounts.models import RegisterEntry, User
from accreditation.evaluation import Category, Evaluation, Row, Rule, evaluate
from accreditation.models import PointAward, RegisterRule


@dataclass(frozen=True, slots=True)
class Standing:
    """How someone stands in one register. Without a known period, or without a rule, there is nothing to judge by."""

    entry: RegisterEntry
    rule: RegisterRule | None
    evaluation: Evaluation | None
    awards: dict[int, PointAward]
    period_assumed: bool

    @property
    def earned(self) -> Decimal:
        """All points in this register, whatever rule they may count for."""
        return sum((award.points for award in self.awards.values()), Decimal(0))

    @property
    def confirmed(self) -> bool:
        """Whether the register itself confirmed every number that this standing rests on."""
        return (
            self.rule is not None
            and self.rule.confirmed
            and all(line.confirmed for line in self.rule.categories.all() if line.minimum or line.maximum)
        )


def standings(*, person: User, day: date | None = None) -> list[Standing]:
    """How this person stands in each register they are in, on this day (today in Amsterdam when none is given)."""
    day = day or timezone.localdate()
    entries = list(RegisterEntry.objects.filter(user=person).select_related("register").order_by("register__name"))
    registers = [entry.register_id for entry in entries]
    rules = list(
        RegisterRule.objects.filter(register__in=registers).select_related("register").prefetch_related("categories__category__part_of")
    )
    awards = list(
        PointAward.objects.filter(learner=person, register__in=registers).select_related("category", "accreditation__course", "register")
    )
    return [
        _standing(
            entry,
            rules=[r for r in rules if r.register_id == entry.register_id],
            awards=[a for a in awards if a.register_id == entry.register_id],
            day=day,
        )
        for entry in entries
    ]


def rule_for(entry: RegisterEntry, *, period_end: date, rules: Iterable[RegisterRule] | None = None) -> RegisterRule | None:
    """The rule that holds for someone whose registration period ends on this day; a section's own rule goes before a general one."""
    if rules is None:
        rules = RegisterRule.objects.filter(Q(section=entry.section) | Q(section=""), register=entry.register_id).prefetch_related(
            "categories__category__part_of"
        )
    fitting = [
        rule
        for rule in rules
        if rule.section in (entry.section, "")
        and (rule.applies_from is None or rule.applies_from <= period_end)
        and (rule.applies_until is None or period_end <= rule.applies_until)
    ]
    return max(fitting, key=lambda rule: (rule.section == entry.section, rule.applies_from or date.min), default=None)


def pure_rule(rule: RegisterRule) -> Rule:
    """The rule as the evaluator takes it. A category around another is part of the rule even where it asks nothing itself."""
    lines = {line.category.code: line for line in rule.categories.all()}
    categories = {line.category.code: line.category for line in lines.values()}
    for line in lines.values():
        outer = line.category.part_of
        while outer is not None and outer.code not in categories:
            categories[outer.code] = outer
            outer = outer.part_of
    return Rule(
        total=rule.total,
        categories=tuple(
            Category(
                code=code,
                minimum=lines[code].minimum if code in lines else None,
                maximum=lines[code].maximum if code in lines else None,
                part_of=category.part_of.code if category.part_of else None,
                name=category.name,
                confirmed=lines[code].confirmed if code in lines else True,
            )
            for code, category in sorted(categories.items(), key=lambda item: (item[1].order, item[0]))
        ),
    )


def pure_rows(awards: Iterable[PointAward]) -> list[Row]:
    return [
        Row(id=award.pk, category=award.category.code, points=award.points, on=award.awarded_on, reverses=award.reverses_id)
        for award in awards
    ]


def period_of(entry: RegisterEntry, *, day: date, years: int = 5) -> tuple[date, date, bool]:
    """First and last day of the registration period that holds `day`, and whether we had to assume it."""
    if entry.period_end:
        return entry.period_start or _years_before(entry.period_end, years) + timedelta(days=1), entry.period_end, False
    if entry.period_start:
        return entry.period_start, _years_before(entry.period_start, -years) - timedelta(days=1), True
    return _years_before(day, years) + timedelta(days=1), day, True


def _standing(entry: RegisterEntry, *, rules: list[RegisterRule], awards: list[PointAward], day: date) -> Standing:
    years = rules[0].period_years if rules else 5
    first_day, last_day, assumed = period_of(entry, day=day, years=years)
    rule = rule_for(entry, period_end=last_day, rules=rules)
    by_id = {award.pk: award for award in awards}
    if rule is None:
        return Standing(entry, None, None, by_id, assumed)
    return Standing(
        entry, rule, evaluate(pure_rows(awards), rule=pure_rule(rule), first_day=first_day, last_day=last_day, day=day), by_id, assumed
    )


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
