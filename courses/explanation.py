""" "Waarom ben ik nog niet klaar?": each requirement as a sentence, with where one stands and the next step."""

from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _, ngettext

from courses.completion import Outcome
from courses.models import Enrolment
from courses.progress import outcome_of
from courses.route import Route, Station, route_of


@dataclass(frozen=True)
class Step:
    """Where to go to get further."""

    label: str
    url: str


@dataclass(frozen=True)
class Explained:
    """One rule in words: what it asks, whether it is met, how things stand, and the next step when it is not."""

    asks: str
    met: bool
    stands: str
    share: float
    next_step: Step | None
    children: tuple["Explained", ...]


def why_not_yet(enrolment: Enrolment) -> Explained:
    """The completion rule of this enrolment in words, met and unmet, in the reader's language."""
    return explain(outcome_of(enrolment), route_of(enrolment.release))


def explain(outcome: Outcome, route: Route) -> Explained:
    """The same verdict in words."""
    children = tuple(explain(child, route) for child in outcome.children)
    if outcome.children or outcome.name in {"all_of", "one_of", "n_of"}:
        asks, stands = _group(outcome)
        step = None if outcome.met else next((child.next_step for child in children if child.next_step), None)
    elif outcome.name == "lessons_viewed":
        asks, stands, step = _lessons(outcome, route)
    else:
        asks, stands, step = _activity(outcome, route)
    return Explained(asks=asks, met=outcome.met, stands=stands, share=outcome.share, next_step=step, children=children)


def _group(outcome: Outcome) -> tuple[str, str]:
    met = sum(child.met for child in outcome.children)
    if outcome.name == "all_of":
        asks = _("Doe dit allemaal")
        stands = _("%(met)s van %(count)s klaar") % {"met": met, "count": len(outcome.children)}
    elif outcome.n == 1:
        asks = _("Kies één van deze")
        stands = _("Klaar") if outcome.met else _("Nog niet klaar")
    else:
        asks = _("Kies er %(count)s van deze") % {"count": outcome.n}
        stands = _("%(met)s van %(count)s klaar") % {"met": met, "count": outcome.n}
    return asks, stands


def _lessons(outcome: Outcome, route: Route) -> tuple[str, str, Step | None]:
    to_do = [route.by_uuid[lesson] for lesson in outcome.lessons_to_do if lesson in route.by_uuid]
    asked = [route.by_uuid[lesson] for lesson in outcome.lessons if lesson in route.by_uuid]
    asks = _("Rond alle lessen af") if len(asked) == len(route.stations) else _("Rond %(lessons)s af") % {"lessons": _titles(asked)}
    if outcome.met:
        return asks, _("Alle lessen zijn afgerond"), None
    done = len(outcome.lessons) - len(outcome.lessons_to_do)
    stands = ngettext(
        "Nog 1 les te gaan; %(done)s afgerond", "Nog %(count)s lessen te gaan; %(done)s afgerond", len(outcome.lessons_to_do)
    ) % {
        "count": len(outcome.lessons_to_do),
        "done": done,
    }
    return asks, stands, _to_lesson(to_do[0], route) if to_do else None


def _to_lesson(station: Station, route: Route) -> Step:
    return Step(
        label=_("Naar les %(number)s: %(title)s") % {"number": station.number, "title": station.title}, url=route.lesson_url(station)
    )


def _titles(stations: list[Station]) -> str:
    return get_text_list([f"‘{station.title}’" for station in stations], _("en"))


def _activity(outcome: Outcome, route: Route) -> tuple[str, str, Step | None]:
    stop = route.stops.get(outcome.key)
    title = stop.title if stop else outcome.key
    asks = {
        "answered": _("Doe ‘%(title)s’"),
        "passed": _("Haal minstens %(mark)s %% voor ‘%(title)s’"),
        "attended": _("Wees aanwezig bij ‘%(title)s’"),
        "judged_sufficient": _("Krijg een voldoende voor ‘%(title)s’"),
        "evaluated": _("Vul ‘%(title)s’ in"),
    }[outcome.name] % {"title": title, "mark": f"{outcome.at_least:g}"}
    step = None if outcome.met or stop is None else Step(label=_("Naar ‘%(title)s’") % {"title": title}, url=route.stop_url(stop))
    return asks, _stands(outcome), step


def _stands(outcome: Outcome) -> str:
    did = outcome.facts
    best = None if did.best_score is None else _percentage(did.best_score)
    if outcome.name == "passed":
        if best is not None:
            return _("Je beste score is %(score)s") % {"score": best}
        if did.reported_score is not None:
            return _("Je oefende met een score van %(score)s; alleen een toets die wij zelf nakijken telt hier") % {
                "score": _percentage(did.reported_score)
            }
        return _("Nog geen score")
    if outcome.name == "judged_sufficient" and not outcome.met:
        return _("Ingeleverd; nog niet als voldoende beoordeeld") if did.answered else _("Nog niet ingeleverd")
    if outcome.name == "attended":
        return _("Je was erbij") if outcome.met else _("Je aanwezigheid is nog niet vastgelegd")
    if outcome.name == "judged_sufficient":
        return _("Voldoende")
    return _("Gedaan") if outcome.met else _("Nog niet gedaan")


def _percentage(score: float) -> str:
    # Downwards: 69,96 % must not read as 70 % beside a rule that asks 70 %.
    return f"{int(round(score * 100, 6))} %"
