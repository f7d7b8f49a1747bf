"""A rule or an accreditation as plain data: what a draft keeps, what two of them differ in, and how it becomes a rule again."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.formats import date_format, localize
from django.utils.translation import gettext, ngettext

from accounts.models import Register
from accreditation.dossier import dated, rule_of
from accreditation.evaluation import ZERO, Rule
from accreditation.models import Accreditation, AccreditationPoints, CategoryRule, Draft, LeaveKind, LeaveRule, PointCategory, RegisterRule
from accreditation.rulebook import DatedRule, LeaveTerm

RULE_FIELDS = [
    "name",
    "section",
    "profession",
    "unit",
    "period_years",
    "total",
    "applies_from",
    "applies_until",
    "work_hours",
    "patient_care_hours",
    "weekly_hours",
    "work_confirmed",
    "also_needed",
    "afterwards",
    "reminder_weeks",
    "source",
    "confirmed",
    "note",
]
_DATES = {"applies_from", "applies_until"}
ACCREDITATION_FIELDS = ["status", "valid_from", "valid_until"]
# Above every key that a database gives out: a rule that is not there yet goes after those that are.
NEW = 2**62

# What a register says itself: when it changes, the mark that the register confirmed it no longer holds.
SAID_BY_THE_REGISTER = ["section", "profession", "unit", "period_years", "total", "applies_from", "applies_until", "categories"]
SAID_OF_WORK = ["work_hours", "patient_care_hours", "weekly_hours"]

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nobody could ever meet a rule: in which field, and of which kind of points (its key; None: of the rule itself)."""

    field: str
    text: str
    category: int | None = None


class ImpossibleRule(Exception):
    """The rule contradicts itself; the message says how."""


def of_rule(rule: RegisterRule) -> Content:
    """The rule with its lines as it stands, as JSON."""
    content: Content = {name: as_json(getattr(rule, name)) for name in RULE_FIELDS}
    content["categories"] = [
        {
            "category": line.category_id,
            "minimum": as_json(line.minimum),
            "maximum": as_json(line.maximum),
            "times": line.times,
            "confirmed": line.confirmed,
        }
        for line in sorted(rule.categories.all(), key=lambda line: line.category_id)
    ]
    content["leave"] = [
        {
            "kind": term.kind,
            "minimum_days": term.minimum_days,
            "share": term.share,
            "maximum_days": term.maximum_days,
            "confirmed": term.confirmed,
        }
        for term in sorted(rule.leave_rules.all(), key=lambda term: term.kind)
    ]
    return content


def of_accreditation(accreditation: Accreditation) -> Content:
    """What an accreditation is worth and when, as JSON."""
    content: Content = {name: as_json(getattr(accreditation, name)) for name in ACCREDITATION_FIELDS}
    content["points"] = [
        {"category": line.category_id, "points": as_json(line.points)}
        for line in sorted(accreditation.points.all(), key=lambda line: line.category_id)
    ]
    return content


