"""Attempts: starting, saving each answer at once, checking when practising, and handing in.

The clock is the server's. Every change locks the attempt's row first, so an answer and a hand-in that arrive together
happen one after the other, and a second hand-in finds the first one's result.
"""

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_tasks import task

from courses.models import Answer, Attempt, AttemptQuestion, Enrolment, QuestionVersion, ReleaseActivity
from courses.questions.drawing import draw, lay_out
from courses.questions.scoring import DEFAULT_PASS_MARK, Score, total
from courses.questions.types import TYPES
from courses.questions.types.base import FormData
from courses.recording import record
from lrs.profiles import adl, vakwijs

GRACE = timedelta(seconds=5)  # what a slow connection may cost a learner who answers in the last second
MAX_AGE = timedelta(hours=24)


class AttemptRefused(Exception):
    """No new attempt can be started; the message says why and what to do."""


class AttemptClosed(Exception):
    """The attempt is handed in: nothing changes any more."""


class TooLate(AttemptClosed):
    """The answer came after the time was up. What was saved before counts."""


@dataclass(frozen=True)
class Standing:
    """Where a learner stands with an activity: what was done, and whether a next attempt may start."""

    attempts: Sequence[Attempt]
    limit: int
    used: int
    open: Attempt | None
    passed: bool
    waits_for_teacher: bool
    not_before: datetime | None

    @property
    def left(self) -> int | None:
        return max(0, self.limit - self.used) if self.limit else None

    @property
    def reveals(self) -> bool:
        """Whether right answers may be shown: there is no attempt to come in which they could be used."""
        return self.open is None and (self.passed or self.left == 0)

    @property
    def refusal(self) -> str:
        """Why no new attempt may start, or nothing."""
        if self.passed:
            return _("Je bent voor deze toets geslaagd. Opnieuw doen is niet nodig.")
        if self.waits_for_teacher:
            return _("Je docent kijkt je open antwoorden nog na. Daarna weet je of een nieuwe poging nodig is.")
        if self.left == 0:
            return _("Je hebt alle %(limit)s pogingen gebruikt. Vraag je docent wat je nu kunt doen.") % {"limit": self.limit}
        if self.not_before:
            return _("Je kunt weer beginnen op %(when)s. Gebruik de tijd om de lessen nog eens door te nemen.") % {
                "when": _("%(day)s om %(time)s")
                % {
                    "day": date_format(timezone.localtime(self.not_before), "j F"),
                    "time": date_format(timezone.localtime(self.not_before), "H:i"),
                }
            }
        return ""


def standing(*, enrolment: Enrolment, activity: ReleaseActivity, now: datetime | None = None) -> Standing:
    """How the learner stands with this activity, as it is now: what was done when it still was practice is no test, and the reverse.

    Attempts in an earlier enrolment count for the limit too, in whatever release: leaving a course and coming back gives no
    fresh attempts at questions whose answers were shown. Who had passed and takes the course anew years later, in another
    release, begins afresh.
    """
    now = now or timezone.now()
    mode = activity.settings.get("mode", Attempt.Mode.PRACTICE)
    earlier = Q(enrolment__learner=enrolment.learner, enrolment__course=enrolment.course)
    found = list(Attempt.objects.filter(Q(enrolment=enrolment) | earlier, activity=activity.uuid, mode=mode).order_by("started_at", "pk"))
    had_passed = {attempt.enrolment_id for attempt in found if attempt.passed} - {enrolment.pk}
    all_attempts = [attempt for attempt in found if attempt.enrolment_id not in had_passed or attempt.release_activity_id == activity.pk]
    own = [attempt for attempt in all_attempts if attempt.enrolment_id == enrolment.pk]
    handed_in = [attempt.submitted_at for attempt in all_attempts if attempt.submitted_at]
    wait = timedelta(hours=activity.settings.get("wait_hours") or 0)
    not_before = max(handed_in) + wait if handed_in and wait else None
    return Standing(
        attempts=own,
        limit=activity.settings.get("attempts") or 0,
        used=len(all_attempts),
        open=next((attempt for attempt in own if attempt.is_open), None),
        passed=any(attempt.passed for attempt in own),
        waits_for_teacher=any(attempt.waits_for_teacher for attempt in own),
        not_before=not_before if not_before and not_before > now else None,
    )


