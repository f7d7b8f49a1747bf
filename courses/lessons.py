"""A lesson as it is read: its text from the release, remembered because it never changes, with its activities in place."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from courses.blocks import ACTIVITY_PREFIX, competency_choices
from courses.memory import Memory
from courses.models import Enrolment, LessonProgress, Release, ReleaseActivity, ReleaseLesson
from courses.recording import record
from courses.route import Route, Station
from lrs.profiles import adl

# The text never changes, but a picture that it shows can be cropped anew, and a page that it links to can move.
KEEP = 60 * 60


@dataclass(frozen=True)
class Part:
    """A stretch of text, or the place of an activity."""

    html: SafeString | str = ""
    activity: ReleaseActivity | None = None


@dataclass(frozen=True)
class ReadLesson:
    """All of a lesson that is the same for everybody."""

    lesson: ReleaseLesson
    objectives: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    review_by: date | None
    parts: list[Part]


LESSONS: Memory[ReadLesson] = Memory(seconds=KEEP)


def read_lesson(release: Release, station: Station) -> ReadLesson:
    """The lesson of this release, ready to be shown."""
    name = f"courses.lesson.{release.uuid}.{station.uuid}.{get_language()}"
    read = LESSONS.get(name)
    if read is None:
        lesson = ReleaseLesson.objects.get(release=release, uuid=station.uuid)
        lesson.release = release
        activities = list(lesson.activities.order_by("order"))
        for activity in activities:
            activity.release, activity.lesson = release, lesson
        read = LESSONS.put(name, compose(lesson, activities))
    return read


def compose(lesson: ReleaseLesson, activities: list[ReleaseActivity]) -> ReadLesson:
    """Put the text and the activities of a lesson in their order."""
    by_uuid = {str(activity.uuid): activity for activity in activities}
    parts: list[Part] = []
    text: list[str] = []
    for block in lesson.body:
        if block.block_type.startswith(ACTIVITY_PREFIX):
            parts += [Part(html=mark_safe("".join(text)))] if text else []  # noqa: S308 - rendered by our own blocks
            parts += [Part(activity=by_uuid[block.id])] if block.id in by_uuid else []
            text = []
        else:
            text.append(f'<div class="vw-block vw-block--{block.block_type}">{block.render()}</div>')
    parts += [Part(html=mark_safe("".join(text)))] if text else []  # noqa: S308 - rendered by our own blocks
    names = {code: label.rsplit(" (", 1)[0] for code, label in competency_choices()}  # without its framework
    objectives = [
        {"text": one["text"], "competencies": [names.get(code, code) for code in one.get("competencies", [])]} for one in lesson.objectives
    ]
    return ReadLesson(lesson=lesson, objectives=objectives, sources=lesson.sources, review_by=lesson.review_by, parts=parts)


def is_taste(station: Station) -> bool:
    """Whether someone who is not enrolled may read it: the first lesson, as a taste."""
    return station.number == 1


def open_lesson(*, enrolment: Enrolment, lesson: ReleaseLesson) -> None:
    """Record that the learner opened the lesson; a repeat changes nothing."""
    record(enrolment=enrolment, verb=adl.EXPERIENCED, subject=lesson, statement_id=uuid.uuid5(enrolment.uuid, f"opened {lesson.uuid}"))


def finish_lesson(*, enrolment: Enrolment, lesson: ReleaseLesson) -> None:
    """Record that the learner went on after this lesson; a repeat changes nothing."""
    if not LessonProgress.objects.filter(enrolment=enrolment, lesson=lesson.uuid, viewed_at__isnull=False).exists():
        record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson, statement_id=uuid.uuid5(enrolment.uuid, f"finished {lesson.uuid}"))


def next_station(route: Route, *, viewed: set[uuid.UUID]) -> Station | None:
    """Where to go on: the first lesson that is not finished."""
    return next((station for station in route.stations if station.uuid not in viewed), None)
