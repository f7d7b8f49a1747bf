"""Charts that answer one question in their title, with the rule as a tick on the bar."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Tone = Literal["main", "done", "waiting", "signal"]


@dataclass(frozen=True)
class Part:
    """A piece of the bar; a hatched one is told apart without colour."""

    label: str
    value: float
    tone: Tone = "main"
    hatched: bool = False


@dataclass(frozen=True)
class Rule:
    """A norm: how much, the short label at the tick, and the sentence in the table."""

    value: float
    label: str
    rule: str


@dataclass(frozen=True)
class BarChart:
    """What the component `chart_bar` draws."""

    id: str
    title: str
    unit: str
    parts: list[dict[str, object]]
    ticks: list[dict[str, object]]


def bar(
    *, identifier: str, title: str, unit: str, parts: Iterable[Part], rules: Iterable[Rule] = (), scale_to: float | None = None
) -> BarChart:
    """A bar of parts beside each other; it is as long as the largest norm, or longer when there is more."""
    parts, rules = list(parts), list(rules)
    whole = scale_to or max([sum(part.value for part in parts), *[rule.value for rule in rules]], default=0) or 1
    drawn: list[dict[str, object]] = []
    at = 0.0
    for part in parts:
        drawn.append(
            {
                "label": part.label,
                "value": f"{part.value:g}",
                "tone": part.tone,
                "hatched": part.hatched,
                "x": f"{at:.2f}",
                "width": f"{100 * part.value / whole:.2f}",
            }
        )
        at += 100 * part.value / whole
    ticks: list[dict[str, object]] = [
        {
            "x": f"{100 * rule.value / whole:.2f}",
            "value": f"{rule.value:g}",
            "label": rule.label,
            "rule": rule.rule,
            "anchor": "end" if rule.value / whole > 0.8 else "start" if rule.value / whole < 0.2 else "middle",
        }
        for rule in rules
    ]
    return BarChart(id=identifier, title=title, unit=unit, parts=drawn, ticks=ticks)
