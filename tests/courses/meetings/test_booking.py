from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, connections  # noqa: F401 - the condition of skipif reads it
from django.utils import timezone

from courses.meetings.booking import BookingRefused, add_participant, book, cancel, taken
from courses.meetings.planning import MeetingRefused, call_off, next_booked, next_meetings, save_meeting
from courses.models import Booking
from tests.factories.courses import EnrolmentFactory
from tests.factories.meetings import MeetingFactory, course_with_session, teacher_of

pytestmark = pytest.mark.django_db


def states(meeting):
    return list(Booking.objects.filter(meeting=meeting, cancelled_at=None).order_by("pk").values_list("waiting", flat=True))


def test_who_comes_after_the_last_place_waits_and_moves_up_when_one_comes_free():
    release = course_with_session()
    meeting = MeetingFactory(release=release, capacity=1)
    first, second, third = EnrolmentFactory.create_batch(3, release=release)

    for enrolment in (first, second, third):
        book(enrolment=enrolment, meeting=meeting)
    assert states(meeting) == [False, True, True]

    cancel(enrolment=first, meeting=meeting)

    assert states(meeting) == [False, True]
    assert [message.to for message in mail.outbox] == [[second.learner.email]]


def test_booking_twice_is_booking_once_and_cancelling_leaves_a_trace():
    meeting = MeetingFactory()
    enrolment = EnrolmentFactory(release=meeting.course.releases.get())

    assert book(enrolment=enrolment, meeting=meeting) == book(enrolment=enrolment, meeting=meeting)
    cancel(enrolment=enrolment, meeting=meeting)
    cancel(enrolment=enrolment, meeting=meeting)
    book(enrolment=enrolment, meeting=meeting)

    assert Booking.objects.count() == 2
    assert taken(meeting) == 1


def test_one_place_at_a_time_for_the_same_session():
    release = course_with_session()
    enrolment = EnrolmentFactory(release=release)
    book(enrolment=enrolment, meeting=MeetingFactory(release=release))

    with pytest.raises(BookingRefused, match="al aangemeld voor"):
        book(enrolment=enrolment, meeting=MeetingFactory(release=release))


def test_no_place_at_a_meeting_of_another_course_one_called_off_or_one_that_began():
    enrolment = EnrolmentFactory(release=course_with_session())
    other = MeetingFactory()
    off = MeetingFactory(release=enrolment.release, cancelled_at=timezone.now())
    begun = MeetingFactory(release=enrolment.release, starts_at=timezone.now() - timedelta(minutes=1))

    for meeting in (other, off, begun):
        with pytest.raises(BookingRefused):
            book(enrolment=enrolment, meeting=meeting)
    assert not Booking.objects.exists()


def test_who_turns_up_without_a_place_is_put_on_the_list_even_when_it_is_full():
    release = course_with_session()
    meeting = MeetingFactory(release=release, capacity=1)
    first, second = EnrolmentFactory.create_batch(2, release=release)
    book(enrolment=first, meeting=meeting)
    book(enrolment=second, meeting=meeting)

    add_participant(enrolment=second, meeting=meeting)

    assert states(meeting) == [False, False]


def test_fewer_places_than_bookings_is_refused_and_more_places_fill_from_the_waiting_list():
    release = course_with_session()
    meeting = MeetingFactory(release=release, capacity=2)
    teacher = teacher_of(meeting.course.organisation)
    for enrolment in EnrolmentFactory.create_batch(3, release=release):
        book(enrolment=enrolment, meeting=meeting)

    meeting.capacity = 1
    with pytest.raises(MeetingRefused, match="aanmeldingen is al 2"):
        save_meeting(meeting=meeting, by=teacher)
    meeting.capacity = 3
    save_meeting(meeting=meeting, by=teacher)

    assert states(meeting) == [False, False, False]


def test_who_booked_hears_that_the_meeting_is_called_off():
    meeting = MeetingFactory()
    enrolment = EnrolmentFactory(release=meeting.course.releases.get())
    book(enrolment=enrolment, meeting=meeting)

    call_off(meeting=meeting, by=teacher_of(meeting.course.organisation))

    assert mail.outbox[0].to == [enrolment.learner.email]
    assert next_booked(enrolment.learner) is None


def test_the_next_meeting_of_each_course_takes_one_query(django_assert_num_queries):
    release = course_with_session()
    _later, sooner = (MeetingFactory(release=release, starts_at=timezone.now() + timedelta(days=days)) for days in (9, 2))
    MeetingFactory(release=release, starts_at=timezone.now() + timedelta(days=1), cancelled_at=timezone.now())
    other = MeetingFactory()

    with django_assert_num_queries(1):
        found = next_meetings([release.course_id, other.course_id])

    assert found == {release.course_id: sooner, other.course_id: other}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_eight_at_once_for_three_places_get_three():
    release = course_with_session()
    meeting = MeetingFactory(release=release, capacity=3)
    enrolments = EnrolmentFactory.create_batch(8, release=release)

    def take(enrolment):
        try:
            return book(enrolment=enrolment, meeting=meeting).waiting
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=8) as pool:
        waiting = list(pool.map(take, enrolments))

    assert (waiting.count(False), waiting.count(True)) == (3, 5)
    assert taken(meeting) == 3
