"""Drawing the questions of an attempt from what the release pinned, and laying them out."""

import random
from collections.abc import Sequence
from typing import Any

from courses.models import Attempt, AttemptQuestion, QuestionVersion
from courses.questions.types import TYPES


def draw(settings: dict[str, Any], *, seed: str) -> list[int]:
    """The ids of the question versions of one attempt, in order; the same seed draws the same.

    `settings` are those of the released activity: `fixed` holds ids of versions that are always asked, `draws` a list of
    {"tag", "count", "pool"} whose pools hold ids of versions; `shuffle` says whether the order is drawn too. No question
    comes twice, also where pools overlap.
    """
    generator = random.Random(f"{seed}:draw")  # noqa: S311 - the seed is a secret; chance need not be cryptographic
    drawn: list[int] = list(dict.fromkeys(settings.get("fixed", [])))
    for part in settings.get("draws", []):
        pool = [version for version in dict.fromkeys(part["pool"]) if version not in drawn]
        drawn += generator.sample(pool, min(part["count"], len(pool)))
    if settings.get("shuffle"):
        generator.shuffle(drawn)
    return drawn


def lay_out(attempt: Attempt, versions: Sequence[QuestionVersion], *, shuffled: bool) -> list[AttemptQuestion]:
    """The questions of an attempt in their places, not saved yet."""
    return [
        AttemptQuestion(
            attempt=attempt,
            position=position,
            version=version,
            layout=TYPES[version.type].lay_out(version.definition, seed=f"{attempt.seed}{position}", shuffled=shuffled),
        )
        for position, version in enumerate(versions, start=1)
    ]
