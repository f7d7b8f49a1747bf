"""Where someone was, in the words of a register: which edition and which meetings of an accreditation, from attendance that holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Min, QuerySet
from django.utils import timezone

from accreditation.evaluation import amsterdam_date
from accreditation.models import Accreditation, AccreditationEdition, AccreditationMeeting
from courses.models import Attendance, Enrolment, Meeting

BY_MEETING, AS_A_WHOLE = Accreditation.CourseType.PER_MEETING, Accreditation.CourseType.AS_A_WHOLE


@dataclass(frozen=True, slots=True)
class Place:
    """The numbers of an edition and, where the register counts meetings, of a meeting; named as the fields of an accreditation are.

    `key` stays the same when the numbers are filled in later, so that what was queued without them is not queued again with them.
    """

    name: str
    pe_edition_id: int | None = None
    external_edition_id: str = ""
    pe_meeting_id: int | None = None
    external_meeting_id: str = ""
    key: str = ""


def attended(*, accreditation: Accreditation, enrolments: Sequence[int]) -> dict[int, list[Place]]:
    """Per enrolment (by key) where they were: each meeting for type 1, each edition for type 4, nothing for other types.

    The numbers recorded under the accreditation go first; then those that stand with the meeting itself. Who was nowhere is left out.
    """
    if accreditation.course_type not in (BY_MEETING, AS_A_WHOLE):
        return {}
    known = {
        row.meeting_id: row for row in AccreditationMeeting.objects.filter(accreditation=accreditation).select_related("edition", "meeting")
    }
    rows = Attendance.objects.filter(
        enrolment__in=list(enrolments), meeting__course=accreditation.course_id, corrected_by=None, present=True
    ).select_related("meeting")
    found: dict[int, list[Place]] = {}
    for row in rows.order_by("meeting__starts_at", "pk"):
        place = _place(known.get(row.meeting_id), row.meeting, whole=accreditation.course_type == AS_A_WHOLE)
        places = found.setdefault(row.enrolment_id, [])
        if place is not None and place not in places:
            places.append(place)
    return {enrolment: places for enrolment, places in found.items() if places}


def first_attended(enrolments: Sequence[Enrolment]) -> dict[int, date]:
    """The Amsterdam day of the first meeting where each of these enrolments was present; who was at none is left out."""
    rows = Attendance.objects.filter(enrolment__in=[enrolment.pk for enrolment in enrolments], corrected_by=None, present=True)
    found = rows.order_by().values_list("enrolment").annotate(first=Min("meeting__starts_at"))
    return {enrolment: amsterdam_date(first) for enrolment, first in found}


def present_before_grant(accreditation: Accreditation) -> QuerySet[Enrolment]:
    """Who was at a meeting of the course within the accreditation before the register had decided: they earn nothing in it."""
    if accreditation.decided_on is None or accreditation.status != Accreditation.Status.GRANTED:
        return Enrolment.objects.none()
    early = Attendance.objects.filter(
        meeting__course=accreditation.course_id, corrected_by=None, present=True, meeting__starts_at__date__lt=accreditation.decided_on
    )
    if accreditation.valid_from:
        early = early.filter(meeting__starts_at__date__gte=accreditation.valid_from)
    rows = Enrolment.objects.filter(pk__in=early.values("enrolment"), release__in=accreditation.releases.all())
    return rows.select_related("learner").order_by("learner__last_name", "learner__first_name", "pk")


def first_meeting(accreditation: Accreditation) -> Meeting | None:
    """The first coming meeting of the course: a request must be granted before it."""
    return (
        Meeting.objects.filter(course=accreditation.course_id, cancelled_at=None, starts_at__gt=timezone.now())
        .order_by("starts_at")
        .first()
    )


def meetings_without_edition(accreditation: Accreditation) -> list[Meeting]:
    """Meetings of the course within the accreditation that no edition names yet: what they bring cannot be reported."""
    if accreditation.course_type not in (BY_MEETING, AS_A_WHOLE) or not accreditation.valid_from or not accreditation.valid_until:
        return []
    named = AccreditationMeeting.objects.filter(accreditation=accreditation).values("meeting")
    rows = Meeting.objects.filter(course=accreditation.course_id, cancelled_at=None).exclude(pk__in=named)
    within = rows.filter(starts_at__date__gte=accreditation.valid_from, starts_at__date__lte=accreditation.valid_until)
    return list(within.order_by("starts_at"))


def _place(known: AccreditationMeeting | None, meeting: Meeting, *, whole: bool) -> Place | None:
    edition: AccreditationEdition | Meeting = known.edition if known else meeting
    held: AccreditationMeeting | Meeting = known or meeting
    place = Place(
        name=str(known.edition) if known else meeting.title,
        pe_edition_id=edition.pe_edition_id,
        external_edition_id=edition.external_edition_id,
        pe_meeting_id=None if whole else held.pe_meeting_id,
        external_meeting_id="" if whole else held.external_meeting_id,
        key=f"meeting:{meeting.pk}"
        if not whole
        else f"edition:{known.edition_id}"
        if known
        else f"own:{edition.pe_edition_id or edition.external_edition_id}",
    )
    return place if known or place.pe_edition_id or place.external_edition_id else None
