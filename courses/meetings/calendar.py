"""A meeting as a calendar file (RFC 5545)."""

from datetime import UTC

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event

from courses.models import Meeting


def calendar_file(meeting: Meeting, *, lesson_url: str) -> bytes:
    """One event, with the video link: only for who has a place."""
    event = Event()
    event.add("uid", f"{meeting.uuid}@vakwijs")
    event.add("summary", meeting.title)
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", meeting.ends_at.astimezone(UTC))
    event.add("dtstamp", timezone.now().astimezone(UTC))
    if meeting.place or meeting.video_link:
        event.add("location", meeting.place or meeting.video_link)
    event.add("description", "\n\n".join(part for part in (meeting.bring, meeting.video_link, f"{settings.SITE_URL}{lesson_url}") if part))
    if meeting.cancelled_at is not None:
        event.add("status", "CANCELLED")
    calendar = Calendar()
    calendar.add("prodid", "-//Vakwijs//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()
