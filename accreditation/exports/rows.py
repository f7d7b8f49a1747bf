"""What there is to report: who earned what under an accreditation, after everything that was undone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple

from django.db.models import F, Min, Sum, Window
from django.utils.translation import gettext

from accounts.models import User
from accreditation.editions import Place, attended
from accreditation.evaluation import AMSTERDAM
from accreditation.exports.tables import Value
from accreditation.models import Accreditation, Certificate, PointAward

READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Earned:
    """One person under one accreditation. `completed_at` is frozen in the ledger: a report repeats it however often it is made."""

    accreditation: Accreditation
    name: str
    number: str
    completed_at: datetime
    points: dict[str, Decimal]
    certificate: str
    # Where the register counts editions or meetings: each of them, for each is reported by itself.
    places: tuple[Place, ...] = ()

    @property
    def total(self) -> Decimal:
        return sum(self.points.values(), Decimal(0))


def earned(accreditations: Sequence[Accreditation]) -> list[Earned]:
    """Who earned points under these accreditations, ordered by accreditation and by when they finished."""
    return list(each_earned(accreditations))


def each_earned(accreditations: Sequence[Accreditation]) -> Iterator[Earned]:
    """The same one by one, for files: however many there are, only a thousand are held at once."""
    by_key = {accreditation.pk: accreditation for accreditation in accreditations}
    # Only keys are sorted, so that the database too does it in little memory; what goes with them is read a thousand at a time.
    keys = (
        PointAward.objects.filter(accreditation__in=list(by_key))
        # All rows of one person must follow one another; the second category may have been earned later than the first.
        .annotate(began=Window(Min("completed_at"), partition_by=[F("accreditation"), F("learner")]))
        .order_by("accreditation", "began", "learner", "pk")
        .values_list("accreditation", "learner", "pk")
    )
    people = groupby(keys.iterator(chunk_size=READ_AT_ONCE), key=itemgetter(0, 1))
    found = ([key for _accreditation, _learner, key in group] for _person, group in people)
    while part := list(islice(found, READ_AT_ONCE)):
        wanted = PointAward.objects.filter(pk__in=[key for person in part for key in person])
        awards = {row[0]: _Award._make(row) for row in wanted.values_list(*_Award._fields)}
        enrolments = {award.enrolment for award in awards.values()}
        numbers = _certificates(enrolments)
        present = {key: attended(accreditation=found, enrolments=sorted(enrolments)) for key, found in by_key.items()}
        for person in part:
            points = _net([awards[key] for key in person])
            if points:
                first = awards[person[0]]
                yield Earned(
                    accreditation=by_key[first.accreditation],
                    name=str(User(first_name=first.learner__first_name, last_name=first.learner__last_name, email=first.learner__email)),
                    number=first.register_number,
                    completed_at=first.completed_at,
                    points=points,
                    certificate=numbers.get(first.enrolment, ""),
                    places=tuple(present[first.accreditation].get(first.enrolment, ())),
                )


def count_earned(accreditations: Iterable[Accreditation]) -> int:
    """How many people `earned` would name."""
    standing = PointAward.objects.filter(accreditation__in=list(accreditations)).order_by()
    nets = standing.values("accreditation", "learner", "category").annotate(net=Sum("points")).filter(net__gt=0)
    return len(set(nets.values_list("accreditation", "learner")))


def head() -> list[str]:
    """The names of the columns of `lines`."""
    return [
        gettext("Naam"),
        gettext("Register"),
        gettext("Nummer"),
        gettext("ID-nummer"),
        gettext("Cursus"),
        gettext("Punten"),
        gettext("Soort"),
        gettext("Voltooid op"),
        gettext("Certificaat"),
    ]


def lines(rows: Iterable[Earned]) -> Iterator[list[Value]]:
    """One line for each person and category."""
    for row in rows:
        for category, points in row.points.items():
            yield [
                row.name,
                row.accreditation.register.name,
                row.number,
                row.accreditation.id_number,
                row.accreditation.course.title,
                points,
                category,
                row.completed_at.astimezone(AMSTERDAM).date(),
                row.certificate,
            ]


class _Award(NamedTuple):
    pk: int
    accreditation: int
    learner: int
    enrolment: int
    learner__first_name: str
    learner__last_name: str
    learner__email: str
    register_number: str
    category__name: str
    points: Decimal
    completed_at: datetime


def _net(awards: Iterable[_Award]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for award in awards:
        sums[award.category__name] = sums.get(award.category__name, Decimal(0)) + award.points
    return {name: points for name, points in sums.items() if points > 0}


def _certificates(enrolments: set[int]) -> dict[int, str]:
    newest = Certificate.objects.filter(enrolment__in=enrolments, replaced_by=None).exclude(events__kind="revoked")
    return {enrolment: number or "" for enrolment, number in newest.values_list("enrolment_id", "number")}
