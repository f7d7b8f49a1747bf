"""Assignments, reflections and evaluations for tests."""

from typing import Any

from courses.models import Enrolment, Release, Submission
from courses.work.handing_in import hand_in, save_draft
from tests.factories.courses import EnrolmentFactory, released_course

LEVELS = [
    {"label": "Onvoldoende", "points": 0, "description": "Ontbreekt"},
    {"label": "Voldoende", "points": 1, "description": "Staat er"},
    {"label": "Goed", "points": 2, "description": "Onderbouwd"},
]
RUBRIC = [{"criterion": "Knelpunten", "levels": LEVELS}, {"criterion": "Acties", "levels": LEVELS}]
ASSIGNMENT = {
    "key": "plan",
    "kind": "assignment",
    "settings": {"accept": "text_and_file", "instructions": "<p>Maak een plan.</p>", "rubric": RUBRIC, "sufficient_from": 2},
}
REFLECTION = {"key": "reflectie", "kind": "reflection", "settings": {"prompt": "<p>Wat ga je doen?</p>", "shared_with_teacher": False}}
SHARED = {"key": "actieplan", "kind": "reflection", "settings": {"prompt": "<p>Je plan?</p>", "shared_with_teacher": True}}
EVALUATION = {
    "key": "evaluatie",
    "kind": "evaluation",
    "settings": {
        "questions": [
            {"text": "Past bij mijn werk", "type": "scale", "options": []},
            {"text": "Meest bruikbaar", "type": "choice", "options": ["De lessen", "De toets"]},
            {"text": "Wat kan beter", "type": "open", "options": []},
        ]
    },
}


def course_with_work(**fields: Any) -> Release:
    """A release with an assignment, two reflections and an evaluation."""
    rule = {"all_of": [{"judged_sufficient": "plan"}, {"evaluated": "evaluatie"}]}
    return released_course(**{"activities": [ASSIGNMENT, REFLECTION, SHARED, EVALUATION], "completion": rule, **fields})


def handed_in(*, enrolment: Enrolment | None = None, text: str = "Mijn plan") -> Submission:
    """Work that waits for a teacher."""
    enrolment = enrolment or EnrolmentFactory(release=course_with_work())
    activity = enrolment.release.activities.get(key="plan")
    save_draft(enrolment=enrolment, activity=activity, text=text)
    return hand_in(enrolment=enrolment, activity=activity)
