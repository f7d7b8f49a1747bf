"""Judging handed-in work along the rubric of the release in which it was handed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import record as audit
from accounts.models import User
from accounts.permissions import Action, may, organisations_where
from courses.models import Judgement, ReleaseActivity, Submission
from courses.recording import record, take_back
from courses.route import route_of
from lrs.actors import actor_of
from lrs.profiles import vakwijs


class JudgementRefused(Exception):
    """The message tells the teacher why, and what to do."""


@dataclass(frozen=True)
class Rubric:
    """The criteria with their levels, and from how many points the work is sufficient."""

    criteria: list[dict[str, Any]]
    sufficient_from: int

    @property
    def most(self) -> int:
        return sum(max((level["points"] for level in criterion["levels"]), default=0) for criterion in self.criteria)


@dataclass(frozen=True)
class Verdict:
    """What a teacher chose: a level (by number) per criterion, and `sufficient` where the criteria do not decide."""

    levels: list[int]
    sufficient: bool | None = None
    reason: str = ""
    feedback: str = ""


def rubric_of(activity: ReleaseActivity) -> Rubric:
    return Rubric(criteria=activity.settings.get("rubric", []), sufficient_from=activity.settings.get("sufficient_from", 0))


def judge(*, submission: Submission, judge: User, verdict: Verdict, at: datetime | None = None) -> Judgement:
    """Judge a version. The criteria decide whether it is sufficient; a teacher who decides otherwise says why.

    Judging again replaces the earlier judgement and needs a reason too. Raises JudgementRefused for work that is not handed in, one's
    own, of another organisation, or superseded by a later version.
    """
    at = at or timezone.now()
    with transaction.atomic():
        submission = (
            Submission.objects.select_for_update()
            .select_related("enrolment__learner", "enrolment__course__organisation", "asked")
            .get(pk=submission.pk)
        )
        _refuse_when_impossible(submission, judge)
        rubric = rubric_of(submission.asked)
        chosen = _levels(rubric, verdict.levels)
        points = sum(level["points"] for level in chosen)
        by_rubric, sufficient = _sufficient(rubric, points, verdict)
        before = Judgement.objects.filter(submission=submission, replaced_by=None).first()
        if (before or sufficient != by_rubric) and not verdict.reason.strip():
            raise JudgementRefused(_("Schrijf op waarom je anders oordeelt. De deelnemer kan dat lezen."))
        if before:
            take_back(enrolment=submission.enrolment, statement_id=before.statement, by=judge)
        score = {"raw": points, "min": 0, "max": rubric.most, "scaled": round(points / rubric.most, 4)} if rubric.most else None
        statement = record(
            enrolment=submission.enrolment,
            verb=vakwijs.JUDGED,
            subject=submission.asked,
            result={"success": sufficient, **({"score": score} if score else {})},
            context={"instructor": actor_of(judge.pseudonym)},
            at=at,
        )
        made = Judgement.objects.create(
            submission=submission,
            judge=judge,
            judged_at=at,
            levels=[
                {"criterion": criterion["criterion"], "label": level["label"], "points": level["points"]}
                for criterion, level in zip(rubric.criteria, chosen, strict=True)
            ],
            points=points,
            most=rubric.most,
            sufficient=sufficient,
            by_rubric=by_rubric,
            reason=verdict.reason.strip(),
            feedback=verdict.feedback.strip(),
            replaces=before,
            statement=statement,
        )
        organisation = submission.enrolment.course.organisation
        audit(
            "work-judged",
            actor=judge,
            dossier_owner=submission.enrolment.learner,
            on_behalf_of=organisation,
            subject=str(submission.asked),
            sufficient=sufficient,
        )
        _tell(made)
    return made


def work_for(teacher: User) -> QuerySet[Submission]:
    """All handed-in work that this teacher may judge; never one's own."""
    where = organisations_where(teacher, Action.JUDGE_WORK)
    rows = Submission.objects.filter(handed_in_at__isnull=False, enrolment__course__organisation__in=where).exclude(
        enrolment__learner=teacher
    )
    return rows.select_related("enrolment__learner", "enrolment__course__organisation", "asked__release__course")


def waiting_for(teacher: User) -> QuerySet[Submission]:
    """The handed-in work that nobody judged yet, oldest first."""
    return work_for(teacher).filter(judgements=None).order_by("handed_in_at", "pk")


def _refuse_when_impossible(submission: Submission, judge: User) -> None:
    organisation = submission.enrolment.course.organisation
    if not may(judge, Action.JUDGE_WORK, organisation):
        raise JudgementRefused(_("Werk van deze cursus beoordeelt een docent van %(organisation)s.") % {"organisation": organisation})
    if submission.enrolment.learner_id == judge.pk:
        raise JudgementRefused(_("Vraag een andere docent: niemand beoordeelt eigen werk."))
    if submission.handed_in_at is None:
        raise JudgementRefused(_("Dit werk is nog niet ingeleverd."))
    later = Submission.objects.filter(
        enrolment=submission.enrolment_id, activity=submission.activity, number__gt=submission.number, handed_in_at__isnull=False
    )
    if later.exists():
        raise JudgementRefused(_("Er is een nieuwere versie ingeleverd. Beoordeel die."))


def _levels(rubric: Rubric, chosen: list[int]) -> list[dict[str, Any]]:
    possible = len(chosen) == len(rubric.criteria) and all(
        0 <= number < len(criterion["levels"]) for criterion, number in zip(rubric.criteria, chosen, strict=True)
    )
    if not possible:
        raise JudgementRefused(_("Kies bij elk criterium een niveau."))
    return [criterion["levels"][number] for criterion, number in zip(rubric.criteria, chosen, strict=True)]


def _sufficient(rubric: Rubric, points: int, verdict: Verdict) -> tuple[bool, bool]:
    """What the criteria say, and what the teacher decides. Without criteria the teacher alone decides."""
    if not rubric.criteria:
        if verdict.sufficient is None:
            raise JudgementRefused(_("Kies of het werk voldoende is."))
        return verdict.sufficient, verdict.sufficient
    by_rubric = points >= rubric.sufficient_from
    return by_rubric, by_rubric if verdict.sufficient is None else verdict.sufficient


def _tell(judgement: Judgement) -> None:
    """Tell the learner that there is a judgement, not what it is: mail travels in the open."""
    submission = judgement.submission
    enrolment = submission.enrolment
    address = enrolment.learner.email
    url = f"{settings.SITE_URL}{route_of(enrolment.release).activity_url(submission.activity)}"
    subject = _("Je docent heeft gekeken naar: %(title)s") % {"title": submission.asked.title}
    text = _("Je werk is beoordeeld. Lees het oordeel en de toelichting in de les:")
    transaction.on_commit(lambda: send_mail(subject, f"{text}\n\n{url}\n", None, [address], fail_silently=True))