def digest(content: Content | None) -> str:
    """Tells one content from another; empty for what does not exist yet."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest() if content else ""


def standing(draft: Draft) -> Content:
    """What the draft would change, as it stands now; empty for what does not exist yet."""
    if draft.accreditation is not None:
        return of_accreditation(draft.accreditation)
    return of_rule(draft.rule) if draft.rule is not None else {}


def dated_of(content: Content, *, register: Register, key: int) -> DatedRule:
    """The rule that a draft would become, as the rulebook takes it."""
    categories = {
        category.pk: category for category in PointCategory.objects.filter(register=register).select_related("part_of__part_of__part_of")
    }
    lines = [
        CategoryRule(
            category=categories[line["category"]],
            minimum=number(line["minimum"]),
            maximum=number(line["maximum"]),
            times=line["times"],
            confirmed=line["confirmed"],
        )
        for line in content["categories"]
        if line["category"] in categories
    ]
    return DatedRule(
        key=key,
        section=content["section"],
        profession=content["profession"],
        applies_from=day(content["applies_from"]),
        applies_until=day(content["applies_until"]),
        period_years=content["period_years"],
        rule=rule_of(total=number(content["total"]) or Decimal(0), lines=lines),
        leave=tuple(LeaveTerm(term["kind"], term["minimum_days"], term["share"], term["maximum_days"]) for term in content["leave"]),
    )


def drafted(rules: Iterable[RegisterRule], content: Content, *, register: Register, rule: RegisterRule | None) -> list[DatedRule]:
    """The rules of the register as they would be: the draft in the place of its rule or added, and the rule that it ends ended."""
    after = []
    for one in rules:
        if rule is not None and one.pk == rule.pk:
            continue
        found = dated(one)
        if one.pk == content.get("ends"):
            found = DatedRule(
                found.key,
                found.section,
                found.profession,
                found.applies_from,
                day_before(content),
                found.period_years,
                found.rule,
                found.leave,
            )
        after.append(found)
    return [*after, dated_of(content, register=register, key=rule.pk if rule else NEW)]


def problems(content: Content, *, register: Register) -> list[Problem]:
    """How this rule contradicts itself, so that nobody could meet it; nothing when it can be met."""
    found = []
    if content["period_years"] < 1:
        found.append(Problem("period_years", gettext("Een periode duurt ten minste een jaar.")))
    rule = dated_of(content, register=register, key=NEW).rule
    keys = dict(PointCategory.objects.filter(register=register).values_list("code", "pk"))
    by_code = {category.code: category for category in rule.categories}
    for category in rule.categories:
        name, key = category.name, keys[category.code]
        within = _least(rule, category.code)
        if category.maximum is not None and max(within, category.minimum or ZERO) > category.maximum:
            told = {
                "name": name,
                "needed": in_words(as_json(max(within, category.minimum or ZERO))),
                "most": in_words(as_json(category.maximum)),
            }
            text = gettext(
                "Van ‘%(name)s’ zijn er %(needed)s nodig, met de onderdelen mee, en er tellen er maar %(most)s mee. Kijk de getallen na."
            )
            found.append(Problem("maximum", text % told, key))
        outer = next((by_code[code] for code in rule.around[category.code][1:] if by_code[code].minimum is not None), None)
        if outer is not None and category.minimum is not None and category.minimum > (outer.minimum or ZERO):
            told = {"name": name, "outer": outer.name, "least": in_words(as_json(outer.minimum))}
            text = gettext(
                "‘%(name)s’ is een onderdeel van ‘%(outer)s’, en daar zijn er %(least)s nodig. Een onderdeel vraagt niet meer dan dat."
            )
            found.append(Problem("minimum", text % told, key))
    if (least := _least(rule, None)) > rule.total:
        told = {"least": in_words(as_json(least)), "total": in_words(as_json(rule.total))}
        text = gettext("De soorten vragen samen ten minste %(least)s; dat is meer dan het totaal van %(total)s. Kijk de getallen na.")
        found.append(Problem("total", text % told))
    most = [category.maximum for category in rule.categories if category.part_of is None]
    if most and None not in most and (together := sum((one for one in most if one is not None), ZERO)) < rule.total:
        text = gettext("Van alle soorten samen tellen er hoogstens %(most)s mee: zo haalt niemand dit totaal. Kijk de getallen na.")
        found.append(Problem("total", text % {"most": in_words(as_json(together))}))
    return found


def _least(rule: Rule, code: str | None) -> Decimal:
    """What the minima of the parts of this category (of all, without a code) ask together; what a part asks counts around it too."""
    parts = [category for category in rule.categories if category.part_of == code]
    return sum((max(category.minimum or ZERO, _least(rule, category.code)) for category in parts), ZERO)


def without_stale_marks(before: Content, after: Content) -> Content:
    """The rule without the marks "confirmed" of what changed while its source stayed the same: the source does not say it like this.

    For whoever did not look it up again. A mark that somebody sets along with the change is theirs, and stays.
    """
    if before["source"] != after["source"]:
        return after
    found = dict(after)
    for mark, names in (("confirmed", SAID_BY_THE_REGISTER), ("work_confirmed", SAID_OF_WORK)):
        if before[mark] and any(_unmarked(before[name]) != _unmarked(after[name]) for name in names):
            found[mark] = False
    for kind, key in (("categories", "category"), ("leave", "kind")):
        old = {line[key]: line for line in before[kind]}
        found[kind] = [
            {**line, "confirmed": False}
            if (was := old.get(line[key])) and was["confirmed"] and _unmarked([was]) != _unmarked([line])
            else line
            for line in after[kind]
        ]
    return found


def _unmarked(value: Any) -> Any:
    """A value, or lines without their marks, to compare by what they ask."""
    return [{name: of for name, of in line.items() if name != "confirmed"} for line in value] if isinstance(value, list) else value


def hold_rules(register: Register) -> None:
    """Until the commit nobody else changes the rules of this register: of two at once, the second sees what the first made."""
    # Awards and numbers in the register are written meanwhile: they only refer to it.
    Register.objects.select_for_update(no_key=True).get(pk=register.pk)


@transaction.atomic
def write_rule(content: Content, *, register: Register, rule: RegisterRule | None) -> RegisterRule:
    """Make the rule what the content says; without a rule, make it. The rule that it takes the place of ends the day before.

    Raises ImpossibleRule when nobody could meet it.
    """
    if found := problems(content, register=register):
        raise ImpossibleRule(" ".join(problem.text for problem in found))
    if content.get("ends") and (last := day_before(content)):
        RegisterRule.objects.filter(pk=content["ends"], register=register).update(applies_until=last)
    rule = rule or RegisterRule(register=register)
    for name in RULE_FIELDS:
        value = content[name]
        setattr(rule, name, day(value) if name in _DATES else number(value) if name == "total" else value)
    rule.save()
    kept = {line["category"] for line in content["categories"]}
    rule.categories.exclude(category__in=kept).delete()
    for line in content["categories"]:
        CategoryRule.objects.update_or_create(
            rule=rule,
            category_id=line["category"],
            defaults={
                "minimum": number(line["minimum"]),
                "maximum": number(line["maximum"]),
                "times": line["times"],
                "confirmed": line["confirmed"],
            },
        )
    rule.leave_rules.exclude(kind__in=[term["kind"] for term in content["leave"]]).delete()
    for term in content["leave"]:
        LeaveRule.objects.update_or_create(
            rule=rule, kind=term["kind"], defaults={name: value for name, value in term.items() if name != "kind"}
        )
    return rule


def write_accreditation(content: Content, *, accreditation: Accreditation) -> None:
    """Make status, validity and points what the content says; awards are not touched here."""
    for name in ACCREDITATION_FIELDS:
        value = content[name]
        setattr(accreditation, name, value if name == "status" else day(value))
    accreditation.save()
    accreditation.points.exclude(category__in=[line["category"] for line in content["points"]]).delete()
    for line in content["points"]:
        AccreditationPoints.objects.update_or_create(
            accreditation=accreditation, category_id=line["category"], defaults={"points": Decimal(line["points"])}
        )


def differences(
    before: Content | None, after: Content, *, labels: Mapping[str, str], categories: Mapping[int, str]
) -> list[dict[str, str]]:
    """What would change, for people: name, what it is, what it becomes. `before` is None for what does not exist yet."""
    before = before or {}
    found = [
        {"name": labels.get(name, name), "before": in_words(before.get(name)), "after": in_words(after.get(name))}
        for name in [*RULE_FIELDS, *ACCREDITATION_FIELDS]
        if name in after and before.get(name) != after.get(name)
    ]
    for kind, key, naming, words in (
        ("categories", "category", lambda code: categories.get(code, "?"), _line_in_words),
        ("points", "category", lambda code: categories.get(code, "?"), lambda line: in_words(line["points"])),
        ("leave", "kind", lambda code: str(LeaveKind(code).label).capitalize(), _leave_in_words),
    ):
        old = {line[key]: line for line in before.get(kind, [])}
        new = {line[key]: line for line in after.get(kind, [])}
        found += [
            {
                "name": naming(code),
                "before": words(old[code]) if code in old else gettext("hoort er niet bij"),
                "after": words(new[code]) if code in new else gettext("hoort er niet bij"),
            }
            for code in [*new, *(code for code in old if code not in new)]
            if old.get(code) != new.get(code)
        ]
    return found


def in_words(value: Any) -> str:
    """A value of a content as a person reads it."""
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nee")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, str):
        if (found := _maybe_day(value)) is not None:
            return date_format(found, "j F Y")
        if value.replace(".", "", 1).isdecimal():
            return str(localize(Decimal(f"{Decimal(value).normalize():f}"), use_l10n=True))
    return str(value)


def as_json(value: Any) -> Any:
    """Decimals and dates as text; equal numbers get equal text."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value


