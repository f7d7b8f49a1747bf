"""Questions as a kind of activity: pinned in a release, shown in a lesson, checked before publishing."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import Attempt, CoursePage, Enrolment, Question, ReleaseActivity
from courses.questions.asking import practised, questions_of
from courses.questions.attempts import next_attempt, place_questions, standing
from courses.questions.bank import newest_versions, pool_for_draw
from courses.questions.scoring import DEFAULT_PASS_MARK, percentage
from courses.questions.types import TYPES


class QuestionsKind:
    """Native questions, scored on the server: to practise with in the lesson, or as a test at an address of its own."""

    code: ClassVar[str] = "questions"
    template: ClassVar[str] = "courses/questions/activity.html"
    answers: ClassVar[frozenset[str]] = frozenset({"answered", "passed"})

    def answers_of(self, value: dict[str, Any]) -> frozenset[str]:
        """Practising shows the answers, so only a test can be passed."""
        return self.answers if value.get("mode") == Attempt.Mode.TEST else frozenset({"answered"})

    def freeze(self, value: dict[str, Any], *, course: CoursePage) -> dict[str, Any]:
        """The settings of the release: the newest versions of the chosen questions and of all that a draw may take."""
        # Also before `problems` is asked: a preview shows what is frozen, and another organisation's questions are its own.
        chosen = [question for question in value.get("questions") or [] if question is not None and _is_of(question, course)]
        newest = {
            version.question_id: version.pk
            for version in newest_versions(Question.objects.filter(pk__in=[question.pk for question in chosen]))
        }
        mode = value.get("mode") or Attempt.Mode.PRACTICE
        return {
            "mode": mode,
            "fixed": [newest[question.pk] for question in chosen if question.pk in newest],
            "draws": [
                {"tag": part["tag"], "count": part["count"], "pool": [version.pk for version in pool_for_draw(course, tag=part["tag"])]}
                for part in value.get("draw") or []
            ],
            "pass_mark": DEFAULT_PASS_MARK if value.get("pass_mark") is None else value["pass_mark"],
            "attempts": value.get("attempts") or 0,
            "wait_hours": value.get("wait_hours") or 0,
            "time_limit": value.get("time_limit") or 0,
            "shuffle": bool(value.get("shuffle", True)),
        }

    def problems(self, value: dict[str, Any], *, course: CoursePage) -> list[str]:
        """What to mend before publishing: no questions, a draw larger than its pool, questions of others or out of use."""
        found = []
        chosen = [question for question in value.get("questions") or [] if question is not None]
        draws = list(value.get("draw") or [])
        if not chosen and not draws:
            found.append(_("Er zijn geen vragen gekozen en er is geen trekking."))
        for question in chosen:
            if not _is_of(question, course):
                found.append(_("De vraag '%(title)s' hoort bij een andere organisatie of cursus.") % {"title": question.title})
            elif question.retired_at:
                found.append(_("De vraag '%(title)s' is uit gebruik genomen.") % {"title": question.title})
        for part in draws:
            size = len(pool_for_draw(course, tag=part["tag"]))
            if size < (part["count"] or 0):
                found.append(
                    _("De trekking vraagt %(count)s vragen met '%(tag)s'; er zijn er %(size)s.")
                    % {"count": part["count"], "tag": part["tag"], "size": size}
                )
        return found

    def context(self, request: HttpRequest, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        """What the section in the lesson needs; without an enrolment nothing can be sent."""
        if activity.settings.get("mode") == Attempt.Mode.TEST:
            return self._test(activity, enrolment)
        return practice_context(activity=activity, enrolment=enrolment)

    def _test(self, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        settings = activity.settings
        place = standing(enrolment=enrolment, activity=activity) if enrolment else None
        scored = [attempt for attempt in place.attempts if attempt.scaled_score is not None] if place else []
        best = max(scored, key=lambda attempt: attempt.scaled_score or 0, default=None)
        return {
            "mode": "test",
            "count": len(settings.get("fixed", [])) + sum(part["count"] for part in settings.get("draws", [])),
            "pass_mark": settings.get("pass_mark") or DEFAULT_PASS_MARK,
            "limit": settings.get("attempts") or 0,
            "time_limit": settings.get("time_limit") or 0,
            "wait_hours": settings.get("wait_hours") or 0,
            "standing": place,
            "handed_in": [attempt for attempt in place.attempts if not attempt.is_open] if place else [],
            "best": best,
            "best_percentage": percentage(best.scaled_score or 0) if best else None,
        }


def _is_of(question: Question, course: CoursePage) -> bool:
    """Whether the course may ask this question: it is of its organisation, and not of another course alone."""
    return question.organisation_id == course.organisation_id and question.course_id in {None, course.pk}


def practice_context(*, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
    """The questions of a practice as they stand: asked before anything is stored, with feedback once checked."""
    all_attempts = list(Attempt.objects.filter(enrolment=enrolment, activity=activity.uuid).order_by("-number")) if enrolment else []
    attempt = next((done for done in all_attempts if done.mode == Attempt.Mode.PRACTICE), None)
    if attempt:
        questions = list(questions_of(attempt))
    else:
        preview = next_attempt(enrolment=enrolment or Enrolment(), activity=activity, number=len(all_attempts) + 1, now=timezone.now())
        questions = place_questions(preview)
    shown = [practised(question) for question in questions]
    counted = [question for question in shown if question.checked and not TYPES[question.version.type].marked_by_teacher]
    return {
        "mode": "practice",
        "attempt": attempt,
        "questions": shown,
        "finished": bool(attempt and not attempt.is_open),
        "earned": sum(question.points_earned for question in counted),
        "earnable": sum(question.version.points for question in counted),
    }
