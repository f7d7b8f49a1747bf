import threading

import pytest
from django.db import connection

from courses.enrolment import EnrolmentRefused, enrol, open_enrolment, withdraw
from courses.models import CourseProgress, Enrolment
from courses.recording import record
from lrs.models import Statement
from lrs.profiles import adl, vakwijs
from tests.factories.accounts import UserFactory
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.mark.django_db
def test_joining_twice_is_joining_once():
    release, learner = released_course(), UserFactory()

    assert enrol(learner=learner, course=release.course) == enrol(learner=learner, course=release.course)

    assert Statement.objects.with_verb(adl.REGISTERED).count() == 1


@pytest.mark.django_db
def test_a_course_is_joined_in_its_newest_release():
    first = released_course()
    second = released_course(course=first.course)

    assert enrol(learner=UserFactory(), course=first.course).release == second


@pytest.mark.django_db
def test_what_is_not_released_or_not_published_cannot_be_joined():
    closed = released_course().course
    closed.unpublish()

    for course in [CourseFactory(), closed]:
        with pytest.raises(EnrolmentRefused):
            enrol(learner=UserFactory(), course=course)


@pytest.mark.django_db
def test_leaving_twice_is_leaving_once_and_earns_nothing_afterwards():
    enrolment = EnrolmentFactory(release=released_course(lessons=1))

    withdraw(enrolment=enrolment)
    withdraw(enrolment=enrolment)
    record(enrolment=enrolment, verb=adl.COMPLETED, subject=enrolment.release.lessons.get())

    assert Statement.objects.with_verb(vakwijs.WITHDREW).count() == 1
    assert open_enrolment(learner=enrolment.learner, course=enrolment.course) is None
    assert not Statement.objects.with_verb(adl.SATISFIED).exists()


def at_once(*acts):
    """Do these things at the same time, each on a connection of its own."""
    start, errors = threading.Barrier(len(acts)), []

    def run(act):
        start.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - told to the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_enrolment():
    release, learner = released_course(), UserFactory()

    at_once(*[lambda: enrol(learner=learner, course=release.course)] * 4)

    assert Enrolment.objects.count() == 1
    assert Statement.objects.with_verb(adl.REGISTERED).count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_last_lessons_at_once_complete_the_course_once():
    for _attempt in range(5):
        enrolment = EnrolmentFactory(release=released_course(lessons=2))
        one, other = enrolment.release.lessons.all()

        at_once(
            lambda enrolment=enrolment, one=one: record(enrolment=enrolment, verb=adl.COMPLETED, subject=one),
            lambda enrolment=enrolment, other=other: record(enrolment=enrolment, verb=adl.COMPLETED, subject=other),
        )

        assert CourseProgress.objects.get(enrolment=enrolment).satisfied_at
        assert Statement.objects.with_verb(adl.SATISFIED).filter(registration=enrolment.uuid).count() == 1
