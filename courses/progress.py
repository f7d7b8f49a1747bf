"""From statements to progress: the projection, and the question how far someone is.

Every value comes from the statements alone, and first times are minima and best scores maxima, so that replaying them
in any order gives the same rows.
"""

import uuid
from datetime import datetime
from typing import Any

from django.utils import timezone

from courses.completion import ActivityFacts, Facts, Outcome, evaluate
from courses.iris import named_by
from courses.models import ActivityProgress, CourseProgress, Enrolment, LessonProgress, ReleaseActivity, ReleaseLesson
from courses.recording import record
from courses.route import Route, route_of
from lrs.models import Source, Statement
from lrs.profiles import adl, vakwijs

DONE = frozenset({adl.ANSWERED, adl.COMPLETED, adl.PASSED, adl.FAILED, adl.SCORED, adl.MASTERED})
# How a test ends. Practising ends in COMPLETED: its answers are shown question by question, so its score proves nothing.
TESTED = frozenset({adl.PASSED, adl.FAILED})


def project(statement: Statement) -> None:
    """Write what this statement says about a learner's progress in a course, when it is about one."""
    if statement.verb == adl.VOIDED:
        _take_back(statement)
        return
    if named_by(statement.activity) is None:
        return
    enrolment = _enrolment_of(statement)
    if enrolment is None:
        return
    if _note(statement, enrolment):
        settle(enrolment, at=_when(statement))


def clear(learner: uuid.UUID) -> None:
    """Delete what is derived about this learner, before it is made again."""
    for model in (LessonProgress, ActivityProgress, CourseProgress):
        model.objects.filter(enrolment__learner__pseudonym=learner).delete()


def settle(enrolment: Enrolment, *, at: datetime | None) -> Outcome:
    """Weigh what is done against the rule of the release; the first time that all of it is met, the course is satisfied.

    `at` is when the learner did something; None when it is the release that changed.
    """
    outcome = outcome_of(enrolment)
    progress, _ = CourseProgress.objects.get_or_create(enrolment=enrolment, defaults={"last_activity_at": at or enrolment.enrolled_at})
    progress.share = outcome.share
    if at is not None:
        progress.last_activity_at = max(progress.last_activity_at, at)
    progress.save()
    if outcome.met:
        _satisfy(enrolment, at=_when_all_was_done(enrolment) or at if at else timezone.now())
    return outcome


def _when_all_was_done(enrolment: Enrolment) -> datetime | None:
    """The last moment that something was done for the first time.

    Not the moment of the statement that came last: attendance is often marked days after the meeting, and the register counts
    with the date of whatever was really last.
    """
    viewed = LessonProgress.objects.filter(enrolment=enrolment).values_list("viewed_at", flat=True)
    times = [moment for moment in viewed if moment is not None]
    names = ("answered_at", "scored_at", "attended_at", "judged_sufficient_at", "evaluated_at")
    for row in ActivityProgress.objects.filter(enrolment=enrolment).values_list(*names):
        times += [moment for moment in row if moment is not None]
    return max(times, default=None)


def outcome_of(enrolment: Enrolment) -> Outcome:
    """The verdict on each part of the completion rule, now."""
    route = route_of(enrolment.release)
    return evaluate(route.completion, facts_of(enrolment, route=route))


def facts_of(enrolment: Enrolment, *, route: Route) -> Facts:
    """What the learner did, by the names that the rule uses."""
    keys = route.keys
    rows = ActivityProgress.objects.filter(enrolment=enrolment)
    viewed = LessonProgress.objects.filter(enrolment=enrolment, viewed_at__isnull=False).values_list("lesson", flat=True)
    return Facts(
        lessons=[station.uuid for station in route.stations],
        viewed=frozenset(viewed),
        activities={keys[row.activity]: facts_in(row) for row in rows if row.activity in keys},
    )


def facts_in(row: ActivityProgress) -> ActivityFacts:
    return ActivityFacts(
        answered=row.answered_at is not None,
        best_score=row.best_score,
        reported_score=row.reported_score,
        attended=row.attended_at is not None,
        judged_sufficient=row.judged_sufficient_at is not None,
        evaluated=row.evaluated_at is not None,
    )


def satisfied_id(enrolment: Enrolment) -> uuid.UUID:
    """The id of the statement that this learner completed this course in this enrolment: one, however often it is replayed."""
    return uuid.uuid5(enrolment.uuid, f"satisfied {enrolment.learner.pseudonym} {enrolment.course.uuid}")


def _enrolment_of(statement: Statement) -> Enrolment | None:
    """The enrolment that the statement names, if it is the actor's own: anyone can write any registration in a statement."""
    if statement.registration is None or statement.learner is None:
        return None
    rows = Enrolment.objects.select_related("learner", "course", "release__course")
    return rows.filter(uuid=statement.registration, learner__pseudonym=statement.learner).first()


def _note(statement: Statement, enrolment: Enrolment) -> bool:
    """Write the row that the statement is about; answers whether it was about this course at all."""
    named = named_by(statement.activity)
    if named is None or named.inner or named.course != enrolment.course.uuid:
        return False
    if named.part is None:
        return _note_course(statement, enrolment)
    if _is_lesson(enrolment, named.part):
        return _note_lesson(statement, enrolment, named.part)
    return _is_activity(enrolment, named.part) and _note_activity(statement, enrolment, named.part)


