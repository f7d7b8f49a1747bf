"""Questions of every type, and a course with a test, for tests."""

import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.db.models import QuerySet
from wagtail.images.models import Image
from wagtail.models import Collection

from accounts.models import Organisation
from courses.models import CoursePage, Enrolment, Question, QuestionVersion, Release, ReleaseActivity, ReleaseLesson
from courses.questions.bank import add_question
from tests.factories.accounts import UserFactory
from tests.factories.courses import CourseFactory, released_course

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 480" width="720" height="480"><rect width="720" height="480" fill="#EAF3F2"/></svg>'
GOED, FOUT = "GEHEIM-GOED", "GEHEIM-FOUT"

# Feedback and explanation carry words that a learner must not see before time; tests look for them in every response.
DEFINITIONS: dict[str, dict[str, Any]] = {
    "single_choice": {
        "prompt": "Wie spreekt over terugkeer naar werk?",
        "feedback": "GEHEIM-UITLEG een",
        "options": [
            {"text": "De bedrijfsarts", "correct": True, "feedback": f"{GOED} een"},
            {"text": "De portier", "feedback": f"{FOUT} een-b"},
            {"text": "De buurman", "feedback": f"{FOUT} een-c"},
        ],
    },
    "multiple_choice": {
        "prompt": "Wat helpt bij herstel?",
        "feedback": "GEHEIM-UITLEG meer",
        "options": [
            {"text": "Ritme", "correct": True, "feedback": f"{GOED} meer-a"},
            {"text": "Contact", "correct": True, "feedback": f"{GOED} meer-b"},
            {"text": "Stilzwijgen", "feedback": f"{FOUT} meer-c"},
            {"text": "Uitstellen", "feedback": f"{FOUT} meer-d"},
        ],
    },
    "true_false": {
        "prompt": "Werk kan een behandeldoel zijn.",
        "feedback": "GEHEIM-UITLEG waar",
        "answer": True,
        "feedback_true": f"{GOED} waar",
        "feedback_false": f"{FOUT} waar",
    },
    "matching": {
        "prompt": "Wie doet wat?",
        "feedback": "GEHEIM-UITLEG paar",
        "pairs": [
            {"left": "Bedrijfsarts", "right": "Belastbaarheid"},
            {"left": "Werkgever", "right": "Aangepast werk"},
            {"left": "Verpleegkundige", "right": "Signaleren"},
        ],
        "extra_right": ["Salaris betalen"],
    },
    "ordering": {
        "prompt": "Zet op volgorde.",
        "feedback": "GEHEIM-UITLEG volgorde",
        "items": ["Vragen", "Luisteren", "Samenvatten", "Afspreken"],
    },
    "fill_in": {
        "prompt": "Vul aan.",
        "feedback": "GEHEIM-UITLEG gat",
        "text": "Een [[1]] noemt dat [[2]].",
        "gaps": {"1": ["cliënte", "GEHEIM-patiënt"], "2": ["GEHEIM-regie"]},
    },
    "numeric": {"prompt": "Hoeveel procent?", "feedback": "GEHEIM-UITLEG getal", "answer": 9812.5, "tolerance": 0.5, "unit": "euro"},
    "hotspot": {
        "prompt": "Waar staat participatie?",
        "feedback": "GEHEIM-UITLEG plek",
        "image_alt": "Schema met drie vakken",
        "areas": [
            {"shape": "rect", "x": 10, "y": 10, "width": 20, "height": 20, "label": "Links", "correct": True, "feedback": f"{GOED} plek"},
            {"shape": "rect", "x": 40, "y": 10, "width": 20, "height": 20, "label": "Midden", "feedback": f"{FOUT} plek"},
            {"shape": "circle", "x": 80, "y": 20, "radius": 10, "label": "Rechts", "feedback": f"{FOUT} plek-c"},
        ],
    },
    "open": {
        "prompt": "Wat vraag je als eerste?",
        "feedback": "GEHEIM-UITLEG open",
        "model_answer": "GEHEIM-MODEL vraag naar het werk",
        "max_words": 50,
    },
    "case": {
        "prompt": "Casus: mevrouw A.",
        "feedback": "GEHEIM-UITLEG casus",
        "start": "n1",
        "nodes": {
            "n1": {
                "text": "Zij wil stoppen met werken.",
                "choices": [
                    {"text": "Doorvragen", "next": "n2", "score": 1, "feedback": f"{GOED} casus-1"},
                    {"text": "Afronden", "next": "n3", "score": 0, "feedback": f"{FOUT} casus-1"},
                ],
            },
            "n2": {
                "text": "GEHEIM-KNOOP zij vertelt over haar werk.",
                "choices": [
                    {"text": "GEHEIM-KEUZE plan maken", "next": "n4", "score": 1, "feedback": f"{GOED} casus-2"},
                    {"text": "GEHEIM-KEUZE niets", "next": "n3", "score": 0, "feedback": f"{FOUT} casus-2"},
                ],
            },
            "n3": {"text": "GEHEIM-EINDE zij gaat weg."},
            "n4": {"text": "GEHEIM-EINDE er is een plan."},
        },
    },
}


