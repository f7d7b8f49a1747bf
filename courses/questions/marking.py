"""Marking open answers: which ones wait for whom, and what a teacher gives for one."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Action, organisations_where
from courses.models import Answer, Attempt
from courses.questions.attempts import record_judgement, score_when_marked
from courses.questions.types import TYPES

TEACHER_MARKED = [code for code, kind in TYPES.items() if kind.marked_by_teacher]


class MarkRefused(Exception):
    """The mark cannot be given; the message tells the teacher why."""


def answers_for(teacher: User) -> QuerySet[Answer]:
    """The open answers in handed-in tests of the courses where this person judges work; never their own."""
    return (
        Answer.objects.filter(
            question__version__type__in=TEACHER_MARKED,
            question__attempt__mode=Attempt.Mode.TEST,
            question__attempt__submitted_at__isnull=False,
            question__attempt__enrolment__course__organisation__in=organisations_where(teacher, Action.JUDGE_WORK),
            response__isnull=False,
        )
        .exclude(question__attempt__enrolment__learner=teacher)
        .select_related(
            "question__version__question",
            "question__attempt__enrolment__learner",
            "question__attempt__enrolment__course",
            "question__attempt__release_activity",
        )
        .order_by("question__attempt__submitted_at", "question__position")
    )


def waiting_for(teacher: User) -> QuerySet[Answer]:
    """The queue: the longest waiting first."""
    return answers_for(teacher).filter(share=None)


def mark_answer(*, answer: Answer, teacher: User, points: float, feedback: str) -> Attempt:
    """Give points (0 to those of the question) and a word to the learner; the last mark of an attempt makes its result.

    Raises MarkRefused. A result that is recorded does not change.
    """
    maximum = answer.question.version.points
    if not 0 <= points <= maximum:
        raise MarkRefused(_("Geef 0 tot en met %(max)s voor het aantal punten.") % {"max": maximum})
    if answer.question.attempt.enrolment.learner_id == teacher.pk:
        raise MarkRefused(_("Vraag een ander: niemand kijkt eigen werk na."))
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update().get(pk=answer.question.attempt_id)
        answer.refresh_from_db(fields=["share"])
        if answer.share is not None:
            raise MarkRefused(_("Dit antwoord is al nagekeken. De uitslag staat vast."))
        now = timezone.now()
        answer.share = points / maximum if maximum else 1.0
        answer.judged_by, answer.judged_at, answer.checked_at, answer.judgement = teacher, now, now, feedback
        answer.save(update_fields=["share", "judged_by", "judged_at", "checked_at", "judgement"])
        record_judgement(attempt, answer.question, answer)
        score_when_marked(attempt, at=now)
    return attempt
