"""Which fields an Attendance has, per type of course, spelled as the service wants them (`externalmoduleID` has a small m).

Source: the service's manual for e-learning attendance; the present edition of that manual is not confirmed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext

from accreditation.models import Accreditation


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


def value_of(accreditation: Accreditation, pair: Pair) -> tuple[str, str] | None:
    """Element name and text for this pair, or None when it does not belong in the report."""
    if pair.presence[accreditation.course_type] is Presence.ABSENT:
        return None
    own, external = getattr(accreditation, pair.own_field), getattr(accreditation, pair.external_field)
    if own is not None:
        return pair.own, str(own)
    return (pair.external, external) if external else None


def problems(accreditation: Accreditation) -> list[str]:
    """What keeps this accreditation from being reported, in words for the administrator."""
    return list(_problems(accreditation))


def _problems(accreditation: Accreditation) -> Iterator[str]:
    kind = accreditation.course_type
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
        elif presence is Presence.REQUIRED and own is None and not external:
            yield gettext("Voor cursussoort %(kind)s is %(own)s of %(external)s nodig.") % names
        elif presence is Presence.ABSENT and (own is not None or external):
            yield gettext("Bij cursussoort %(kind)s hoort geen %(own)s of %(external)s. Maak dat veld leeg.") % names
