"""The question bank in the editor: who gets in, what a change does, what an author sees."""

import json
import re

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from wagtail.blocks import ListBlock

from accounts.models import Role
from courses.models import Question
from courses.questions.form_blocks import FORMS
from courses.questions.kind import QuestionsKind
from courses.questions.types import TYPES
from tests.factories.accounts import MembershipFactory
from tests.factories.courses import CourseFactory
from tests.factories.questions import make_question, root_collection

pytestmark = pytest.mark.django_db
LIST = "wagtailsnippets_courses_question:list"


def editor(organisation, role=Role.AUTHOR) -> Client:
    """Somebody with a role who may enter the editor at all."""
    root_collection()
    person = MembershipFactory(organisation=organisation, role=role).user
    person.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(person)
    return client


def address(name: str, *args) -> str:
    return reverse(f"wagtailsnippets_courses_question:{name}", args=args)


def test_an_author_sees_the_bank_of_their_own_organisation_only():
    mine, theirs = make_question(title="Van ons"), make_question(title="Van hen")
    client = editor(mine.organisation)

    listed = client.get(reverse(LIST)).content.decode()

    assert "Van ons" in listed
    assert "Van hen" not in listed
    for name in ("edit", "preview", "statistics"):
        assert client.get(address(name, mine.pk)).status_code == 200
        assert client.get(address(name, theirs.pk)).status_code == 404


def test_who_makes_no_courses_does_not_get_into_the_bank():
    question = make_question()
    client = editor(question.organisation, role=Role.TEACHER)

    for page in [
        reverse(LIST),
        address("add"),
        address("import"),
        address("export"),
        address("edit", question.pk),
        address("preview", question.pk),
        address("statistics", question.pk),
    ]:
        assert client.get(page).status_code in (302, 403), page
        assert "GEHEIM" not in client.get(page, follow=True).content.decode()
        assert Client().get(page).status_code == 302


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_a_form_a_preview_and_figures(kind):
    question = make_question(kind)
    client = editor(question.organisation)

    assert client.get(f"{address('add')}?soort={kind}").status_code == 200
    form = client.get(address("edit", question.pk)).content.decode()
    assert "data-w-block-data-value" in form
    assert client.get(address("preview", question.pk)).status_code == 200
    assert "nog in geen toets gemaakt" in client.get(address("statistics", question.pk)).content.decode()


def fields_of(question, **changes):
    """What the form of a true/false question posts."""
    definition = question.versions.order_by("-number")[0].definition
    data = {f"definition-{name}": definition[name] for name in ("prompt", "feedback", "feedback_true", "feedback_false")}
    data |= {
        "title": question.title,
        "difficulty": "hard",
        "points": 2,
        "organisation": question.organisation_id,
        "tags": "toets, nieuw",
        "provenance": "",
        "definition-answer": "on",
    }
    return data | changes


def test_a_changed_text_makes_a_version_and_what_is_released_keeps_its_own():
    course = CourseFactory()
    question = make_question("true_false", course=course, tags=("toets",))
    before = QuestionsKind().freeze({"mode": "test", "draw": [{"tag": "toets", "count": 1}], "questions": [question]}, course=course)
    client = editor(course.organisation)

    client.post(address("edit", question.pk), fields_of(question))
    assert question.versions.count() == 2  # the points changed
    client.post(address("edit", question.pk), fields_of(question))
    assert question.versions.count() == 2  # nothing changed
    client.post(address("edit", question.pk), fields_of(question, **{"definition-prompt": "Anders gevraagd."}))

    newest = question.versions.order_by("-number")[0]
    assert (newest.number, newest.definition["prompt"]) == (3, "Anders gevraagd.")
    assert before["fixed"] == before["draws"][0]["pool"] == [question.versions.get(number=1).pk]
    assert QuestionsKind().freeze({"questions": [question]}, course=course)["fixed"] == [newest.pk]
    question.refresh_from_db()
    assert (question.difficulty, sorted(tag.name for tag in question.tags.all())) == ("hard", ["nieuw", "toets"])


def test_a_form_that_cannot_work_is_refused_and_keeps_what_was_typed():
    course = CourseFactory()
    client = editor(course.organisation)
    data = {"title": "Getal", "difficulty": "easy", "points": 1, "organisation": course.organisation_id, "tags": "", "provenance": ""}
    gaps = {"definition-prompt": "Vul aan", "definition-text": "Zonder gaten", "definition-feedback": "", "definition-gaps-count": "0"}

    page = client.post(f"{address('add')}?soort=fill_in", {**data, **gaps}).content.decode()

    assert "De vraag is nog niet bewaard" in page
    assert "Zonder gaten" in page
    assert not Question.objects.exists()


