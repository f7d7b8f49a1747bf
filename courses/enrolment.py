"""Joining and leaving a course."""

import uuid
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import record as audit
from accounts.models import Organisation, User
from courses.models import CoursePage, Enrolment, Release, ReleaseActivity
from courses.recording import record
from lrs import launch
from lrs.actors import actor_of
from lrs.profiles import adl, vakwijs


class EnrolmentRefused(Exception):
    """The message tells the learner why, and what to do."""


def enrol(
    *,
    learner: User,
    course: CoursePage,
    organisation: Organisation | None = None,
    at: datetime | None = None,
    by: User | None = None,
    because: str = "",
) -> Enrolment:
    """Join the course in its newest release; who is in it already stays as they are. `at` is for who joined earlier, elsewhere.

    `by` enrols somebody else, who reads in their own trail who it was and why (`because`, in words), and in their records that they were
    enrolled, not that they did so themselves.

    Raises EnrolmentRefused when the course has nothing to follow yet.
    """
    release = latest_release(course)
    if release is None or not course.live:
        raise EnrolmentRefused(_("Deze cursus is nog niet uitgebracht. Kijk later nog eens."))
    present = open_enrolment(learner=learner, course=course)
    if present is not None:
        return present
    try:
        with transaction.atomic():
            enrolment = Enrolment.objects.create(learner=learner, course=course, release=release, organisation=organisation)
            if at is not None:
                Enrolment.objects.filter(pk=enrolment.pk).update(enrolled_at=at)
                enrolment.enrolled_at = at
            record(
                enrolment=enrolment,
                verb=adl.REGISTERED,
                context={"instructor": actor_of(by.pseudonym)} if by else None,
                statement_id=uuid.uuid5(enrolment.uuid, "registered"),
                at=at,
            )
            if by is not None:
                audit(
                    "enrolled-by-another", actor=by, dossier_owner=learner, on_behalf_of=organisation, subject=course.title, because=because
                )
    except IntegrityError:
        # A second click came first: the constraint "one_open_enrolment_per_course" held, and that one counts.
        return Enrolment.objects.select_related("release__course", "course", "learner").get(
            learner=learner, course=course, withdrawn_at=None
        )
    return enrolment


def withdraw(*, enrolment: Enrolment) -> None:
    """Leave the course. What was done stays on record; joining again starts afresh. A repeat changes nothing."""
    with transaction.atomic():
        left = Enrolment.objects.filter(pk=enrolment.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())
        if left:
            launch.end_of(enrolment.learner.pseudonym, registration=enrolment.uuid)
            record(enrolment=enrolment, verb=vakwijs.WITHDREW, statement_id=uuid.uuid5(enrolment.uuid, "withdrew"))
    enrolment.refresh_from_db(fields=["withdrawn_at"])


def open_enrolment(*, learner: User | AnonymousUser, course: CoursePage) -> Enrolment | None:
    """How this person follows the course now, if they do."""
    if not learner.is_authenticated:
        return None
    return (
        Enrolment.objects.select_related("release__course", "course", "learner")
        .filter(learner=learner, course=course, withdrawn_at=None)
        .first()
    )


def latest_release(course: CoursePage) -> Release | None:
    """What someone who joins today would follow."""
    release = Release.objects.filter(course=course).order_by("-number").first()
    if release is not None:
        release.course = course
    return release


def own_activity(*, learner: User, activity: uuid.UUID, kind: str) -> tuple[Enrolment, ReleaseActivity] | None:
    """The learner's open enrolment whose release holds this activity of this kind, and the activity as released there."""
    if not learner.is_authenticated:
        return None
    rows = ReleaseActivity.objects.filter(
        uuid=activity, kind=kind, release__enrolments__learner=learner, release__enrolments__withdrawn_at=None
    ).select_related("release__course", "lesson")
    found = rows.first()
    if found is None:
        return None
    enrolment = open_enrolment(learner=learner, course=found.release.course)
    return (enrolment, found) if enrolment and enrolment.release_id == found.release_id else None
