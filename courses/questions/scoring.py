"""What an attempt earns: the shares of its questions, weighed by their points, against the pass mark.

Partial scores per type of question are documented at the top of each module of `courses.questions.types`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

DEFAULT_PASS_MARK = 70


@dataclass(frozen=True)
class Score:
    """Points earned out of those to be earned; `scaled` is 0–1."""

    raw: float
    max: float

    @property
    def scaled(self) -> float:
        # Six decimals: three thirds of a point are a whole one, whatever binary fractions make of them.
        return round(self.raw / self.max, 6) if self.max else 0.0

    def reaches(self, pass_mark: float) -> bool:
        """Whether this is at least the pass mark, in per cents."""
        return self.scaled >= round(pass_mark / 100, 6)


def total(parts: Iterable[tuple[float, float]]) -> Score:
    """The score of an attempt from (share, points) of each question. Questions without points do not count."""
    raw = maximum = 0.0
    for share, points in parts:
        raw += min(1.0, max(0.0, share)) * points
        maximum += points
    return Score(raw=round(raw, 6), max=maximum)


def percentage(scaled: float) -> int:
    """A score in whole per cents, rounded down: a learner with 69.9% must not read 70% and still have failed."""
    return int(scaled * 100 + 1e-6)