def test_a_new_question_with_options_is_made_through_the_form():
    course = CourseFactory()
    client = editor(course.organisation)
    data = {
        "title": "Nieuw",
        "difficulty": "easy",
        "points": 1,
        "organisation": course.organisation_id,
        "tags": "a",
        "provenance": "",
        "definition-prompt": "Kies",
        "definition-feedback": "Omdat",
        "definition-options-count": "2",
    }
    for place, (text, right) in enumerate([("ja", "on"), ("nee", "")]):
        data |= {
            f"definition-options-{place}-{name}": value
            for name, value in {"deleted": "", "order": place, "type": "item", "id": "", "value-text": text, "value-feedback": ""}.items()
        }
        if right:
            data[f"definition-options-{place}-value-correct"] = right

    response = client.post(f"{address('add')}?soort=single_choice", data)

    assert response.status_code == 302
    options = Question.objects.get().versions.get().definition["options"]
    assert [(option["text"], option["correct"]) for option in options] == [("ja", True), ("nee", False)]


@pytest.mark.parametrize("kind", list(TYPES))
def test_a_new_form_opens_without_a_reproach(kind):
    for block in FORMS[kind].child_blocks.values():
        if isinstance(block, ListBlock) and block.meta.min_num:
            rows = block.get_default()
            assert len(rows) >= block.meta.min_num
            # Each row whole: what is not there would stand in the form as "undefined".
            assert list(block.get_form_state(rows)[0]["value"] or [""]) == list(
                block.child_block.get_form_state(block.child_block.get_default()) or [""]
            )


def test_the_preview_checks_and_stores_nothing():
    question = make_question("case")
    client = editor(question.organisation)
    page = client.get(address("preview", question.pk)).content.decode()
    shown = re.findall(r'name="antwoord" value="(\w+)"', page)
    assert "GEHEIM" not in page

    for choice in shown:
        page = client.post(address("preview", question.pk), {"stap": "0", "antwoord": choice, "pad": ""}).content.decode()
        assert "GEHEIM-" in page
    assert not hasattr(question.versions.get(), "answer")
    assert question.versions.get().uses.count() == 0


def test_questions_are_read_in_and_handed_over_through_the_editor():
    course = CourseFactory()
    client = editor(course.organisation)
    content = "type;prompt;correct;option_1;option_2\nsingle_choice;Goed?;1;ja;nee\nsingle_choice;Fout?;3;ja;nee\n"

    def post(**more):
        return client.post(
            address("import"),
            {"organisation": course.organisation_id, "course": course.pk, "file": SimpleUploadedFile("v.csv", content.encode()), **more},
        ).content.decode()

    assert "Er is niets ingelezen" in post()
    assert not Question.objects.exists()
    assert "1 vraag staat in de vragenbank" in post(despite="on")
    out = client.get(address("export"), {"organisation": course.organisation_id, "course": course.pk, "format": "csv"})
    assert out["Content-Disposition"].endswith('.csv"')
    assert b"Goed?" in out.content
    other = CourseFactory()
    assert "attachment" not in str(client.get(address("export"), {"organisation": other.organisation_id, "format": "csv"}).headers)


def test_the_chooser_of_a_lesson_offers_only_own_questions_in_use():
    mine, theirs = make_question(title="Van ons"), make_question(title="Van hen")
    client = editor(mine.organisation)

    offered = client.get(reverse("wagtailsnippetchoosers_courses_question:choose"))

    html = json.loads(offered.content)["html"]
    assert "Van ons" in html
    assert theirs.title not in html


def test_an_author_hears_what_is_wrong_with_an_activity_before_publishing():
    course = CourseFactory()
    make_question("true_false", course=course, tags=("toets",))
    elsewhere = make_question("true_false")

    kind = QuestionsKind()
    assert kind.problems({"questions": [], "draw": []}, course=course) == ["Er zijn geen vragen gekozen en er is geen trekking."]
    assert "er zijn er 1" in kind.problems({"draw": [{"tag": "toets", "count": 2}]}, course=course)[0]
    assert "andere organisatie" in kind.problems({"questions": [elsewhere]}, course=course)[0]
    assert kind.problems({"draw": [{"tag": "toets", "count": 1}]}, course=course) == []


def test_the_bank_asks_the_database_as_often_for_three_questions_as_for_one(django_assert_max_num_queries):
    question = make_question()
    client = editor(question.organisation)
    client.get(reverse(LIST))
    with django_assert_max_num_queries(60) as one:
        client.get(reverse(LIST))
    for number in range(2):
        make_question(organisation=question.organisation, title=f"Nog {number}", tags=("a",))
    with django_assert_max_num_queries(len(one.captured_queries)):
        client.get(reverse(LIST))
