"""The route along time: a registration period and a training, as positions on a line and as the same in words.

Positions are percentages, so that the drawing needs no inline style and its text does not shrink on a phone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

_EDGE = 4.0


@dataclass(frozen=True)
class Event:
    """Something that happened, or will: its day, its weight in points, and what it is called."""

    on: date
    label: str
    points: float = 0
    state: Literal["done", "waiting", "planned"] = "done"


@dataclass(frozen=True)
class Stop:
    x: str
    radius: int
    state: str
    text: str


@dataclass(frozen=True)
class Tick:
    x: str
    label: str
    anchor: str


@dataclass(frozen=True)
class PeriodRoute:
    """What the component `period_route` draws."""

    id: str
    title: str
    text: str
    today_x: str
    today_anchor: str
    ticks: list[Tick]
    stops: list[Stop]


def period(*, identifier: str, title: str, start: date, end: date, today: date, events: Iterable[Event], text: str = "") -> PeriodRoute:
    """A registration period with today marked; `identifier` is unique on the page, `text` defaults to the events in words."""
    events = sorted(events, key=lambda event: event.on)
    years = [date(year, 1, 1) for year in range(start.year + 1, end.year + 1)]
    marks = [start, *[day for day in years if start < day < end]]
    crowded = len(marks) > 1 and (marks[1] - start).days < 0.12 * (end - start).days
    ticks = [
        # Where the first New Year is near, its year would run into that of the beginning.
        Tick(x=_percent(day, start, end), label="" if day == start and crowded else str(day.year), anchor=_anchor(day, start, end))
        for day in marks
    ]
    stops = [
        Stop(x=_percent(event.on, start, end), radius=_radius(event.points), state=event.state, text=f"{event.label}, {_day(event.on)}")
        for event in events
    ]
    return PeriodRoute(
        id=identifier,
        title=title,
        text=text or _in_words(start, end, today, events),
        today_x=_percent(today, start, end),
        today_anchor=_anchor(today, start, end),
        ticks=ticks,
        stops=stops,
    )


@dataclass(frozen=True)
class Level:
    """A level of supervision (1 to 5) reached on a day; `entrusted` when a declaration of competence was given."""

    on: date
    level: int
    entrusted: bool = False


@dataclass(frozen=True)
class Goal:
    """The level that should be reached on a day."""

    on: date
    level: int


@dataclass(frozen=True)
class PortfolioRow:
    label: str
    stops: list[dict[str, object]]
    text: str
    target: dict[str, object] | None = None
    target_text: str = ""
    reached_x: str = ""


@dataclass(frozen=True)
class PortfolioRoute:
    """What the component `portfolio_route` draws."""

    id: str
    title: str
    today_x: str
    rows: list[PortfolioRow] = field(default_factory=list)


def portfolio(
    *, identifier: str, title: str, start: date, end: date, today: date, rows: Iterable[tuple[str, Iterable[Level], Goal | None]]
) -> PortfolioRoute:
    """A training: per EPA the levels in time and the goal."""
    drawn = []
    for label, levels, goal in rows:
        levels = sorted(levels, key=lambda level: level.on)
        stops: list[dict[str, object]] = [
            {"x": _percent(level.on, start, end), "level": level.level, "entrusted": level.entrusted} for level in levels
        ]
        words = ", ".join(_("niveau %(level)s op %(day)s") % {"level": level.level, "day": _day(level.on)} for level in levels)
        drawn.append(
            PortfolioRow(
                label=label,
                stops=stops,
                text=words or _("nog geen oordeel"),
                target={"x": _percent(goal.on, start, end), "level": goal.level} if goal else None,
                target_text=_("niveau %(level)s op %(day)s") % {"level": goal.level, "day": _day(goal.on)} if goal else "",
                reached_x=str(stops[-1]["x"]) if stops else "",
            )
        )
    return PortfolioRoute(id=identifier, title=title, today_x=_percent(today, start, end), rows=drawn)


def _percent(day: date, start: date, end: date) -> str:
    part = (min(max(day, start), end) - start).days / max((end - start).days, 1)
    return f"{_EDGE + part * (100 - 2 * _EDGE):.2f}"


def _anchor(day: date, start: date, end: date) -> str:
    part = (day - start).days / max((end - start).days, 1)
    return "start" if part < 0.08 else "end" if part > 0.92 else "middle"


def _radius(points: float) -> int:
    return min(6 + round(points / 3), 14)


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def _in_words(start: date, end: date, today: date, events: list[Event]) -> str:
    opening = _("Periode van %(start)s tot %(end)s; vandaag is %(today)s.") % {"start": _day(start), "end": _day(end), "today": _day(today)}
    if not events:
        return f"{opening} " + _("Er staat nog niets in.")
    return f"{opening} " + "; ".join(f"{_day(event.on)}: {event.label}" for event in events) + "."
