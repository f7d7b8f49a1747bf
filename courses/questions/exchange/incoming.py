"""Taking in questions that were made elsewhere: everything is checked first, and a report says what came of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.core.files.images import ImageFile
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.images import get_image_model

from accounts.models import Organisation, User
from courses.models import CoursePage, Question
from courses.questions.bank import add_question, clean, revise
from courses.questions.types import DefinitionRefused


class ExchangeRefused(Exception):
    """The file cannot be read or made; the message says why."""


@dataclass
class Incoming:
    """One question from a file. `where` is its row, or its file in the package."""

    where: str
    title: str = ""
    kind: str = ""
    definition: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    points: int = 1
    tags: list[str] = field(default_factory=list)
    difficulty: str = Question.Difficulty.MEDIUM
    provenance: str = ""
    problems: list[str] = field(default_factory=list)
    picture: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class Line:
    """What came of one question: "added", "revised", "same", "refused", or "left" because others were refused."""

    incoming: Incoming
    outcome: str


@dataclass(frozen=True)
class Report:
    lines: list[Line]

    def count(self, *outcomes: str) -> int:
        return sum(line.outcome in outcomes for line in self.lines)

    @property
    def refused(self) -> int:
        return self.count("refused")

    @property
    def taken(self) -> int:
        return self.count("added", "revised", "same")


def take_in(
    incoming: Sequence[Incoming], *, organisation: Organisation, course: CoursePage | None, author: User | None, despite: bool = False
) -> Report:
    """Put the questions in the bank; none of them as long as one is refused, unless `despite` says otherwise.

    A question whose key is known in the course is revised, so that reading the same file again changes nothing.
    """
    seen: set[str] = set()
    for question in incoming:
        if question.key and question.key in seen:
            question.problems.append(_("Deze naam komt twee keer voor in het bestand."))
        seen.add(question.key)
        if not question.problems:
            try:
                # A picture gets its number only when it is stored; any number will do for the check.
                question.definition = clean(question.kind, {**question.definition, **({"image": 0} if question.picture else {})})
            except DefinitionRefused as refusal:
                question.problems.extend(refusal.problems)
    if any(question.problems for question in incoming) and not despite:
        return Report([Line(question, "refused" if question.problems else "left") for question in incoming])
    with transaction.atomic():
        return Report([Line(question, _store(question, organisation=organisation, course=course, author=author)) for question in incoming])


def _store(question: Incoming, *, organisation: Organisation, course: CoursePage | None, author: User | None) -> str:
    if question.problems:
        return "refused"
    present = Question.objects.filter(organisation=organisation, course=course, key=question.key).first() if question.key else None
    if question.picture:
        question.definition["image"] = _picture(question.title, *question.picture)
    about: dict[str, Any] = {"title": question.title[:255], "difficulty": question.difficulty, "provenance": question.provenance}
    content: dict[str, Any] = {"kind": question.kind, "definition": question.definition, "points": question.points, "author": author}
    if present is None:
        add_question(organisation=organisation, course=course, key=question.key, tags=question.tags, **about, **content)
        return "added"
    before = present.versions.order_by("-number")[0].number
    after = revise(present, **content).number
    Question.objects.filter(pk=present.pk).update(**about)
    present.tags.set(question.tags)
    return "same" if after == before else "revised"


def _picture(title: str, name: str, content: bytes) -> int:
    image_model = get_image_model()
    image = image_model(title=title[:200], file=ImageFile(BytesIO(content), name=name))
    image._set_file_hash()  # the same picture again is the same image
    known = image_model.objects.filter(file_hash=image.file_hash).first()
    if known is None:
        image.file.seek(0)
        image.save()
    return (known or image).pk
