"""What an accreditation administrator wants to know first: what was issued, what failed, what expires."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from accounts.models import Organisation
from accreditation.models import Accreditation, Certificate, CertificateEvent

WARN_DAYS = (90, 30, 7)


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts over a month, and the accreditations that need attention."""

    issued: int
    revoked: int
    waiting: int
    expiring: list[Accreditation]
    requested: list[Accreditation]
    rejected: list[Accreditation]


def overview(*, organisations: QuerySet[Organisation] | Iterable[Organisation], day: date) -> Overview:
    """The state of affairs on this day for the courses of these organisations."""
    events = CertificateEvent.objects.filter(
        certificate__organisation__in=organisations, at__date__gt=day - timedelta(days=30), at__date__lte=day
    )
    mine = Accreditation.objects.filter(course__organisation__in=organisations).select_related("course", "register")
    return Overview(
        issued=events.filter(kind=CertificateEvent.Kind.ISSUED).count(),
        revoked=events.filter(kind=CertificateEvent.Kind.REVOKED).count(),
        waiting=Certificate.objects.filter(organisation__in=organisations, sha256="").count(),
        expiring=expiring(accreditations=mine, day=day),
        requested=list(mine.filter(status=Accreditation.Status.REQUESTED).order_by("requested_on")),
        rejected=list(mine.filter(status=Accreditation.Status.REJECTED).order_by("-decided_on")[:10]),
    )


def expiring(*, accreditations: QuerySet[Accreditation], day: date, within: int = WARN_DAYS[0]) -> list[Accreditation]:
    """Granted accreditations that end within so many days, unless a later one for the same course and register is granted already."""
    granted = accreditations.filter(status=Accreditation.Status.GRANTED)
    soon = granted.filter(valid_until__range=(day, day + timedelta(days=within))).order_by("valid_until")
    later = set(granted.filter(valid_until__gt=day + timedelta(days=within)).values_list("course_id", "register_id"))
    return [accreditation for accreditation in soon if (accreditation.course_id, accreditation.register_id) not in later]
