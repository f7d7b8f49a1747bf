"""Questions of the example curricula load, all of them, and loading again changes nothing."""

from pathlib import Path

import pytest
import yaml

from courses.models import Question, QuestionVersion
from courses.questions.seed import SeedRefused, load_questions
from tests.factories.courses import CourseFactory
from tests.factories.questions import root_collection

DEMO = Path(__file__).resolve().parents[3] / "courses" / "demo"


@pytest.mark.django_db
@pytest.mark.parametrize("slug", sorted(folder.name for folder in DEMO.iterdir() if (folder / "questions").is_dir()))
def test_every_question_of_the_curricula_loads_and_a_second_time_changes_nothing(slug):
    root_collection()
    course = CourseFactory(slug=slug)

    loaded = load_questions(course, DEMO / slug)
    again = load_questions(course, DEMO / slug)

    assert again == loaded
    assert Question.objects.count() == QuestionVersion.objects.count() == len(loaded)
    wanted = set()
    for lesson in (DEMO / slug / "lessons").glob("*.yaml"):
        for block in yaml.safe_load(lesson.read_text(encoding="utf-8"))["body"]:
            wanted |= set(block.get("activity", {}).get("questions", []) if block.get("activity", {}).get("kind") == "questions" else [])
    assert wanted <= set(loaded)


@pytest.mark.django_db
def test_a_changed_file_makes_a_new_version_and_a_broken_one_says_where(tmp_path):
    course = CourseFactory()
    file = tmp_path / "questions" / "een.yaml"
    file.parent.mkdir()
    question = {"id": "q-1", "type": "true_false", "prompt": "Waar?", "answer": True, "difficulty": "moeilijk", "tags": ["toets"]}
    file.write_text(yaml.safe_dump([question]), encoding="utf-8")
    load_questions(course, tmp_path)

    file.write_text(yaml.safe_dump([{**question, "prompt": "Is dit waar?", "points": 2}]), encoding="utf-8")
    changed = load_questions(course, tmp_path)["q-1"]

    assert [(version.number, version.definition["prompt"], version.points) for version in changed.versions.order_by("number")] == [
        (1, "Waar?", 1),
        (2, "Is dit waar?", 2),
    ]
    file.write_text(yaml.safe_dump([{**question, "answer": "misschien"}]), encoding="utf-8")
    with pytest.raises(SeedRefused, match=r"een\.yaml, q-1: answer"):
        load_questions(course, tmp_path)
