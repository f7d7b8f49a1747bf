"""Messages about meetings; they leave after the commit, so that nobody is told what did not happen."""

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.models import Booking, Meeting


def place_came_free(booking: Booking, meeting: Meeting) -> None:
    """Tell someone on the waiting list that they have a place."""
    _send(
        booking,
        subject=_("Je hebt een plaats: %(title)s") % {"title": meeting.title},
        text=_(
            "Er kwam een plaats vrij voor ‘%(title)s’ op %(when)s. Die is nu van jou. Kun je niet? Meld je dan af in de les, dan schuift de volgende door."
        )
        % {"title": meeting.title, "when": when(meeting)},
    )


def called_off(booking: Booking, meeting: Meeting) -> None:
    """Tell someone who booked that the meeting does not take place."""
    _send(
        booking,
        subject=_("Gaat niet door: %(title)s") % {"title": meeting.title},
        text=_(
            "De bijeenkomst ‘%(title)s’ op %(when)s gaat niet door. Je aanmelding is vervallen; in de les kun je een andere datum kiezen."
        )
        % {"title": meeting.title, "when": when(meeting)},
    )


def changed(booking: Booking, meeting: Meeting) -> None:
    """Tell someone who booked that date, time or place changed."""
    _send(
        booking,
        subject=_("Gewijzigd: %(title)s") % {"title": meeting.title},
        text=_("De bijeenkomst ‘%(title)s’ is gewijzigd. Het wordt %(when)s. Plaats: %(place)s. Kun je dan niet? Meld je dan af in de les.")
        % {"title": meeting.title, "when": when(meeting), "place": meeting.place or _("online")},
    )


def when(meeting: Meeting) -> str:
    """The date and times as Amsterdam has them, for instance "dinsdag 3 maart 2026, 13:00–16:00"."""
    begin, end = timezone.localtime(meeting.starts_at), timezone.localtime(meeting.ends_at)
    return f"{date_format(begin, 'l j F Y')}, {date_format(begin, 'H:i')}–{date_format(end, 'H:i')}"


def _send(booking: Booking, *, subject: str, text: str) -> None:
    address = booking.enrolment.learner.email
    body = f"{text}\n\n{settings.SITE_URL}/cursus/{booking.enrolment.course.slug}/\n"
    transaction.on_commit(lambda: send_mail(subject, body, None, [address], fail_silently=True))
