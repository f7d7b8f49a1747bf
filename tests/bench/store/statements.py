"""Statements as they come in: of the usual size, about our own learners, in courses with lessons and questions."""

import uuid
from typing import Any

NAMESPACE = "https://vakwijs.example/xapi"
COURSES = 40
ACTIVITIES = 12  # in each course
LEARNERS = 1500  # few enough for each to have fifty statements among 100,000: a page of 50 is one then too
VERBS = ("answered", "experienced", "completed", "passed", "progressed", "interacted")


def learner(number: int) -> uuid.UUID:
    """The pseudonym of a learner of the benchmark."""
    return uuid.UUID(int=(0xBE << 120) | (4 << 76) | (8 << 60) | number % LEARNERS)


def actor(number: int) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": NAMESPACE, "name": str(learner(number))}}


def registration(number: int, course: int) -> uuid.UUID:
    """The enrolment of a learner in a course."""
    return uuid.UUID(int=(0xCE << 120) | (4 << 76) | (8 << 60) | (number % LEARNERS) * COURSES + course)


def course_iri(course: int) -> str:
    return f"{NAMESPACE}/activities/{uuid.UUID(int=(1 << 120) | course % COURSES)}"


def activity_iri(number: int, course: int) -> str:
    return f"{course_iri(course)}/{uuid.UUID(int=(2 << 120) | number % ACTIVITIES)}"


def verb_iri(number: int) -> str:
    return f"http://adlnet.gov/expapi/verbs/{VERBS[number % len(VERBS)]}"


def a_statement(number: int, *, when: str = "2026-03-01T10:00:00.000Z", statement_id: uuid.UUID | None = None) -> dict[str, Any]:
    """A statement of the usual size. The number decides whom and what it is about; the id is new each time."""
    course = (number * 7) % COURSES
    verb = VERBS[number % len(VERBS)]
    return {
        "id": str(statement_id or uuid.uuid4()),
        "actor": actor(number * 2654435761 % LEARNERS),
        "verb": {"id": verb_iri(number), "display": {"en": verb, "nl": "werkte aan"}},
        "object": {
            "objectType": "Activity",
            "id": activity_iri(number * 31, course),
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/question",
                "name": {"nl": f"Vraag {number * 31 % ACTIVITIES}: wat doet u eerst?"},
            },
        },
        "result": {"score": {"scaled": 0.75, "raw": 3, "min": 0, "max": 4}, "success": True, "duration": "PT12.5S", "response": "a[,]b"},
        "context": {
            "registration": str(registration(number * 2654435761 % LEARNERS, course)),
            "contextActivities": {"parent": [{"id": f"{course_iri(course)}/les-{number % 5}"}], "grouping": [{"id": course_iri(course)}]},
        },
        "timestamp": when,
    }
