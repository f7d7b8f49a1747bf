import pytest

from accounts.models import AuditEvent, Role
from courses.enrolment import enrol
from courses.migration import MoveRefused, move, plan, who_could_move
from courses.models import CourseProgress, Enrolment
from courses.recording import record
from lrs.models import Statement
from lrs.profiles import adl
from lrs.projections import rebuild
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.courses import released_course

pytestmark = pytest.mark.django_db

OLD = {"all_of": [{"lessons_viewed": "all"}, {"answered": "oefening"}]}
NEW = {"all_of": [{"lessons_viewed": "all"}, {"passed": {"activity": "toets", "at_least": 70}}]}


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


def two_releases(*, new_rule=NEW):
    old = released_course(lessons=2, activities=[{"key": "oefening", "kind": "h5p"}, {"key": "toets"}], completion=OLD)
    enrolment = enrol(learner=UserFactory(), course=old.course)
    new = released_course(
        lessons=3, activities=[{"key": "oefening", "kind": "h5p"}, {"key": "toets"}], completion=new_rule, course=old.course
    )
    return enrolment, old, new


def administrator_of(release):
    return MembershipFactory(organisation=release.course.organisation, role=Role.ASSOCIATION_ADMIN).user


def test_the_dry_run_says_what_changes_for_whom_and_changes_nothing():
    enrolment, old, new = two_releases()
    for lesson in old.lessons.all():
        record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson)
    before = (Statement.objects.count(), list(CourseProgress.objects.values()), list(Enrolment.objects.values()))

    [planned] = plan(who_could_move(old.course, to=new), to=new)

    assert planned.gains == ["Rond les ‘Les 3’ af", "Haal minstens 70 % voor ‘Toets’"]
    assert planned.loses == ["Doe ‘Oefening’"]
    assert (planned.before, planned.after, planned.completes) == (66, 50, False)
    assert (Statement.objects.count(), list(CourseProgress.objects.values()), list(Enrolment.objects.values())) == before


def test_moving_keeps_what_was_done_and_leaves_a_trail():
    enrolment, old, new = two_releases()
    for lesson in old.lessons.all():
        record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson)

    move(who_could_move(old.course, to=new), to=new, by=administrator_of(new))

    enrolment.refresh_from_db()
    assert enrolment.release == new
    assert CourseProgress.objects.get().share == 0.5
    event = AuditEvent.objects.get(event="enrolment-moved")
    assert (event.dossier_owner, event.details["from_release"], event.details["to_release"]) == (enrolment.learner, 1, 2)
    before = list(CourseProgress.objects.values())
    rebuild(enrolment.learner.pseudonym)
    assert list(CourseProgress.objects.values()) == before


def test_a_lighter_release_can_complete_the_course():
    enrolment, old, new = two_releases(new_rule={"all_of": [{"answered": "toets"}]})
    record(enrolment=enrolment, verb=adl.ANSWERED, subject=old.activities.get(key="toets"))

    move([enrolment], to=new, by=administrator_of(new))

    assert Statement.objects.with_verb(adl.SATISFIED).count() == 1
    before = list(CourseProgress.objects.values())
    assert before[0]["satisfied_at"]
    rebuild(enrolment.learner.pseudonym)
    assert list(CourseProgress.objects.values()) == before


def test_whoever_finished_stays_with_what_they_finished():
    enrolment, old, new = two_releases()
    for lesson in old.lessons.all():
        record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson)
    record(enrolment=enrolment, verb=adl.ANSWERED, subject=old.activities.get(key="oefening"))

    assert who_could_move(old.course, to=new) == []
    assert move([enrolment], to=new, by=administrator_of(new)) == []


@pytest.mark.parametrize("role", [Role.LEARNER, Role.AUTHOR, Role.TEACHER])
def test_moving_is_an_act_of_who_publishes(role):
    enrolment, _old, new = two_releases()

    with pytest.raises(MoveRefused):
        move([enrolment], to=new, by=MembershipFactory(organisation=new.course.organisation, role=role).user)
    with pytest.raises(MoveRefused):
        move([enrolment], to=new, by=MembershipFactory(role=Role.ASSOCIATION_ADMIN).user)


def test_nobody_is_moved_to_another_course():
    enrolment, _old, _new = two_releases()
    elsewhere = released_course()

    with pytest.raises(MoveRefused):
        move([enrolment], to=elsewhere, by=administrator_of(elsewhere))
