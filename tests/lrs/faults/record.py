"""What the record must look like when nothing was lost: put together from the journals of who sent, and the tables."""

import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from courses.iris import course_iri, part_iri
from courses.models import ActivityProgress, CourseProgress, Enrolment, LessonProgress
from lrs.actors import actor_of
from lrs.models import Mention, PendingProjection, Source, Statement, StatementId
from lrs.profiles.adl import SATISFIED
from lrs.projections import rebuild
from lrs.rows import mentions_of
from tests.factories.accounts import UserFactory
from tests.factories.courses import EnrolmentFactory, released_course
from tests.factories.lrs import a_credential


@dataclass(frozen=True)
class Scene:
    """Who learns what, and the keys of two tools: one whose word counts as our own server's, and an outside one."""

    enrolments: list[dict[str, Any]]
    headers: list[dict[str, str]]

    @classmethod
    def make(cls, *, learners: int = 6, courses: int = 3) -> "Scene":
        headers = []
        for name, source in (("onze server", Source.SERVER), ("oefenpop", Source.OUTSIDE)):
            credential, own = a_credential(name=name)
            type(credential).objects.filter(pk=credential.pk).update(source=source)
            headers.append({**own, "X-Experience-API-Version": "2.0.0"})
        rule = {"all_of": [{"lessons_viewed": "all"}, {"answered": "toets"}]}
        releases = [released_course(lessons=4, activities=[{"key": "toets"}], completion=rule) for _ in range(courses)]
        people = [UserFactory() for _ in range(learners)]
        return cls([_described(EnrolmentFactory(learner=learner, release=release)) for learner in people for release in releases], headers)


def _described(enrolment: Enrolment) -> dict[str, Any]:
    course = enrolment.course.uuid
    return {
        "actor": actor_of(enrolment.learner.pseudonym),
        "registration": str(enrolment.uuid),
        "course": course_iri(course),
        "lessons": [part_iri(course, lesson.uuid) for lesson in enrolment.release.lessons.all()],
        "activity": part_iri(course, enrolment.release.activities.get().uuid),
    }


@dataclass
class Journals:
    """All that the tools wrote down."""

    sent: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)
    left: list[list[str]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @classmethod
    def read(cls, paths: list[Path]) -> "Journals":
        found = cls()
        for line in (line for path in paths for line in path.read_text().splitlines()):
            entry = json.loads(line)
            found.sent.update(entry.get("sent", ()))
            found.kept.update({json.loads(text)["id"]: text for text in entry.get("kept", ())})
            found.left += [entry["left"]] if "left" in entry else []
            found.statuses.update([entry["status"]] if "status" in entry else [])
        return found


def check_nothing_is_lost(journals: Journals) -> None:
    """Every acknowledged statement is there, to the letter, none twice, nothing half."""
    rows = {str(row.uuid): row for row in Statement.objects.all()}
    assert Statement.objects.count() == len(rows), "a statement is there twice"
    assert set(journals.kept) <= set(rows), "an acknowledged statement is lost"
    altered = [key for key, text in journals.kept.items() if not rows[key].exact.startswith(text[:-1] + ",")]
    assert not altered, "a statement is not what was acknowledged"
    ours = {str(row.uuid) for row in rows.values() if row.verb == SATISFIED}
    assert set(rows) - ours <= journals.sent, "a statement is there that nobody sent"
    for batch in journals.left:
        assert len(set(batch) & set(rows)) in (0, len(batch)), "half a batch is there"
    assert set(StatementId.objects.values_list("uuid", "sequence")) == {(row.uuid, row.sequence) for row in rows.values()}
    mentions = Mention.objects.values_list("key", "statement_id")
    named = {(key, row.sequence) for row in rows.values() for key in mentions_of(row.document)}
    assert len(mentions) == len(named)
    assert set(mentions) == named


def check_projections() -> None:
    """Nothing waits any more, each course was finished once, and what was written is what the statements give when all is made again."""
    assert not PendingProjection.objects.exists()
    finished = Counter(row.registration for row in Statement.objects.with_verb(SATISFIED))
    assert finished == Counter(CourseProgress.objects.filter(share=1).values_list("enrolment__uuid", flat=True))
    before = _derived()
    for learner in set(Enrolment.objects.values_list("learner__pseudonym", flat=True)):
        rebuild(learner)
    assert _derived() == before


def _derived() -> dict[str, list[tuple[Any, ...]]]:
    lessons = LessonProgress.objects.order_by("enrolment", "lesson").values_list("enrolment", "lesson", "opened_at", "viewed_at")
    activities = ActivityProgress.objects.order_by("enrolment", "activity")
    names = ("enrolment", "activity", "answered_at", "scored_at", "best_score", "reported_score")
    courses = CourseProgress.objects.order_by("pk").values_list("pk", "share", "last_activity_at", "satisfied_at")
    return {"lessons": list(lessons), "activities": list(activities.values_list(*names)), "courses": list(courses)}


def of(statement_id: str) -> Statement | None:
    return Statement.objects.with_id(uuid.UUID(statement_id)).first()