def start(*, enrolment: Enrolment, activity: ReleaseActivity) -> Attempt:
    """The learner's open attempt, begun now when there was none.

    Raises AttemptRefused, whose message tells what to do.
    """
    mode = activity.settings.get("mode", Attempt.Mode.PRACTICE)
    try:
        with transaction.atomic():
            Enrolment.objects.select_for_update().get(pk=enrolment.pk)
            now = timezone.now()
            place = standing(enrolment=enrolment, activity=activity, now=now)
            if place.open:
                return place.open
            if enrolment.withdrawn_at:
                raise AttemptRefused(_("Je volgt deze cursus niet meer. Schrijf je opnieuw in om verder te gaan."))
            if mode == Attempt.Mode.TEST and place.refusal:
                raise AttemptRefused(place.refusal)
            _close_other_mode(enrolment, activity, mode=mode, now=now)
            number = Attempt.objects.filter(enrolment=enrolment, activity=activity.uuid).count() + 1
            attempt = next_attempt(enrolment=enrolment, activity=activity, number=number, now=now)
            questions = place_questions(attempt)
            if not questions:
                raise AttemptRefused(_("Er staan nog geen vragen klaar. Laat het de cursuseigenaar weten."))
            attempt.save()
            AttemptQuestion.objects.bulk_create(questions)
            _record(attempt, adl.ATTEMPTED, at=now)
    except IntegrityError:  # another tab was first, on a database without row locks
        return Attempt.objects.get(enrolment=enrolment, activity=activity.uuid, submitted_at=None)
    if attempt.deadline_at:
        _plan_hand_in(attempt)
    return attempt


def _close_other_mode(enrolment: Enrolment, activity: ReleaseActivity, *, mode: str, now: datetime) -> None:
    """Hand in what stands open from when the activity was a test and now is practice, or the reverse: it has one open attempt."""
    for attempt in Attempt.objects.select_for_update().filter(enrolment=enrolment, activity=activity.uuid, submitted_at=None):
        if attempt.mode != mode:
            _finish(attempt, at=min(now, attempt.deadline_at) if attempt.deadline_at else now)


def next_attempt(*, enrolment: Enrolment, activity: ReleaseActivity, number: int, now: datetime) -> Attempt:
    """An attempt that is not saved yet.

    When practising its seed follows from who practises what, so that a lesson can show the questions before anything
    is stored: the first checked answer then finds the same ids and the same order.
    """
    mode = activity.settings.get("mode", Attempt.Mode.PRACTICE)
    attempt = Attempt(enrolment=enrolment, activity=activity.uuid, release_activity=activity, number=number, mode=mode, started_at=now)
    if mode == Attempt.Mode.PRACTICE:
        what = f"{enrolment.uuid}:{activity.uuid}:{activity.pk}:{number}"
        attempt.seed = hmac.new(settings.SECRET_KEY.encode(), what.encode(), hashlib.sha256).hexdigest()[:32]
    elif limit := activity.settings.get("time_limit"):
        attempt.deadline_at = now + timedelta(minutes=limit)
    return attempt


def place_questions(attempt: Attempt) -> list[AttemptQuestion]:
    """The questions of a new attempt, drawn and laid out, not saved yet."""
    chosen = draw(attempt.release_activity.settings, seed=attempt.seed)
    versions = QuestionVersion.objects.select_related("question").in_bulk(chosen)
    return lay_out(
        attempt, [versions[key] for key in chosen if key in versions], shuffled=bool(attempt.release_activity.settings.get("shuffle", True))
    )


def save_answer(*, attempt: Attempt, position: int, data: FormData, age: timedelta = timedelta(0), flagged: bool | None = None) -> Answer:
    """Keep the answer that was posted for one question.

    `age` is how long ago the learner gave it, by the browser's own stopwatch: an answer that waited for a connection
    does not undo one that was given later. Raises AttemptClosed, or TooLate when time was up.
    """
    with transaction.atomic():
        now = _lock(attempt)
        question = attempt.questions.select_related("version").get(position=position)
        if flagged is not None and flagged != question.flagged:
            question.flagged = flagged
            question.save(update_fields=["flagged"])
        return _keep(question, data, given_at=now - min(max(age, timedelta(0)), MAX_AGE), now=now)


def set_flag(*, attempt: Attempt, position: int, flagged: bool) -> None:
    """Remember that the learner wants to come back to a question, or no longer does."""
    with transaction.atomic():
        _lock(attempt)
        attempt.questions.filter(position=position).update(flagged=flagged)


