"""Practising shows the answers; nothing of it may count as a test, also when an activity was one thing and becomes the other."""

import pytest
from django.urls import reverse
from django.utils import timezone

from courses.checks import findings_of
from courses.migration import move
from courses.models import ActivityProgress, Attempt, CourseProgress, Enrolment, ReleaseActivity
from courses.questions.attempts import AttemptRefused, check_answer, hand_in, start
from courses.questions.types import TYPES
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.courses import drafted_course, released_course
from tests.factories.questions import enrolled, make_question, posted, released_test

pytestmark = pytest.mark.django_db


def right(question):
    return posted(question, TYPES[question.version.type].right(question.version.definition))


def practise_all(attempt):
    for question in attempt.questions.select_related("version"):
        check_answer(attempt=attempt, position=question.position, data=right(question))


def next_release(activity, **settings):
    """The same course once more, with the activity set up otherwise."""
    release = released_course(
        course=activity.release.course,
        lessons=1,
        activities=[{"key": activity.key, "uuid": activity.uuid, "title": activity.title, "settings": {**activity.settings, **settings}}],
        completion=activity.release.completion,
    )
    return ReleaseActivity.objects.select_related("lesson", "release__course").get(release=release)


def moved(enrolment, activity):
    Enrolment.objects.filter(pk=enrolment.pk).update(release=activity.release)
    return Enrolment.objects.select_related("learner", "course", "release").get(pk=enrolment.pk)


def test_all_right_when_practising_passes_nothing():
    activity = released_test("single_choice", mode="practice")
    enrolment = enrolled(activity)

    practise_all(start(enrolment=enrolment, activity=activity))

    row = ActivityProgress.objects.get(enrolment=enrolment)
    assert row.answered_at is not None
    assert (row.best_score, row.reported_score) == (None, 1)
    assert CourseProgress.objects.get(enrolment=enrolment).satisfied_at is None


def test_a_move_to_a_release_in_which_it_is_a_test_brings_no_pass_along():
    practice = released_test("single_choice", mode="practice")
    enrolment = enrolled(practice)
    practise_all(start(enrolment=enrolment, activity=practice))
    test = next_release(practice, mode="test")
    chair = MembershipFactory(organisation=practice.release.course.organisation, role="association_admin").user

    move([enrolment], to=test.release, by=chair)

    assert CourseProgress.objects.get(enrolment=enrolment).satisfied_at is None
    attempt = start(enrolment=moved(enrolment, test), activity=test)
    assert (attempt.mode, attempt.number) == (Attempt.Mode.TEST, 2)


def test_an_open_test_is_never_checked_question_by_question(client):
    test = released_test("single_choice", "true_false")
    enrolment = enrolled(test)
    open_test = start(enrolment=enrolment, activity=test)
    practice = next_release(test, mode="practice")
    enrolment = moved(enrolment, practice)
    client.force_login(enrolment.learner)

    client.post(reverse("courses:practise", args=[enrolment.uuid, practice.uuid, 1]), right(open_test.questions.get(position=1)))

    open_test.refresh_from_db()
    assert (open_test.is_open, open_test.passed) == (False, False)
    assert Attempt.objects.get(enrolment=enrolment, mode=Attempt.Mode.PRACTICE).number == 2
    assert ActivityProgress.objects.get(enrolment=enrolment).best_score == 0


def test_an_open_practice_does_not_stand_in_the_way_of_the_test():
    practice = released_test("single_choice", mode="practice")
    enrolment = enrolled(practice)
    start(enrolment=enrolment, activity=practice)
    test = next_release(practice, mode="test", attempts=1)

    attempt = start(enrolment=moved(enrolment, test), activity=test)

    assert attempt.mode == Attempt.Mode.TEST
    assert Attempt.objects.filter(enrolment=enrolment, submitted_at=None).get() == attempt


def test_leaving_and_coming_back_in_a_newer_release_gives_no_fresh_attempts():
    first = released_test("true_false", attempts=1)
    enrolment = enrolled(first)
    hand_in(attempt=start(enrolment=enrolment, activity=first))
    Enrolment.objects.filter(pk=enrolment.pk).update(withdrawn_at=timezone.now())
    second = next_release(first)
    again = Enrolment.objects.create(learner=enrolment.learner, course=enrolment.course, release=second.release)

    with pytest.raises(AttemptRefused, match="pogingen gebruikt"):
        start(enrolment=again, activity=second)


def test_who_had_passed_may_take_a_newer_release_anew():
    first = released_test("true_false", attempts=1)
    enrolment = enrolled(first)
    attempt = start(enrolment=enrolment, activity=first)
    Attempt.objects.filter(pk=attempt.pk).update(passed=True, submitted_at=timezone.now(), scored_at=timezone.now())
    Enrolment.objects.filter(pk=enrolment.pk).update(withdrawn_at=timezone.now())
    second = next_release(first)
    again = Enrolment.objects.create(learner=enrolment.learner, course=enrolment.course, release=second.release)

    assert start(enrolment=again, activity=second).enrolment == again


@pytest.mark.parametrize(("mode", "found"), [("practice", True), ("test", False)])
def test_an_author_cannot_ask_that_a_practice_is_passed(mode, found):
    course = drafted_course(rule=[{"passed": {"activity": "toets", "at_least": 70}}])
    question = make_question("single_choice", course=course, author=UserFactory())
    lesson = course.get_descendants().last().specific
    lesson.body = [
        *lesson.body.get_prep_value(),
        {"type": "activity_questions", "value": {"key": "toets", "title": "Toets", "mode": mode, "questions": [question.pk]}},
    ]
    lesson.save()

    assert any("kan niet ‘gehaald’ worden" in finding.text and finding.blocks for finding in findings_of(course)) is found
