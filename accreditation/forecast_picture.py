"""The forecast as a picture with its text: what was earned as steps, the pace as a dashed line, the rule as a level to reach.

Coordinates are text in a grid of a thousand by two hundred, because the strict Content-Security-Policy allows no inline style.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format, localize
from django.utils.translation import gettext, ngettext

from accreditation.dossier import Standing
from accreditation.forecast import Forecast, Outlook, forecast
from courses.course_page import amount_of

WIDE, HIGH = 1000, 200


@dataclass(frozen=True, slots=True)
class ForecastPicture:
    """What the component draws. `drawn` is false when there is nothing to draw yet; its text says why."""

    id: str
    title: str
    text: str
    drawn: bool
    steps: str
    pace: str
    norm_y: str
    today_x: str
    first: str
    last: str
    norm: str
    table: list[tuple[str, str]]
    tone: str


def forecast_picture(standing: Standing) -> ForecastPicture | None:
    """The picture for one register; None without a rule, without a known period, or after its end."""
    evaluation, rule = standing.evaluation, standing.rule
    if evaluation is None or rule is None or standing.period_assumed:
        return None
    found = forecast(evaluation)
    if found.outlook is Outlook.CLOSED:
        return None
    top = max([rule.total, evaluation.total, found.at_end or Decimal(0)], default=Decimal(1)) or Decimal(1)
    span = max((evaluation.last_day - evaluation.first_day).days, 1)

    def x(day: date) -> str:
        return f"{WIDE * min(max((day - evaluation.first_day).days, 0), span) / span:.1f}"

    def y(amount: Decimal) -> str:
        return f"{HIGH - HIGH * float(amount) / float(top) * 0.95:.1f}"

    now = found.steps[-1][1] if found.steps else Decimal(0)
    corners = [f"{x(evaluation.first_day)},{y(Decimal(0))}"]
    held = Decimal(0)
    for day, total in found.steps:
        corners += [f"{x(day)},{y(held)}", f"{x(day)},{y(total)}"]
        held = total
    corners.append(f"{x(evaluation.day)},{y(held)}")
    pace = f"{x(evaluation.day)},{y(now)} {x(evaluation.last_day)},{y(found.at_end)}" if found.at_end is not None else ""
    table = [
        (gettext("Vandaag, %(day)s") % {"day": _day(evaluation.day)}, amount_of(now, rule.unit)),
        (gettext("Nodig"), amount_of(rule.total, rule.unit)),
    ]
    if found.at_end is not None:
        table.insert(
            1,
            (
                gettext("Op de laatste dag, %(day)s, in dit tempo") % {"day": _day(evaluation.last_day)},
                amount_of(_whole(found.at_end), rule.unit),
            ),
        )
    return ForecastPicture(
        id=f"prognose-{standing.entry.pk}",
        title=sentence(found, standing=standing),
        text=_explained(found),
        drawn=found.outlook not in (Outlook.TOO_LITTLE,) and bool(found.steps),
        steps=" ".join(corners),
        pace=pace,
        norm_y=y(rule.total),
        today_x=x(evaluation.day),
        first=date_format(evaluation.first_day, "Y"),
        last=date_format(evaluation.last_day, "j-n-Y"),
        norm=amount_of(rule.total, rule.unit),
        table=table,
        tone={Outlook.COMPLETE: "done", Outlook.ON_TIME: "done", Outlook.TOO_LITTLE: ""}.get(found.outlook, "signal"),
    )


def sentence(found: Forecast, *, standing: Standing) -> str:
    """The outlook in one sentence, to the learner."""
    evaluation, rule = standing.evaluation, standing.rule
    assert evaluation is not None  # noqa: S101 - whoever calls has one
    assert rule is not None  # noqa: S101 - the same
    names = {
        "on": _day(found.on) if found.on else "",
        "last": _day(evaluation.last_day),
        "at_end": _n(_whole(found.at_end or Decimal(0))),
        "total": amount_of(rule.total, rule.unit),
        "what": _lowered(found.slowest.name) if found.slowest else "",
    }
    if found.outlook is Outlook.COMPLETE:
        return gettext("Je hebt nu al genoeg voor deze periode")
    if found.outlook is Outlook.TOO_LITTLE:
        return gettext("Er is nog te weinig om te zeggen wanneer je voldoet")
    if found.outlook is Outlook.ON_TIME:
        return gettext("In dit tempo voldoe je op %(on)s aan de regel: %(spare)s voor het einde van je periode") % {
            **names,
            "spare": _spare((evaluation.last_day - found.on).days if found.on else 0),
        }
    if found.outlook is Outlook.TOO_LATE:
        return gettext("In dit tempo heb je op %(last)s, je laatste dag, %(at_end)s van de %(total)s; je voldoet pas op %(on)s") % names
    if found.slowest is None:
        return (
            gettext("In dit tempo heb je op %(last)s, je laatste dag, %(at_end)s van de %(total)s; ook tien jaar later voldoe je niet")
            % names
        )
    return (
        gettext("In dit tempo heb je op %(last)s, je laatste dag, %(at_end)s van de %(total)s; de norm voor %(what)s haal je niet") % names
    )


def _explained(found: Forecast) -> str:
    if found.outlook is Outlook.TOO_LITTLE:
        return gettext("Na drie maanden en twee activiteiten rekenen we je tempo uit. Wat je nog nodig hebt, staat hierboven.")
    if found.outlook is Outlook.COMPLETE:
        return gettext("Wat je er nog bij doet, telt mee tot het maximum van elke soort.")
    text = gettext("We rekenen elke soort door zoals die tot nu toe groeide, met de regel van nu. Het is een rekensom, geen belofte.")
    if found.slowest is not None and found.outlook is not Outlook.NEVER:
        text = gettext("Het langst duurt %(what)s.") % {"what": _lowered(found.slowest.name)} + " " + text
    return text


def _spare(days: int) -> str:
    if days < 1:
        return gettext("net")
    if days < 60:
        return ngettext("%(days)s dag", "%(days)s dagen", days) % {"days": days}
    months = round(days / 30.4)
    return ngettext("%(months)s maand", "%(months)s maanden", months) % {"months": months}


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1))


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def _n(value: Decimal) -> str:
    return str(localize(Decimal(f"{value.normalize():f}"), use_l10n=True))
