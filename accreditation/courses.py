"""What courses ask of accreditation, by name in the settings: points for the catalogue, warnings for an author."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from accreditation.expiry import endings
from accreditation.models import Accreditation
from courses.models import CoursePage, Enrolment

EXPIRES_SOON = timedelta(days=90)


def credit_of(course_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """What each course is worth today, per register and category; a course without a valid accreditation is left out."""
    today = timezone.localdate()
    found: dict[int, list[dict[str, Any]]] = {}
    accreditations = (
        Accreditation.objects.filter(
            course__in=list(course_ids), status=Accreditation.Status.GRANTED, valid_from__lte=today, valid_until__gte=today
        )
        .select_related("register")
        .prefetch_related("points__category", "register__rules")
        .order_by("register__name")
    )
    for accreditation in accreditations:
        rule = next(iter(accreditation.register.rules.all()), None)
        for line in accreditation.points.all():
            found.setdefault(accreditation.course_id, []).append(
                {
                    "register": accreditation.register.code,
                    "register_name": _name(accreditation),
                    "points": line.points,
                    "unit": rule.unit if rule else "points",
                    "category": line.category.name,
                    "id_number": accreditation.id_number,
                    "valid_until": accreditation.valid_until,
                    "is_demo": accreditation.is_demo,
                }
            )
    return found


def notices(enrolment: Enrolment) -> list[dict[str, str]]:
    """What somebody in the course should know of accreditations that end: {"tone", "title", "text"}."""
    return [
        {
            "tone": "signal" if ending.lapsed else "waiting",
            "title": gettext("Geen punten meer bij %(register)s") % {"register": ending.accreditation.register.name}
            if ending.lapsed
            else gettext("Punten bij %(register)s: tot en met %(day)s")
            % {"register": ending.accreditation.register.name, "day": date_format(ending.last_day, "j F Y")},
            "text": ending.text,
        }
        for ending in endings(enrolment=enrolment)
    ]


def _name(accreditation: Accreditation) -> str:
    """The register's name; of a demo accreditation with the word that says so, once."""
    name: str = accreditation.register.name
    if not accreditation.is_demo or name.endswith("(voorbeeld)"):
        return name
    return gettext("%(register)s (voorbeeld)") % {"register": name}


def checks(course: CoursePage) -> list[tuple[str, bool]]:
    """What an author should know before publishing; nothing of this blocks, because a course may be published unaccredited."""
    today = timezone.localdate()
    found = []
    granted = list(
        Accreditation.objects.filter(course=course, status=Accreditation.Status.GRANTED).select_related("register").order_by("valid_until")
    )
    newest = {accreditation.register_id: accreditation for accreditation in granted}
    for accreditation in newest.values():
        names = {
            "register": accreditation.register.name,
            "day": date_format(accreditation.valid_until, "j F Y") if accreditation.valid_until else "",
            "id": accreditation.id_number,
        }
        if accreditation.valid_until and accreditation.valid_until < today:
            found.append(
                (
                    gettext(
                        "De accreditatie bij %(register)s (%(id)s) is verlopen op %(day)s. Wie de cursus nu afrondt, krijgt geen punten."
                    )
                    % names,
                    False,
                )
            )
        elif accreditation.valid_until and accreditation.valid_until - today <= EXPIRES_SOON:
            found.append((gettext("De accreditatie bij %(register)s (%(id)s) verloopt op %(day)s.") % names, False))
    if granted:
        found += [
            (
                gettext(
                    "Een nieuwe uitgave valt niet vanzelf onder de accreditatie bij %(register)s. Vraag de accreditatiebeheerder haar toe te voegen."
                )
                % {"register": a.register.name},
                False,
            )
            for a in newest.values()
            if a.valid_on(today)
        ]
    return found
