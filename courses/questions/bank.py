"""The question bank: making questions, revising them, and asking which ones fit."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from courses.models import CoursePage, Question, QuestionVersion
from courses.questions.types import TYPES, DefinitionRefused


@transaction.atomic
def add_question(
    *,
    organisation: Organisation,
    title: str,
    kind: str,
    definition: dict[str, Any],
    points: int = 1,
    course: CoursePage | None = None,
    key: str = "",
    difficulty: str = Question.Difficulty.MEDIUM,
    provenance: str = "",
    tags: Iterable[str] = (),
    author: User | None = None,
) -> Question:
    """Put a question in the bank with its first version. Raises DefinitionRefused."""
    definition = clean(kind, definition)
    question = Question.objects.create(
        organisation=organisation, course=course, key=key, title=title[:255], difficulty=difficulty, provenance=provenance
    )
    question.tags.set(list(tags))
    QuestionVersion.objects.create(question=question, number=1, type=kind, definition=definition, points=points, created_by=author)
    return question


@transaction.atomic
def revise(question: Question, *, kind: str, definition: dict[str, Any], points: int, author: User | None = None) -> QuestionVersion:
    """The next version of a question, or the present one when nothing changed. Releases and attempts keep theirs.

    Raises DefinitionRefused.
    """
    definition = clean(kind, definition)
    Question.objects.select_for_update().get(pk=question.pk)  # two authors who save at once get two numbers
    latest = question.versions.order_by("-number").first()
    if latest and (latest.type, latest.definition, latest.points) == (kind, definition, points):
        return latest
    number = (question.versions.aggregate(Max("number"))["number__max"] or 0) + 1
    return QuestionVersion.objects.create(
        question=question, number=number, type=kind, definition=definition, points=points, created_by=author
    )


def clean(kind: str, definition: Any) -> dict[str, Any]:
    """The definition in canonical form. Raises DefinitionRefused."""
    if kind not in TYPES:
        raise DefinitionRefused([f"Onbekende soort vraag: {kind}."])
    return TYPES[kind].clean(definition)


def questions_of(user: User) -> QuerySet[Question]:
    """The questions this person may see and change: those of the organisations where they make courses."""
    return Question.objects.filter(organisation__in=organisations_where(user, Action.AUTHOR_COURSES))


def with_latest(questions: QuerySet[Question]) -> QuerySet[Question]:
    """The questions with `latest_type`, `latest_version` and `latest_number` of their newest version."""
    newest = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number")
    return questions.annotate(
        latest_version=Subquery(newest.values("pk")[:1]),
        latest_type=Subquery(newest.values("type")[:1]),
        latest_number=Subquery(newest.values("number")[:1]),
    )


def newest_versions(questions: QuerySet[Question]) -> list[QuestionVersion]:
    """The newest version of each of the questions, in a lasting order."""
    newest = QuestionVersion.objects.filter(question=OuterRef("question")).order_by("-number").values("pk")[:1]
    return list(
        QuestionVersion.objects.filter(question__in=questions, pk=Subquery(newest)).select_related("question").order_by("question_id")
    )


def pool_for_draw(course: CoursePage, *, tag: str) -> list[QuestionVersion]:
    """What a draw by tag chooses from: the questions in use of the course itself and of the organisation at large."""
    questions = (
        Question.objects.filter(retired_at=None, organisation=course.organisation, tags__name=tag)
        .filter(Q(course=course) | Q(course=None))
        .distinct()
    )
    return newest_versions(questions)