def root_collection() -> None:
    """Where Wagtail keeps pictures; a test with real transactions, or without migrations, starts without."""
    if Collection.get_first_root_node() is None:
        Collection.add_root(name="Root")


def picture() -> Image:
    """A small picture for questions that point out areas."""
    root_collection()
    return Image.objects.create(title="Schema", file=ContentFile(SVG.encode(), name="schema.svg"))


def definition_of(kind: str) -> dict[str, Any]:
    """A definition of this type as an author would give it, with a picture where one is needed."""
    definition = dict(DEFINITIONS[kind])
    if kind == "hotspot":
        definition["image"] = picture().pk
    return definition


def make_question(
    kind: str = "single_choice", *, organisation: Organisation | None = None, tags: tuple[str, ...] = (), title: str = "", **fields: Any
) -> Question:
    course = fields.get("course")
    organisation = organisation or (course.organisation if course else None) or CourseFactory().organisation
    definition = {**definition_of(kind), **fields.pop("definition", {})}
    return add_question(organisation=organisation, title=title or f"Vraag {kind}", kind=kind, definition=definition, tags=tags, **fields)


def released_test(
    *kinds: str, versions: list[QuestionVersion] | None = None, course: CoursePage | None = None, **settings: Any
) -> ReleaseActivity:
    """A released course whose only activity, `toets`, asks questions of these types."""
    course = course or CourseFactory()
    versions = versions or [
        make_question(kind, course=course, title=f"{kind} {number}").versions.get()
        for number, kind in enumerate(kinds or ("single_choice",), start=1)
    ]
    frozen = {
        "mode": "test",
        "fixed": [version.pk for version in versions],
        "draws": [],
        "pass_mark": 70,
        "attempts": 0,
        "wait_hours": 0,
        "time_limit": 0,
        "shuffle": True,
        **settings,
    }
    release: Release = released_course(
        course=course,
        lessons=1,
        activities=[{"key": "toets", "kind": "questions", "title": "Eindtoets", "settings": frozen}],
        completion={"all_of": [{"passed": {"activity": "toets", "at_least": 70}}]},
    )
    activity = release.activities.select_related("lesson").get()
    block = {
        "type": "activity_questions",
        "id": str(activity.uuid),
        "value": {"key": activity.key, "title": activity.title, "minutes": 10, "mode": frozen["mode"]},
    }
    activity.lesson.body = [{"type": "text", "value": "<p>De tekst van de les.</p>", "id": str(uuid.uuid4())}, block]
    # A released lesson refuses changes; a test makes one in two steps.
    QuerySet(ReleaseLesson).filter(pk=activity.lesson_id).update(body=activity.lesson.body)
    return activity


def enrolled(activity: ReleaseActivity, **learner: Any) -> Enrolment:
    """Somebody who follows the course of this activity."""
    return Enrolment.objects.create(learner=UserFactory(**learner), course=activity.release.course, release=activity.release)


def posted(question: Any, response: Any) -> dict[str, list[str]]:
    """The form data with which a browser would give this response to a question of an attempt."""
    layout, definition, kind = question.layout, question.version.definition, question.version.type
    match kind:
        case "single_choice":
            return {"antwoord": [layout["ids"][response]]}
        case "multiple_choice" | "hotspot":
            return {"antwoord": [layout["ids"][index] for index in response]}
        case "true_false":
            return {"antwoord": ["waar" if response else "niet-waar"]}
        case "matching":
            return {f"paar-{layout['left_ids'][int(left)]}": [layout["ids"][right]] for left, right in response.items()}
        case "ordering":
            return {"volgorde": [layout["ids"][index] for index in response]}
        case "fill_in":
            return {f"gat-{name}": [text] for name, text in response.items()}
        case "numeric" | "open":
            return {"antwoord": [response]}
    name = definition["start"]
    for choice in response[:-1]:
        name = definition["nodes"][name]["choices"][choice]["next"]
    return {"stap": [f"{len(response) - 1}"], "antwoord": [layout["nodes"][name]["ids"][response[-1]]]}
