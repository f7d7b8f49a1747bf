"""A learner with points is erased: first refused with the reason, then overruled; the ledger stands, and nothing leads back."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accreditation.models import Certificate, PointAward
from accreditation.privacy import keeps as proof_of, proof_until
from courses.models import ActivityProgress, CourseProgress, LessonProgress
from courses.privacy import keeps as progress_of
from lrs.erasure import ErasureRefused, begin, preview, run
from lrs.models import PendingProjection, Statement
from lrs.subjects import subject_of
from tests.factories.accounts import RegisterEntryFactory, UserFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course
from tests.journeys.story import begin_story, publish_course
from tests.lrs.test_erasure import where_it_stands

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_waiting(settings):
    settings.LRS_ERASURE_GRACE = timedelta(0)


def earned():
    """A learner who earned points in an accredited course, and their enrolment."""
    release = released_course()
    accreditation = accredited(release=release)
    enrolment = EnrolmentFactory(release=release)
    RegisterEntryFactory(user=enrolment.learner, register=accreditation.register)
    satisfy(enrolment)
    return enrolment


def test_who_earned_points_is_erased_only_when_somebody_says_why_and_the_ledger_stands():
    officer, enrolment = UserFactory(is_superuser=True), earned()
    me = enrolment.learner
    subject, old, registration = subject_of(me), me.pseudonym, enrolment.uuid
    before = (PointAward.objects.count(), Certificate.objects.count())
    assert Certificate.objects.filter(learner=me).exists()
    assert PointAward.objects.filter(learner=me).exists()

    seen = preview(subject, person=me)
    assert [standing.text for standing in seen.duties] != []
    with pytest.raises(ErasureRefused, match="bewaard blijven"):
        begin(subject=subject, person=me, by=officer, reason="Op verzoek")
    assert Statement.objects.of_learner(old).exists()

    made = begin(subject=subject, person=me, by=officer, reason="Op verzoek", overruled="De deelnemer weet het.")
    run(made.pk)

    made.refresh_from_db()
    assert made.state == "done"
    assert (PointAward.objects.count(), Certificate.objects.count()) == before
    assert not CourseProgress.objects.filter(enrolment__learner=me).exists()
    enrolment.refresh_from_db()
    assert enrolment.uuid != registration
    assert where_it_stands(str(old), str(registration)) == []
    assert not PendingProjection.objects.exists()
    call_command("rebuild_projections")
    assert (PointAward.objects.count(), Certificate.objects.count()) == before
    assert not CourseProgress.objects.filter(enrolment__learner=me).exists()


def test_a_learner_half_way_is_told_that_it_starts_over_and_can_go_on_after_it():
    officer, me = UserFactory(is_superuser=True), UserFactory()
    story = begin_story(publish_course(), learner=me)
    assert LessonProgress.objects.filter(enrolment__learner=me).exists() or Statement.objects.of_learner(me.pseudonym).exists()
    subject, old = subject_of(me), me.pseudonym
    assert any("Er loopt nog 1 cursus" in standing.text for standing in preview(subject, person=me).stays)

    run(begin(subject=subject, person=me, by=officer, reason="Op verzoek", overruled="De deelnemer begint opnieuw.").pk)

    assert where_it_stands(str(old)) == []
    assert not LessonProgress.objects.filter(enrolment__learner=me).exists()
    assert not ActivityProgress.objects.filter(enrolment__learner=me).exists()
    me.refresh_from_db()
    story.enrolment.refresh_from_db()
    satisfy(story.enrolment)
    assert Statement.objects.of_learner(me.pseudonym).exists()


def test_what_points_or_progress_rest_on_is_kept_by_any_retention_rule():
    enrolment = earned()
    statements = list(Statement.objects.filter(registration=enrolment.uuid))
    satisfied = [statement for statement in statements if statement.verb.endswith("satisfied")]
    assert satisfied

    assert set(proof_of(statements)) == {statement.sequence for statement in statements}
    assert {statement.sequence for statement in satisfied} <= set(progress_of(statements))


def test_proof_is_asked_for_so_many_years(settings):
    settings.ACCREDITATION_PROOF_YEARS = 5
    today = timezone.localdate()
    assert proof_until(today.replace(month=3, day=1, year=2024)).isoformat() == "2029-03-01"
    assert proof_until(today.replace(month=2, day=29, year=2024)).isoformat() == "2029-03-01"
