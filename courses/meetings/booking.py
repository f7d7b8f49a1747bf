"""A place at a meeting, or on its waiting list."""

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.meetings import mail
from courses.models import Booking, Enrolment, Meeting


class BookingRefused(Exception):
    """The message tells the learner why, and what to do."""


def book(*, enrolment: Enrolment, meeting: Meeting) -> Booking:
    """Take a place at the meeting, or one on the waiting list when it is full. A repeat changes nothing.

    Raises BookingRefused for a meeting of another course, one that is called off or has begun, or when the learner has a place at
    another date of the same meeting.
    """
    with transaction.atomic():
        meeting = locked(meeting)
        _refuse_when_impossible(enrolment, meeting)
        present = Booking.objects.filter(meeting=meeting, enrolment=enrolment, cancelled_at=None).first()
        if present is not None:
            return present
        elsewhere = open_booking(enrolment=enrolment, activity=meeting.activity)
        if elsewhere is not None:
            day = date_format(timezone.localtime(elsewhere.meeting.starts_at), "j F")
            raise BookingRefused(
                _("Je bent al aangemeld voor %(day)s. Meld je daar eerst af; daarna kun je deze datum kiezen.") % {"day": day}
            )
        return Booking.objects.create(meeting=meeting, enrolment=enrolment, waiting=not has_room(meeting))


def cancel(*, enrolment: Enrolment, meeting: Meeting) -> None:
    """Give the place back; the first on the waiting list gets it. A repeat changes nothing.

    Raises BookingRefused once the meeting has begun.
    """
    with transaction.atomic():
        meeting = locked(meeting)
        if meeting.starts_at <= timezone.now() and meeting.cancelled_at is None:
            raise BookingRefused(_("De bijeenkomst is al begonnen. Laat je docent weten dat je er niet bij was."))
        Booking.objects.filter(meeting=meeting, enrolment=enrolment, cancelled_at=None).update(cancelled_at=timezone.now())
        fill_places(meeting)


def add_participant(*, enrolment: Enrolment, meeting: Meeting) -> Booking:
    """Put someone who turned up without a place on the list; who is there is there, also beyond the capacity."""
    with transaction.atomic():
        meeting = locked(meeting)
        if enrolment.course_id != meeting.course_id:
            raise BookingRefused(_("Deze persoon volgt deze cursus niet."))
        try:
            with transaction.atomic():
                booking, _made = Booking.objects.get_or_create(meeting=meeting, enrolment=enrolment, cancelled_at=None)
        except IntegrityError:
            booking = Booking.objects.get(meeting=meeting, enrolment=enrolment, cancelled_at=None)
        if booking.waiting:
            booking.waiting = False
            booking.save(update_fields=["waiting"])
        return booking


def fill_places(meeting: Meeting) -> list[Booking]:
    """Give free places to the waiting list, first come first served; call it while holding the meeting's lock."""
    promoted = []
    if meeting.cancelled_at is None and meeting.starts_at > timezone.now():
        waiting = (
            Booking.objects.filter(meeting=meeting, cancelled_at=None, waiting=True)
            .select_related("enrolment__learner")
            .order_by("booked_at", "pk")
        )
        for booking in waiting:
            if not has_room(meeting):
                break
            booking.waiting = False
            booking.save(update_fields=["waiting"])
            promoted.append(booking)
            mail.place_came_free(booking, meeting)
    return promoted


def has_room(meeting: Meeting) -> bool:
    """Whether a place is free; only certain while holding the meeting's lock."""
    return meeting.capacity is None or taken(meeting) < meeting.capacity


def taken(meeting: Meeting) -> int:
    return Booking.objects.filter(meeting=meeting, cancelled_at=None, waiting=False).count()


def locked(meeting: Meeting) -> Meeting:
    """The meeting as it is now, kept for this transaction alone: two who take the last place come one after the other."""
    return Meeting.objects.select_for_update().get(pk=meeting.pk)


def open_booking(*, enrolment: Enrolment, activity: uuid.UUID) -> Booking | None:
    """The place this learner holds at a coming date of the activity."""
    bookings = Booking.objects.filter(enrolment=enrolment, meeting__activity=activity, cancelled_at=None, meeting__cancelled_at=None)
    return bookings.filter(meeting__ends_at__gt=timezone.now()).select_related("meeting").first()


def _refuse_when_impossible(enrolment: Enrolment, meeting: Meeting) -> None:
    if enrolment.course_id != meeting.course_id or enrolment.withdrawn_at is not None:
        raise BookingRefused(_("Schrijf je eerst in voor de cursus; daarna kun je je aanmelden."))
    if meeting.cancelled_at is not None:
        raise BookingRefused(_("Deze bijeenkomst gaat niet door. Kies een andere datum."))
    if meeting.starts_at <= timezone.now():
        raise BookingRefused(_("Deze bijeenkomst is al begonnen. Kies een andere datum."))
