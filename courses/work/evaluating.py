"""What learners think of a course: kept apart from who they are, and shown only when there are enough of them."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import CoursePage, Enrolment, EvaluationAnswers, ReleaseActivity
from courses.recording import record
from lrs.models import Statement
from lrs.profiles import vakwijs

SHOWN_FROM = 5
SCALE = (1, 2, 3, 4, 5)
LONGEST_ANSWER = 4000


class EvaluationRefused(Exception):
    """The message tells the learner why, and what to do; `errors` by number of the question."""

    def __init__(self, message: str, errors: dict[int, str] | None = None) -> None:
        super().__init__(message)
        self.errors = errors or {}


@dataclass(frozen=True)
class QuestionResult:
    """One question over all who answered it: counts per answer, or the open answers in no order."""

    text: str
    type: str
    count: int
    counts: list[tuple[str, int]] = field(default_factory=list)
    open_answers: list[str] = field(default_factory=list)
    mean: float | None = None


@dataclass(frozen=True)
class Results:
    """What an author may see: how many filled it in, and from `SHOWN_FROM` on also what they said."""

    count: int
    questions: list[QuestionResult]

    @property
    def shown(self) -> bool:
        return self.count >= SHOWN_FROM


def fill_in(*, enrolment: Enrolment, activity: ReleaseActivity, answers: dict[int, str], at: datetime | None = None) -> None:
    """Keep the answers (by number of the question) without the person, and record only that they were given. Once per learner.

    Scale and choice questions must be answered, open ones may stay empty. Raises EvaluationRefused.
    """
    at = at or timezone.now()
    kept = _checked(activity, answers)
    with transaction.atomic():
        # The enrolment's lock, because the answers themselves know nobody and cannot be counted per person.
        Enrolment.objects.select_for_update().get(pk=enrolment.pk)
        if has_evaluated(enrolment, activity.uuid):
            raise EvaluationRefused(
                _("Je hebt deze evaluatie al ingevuld. Je antwoorden zijn bewaard zonder je naam en daarom niet meer te wijzigen.")
            )
        month = timezone.localdate(at).replace(day=1)
        EvaluationAnswers.objects.create(course=enrolment.course, activity=activity.uuid, month=month, answers=kept)
        record(
            enrolment=enrolment,
            verb=vakwijs.EVALUATED,
            subject=activity,
            result={"completion": True},
            statement_id=_once(enrolment, activity.uuid),
            at=at,
        )


def has_evaluated(enrolment: Enrolment, activity: uuid.UUID) -> bool:
    return Statement.objects.with_id(_once(enrolment, activity)).exists()


def results_of(*, course: CoursePage, activity: uuid.UUID) -> Results:
    """The results over all releases. With fewer answers than `SHOWN_FROM`, to the whole or to one question, nothing of it is shown."""
    rows = list(EvaluationAnswers.objects.filter(course=course, activity=activity).order_by("pk"))
    if len(rows) < SHOWN_FROM:
        return Results(count=len(rows), questions=[])
    given: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        for answer in row.answers:
            given.setdefault((answer["question"], answer["type"]), []).append(answer["answer"])
    return Results(
        count=len(rows), questions=[_result(text, kind, values) for (text, kind), values in given.items() if len(values) >= SHOWN_FROM]
    )


def _result(text: str, kind: str, values: list[Any]) -> QuestionResult:
    if kind == "open":
        # Sorted by the words themselves: the order of coming in would tell who was first.
        return QuestionResult(text=text, type=kind, count=len(values), open_answers=sorted(values))
    counted = Counter(str(value) for value in values)
    order = [str(step) for step in SCALE] if kind == "scale" else list(dict.fromkeys(sorted(counted)))
    mean = sum(int(value) for value in values) / len(values) if kind == "scale" else None
    return QuestionResult(text=text, type=kind, count=len(values), counts=[(label, counted[label]) for label in order], mean=mean)


def _checked(activity: ReleaseActivity, answers: dict[int, str]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    errors: dict[int, str] = {}
    for number, question in enumerate(activity.settings.get("questions", [])):
        given = str(answers.get(number, "")).strip()
        allowed = [str(step) for step in SCALE] if question["type"] == "scale" else question.get("options", [])
        if question["type"] == "open":
            if given:
                kept.append({"question": question["text"], "type": "open", "answer": given[:LONGEST_ANSWER]})
        elif given in allowed:
            kept.append(
                {"question": question["text"], "type": question["type"], "answer": int(given) if question["type"] == "scale" else given}
            )
        else:
            errors[number] = _("Kies een antwoord.")
    if errors:
        raise EvaluationRefused(_("Bij één of meer vragen staat nog geen antwoord. Wat je koos, staat er nog."), errors)
    return kept


def _once(enrolment: Enrolment, activity: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(enrolment.uuid, f"evaluated {activity}")
