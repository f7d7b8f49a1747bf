"""Which fields an Attendance has, per type of course, spelled as the service wants them (`externalmoduleID` has a small m).

Source: the service's manual for e-learning attendance; the present edition of that manual is not confirmed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext

from accreditation.editions import Place
from accreditation.models import Accreditation, AccreditationMeeting


class Presence(StrEnum):
    REQUIRED = "required"
    OPTIONAL = "optional"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Pair:
    """A thing with PE-online's own number or with ours: never both."""

    own: str
    external: str
    own_field: str
    external_field: str
    presence: dict[int, Presence]


R, O, A = Presence.REQUIRED, Presence.OPTIONAL, Presence.ABSENT  # noqa: E741 - a table to be read at a glance

COURSE = Pair("PECourseID", "externalCourseID", "pe_course_id", "external_course_id", {1: R, 2: R, 3: R, 4: R})
MODULE = Pair("PEModuleID", "externalmoduleID", "pe_module_id", "external_module_id", {1: A, 2: O, 3: A, 4: A})
EDITION = Pair("PEEditionID", "externalEditionID", "pe_edition_id", "external_edition_id", {1: R, 2: A, 3: A, 4: R})
MEETING = Pair("PEMeetingID", "externalMeetingID", "pe_meeting_id", "external_meeting_id", {1: R, 2: A, 3: A, 4: A})
END_DATE: dict[int, Presence] = {1: A, 2: R, 3: R, 4: A}

PAIRS = (COURSE, MODULE, EDITION, MEETING)


def value_of(accreditation: Accreditation, pair: Pair, *, place: Place | None = None) -> tuple[str, str] | None:
    """Element name and text for this pair, or None when it does not belong in the report.

    Where someone was (`place`) goes before what stands with the accreditation as a whole.
    """
    if pair.presence[accreditation.course_type] is Presence.ABSENT:
        return None
    holder: Accreditation | Place = accreditation
    if place is not None and pair in (EDITION, MEETING):
        placed = getattr(place, pair.own_field) is not None or getattr(place, pair.external_field)
        holder = place if placed else accreditation
    own, external = getattr(holder, pair.own_field), getattr(holder, pair.external_field)
    if own is not None:
        return pair.own, str(own)
    return (pair.external, external) if external else None


def problems(accreditation: Accreditation) -> list[str]:
    """What keeps this accreditation from being reported, in words for the administrator."""
    return list(_problems(accreditation))


def _problems(accreditation: Accreditation) -> Iterator[str]:
    kind = accreditation.course_type
    # With editions and meetings of their own, the numbers stand there.
    placed = AccreditationMeeting.objects.filter(accreditation=accreditation).exists()
    if accreditation.effective_org_id() is None:
        yield gettext("Het orgID ontbreekt: vul het in bij deze accreditatie of bij het register.")
    if accreditation.status != Accreditation.Status.GRANTED:
        yield gettext("Deze accreditatie is niet toegekend. Aanwezigheid melden kan pas daarna.")
    for pair in PAIRS:
        own, external = getattr(accreditation, pair.own_field), getattr(accreditation, pair.external_field)
        names = {"own": pair.own, "external": pair.external, "kind": kind}
        presence = pair.presence[kind]
        if own is not None and external:
            yield gettext("Vul %(own)s of %(external)s in, niet allebei.") % names
        elif presence is Presence.REQUIRED and own is None and not external and not (placed and pair in (EDITION, MEETING)):
            yield gettext("Voor cursussoort %(kind)s is %(own)s of %(external)s nodig.") % names
        elif presence is Presence.ABSENT and (own is not None or external):
            yield gettext("Bij cursussoort %(kind)s hoort geen %(own)s of %(external)s. Maak dat veld leeg.") % names
    if placed:
        yield from _without_numbers(accreditation)


def _without_numbers(accreditation: Accreditation) -> Iterator[str]:
    """Editions and meetings that the register could not find back."""
    kind = accreditation.course_type
    if EDITION.presence[kind] is Presence.REQUIRED:
        for edition in accreditation.editions.filter(pe_edition_id=None, external_edition_id=""):
            yield gettext("Editie ‘%(name)s’ heeft nog geen PEEditionID of externalEditionID.") % {"name": edition}
    if MEETING.presence[kind] is Presence.REQUIRED:
        for row in accreditation.meetings.filter(pe_meeting_id=None, external_meeting_id="").select_related("meeting", "edition"):
            yield gettext("Bijeenkomst ‘%(name)s’ heeft nog geen PEMeetingID of externalMeetingID.") % {"name": row}
