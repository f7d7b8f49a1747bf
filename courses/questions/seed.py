"""Questions from files: what the example curricula are kept in."""

from pathlib import Path
from typing import Any

import yaml
from django.core.files import File
from django.db import transaction
from wagtail.images import get_image_model

from accounts.models import User
from courses.models import CoursePage, Question
from courses.questions.bank import add_question, revise
from courses.questions.types import DefinitionRefused

DIFFICULTIES = {"makkelijk": Question.Difficulty.EASY, "middel": Question.Difficulty.MEDIUM, "moeilijk": Question.Difficulty.HARD}
ABOUT = {"id", "type", "title", "tags", "difficulty", "provenance", "points"}


class SeedRefused(Exception):
    """A file cannot be loaded; the message names file and question and says what to mend."""


@transaction.atomic
def load_questions(course: CoursePage, path: Path, *, author: User | None = None) -> dict[str, Question]:
    """Load `questions/*.yaml` of a course's folder into its bank; answers the questions by their id in the files.

    Loading again changes nothing, unless a file changed: then a question gets a new version. Raises SeedRefused.
    """
    loaded: dict[str, Question] = {}
    for file in sorted((path / "questions").glob("*.yaml")):
        for raw in yaml.safe_load(file.read_text(encoding="utf-8")) or []:
            key = str(raw.get("id", ""))
            if not key or key in loaded:
                raise SeedRefused(f"{file.name}: a question has no id, or the id {key!r} comes twice.")
            try:
                loaded[key] = _load(course, raw, folder=path, author=author)
            except DefinitionRefused as refusal:
                raise SeedRefused(f"{file.name}, {key}: {refusal}") from refusal
    return loaded


def _load(course: CoursePage, raw: dict[str, Any], *, folder: Path, author: User | None) -> Question:
    definition = {name: value for name, value in raw.items() if name not in ABOUT}
    if raw["type"] == "hotspot":
        definition["image"] = _picture(course, folder, str(raw["image"]))
    about = {
        "title": raw.get("title") or title_from(str(raw["prompt"])),
        "difficulty": DIFFICULTIES[raw.get("difficulty", "middel")],
        "provenance": raw.get("provenance", ""),
    }
    tags, points = [str(tag) for tag in raw.get("tags", [])], int(raw.get("points", 1))
    present = Question.objects.filter(course=course, key=raw["id"]).first()
    if present is None:
        made = {"kind": raw["type"], "definition": definition, "points": points, "tags": tags, "author": author, **about}
        return add_question(organisation=course.organisation, course=course, key=raw["id"], **made)
    Question.objects.filter(pk=present.pk).update(**about)
    present.tags.set(tags)
    revise(present, kind=raw["type"], definition=definition, points=points, author=author)
    return present


def title_from(prompt: str) -> str:
    """A name for the bank: the beginning of the question, at a word's end."""
    text = " ".join(prompt.replace("*", "").split())
    return text if len(text) <= 100 else text[:100].rsplit(" ", 1)[0] + "…"


def _picture(course: CoursePage, folder: Path, name: str) -> int:
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise SeedRefused(f"{name}: this picture is not in the course's folder.")
    title = f"{course.slug}/{name}"
    image = get_image_model().objects.filter(title=title).first()
    if image is None:
        with file.open("rb") as content:
            image = get_image_model().objects.create(title=title, file=File(content, name=file.name))
    return image.pk
