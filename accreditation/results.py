"""Who completed what, for those who manage accreditation: one row per completion, newest certificate, points beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Organisation
from accreditation.certificates import with_state
from accreditation.models import Accreditation, Certificate, PointAward

ORDERS = {
    "naam": ["learner__last_name", "learner__first_name", "pk"],
    "cursus": ["course__title", "pk"],
    "datum": ["earned_on", "pk"],
    "nummer": ["pk"],
}
STATES = {
    "geldig": Q(is_revoked=False, is_replaced=False),
    "ingetrokken": Q(is_revoked=True),
    "wacht": Q(sha256=""),
}


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
    text: str = "",
    order: str = "-datum",
) -> QuerySet[Certificate]:
    """The completions of courses of these organisations, newest certificate of each, with awards ready to read (`credits_of`)."""
    found = with_state().filter(organisation__in=organisations, replaced_by=None)
    if course:
        found = found.filter(course=course)
    if accreditation:
        found = found.filter(enrolment__point_awards__accreditation=accreditation).distinct()
    if status in STATES:
        found = found.filter(STATES[status])
    for word in text.split():
        found = found.filter(
            Q(learner__first_name__icontains=word)
            | Q(learner__last_name__icontains=word)
            | Q(number__iexact=word)
            | Q(learner__register_entries__number=word)
        ).distinct()
    awards = PointAward.objects.select_related("register", "accreditation")
    return (
        found.select_related("learner", "course", "enrolment__release")
        .prefetch_related(Prefetch("enrolment__point_awards", queryset=awards))
        .order_by(*_order(order))
    )


def credits_of(certificate: Certificate) -> list[Credit]:
    """The points of this completion per register; reads what `results` fetched."""
    sums: dict[int, list[PointAward]] = {}
    for award in certificate.enrolment.point_awards.all():
        sums.setdefault(award.register_id, []).append(award)
    return [_credit(awards) for awards in sums.values()]


def _credit(awards: Iterable[PointAward]) -> Credit:
    rows = list(awards)
    return Credit(
        register=rows[0].register.name,
        number=rows[0].register_number,
        points=sum((award.points for award in rows), Decimal(0)),
        id_number=rows[0].accreditation.id_number,
    )


def _order(order: str) -> list[str]:
    fields = ORDERS.get(order.removeprefix("-"), ORDERS["datum"])
    return [f"-{field}" for field in fields] if order.startswith("-") else list(fields)
