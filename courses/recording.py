"""What a learner does in a course becomes a statement here, and nowhere else in this package."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from courses.iris import course_iri, part_iri
from courses.models import Enrolment, ReleaseActivity, ReleaseLesson
from lrs.actors import actor_of
from lrs.models import Source
from lrs.profiles import adl
from lrs.store import append

TYPES = {"questions": adl.ASSESSMENT, "session": adl.MEETING}


def record(
    *,
    enrolment: Enrolment,
    verb: str,
    subject: ReleaseLesson | ReleaseActivity | None = None,
    source: Source = Source.SERVER,
    result: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
    statement_id: uuid.UUID | None = None,
    at: datetime | None = None,
    inner: str = "",
    inner_definition: dict[str, Any] | None = None,
) -> uuid.UUID:
    """Append a statement about a lesson, an activity, or (with no subject) the course; answers its id.

    `inner` names a piece of the activity, such as one question, with its own definition; that changes no progress.

    `context` adds to what every statement of ours has: the enrolment as registration, the course as grouping, the lesson
    as parent of its activities. Give `statement_id` when a repeat has to be harmless.
    """
    statement: dict[str, Any] = {
        "id": str(statement_id or uuid.uuid4()),
        "actor": actor_of(enrolment.learner.pseudonym),
        "verb": {"id": verb, "display": {"en-US": verb.rsplit("/", 1)[-1]}},
        "object": _piece(enrolment, subject, inner, inner_definition) if inner and subject else _object(enrolment, subject),
        "context": {
            "registration": str(enrolment.uuid),
            "platform": "Vakwijs",
            "language": "nl",
            **_place(enrolment, subject, inner),
            **(context or {}),
        },
        "timestamp": (at or timezone.now()).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if result:
        statement["result"] = result
    return append([statement], source=source)[0]


def _object(enrolment: Enrolment, subject: ReleaseLesson | ReleaseActivity | None) -> dict[str, Any]:
    course = enrolment.course
    if subject is None:
        return _activity(course_iri(course.uuid), adl.COURSE, course.title)
    kind = adl.LESSON if isinstance(subject, ReleaseLesson) else TYPES.get(subject.kind, adl.INTERACTION)
    return _activity(part_iri(course.uuid, subject.uuid), kind, subject.title)


def _activity(iri: str, kind: str, name: str) -> dict[str, Any]:
    return {"objectType": "Activity", "id": iri, "definition": {"type": kind, "name": {"nl": name}}}


def _piece(enrolment: Enrolment, subject: ReleaseLesson | ReleaseActivity, inner: str, definition: dict[str, Any] | None) -> dict[str, Any]:
    return {"objectType": "Activity", "id": part_iri(enrolment.course.uuid, subject.uuid, inner), "definition": definition or {}}


def _place(enrolment: Enrolment, subject: ReleaseLesson | ReleaseActivity | None, inner: str = "") -> dict[str, Any]:
    if subject is None:
        return {}
    course = enrolment.course.uuid
    grouping = [{"id": course_iri(course)}]
    parent = [{"id": part_iri(course, subject.lesson.uuid)}] if isinstance(subject, ReleaseActivity) else grouping
    if inner:
        grouping, parent = [*grouping, *parent], [{"id": part_iri(course, subject.uuid)}]
    return {"contextActivities": {"parent": parent, "grouping": grouping}}


def take_back(*, enrolment: Enrolment, statement_id: uuid.UUID, by: User, reason: str = "") -> uuid.UUID:
    """Void a statement that proved wrong, such as a mark of attendance; progress is then made again without it.

    The learner stays the actor, so that it passes under that learner's lock; who took it back is the instructor.
    """
    statement: dict[str, Any] = {
        "id": str(uuid.uuid5(statement_id, "voided")),
        "actor": actor_of(enrolment.learner.pseudonym),
        "verb": {"id": adl.VOIDED, "display": {"en-US": "voided"}},
        "object": {"objectType": "StatementRef", "id": str(statement_id)},
        "context": {"registration": str(enrolment.uuid), "language": "nl", "instructor": actor_of(by.pseudonym)},
        "timestamp": timezone.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if reason:
        statement["result"] = {"response": reason}
    return append([statement], source=Source.SERVER)[0]
