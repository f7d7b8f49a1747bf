"""How a question stands before a learner: only what may be shown at that moment leaves the server."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from wagtail.images import get_image_model

from courses.models import Answer, Attempt, AttemptQuestion, QuestionVersion
from courses.questions.types import TYPES, ReviewLine


@dataclass(frozen=True)
class Asked:
    """A question in its place, as a template needs it."""

    position: int
    version: QuestionVersion
    prompt: str
    template: str
    shown: dict[str, Any]
    started: bool
    complete: bool
    flagged: bool
    unreadable: bool
    step_by_step: bool
    answer: Answer | None = None
    checked: bool = False
    share: float | None = None
    lines: list[ReviewLine] = field(default_factory=list)
    explanation: str = ""
    waits: bool = False

    @property
    def outcome(self) -> str:
        """One word for what came of it: right, partly, wrong, waits, none (not answered) or seen (nothing to count)."""
        if self.waits:
            return "waits"
        if not self.started:
            return "none"
        if self.share is None:
            return "seen"
        return "right" if self.share >= 1 else "partly" if self.share > 0 else "wrong"

    @property
    def points_earned(self) -> float:
        return (self.share or 0) * self.version.points


def asked(question: AttemptQuestion) -> Asked:
    """A question to be answered: nothing of what is right, and no feedback."""
    kind, definition = TYPES[question.version.type], question.version.definition
    answer = answer_of(question)
    response = answer.response if answer else None
    return Asked(
        position=question.position,
        version=question.version,
        prompt=definition["prompt"],
        template=kind.template,
        shown=with_picture(kind.shown(definition, question.layout, response)),
        started=response is not None,
        complete=kind.complete(definition, response),
        flagged=question.flagged,
        unreadable=kind.unreadable(definition, response),
        step_by_step=kind.step_by_step,
        answer=answer,
    )


def reviewed(question: AttemptQuestion, *, reveal: bool) -> Asked:
    """A question that was answered. `reveal` adds the right answers and the explanation."""
    kind, definition = TYPES[question.version.type], question.version.definition
    answer = answer_of(question)
    response = answer.response if answer else None
    base = asked(question)
    test = question.attempt.mode == Attempt.Mode.TEST
    return Asked(
        **{
            **{name: getattr(base, name) for name in base.__dataclass_fields__},
            "checked": True,
            "share": answer.share if answer else (None if not test else 0.0),
            "lines": kind.review(definition, question.layout, response, reveal=reveal),
            "explanation": definition["feedback"] if reveal else "",
            "waits": bool(test and kind.marked_by_teacher and answer and response is not None and answer.share is None),
        }
    )


def practised(question: AttemptQuestion) -> Asked:
    """A question of a practice: reviewed once it is checked, and until then only asked."""
    answer = answer_of(question)
    if answer and answer.checked_at:
        return reviewed(question, reveal=True)
    base = asked(question)
    kind, definition = TYPES[question.version.type], question.version.definition
    if kind.step_by_step and answer and answer.response:
        # In a case the feedback on a choice comes at once; where the other choices lead stays untold.
        return Asked(
            **{
                **{name: getattr(base, name) for name in base.__dataclass_fields__},
                "lines": kind.review(definition, question.layout, answer.response, reveal=False),
            }
        )
    return base


def questions_of(attempt: Attempt) -> Iterable[AttemptQuestion]:
    """The questions of a saved attempt with all that showing them needs."""
    questions = list(attempt.questions.select_related("version__question", "answer"))
    for question in questions:
        question.attempt = attempt
    return questions


def answer_of(question: AttemptQuestion) -> Answer | None:
    return getattr(question, "answer", None) if question.pk else None


def with_picture(shown: dict[str, Any]) -> dict[str, Any]:
    """Adds the picture of a hotspot, and its areas in the picture's own measure."""
    if "areas" not in shown:
        return shown
    picture = get_image_model().objects.filter(pk=shown["image"]).first()
    if picture is None:
        return {**shown, "picture": None}
    wide, high = picture.width / 100, picture.height / 100
    radius = min(picture.width, picture.height) / 100
    badge = max(picture.width, picture.height) / 32
    for number, area in enumerate(shown["areas"], start=1):
        area |= {
            "number": number,
            "left": _px(area["x"] * wide),
            "top": _px(area["y"] * high),
            "wide": _px(area["width"] * wide),
            "high": _px(area["height"] * high),
            "r": _px(area["radius"] * radius),
            # The number sits on the upper left of its area, where it covers the least of what is written there.
            "badge_x": _px(min(max(area["x"] * wide - area["radius"] * radius * 0.7, badge + 1), picture.width - badge - 1)),
            "badge_y": _px(min(max(area["y"] * high - area["radius"] * radius * 0.7, badge + 1), picture.height - badge - 1)),
        }
    return {
        **shown,
        "picture": picture,
        "badge": _px(badge),
        "badge_text": _px(max(picture.width, picture.height) / 28),
    }


def _px(value: float) -> str:
    # A template would write a Dutch comma, which SVG does not read.
    return f"{value:.1f}"