def _is_lesson(enrolment: Enrolment, part: uuid.UUID) -> bool:
    """Whether any release of the course has this lesson: what was done in an older one is kept."""
    return (
        part in route_of(enrolment.release).by_uuid or ReleaseLesson.objects.filter(release__course=enrolment.course_id, uuid=part).exists()
    )


def _is_activity(enrolment: Enrolment, part: uuid.UUID) -> bool:
    return (
        part in route_of(enrolment.release).keys or ReleaseActivity.objects.filter(release__course=enrolment.course_id, uuid=part).exists()
    )


def _note_course(statement: Statement, enrolment: Enrolment) -> bool:
    if statement.source != Source.SERVER:
        return False
    if statement.verb == adl.SATISFIED:
        progress, _ = CourseProgress.objects.get_or_create(enrolment=enrolment, defaults={"last_activity_at": statement.timestamp})
        progress.satisfied_at = _first(progress.satisfied_at, statement.timestamp)
        progress.save()
    return statement.verb in {adl.REGISTERED, adl.SATISFIED}


def _note_lesson(statement: Statement, enrolment: Enrolment, lesson: uuid.UUID) -> bool:
    if statement.source != Source.SERVER or statement.verb not in {adl.EXPERIENCED, adl.COMPLETED}:
        return False
    at = statement.timestamp
    row, _ = LessonProgress.objects.get_or_create(enrolment=enrolment, lesson=lesson, defaults={"opened_at": at})
    row.opened_at = min(row.opened_at, at)
    if statement.verb == adl.COMPLETED:
        row.viewed_at = _first(row.viewed_at, at)
    row.save()
    return True


def _note_activity(statement: Statement, enrolment: Enrolment, activity: uuid.UUID) -> bool:
    changes = _changes(statement)
    if not changes:
        return False
    row, _ = ActivityProgress.objects.get_or_create(enrolment=enrolment, activity=activity)
    for name, at in changes.items():
        setattr(row, name, _first(getattr(row, name), at))
    score = _score(statement)
    if score is not None and statement.source == Source.SERVER and statement.verb in TESTED:
        if row.best_score is None or score > row.best_score:
            row.best_score, row.scored_at = score, statement.timestamp
        elif score == row.best_score:
            row.scored_at = _first(row.scored_at, statement.timestamp)
    elif score is not None:
        row.reported_score = score if row.reported_score is None else max(row.reported_score, score)
    row.save()
    return True


def _changes(statement: Statement) -> dict[str, datetime]:
    """The first times that this statement can set. What earns anything has to come from our own server."""
    if statement.verb in DONE:
        return {"answered_at": _when(statement)}
    if statement.source != Source.SERVER:
        return {}
    if statement.verb == adl.ATTENDED:
        # Who was there in part has hours to show for it, and not the meeting.
        return {} if _result(statement).get("completion") is False else {"attended_at": statement.timestamp}
    if statement.verb == vakwijs.JUDGED and _result(statement).get("success") is True:
        return {"judged_sufficient_at": statement.timestamp}
    if statement.verb == vakwijs.EVALUATED:
        return {"evaluated_at": statement.timestamp}
    return {}


def _when(statement: Statement) -> datetime:
    """When it happened. A browser's clock is its own: what it sends counts from when it came in."""
    return statement.timestamp if statement.source == Source.SERVER else statement.stored


def _score(statement: Statement) -> float | None:
    if statement.verb not in DONE:
        return None
    scaled = _result(statement).get("score", {}).get("scaled")
    return None if scaled is None else min(1.0, max(0.0, float(scaled)))


def _result(statement: Statement) -> dict[str, Any]:
    return statement.document.get("result") or {}


def _first(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)


def _satisfy(enrolment: Enrolment, *, at: datetime) -> None:
    """Say once that the course is completed. Looking first keeps a replay, under whatever release, from wording it anew."""
    statement_id = satisfied_id(enrolment)
    if Statement.objects.with_id(statement_id).exclude(source=Source.SERVER).exists():
        # The id follows from what a tool may know: one that took it first must not keep a learner from finishing.
        statement_id = uuid.uuid5(statement_id, "by our own server")
    if enrolment.withdrawn_at is None and not Statement.objects.with_id(statement_id).exists():
        record(enrolment=enrolment, verb=adl.SATISFIED, result={"completion": True, "success": True}, statement_id=statement_id, at=at)


def _take_back(voiding: Statement) -> None:
    """A statement was voided, for instance a mark of attendance: make the enrolment's rows again without it."""
    target = voiding.document["object"].get("id")
    voided = Statement.objects.with_id(target).filter(voided=True).first() if target else None
    enrolment = _enrolment_of(voided) if voided else None
    if enrolment is None:
        return
    for model in (LessonProgress, ActivityProgress, CourseProgress):
        model.objects.filter(enrolment=enrolment).delete()
    own = Statement.objects.of_learner(enrolment.learner.pseudonym)
    for statement in own.filter(registration=enrolment.uuid, voided=False).order_by("pk"):
        if statement.verb != adl.VOIDED and _note(statement, enrolment):
            settle(enrolment, at=_when(statement))
