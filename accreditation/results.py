"""Who completed what, for those who manage accreditation: one row per completion, newest certificate, points beside it.

Whoever asks for what was revoked or replaced sees those certificates themselves, also where a newer one took their place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Organisation
from accreditation.certificates import not_past, with_state
from accreditation.models import Accreditation, Certificate, PointAward

AWARD_STATES = {
    "staat": Q(reverses=None, reversed_by=None),
    "teruggedraaid": Q(reversed_by__isnull=False),
    "tegenboeking": Q(reverses__isnull=False),
}
GONE = {"ingetrokken", "vervangen"}


@dataclass(frozen=True, slots=True)
class Credit:
    """What a completion brought in one register, after corrections."""

    register: str
    number: str
    points: Decimal
    id_number: str


def results(
    *,
    organisations: QuerySet[Organisation],
    course: int | None = None,
    accreditation: Accreditation | None = None,
    status: str = "",
    issued_from: date | None = None,
    text: str = "",
) -> QuerySet[Certificate]:
    """The completions of courses of these organisations, newest certificate of each, with awards ready to read (`credits_of`).

    The number of an older certificate leads to the newest of that completion, which tells what came before it (`others_of`).
    """
    found = with_state().filter(organisation__in=organisations)
    if status not in GONE:
        found = found.filter(replaced_by=None)
    if course:
        found = found.filter(course=course)
    if accreditation:
        found = found.filter(enrolment__point_awards__accreditation=accreditation).distinct()
    if issued_from:
        found = found.filter(sealed_at__date__gte=issued_from)
    states = _states(timezone.localdate())
    if status in states:
        found = found.filter(states[status])
    for word in text.split():
        found = found.filter(
            Q(learner__first_name__icontains=word)
            | Q(learner__last_name__icontains=word)
            | Q(enrolment__certificates__number__iexact=word)
            | Q(learner__register_entries__number=word)
        ).distinct()
    awards = PointAward.objects.select_related("register", "accreditation")
    return found.select_related("learner", "course", "enrolment__release").prefetch_related(
        Prefetch("enrolment__point_awards", queryset=awards),
        Prefetch("enrolment__certificates", queryset=Certificate.objects.order_by("pk")),
    )


def awards_found(*, organisations: QuerySet[Organisation], filters: Mapping[str, str]) -> QuerySet[PointAward]:
    """The ledger rows of courses of these organisations, as the list of awards filters them."""
    found = PointAward.objects.filter(accreditation__course__organisation__in=organisations)
    for name, field in (("cursus", "accreditation__course"), ("accreditatie", "accreditation"), ("register", "register")):
        if (key := key_of(filters.get(name, ""))) is not None:
            found = found.filter(**{field: key})
    if filters.get("stand") in AWARD_STATES:
        found = found.filter(AWARD_STATES[filters["stand"]])
    for word in filters.get("zoek", "")[:100].split():
        found = found.filter(Q(learner__first_name__icontains=word) | Q(learner__last_name__icontains=word) | Q(register_number=word))
    return found


def results_for(
    model: type[Certificate] | type[PointAward], filters: Mapping[str, str], *, organisations: QuerySet[Organisation]
) -> QuerySet[Any]:
    """All that a list shows with these filters, by the words in its address."""
    if model is PointAward:
        return awards_found(organisations=organisations, filters=filters)
    chosen = key_of(filters.get("accreditatie", ""))
    accreditation = None
    if chosen is not None:
        accreditation = Accreditation.objects.filter(pk=chosen, course__organisation__in=organisations).first()
        if accreditation is None:
            return Certificate.objects.none()
    return results(
        organisations=organisations,
        course=key_of(filters.get("cursus", "")),
        accreditation=accreditation,
        status=filters.get("stand", ""),
        issued_from=day_of(filters.get("vanaf", "")),
        text=filters.get("zoek", "")[:100],
    )


def _states(today: date) -> dict[str, Q]:
    """By the words in the address."""
    stands = Q(is_revoked=False, is_replaced=False)
    return {
        "geldig": stands & not_past(today),
        "verlopen": stands & Q(snapshot__valid_until__gt="", snapshot__valid_until__lt=today.isoformat()),
        "ingetrokken": Q(is_revoked=True),
        "vervangen": Q(is_replaced=True, is_revoked=False),
        "wacht": Q(sha256=""),
    }


def key_of(text: str) -> int | None:
    """The key of a row in an address or a form; None for whatever else stands there, such as ² or more digits than any key has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def day_of(text: str) -> date | None:
    """A day in an address; None for whatever else stands there."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def credits_of(certificate: Certificate) -> list[Credit]:
    """The points of this completion per register; reads what `results` fetched."""
    sums: dict[int, list[PointAward]] = {}
    for award in certificate.enrolment.point_awards.all():
        sums.setdefault(award.register_id, []).append(award)
    return [_credit(awards) for awards in sums.values()]


def others_of(certificate: Certificate) -> tuple[list[Certificate], Certificate | None]:
    """The older certificates of the same completion, and the newest where this is not it; reads what `results` fetched."""
    all_of = list(certificate.enrolment.certificates.all())
    newest = all_of[-1]
    return [one for one in all_of if one.pk < certificate.pk], None if newest == certificate else newest


def _credit(awards: Iterable[PointAward]) -> Credit:
    rows = list(awards)
    return Credit(
        register=rows[0].register.name,
        number=rows[0].register_number,
        points=sum((award.points for award in rows), Decimal(0)),
        id_number=rows[0].accreditation.id_number,
    )
