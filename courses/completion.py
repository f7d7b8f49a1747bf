"""When a course is complete: a rule tree, evaluated over what someone did, that can always say why not yet.

The rule is JSON in `Release.completion`. Groups: {"all_of": [...]}, {"one_of": [...]}, {"n_of": {"n": 2, "rules": [...]}}.
Requirements: {"lessons_viewed": "all" | [lesson uuids]}, {"answered": key}, {"passed": {"activity": key, "at_least": 70}},
{"attended": key}, {"judged_sufficient": key}, {"evaluated": key}, where key names an activity of the release.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Rule = dict[str, Any]

GROUPS = ("all_of", "one_of", "n_of")
REQUIREMENTS = ("answered", "passed", "attended", "judged_sufficient", "evaluated")


class RuleMalformed(ValueError):
    """The rule is not one of those above; the message says where."""


@dataclass(frozen=True)
class ActivityFacts:
    """What someone did with one activity. `best_score` (0–1) is a test's; `reported_score` is what a browser said, or practice."""

    answered: bool = False
    best_score: float | None = None
    reported_score: float | None = None
    attended: bool = False
    judged_sufficient: bool = False
    evaluated: bool = False


@dataclass(frozen=True)
class Facts:
    """What someone did in a course, and the lessons that their release has."""

    lessons: Sequence[uuid.UUID]
    viewed: frozenset[uuid.UUID] = frozenset()
    activities: Mapping[str, ActivityFacts] = field(default_factory=dict)

    def activity(self, key: str) -> ActivityFacts:
        return self.activities.get(key, ActivityFacts())


@dataclass(frozen=True)
class Outcome:
    """One node of the rule with its verdict.

    `share` (0–1) is how much of it is met, and is 1 exactly when it is met; `weight` is how many steps it counts for in
    the group around it. Doing more never lowers a share.
    """

    name: str
    met: bool
    share: float
    weight: int
    key: str = ""
    at_least: float = 0
    n: int = 0
    lessons: tuple[uuid.UUID, ...] = ()
    lessons_to_do: tuple[uuid.UUID, ...] = ()
    facts: ActivityFacts = field(default_factory=ActivityFacts)
    children: tuple["Outcome", ...] = ()

    def unmet(self) -> Iterator["Outcome"]:
        """The requirements that still stand open, in the order of the rule; of a choice that is made, none."""
        if self.met:
            return
        if not self.children:
            yield self
        for child in self.children:
            yield from child.unmet()


def evaluate(rule: Rule, facts: Facts) -> Outcome:
    """The verdict on a rule and on everything in it. Raises RuleMalformed."""
    if not isinstance(rule, dict) or len(rule) != 1:
        raise RuleMalformed(f"a rule has exactly one name: {rule!r}")
    [(name, content)] = rule.items()
    if name in GROUPS:
        return _group(name, content, facts)
    if name == "lessons_viewed":
        return _lessons_viewed(content, facts)
    if name not in REQUIREMENTS:
        raise RuleMalformed(f"unknown rule: {name!r}")
    key, at_least = _key_and_mark(name, content)
    did = facts.activity(key)
    met = _met(name, did, at_least)
    return Outcome(name=name, met=met, share=float(met), weight=1, key=key, at_least=at_least, facts=did)


def requirements(rule: Rule) -> Iterator[tuple[str, Any]]:
    """Every requirement in the rule as (name, content), groups opened. Raises RuleMalformed."""
    if not isinstance(rule, dict) or len(rule) != 1:
        raise RuleMalformed(f"a rule has exactly one name: {rule!r}")
    [(name, content)] = rule.items()
    if name in GROUPS:
        for child in _rules_in(name, content):
            yield from requirements(child)
    elif name == "lessons_viewed" or name in REQUIREMENTS:
        yield name, content
    else:
        raise RuleMalformed(f"unknown rule: {name!r}")


def key_of(name: str, content: Any) -> str:
    """The activity that a requirement is about; empty for lessons."""
    return "" if name == "lessons_viewed" else _key_and_mark(name, content)[0]


def _rules_in(name: str, content: Any) -> list[Rule]:
    rules = content.get("rules") if name == "n_of" and isinstance(content, dict) else content
    if not isinstance(rules, list):
        raise RuleMalformed(f"{name} holds a list of rules: {content!r}")
    return rules


def _group(name: str, content: Any, facts: Facts) -> Outcome:
    children = tuple(evaluate(rule, facts) for rule in _rules_in(name, content))
    needed = _needed(name, content, children)
    shares = sorted((child.share for child in children), reverse=True)
    weights = sorted((child.weight for child in children), reverse=True)
    met = bool(children) and sum(child.met for child in children) >= needed
    if name == "all_of":
        weight = sum(weights)
        share = sum(child.share * child.weight for child in children) / weight if weight else 0.0
    else:
        weight = sum(weights[:needed])
        share = sum(shares[:needed]) / needed
    return Outcome(name=name, met=met, share=_exact(share, met=met), weight=weight, n=needed, children=children)


def _needed(name: str, content: Any, children: Sequence[Outcome]) -> int:
    if name == "all_of":
        return len(children)
    needed = content.get("n") if name == "n_of" else 1
    if not isinstance(needed, int) or needed < 1:
        raise RuleMalformed(f"n_of needs a whole number from 1: {needed!r}")
    return needed


def _lessons_viewed(content: Any, facts: Facts) -> Outcome:
    lessons = tuple(facts.lessons) if content == "all" else tuple(uuid.UUID(str(lesson)) for lesson in content)
    to_do = tuple(lesson for lesson in lessons if lesson not in facts.viewed)
    share = 1 - len(to_do) / len(lessons) if lessons else 0.0
    met = bool(lessons) and not to_do
    return Outcome(
        name="lessons_viewed", met=met, share=_exact(share, met=met), weight=max(1, len(lessons)), lessons=lessons, lessons_to_do=to_do
    )


def _exact(share: float, *, met: bool) -> float:
    # Sums of floats may end just under or on 1: the verdict decides which it is, and unmet never shows as 100 %.
    return 1.0 if met else min(share, 0.99)


def _key_and_mark(name: str, content: Any) -> tuple[str, float]:
    if name == "passed":
        if not isinstance(content, dict) or "activity" not in content:
            raise RuleMalformed(f"passed names an activity and a mark: {content!r}")
        return str(content["activity"]), float(content.get("at_least", 70))
    if not isinstance(content, str):
        raise RuleMalformed(f"{name} names an activity: {content!r}")
    return content, 0


def _met(name: str, did: ActivityFacts, at_least: float) -> bool:
    if name == "passed":
        # 0.29 * 100 is 28.999…: compare what a person would read.
        return did.best_score is not None and round(did.best_score * 100, 6) >= at_least
    return bool(getattr(did, name))
