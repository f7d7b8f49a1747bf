"""The dossier as a route: the registration period as a line with what was earned as stations, today marked, and bars with the rule as a tick.

Positions are percentages as text, because the strict Content-Security-Policy allows no inline style and a locale may not turn a point into a comma.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format, localize
from django.utils.translation import gettext, ngettext

from accreditation.dossier import Line, Standing
from accreditation.evaluation import ZERO, CategoryResult, Counted, Evaluation, Reason
from accreditation.models import RegisterRule
from cms.route import Event, PeriodRoute, period
from courses.course_page import amount_of


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the rule: `tick` is the minimum, `cap` where it stops counting, both as a percentage of the widest bar of its unit."""

    name: str
    text: str
    missing: str
    width: str
    tick: str
    cap: str
    depth: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class RowText:
    line: Line
    counted: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the template draws, and the same in words."""

    title: str
    route: PeriodRoute
    bars: list[Bar]
    rows: list[RowText]

    @property
    def left_out(self) -> list[RowText]:
        """What does not count, or not all of it."""
        return [row for row in self.rows if row.why]

    @property
    def counting(self) -> list[RowText]:
        return [row for row in self.rows if not row.why]


def picture(standing: Standing) -> Picture | None:
    """The picture of one standing, or None when there is no rule to draw against."""
    evaluation, rule = standing.evaluation, standing.rule
    if evaluation is None or rule is None:
        return None
    largest = max([rule.total, evaluation.total, *(result.reached for result in evaluation.categories)], default=Decimal(1)) or Decimal(1)
    total = Bar(
        name=gettext("Alles samen"),
        text=_have(evaluation, rule.unit),
        missing=_missing(evaluation.missing),
        width=_share(evaluation.total, largest),
        tick=_share(rule.total, largest),
        cap="",
        depth=0,
        confirmed=rule.confirmed,
    )
    shown = [result for result in evaluation.categories if result.category.minimum or result.category.maximum or result.reached]
    return Picture(
        title=headline(standing),
        route=period(
            identifier=f"route-{standing.entry.pk}",
            title=_dates(evaluation),
            start=evaluation.first_day,
            end=evaluation.last_day,
            today=min(max(evaluation.day, evaluation.first_day), evaluation.last_day),
            events=_events(standing, evaluation),
            text=_deadline(evaluation, assumed=standing.period_assumed, leave_days=standing.leave_days),
        ),
        bars=[total, *(_bar(result, largest, rule.unit) for result in shown), *_work(standing)],
        rows=[_row(counted, standing, evaluation) for counted in sorted(evaluation.rows, key=lambda c: (c.row.on, c.row.id), reverse=True)],
    )


def headline(standing: Standing) -> str:
    """The one question the picture answers, answered to the person whose dossier it is; empty without a rule to answer by."""
    if standing.rule is None or standing.evaluation is None:
        return ""
    if standing.complete:
        return gettext("Je hebt %(have)s: je voldoet aan de regel") % {"have": _have(standing.evaluation, standing.rule.unit)}
    return gettext("Je hebt %(stand)s") % {"stand": in_words(standing)}


def in_words(standing: Standing) -> str:
    """What is reached and what is missing, for whoever reads it: of the total first, then of the minimum that misses most.

    Hours of work are told where they are all that is missing; empty without a rule.
    """
    evaluation, rule = standing.evaluation, standing.rule
    if rule is None or evaluation is None:
        return ""
    names = {"have": _have(evaluation, rule.unit), "missing": _n(evaluation.missing), "work": _n(standing.work_missing)}
    if standing.complete:
        return gettext("%(have)s: voldoet aan de regel") % names
    if evaluation.complete:
        one, more = (
            gettext("%(have)s: genoeg, maar er ontbreekt nog 1 werkuur"),
            gettext("%(have)s: genoeg, maar er ontbreken nog %(work)s werkuren"),
        )
        return (one if standing.work_missing == 1 else more) % names
    worst = max(evaluation.categories, key=lambda result: (result.missing, result.category.part_of is None), default=None)
    if worst is None or not worst.missing:
        return _missing_most(evaluation) % names
    name = worst.category.name
    names |= {"least": _n(worst.missing), "category": name[0].lower() + name[1:]}
    if evaluation.missing > worst.missing:
        return _missing_most(evaluation) % names + gettext(", waarvan ten minste %(least)s %(category)s") % names
    if ZERO < evaluation.missing < worst.missing:
        return _missing_most(evaluation) % names + gettext(", en aan %(category)s nog %(least)s") % names
    one, more = gettext("%(have)s; er ontbreekt nog %(worth)s %(category)s"), gettext("%(have)s; er ontbreken nog %(worth)s %(category)s")
    return (one if worst.missing == 1 else more) % {**names, "worth": amount_of(worst.missing, rule.unit)}


def _missing_most(evaluation: Evaluation) -> str:
    one, more = gettext("%(have)s; er ontbreekt er nog 1"), gettext("%(have)s; er ontbreken er nog %(missing)s")
    return one if evaluation.missing == 1 else more


def _have(evaluation: Evaluation, unit: str) -> str:
    return _reached_of(evaluation.total, evaluation.rule.total, unit)


def _reached_of(reached: Decimal, total: Decimal, unit: str) -> str:
    return gettext("%(reached)s van %(total)s") % {"reached": _n(reached), "total": amount_of(total, unit)}


def why_not(counted: Counted, evaluation: Evaluation) -> str:
    """Why (part of) a row does not count, in a sentence."""
    names = {
        "first": date_format(evaluation.first_day, "j F Y"),
        "last": date_format(evaluation.last_day, "j F Y"),
        "counted": _n(counted.counted),
        "points": _n(counted.row.points),
    }
    return {
        None: "",
        Reason.UNDONE: gettext("Teruggedraaid: telt niet mee."),
        Reason.UNDOES: gettext("Draait een eerdere toekenning terug."),
        Reason.BEFORE_PERIOD: gettext("Valt voor je registratieperiode, die op %(first)s begon.") % names,
        Reason.AFTER_PERIOD: gettext("Valt na je registratieperiode, die tot en met %(last)s loopt.") % names,
        Reason.UNKNOWN_CATEGORY: gettext("Deze soort telt niet mee in de regel die voor je geldt."),
        Reason.NOT_ACCREDITED: gettext("Was op die dag niet geaccrediteerd; in deze soort telt alleen geaccrediteerde scholing."),
        Reason.DUPLICATE: gettext("Staat er twee keer: dezelfde scholing telt één keer."),
        Reason.COUNTED_OFTEN_ENOUGH: gettext("Van deze soort telt maar een aantal keer mee; dat aantal is bereikt."),
        Reason.CAP_REACHED: gettext("%(counted)s van %(points)s telt mee: van deze soort is het maximum bereikt.") % names,
    }[counted.reason]


def _deadline(evaluation: Evaluation, *, assumed: bool, leave_days: int) -> str:
    text = _until_when(evaluation, assumed=assumed)
    if not leave_days:
        return text
    more = ngettext(
        "Door je verlof is dat %(count)s dag later dan anders.", "Door je verlof is dat %(count)s dagen later dan anders.", leave_days
    )
    return f"{text} {more % {'count': leave_days}}"


def _until_when(evaluation: Evaluation, *, assumed: bool) -> str:
    if assumed:
        return gettext("We weten niet tot wanneer je registratieperiode loopt.")
    last = date_format(evaluation.last_day, "j F Y")
    if evaluation.closed:
        return gettext("Deze registratieperiode liep tot en met %(last)s.") % {"last": last}
    days = (evaluation.last_day - evaluation.day).days
    if days < 120:
        text = ngettext(
            "Je hebt tijd tot en met %(last)s: nog %(days)s dag.", "Je hebt tijd tot en met %(last)s: nog %(days)s dagen.", days
        )
        return text % {"last": last, "days": days}
    return gettext("Je hebt tijd tot en met %(last)s: nog ongeveer %(months)s maanden.") % {"last": last, "months": round(days / 30.4)}


def _dates(evaluation: Evaluation) -> str:
    names = {"first": date_format(evaluation.first_day, "j F Y"), "last": date_format(evaluation.last_day, "j F Y")}
    return gettext("Registratieperiode van %(first)s tot en met %(last)s") % names


def _bar(result: CategoryResult, largest: Decimal, unit: str) -> Bar:
    category = result.category
    parts = [amount_of(result.reached, unit)]
    if category.minimum:
        parts.append(gettext("nodig: %(minimum)s") % {"minimum": _n(category.minimum)})
    if category.maximum:
        parts.append(gettext("telt mee tot %(maximum)s") % {"maximum": _n(category.maximum)})
    if result.left_out:
        parts.append(gettext("%(left_out)s telt niet mee") % {"left_out": _n(result.left_out)})
    return Bar(
        name=category.name,
        text=", ".join(parts),
        missing=_missing(result.missing),
        width=_share(result.reached, largest),
        tick=_share(category.minimum, largest) if category.minimum else "",
        cap=_share(category.maximum, largest) if category.maximum else "",
        depth=0 if category.part_of is None else 1,
        confirmed=category.confirmed or not (category.minimum or category.maximum),
    )


def _work(standing: Standing) -> list[Bar]:
    """The hours of work beside what the rule asks, on a scale of their own."""
    if standing.rule is None or not standing.rule.work_hours:
        return []
    asked = Decimal(standing.rule.work_hours)
    largest = max(asked, standing.worked)
    return [
        Bar(
            name=gettext("Werkuren, zelf opgeschreven"),
            text=_reached_of(standing.worked, asked, RegisterRule.Unit.HOURS),
            missing=_missing(standing.work_missing),
            width=_share(standing.worked, largest),
            tick=_share(asked, largest),
            cap="",
            depth=0,
            confirmed=standing.rule.work_confirmed,
        )
    ]


def _missing(missing: Decimal) -> str:
    if not missing:
        return ""
    return gettext("er ontbreekt er 1") if missing == 1 else gettext("er ontbreken er %(missing)s") % {"missing": _n(missing)}


def _events(standing: Standing, evaluation: Evaluation) -> list[Event]:
    events = []
    for counted in evaluation.rows:
        if counted.reason in (None, Reason.CAP_REACHED):
            line = standing.lines[counted.row.id]
            label = f"{line.title}: {_n(counted.counted)}"
            events.append(Event(on=line.on, label=label, points=float(counted.counted), state="done" if counted.counted else "planned"))
    return events


def _row(counted: Counted, standing: Standing, evaluation: Evaluation) -> RowText:
    return RowText(line=standing.lines[counted.row.id], counted=counted.counted, why=why_not(counted, evaluation))


def _share(part: Decimal | None, whole: Decimal) -> str:
    return f"{min(Decimal(100), 100 * (part or Decimal(0)) / whole):.2f}%"


def _n(value: Decimal) -> str:
    return str(localize(Decimal(f"{value.normalize():f}"), use_l10n=True))
