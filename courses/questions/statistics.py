"""Item statistics for authors: how hard a question proved, whether it tells the able from the others, and what was chosen.

Counted over tests that have a result, the first attempt of each learner at an activity: who has seen the questions once
would make them look easier than they are. Each version of a question stands by itself.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from courses.models import Attempt, AttemptQuestion, Question, QuestionVersion
from courses.questions.types import TYPES

ENOUGH = 30  # below this a p-value can be off by more than 0.15 either way


@dataclass(frozen=True)
class Observation:
    """What one attempt says of an item: the share it earned, and the share of all other points in that attempt."""

    share: float
    rest: float | None
    response: Any = None


@dataclass(frozen=True)
class Distractor:
    """A choice, how often it was made, and how those who made it did on the rest of the test."""

    text: str
    correct: bool
    count: int
    rest: float | None


@dataclass(frozen=True)
class ItemStatistics:
    """The figures of one version. `p` is the mean share (0–1, higher is easier); `discrimination` is −1 to 1."""

    version: QuestionVersion
    n: int
    p: float | None
    discrimination: float | None
    distractors: list[Distractor]
    unanswered: int

    @property
    def is_small(self) -> bool:
        return self.n < ENOUGH

    @property
    def weak(self) -> bool:
        """Whether the question hardly tells the able from the others, on enough attempts to say so."""
        return not self.is_small and self.discrimination is not None and self.discrimination < 0.2


def statistics_of(question: Question) -> list[ItemStatistics]:
    """The figures of every version of a question that was asked in a test, the newest first."""
    seen = observations(question)
    versions = question.versions.filter(pk__in=seen).order_by("-number")
    return [item_statistics(version, seen[version.pk]) for version in versions]


def observations(question: Question) -> dict[int, list[Observation]]:
    """What each version of the question earned in first attempts."""
    attempts = Attempt.objects.filter(mode=Attempt.Mode.TEST, number=1, scored_at__isnull=False, questions__version__question=question)
    rows = AttemptQuestion.objects.filter(attempt__in=attempts.values("pk")).values_list(
        "attempt_id", "version_id", "version__question_id", "version__points", "answer__share", "answer__response"
    )
    by_attempt: dict[int, list[tuple[int, int, int, float, Any]]] = defaultdict(list)
    for attempt, version, of, points, share, response in rows:
        by_attempt[attempt].append((version, of, points, share or 0.0, response))
    seen: dict[int, list[Observation]] = defaultdict(list)
    for items in by_attempt.values():
        for version, of, _points, share, response in items:
            if of == question.pk:
                others = [(other[2], other[3]) for other in items if other[1] != of]
                total = sum(points for points, _share in others)
                rest = sum(points * other for points, other in others) / total if total else None
                seen[version].append(Observation(share=share, rest=rest, response=response))
    return dict(seen)


def item_statistics(version: QuestionVersion, seen: Sequence[Observation]) -> ItemStatistics:
    """The figures over these observations."""
    kind, definition = TYPES[version.type], version.definition
    responses = [(kind.tidy(definition, one.response), one.rest) for one in seen]
    return ItemStatistics(
        version=version,
        n=len(seen),
        p=sum(one.share for one in seen) / len(seen) if seen else None,
        discrimination=correlation([(one.share, one.rest) for one in seen if one.rest is not None]),
        distractors=_distractors(definition, responses),
        unanswered=sum(response is None for response, _rest in responses),
    )


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's r between an item and the rest of its test: the corrected item-total correlation.

    With all-or-nothing items that is the point-biserial. None where one of the two never varies, or with fewer than three pairs.
    """
    n = len(pairs)
    if n < 3:
        return None
    mean_x, mean_y = sum(x for x, _y in pairs) / n, sum(y for _x, y in pairs) / n
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    spread = sqrt(sum((x - mean_x) ** 2 for x, _y in pairs) * sum((y - mean_y) ** 2 for _x, y in pairs))
    return covariance / spread if spread > 1e-12 else None


def _distractors(definition: dict[str, Any], responses: list[tuple[Any, float | None]]) -> list[Distractor]:
    options: list[tuple[Any, str, bool]]
    if "options" in definition:
        options = [(place, option["text"], option["correct"]) for place, option in enumerate(definition["options"])]
    elif "areas" in definition:
        options = [(place, area["label"], area["correct"]) for place, area in enumerate(definition["areas"])]
    elif isinstance(definition.get("answer"), bool):
        options = [(True, "Waar", definition["answer"]), (False, "Niet waar", not definition["answer"])]
    else:
        return []
    table = []
    for value, text, correct in options:
        rests = [
            rest
            for response, rest in responses
            if (value in response if isinstance(response, list) else response is not None and response == value)
        ]
        known = [rest for rest in rests if rest is not None]
        table.append(Distractor(text=text, correct=correct, count=len(rests), rest=sum(known) / len(known) if known else None))
    return table