def number(value: str | None) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def day_before(content: Content) -> date | None:
    """The last day of the rule that a new one takes the place of."""
    first = day(content.get("applies_from"))
    return first - timedelta(days=1) if first else None


def _maybe_day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        return None


def _line_in_words(line: Mapping[str, Any]) -> str:
    parts = []
    if line["minimum"] is not None:
        parts.append(gettext("ten minste %(amount)s") % {"amount": in_words(line["minimum"])})
    if line["maximum"] is not None:
        parts.append(gettext("telt mee tot %(amount)s") % {"amount": in_words(line["maximum"])})
    if line["times"] is not None:
        parts.append(gettext("%(count)s keer per periode") % {"count": line["times"]})
    parts.append(gettext("bevestigd") if line["confirmed"] else gettext("niet bevestigd"))
    return ", ".join(parts)


def _leave_in_words(term: Mapping[str, Any]) -> str:
    least, most = term["minimum_days"], term["maximum_days"]
    text = ngettext("%(share)s %% van de dagen, vanaf %(days)s dag", "%(share)s %% van de dagen, vanaf %(days)s dagen", least)
    text %= {"share": term["share"], "days": least}
    if most:
        text += ", " + ngettext("ten hoogste %(days)s dag", "ten hoogste %(days)s dagen", most) % {"days": most}
    return text + ", " + (gettext("bevestigd") if term["confirmed"] else gettext("niet bevestigd"))
