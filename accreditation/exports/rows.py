"""What there is to report: who earned what under an accreditation, after everything that was undone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accreditation.models import Accreditation, Certificate, PointAward


@dataclass(frozen=True, slots=True)
class Earned:
    """One person under one accreditation. `completed_at` is frozen in the ledger: a report repeats it however often it is made."""

    accreditation: Accreditation
    name: str
    number: str
    completed_at: datetime
    points: dict[str, Decimal]
    certificate: str

    @property
    def total(self) -> Decimal:
        return sum(self.points.values(), Decimal(0))


def earned(accreditations: Sequence[Accreditation]) -> list[Earned]:
    """Who earned points under these accreditations, ordered by accreditation and by when they finished."""
    awards = (
        PointAward.objects.filter(accreditation__in=accreditations)
        .select_related("learner", "category", "accreditation__register", "accreditation__course")
        .order_by("accreditation", "completed_at", "pk")
    )
    by_person: dict[tuple[int, int], list[PointAward]] = {}
    for award in awards:
        by_person.setdefault((award.accreditation_id, award.learner_id), []).append(award)
    numbers = _certificates({award.enrolment_id for group in by_person.values() for award in group})
    rows = []
    for group in by_person.values():
        points = _net(group)
        if points:
            first = group[0]
            rows.append(
                Earned(
                    accreditation=first.accreditation,
                    name=str(first.learner),
                    number=first.register_number,
                    completed_at=first.completed_at,
                    points=points,
                    certificate=numbers.get(first.enrolment_id, ""),
                )
            )
    return rows


def _net(awards: Iterable[PointAward]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for award in awards:
        sums[award.category.name] = sums.get(award.category.name, Decimal(0)) + award.points
    return {name: points for name, points in sums.items() if points > 0}


def _certificates(enrolments: set[int]) -> dict[int, str]:
    newest = Certificate.objects.filter(enrolment__in=enrolments, replaced_by=None).exclude(events__kind="revoked")
    return {enrolment: number or "" for enrolment, number in newest.values_list("enrolment_id", "number")}