def check_answer(*, attempt: Attempt, position: int, data: FormData) -> Answer:
    """Keep and mark an answer at once; for practising. The last question to be checked completes the attempt."""
    with transaction.atomic():
        now = _lock(attempt)
        question = attempt.questions.select_related("version__question").get(position=position)
        kind, definition = TYPES[question.version.type], question.version.definition
        answer = _keep(question, data, given_at=now, now=now)
        if answer.response is None or kind.unreadable(definition, answer.response):
            return answer
        if kind.step_by_step and not kind.complete(definition, answer.response):
            return answer
        answer.share = None if kind.marked_by_teacher else kind.share(definition, answer.response)
        answer.checked_at = now
        answer.save(update_fields=["share", "checked_at"])
        _record_answer(attempt, question, answer, name=f"answered:{position}:{answer.revision}")
        if not attempt.questions.filter(answer__checked_at=None).exists():
            _finish(attempt, at=now)
        return answer


def clear_answer(*, attempt: Attempt, position: int) -> None:
    """Take an answer away to try again; only when practising, since choices in a test's case stand."""
    with transaction.atomic():
        _lock(attempt)
        if attempt.mode == Attempt.Mode.PRACTICE:
            Answer.objects.filter(question__attempt=attempt, question__position=position).delete()


def hand_in(*, attempt: Attempt) -> Attempt:
    """Close the attempt and record what it earned. A second time changes nothing: the first result stands."""
    with transaction.atomic():
        locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
        if locked.is_open:
            now = timezone.now()
            _finish(locked, at=min(now, locked.deadline_at) if locked.deadline_at else now)
    attempt.refresh_from_db()
    return attempt


def settle(attempt: Attempt) -> Attempt:
    """Hand in for a learner whose time was up."""
    return hand_in(attempt=attempt) if is_overdue(attempt, timezone.now()) else attempt


def is_overdue(attempt: Attempt, now: datetime) -> bool:
    return attempt.is_open and attempt.deadline_at is not None and now > attempt.deadline_at + GRACE


def overdue_attempts(now: datetime) -> QuerySet[Attempt]:
    return Attempt.objects.filter(submitted_at=None, deadline_at__lt=now - GRACE)


def hand_in_all_overdue() -> int:
    """Hand in every attempt whose time is up; answers how many there were."""
    attempts = list(overdue_attempts(timezone.now()))
    for attempt in attempts:
        settle(attempt)
    return len(attempts)


@task()
def hand_in_overdue(attempt_id: int) -> None:
    """Hand in one attempt if its time is up, for a learner who did not come back."""
    if attempt := Attempt.objects.filter(pk=attempt_id).first():
        settle(attempt)


def _plan_hand_in(attempt: Attempt) -> None:
    # Where the task backend cannot plan ahead, `manage.py catch_up` and the next look at the attempt do it.
    if attempt.deadline_at and hand_in_overdue.get_backend().supports_defer:
        hand_in_overdue.using(run_after=attempt.deadline_at + 2 * GRACE).enqueue(attempt.pk)


def score_when_marked(attempt: Attempt, *, at: datetime) -> None:
    """Count the attempt and record its result, once no answer waits for a teacher any more. Call with its row locked.

    `at` is when that became so: the hand-in, or the last mark.
    """
    questions = list(attempt.questions.select_related("version", "answer"))
    parts: list[tuple[float, float]] = []
    for question in questions:
        answer = getattr(question, "answer", None)
        teacher = TYPES[question.version.type].marked_by_teacher
        if teacher and attempt.mode == Attempt.Mode.PRACTICE:
            continue  # the learner compared it with the model answer; there is nothing to count
        if teacher and answer and answer.response is not None and answer.share is None:
            return
        parts.append((answer.share or 0.0 if answer else 0.0, question.version.points))
    score = total(parts)
    attempt.raw_score, attempt.max_score, attempt.scaled_score = score.raw, score.max, score.scaled
    attempt.scored_at = timezone.now()
    if attempt.mode == Attempt.Mode.TEST:
        attempt.passed = score.reaches(attempt.release_activity.settings.get("pass_mark") or DEFAULT_PASS_MARK)
    attempt.save(update_fields=["raw_score", "max_score", "scaled_score", "scored_at", "passed"])
    _record_result(attempt, score, at=at)


def _lock(attempt: Attempt) -> datetime:
    """Lock the attempt's row and answer the time after that; raises when the attempt takes no more answers."""
    locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
    now = timezone.now()
    if not locked.is_open:
        raise AttemptClosed(_("Je hebt deze poging al ingeleverd. Er verandert niets meer aan."))
    if is_overdue(locked, now):
        raise TooLate(_("De tijd is om. Wat je daarvoor antwoordde, is bewaard en telt mee."))
    return now


def _keep(question: AttemptQuestion, data: FormData, *, given_at: datetime, now: datetime) -> Answer:
    kind, definition = TYPES[question.version.type], question.version.definition
    answer = Answer.objects.filter(question=question).first()
    if answer and answer.given_at > given_at:
        answer.is_newer = True
        return answer
    response = kind.read(definition, question.layout, data, answer.response if answer else None)
    if answer is None:
        return Answer.objects.create(question=question, response=response, given_at=given_at, saved_at=now)
    answer.given_at, answer.saved_at = given_at, now
    if answer.response != response:
        answer.response, answer.revision, answer.share, answer.checked_at = response, answer.revision + 1, None, None
    answer.save()
    return answer


def _finish(attempt: Attempt, *, at: datetime) -> None:
    attempt.submitted_at = at
    attempt.save(update_fields=["submitted_at"])
    if attempt.mode == Attempt.Mode.TEST:
        for question in attempt.questions.select_related("version__question", "answer"):
            answer = getattr(question, "answer", None)
            if answer is None or answer.response is None:
                continue
            kind = TYPES[question.version.type]
            if not kind.marked_by_teacher:
                answer.share = kind.share(question.version.definition, answer.response)
                answer.save(update_fields=["share"])
            # Not before: whether an answer was right is in the record, and a learner can read the record.
            _record_answer(attempt, question, answer, name=f"answered:{question.position}", at=at)
    score_when_marked(attempt, at=at)


def _record_answer(attempt: Attempt, question: AttemptQuestion, answer: Answer, *, name: str, at: datetime | None = None) -> None:
    kind, definition = TYPES[question.version.type], question.version.definition
    # An answer in someone's own words stays where it is judged: the record is read and forwarded more widely (AVG, article 5, 1 under c).
    result: dict[str, Any] = {} if kind.marked_by_teacher else {"response": kind.response_text(definition, answer.response)[:2000]}
    if answer.share is not None:
        points = question.version.points
        result |= (
            {"success": answer.share == 1, "score": {"scaled": answer.share, "raw": answer.share * points, "min": 0, "max": points}}
            if points
            else {"success": answer.share == 1}
        )
    _record(attempt, adl.ANSWERED, name=name, question=question, result=result, at=at or answer.given_at)


def _record_result(attempt: Attempt, score: Score, *, at: datetime) -> None:
    ended = attempt.submitted_at or attempt.started_at
    result: dict[str, Any] = {
        "completion": True,
        "duration": f"PT{max(0, int((ended - attempt.started_at).total_seconds()))}S",
    }
    if score.max:
        result["score"] = {"scaled": score.scaled, "raw": score.raw, "min": 0, "max": score.max}
    verb = adl.COMPLETED
    if attempt.mode == Attempt.Mode.TEST:
        result["success"] = bool(attempt.passed)
        verb = adl.PASSED if attempt.passed else adl.FAILED
    _record(attempt, verb, name="result", result=result, at=at)


def _record(
    attempt: Attempt,
    verb: str,
    *,
    name: str = "attempted",
    question: AttemptQuestion | None = None,
    result: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    inner, definition = "", None
    if question:
        inner = str(question.version.question.uuid)
        prompt = question.version.definition["prompt"]
        definition = {
            "type": adl.CMI_INTERACTION,
            "name": {"nl": prompt[:500]},
            **TYPES[question.version.type].interaction(question.version.definition),
        }
    record(
        enrolment=attempt.enrolment,
        verb=verb,
        subject=attempt.release_activity,
        inner=inner,
        inner_definition=definition,
        result=result,
        context={"extensions": {vakwijs.ATTEMPT: str(attempt.uuid)}},
        statement_id=uuid.uuid5(attempt.uuid, name),
        at=at,
    )


def record_judgement(attempt: Attempt, question: AttemptQuestion, answer: Answer) -> None:
    """Write in the record what a teacher gave for an open answer."""
    points = question.version.points
    share = answer.share or 0.0
    _record(
        attempt,
        adl.SCORED,
        name=f"scored:{question.position}",
        question=question,
        result={"score": {"scaled": share, "raw": share * points, "min": 0, "max": points}} if points else None,
        at=answer.judged_at,
    )
