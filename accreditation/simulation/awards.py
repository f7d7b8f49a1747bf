"""What a draft of an accreditation does to the points: reckoned beforehand, and done in the ledger when it takes effect.

Its validity decides at once whether what was earned counts (`dossier.was_accredited`). Beyond that, when the draft says so: an award that is
worth something else is corrected by a counter-entry, and who completed the course within the new validity without an award gets one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from accounts.models import RegisterEntry, User
from accreditation import certificates, points
from accreditation.dossier import thing_of, was_accredited
from accreditation.editions import first_attended
from accreditation.evaluation import ZERO, Row, amsterdam_date
from accreditation.models import Accreditation, PointAward, PointCategory
from accreditation.simulation.contents import Content, day, number
from courses.models import Enrolment


class Coming(NamedTuple):
    """An award that someone would get: of which completion, in which category (key), how much."""

    enrolment: Enrolment
    completed_at: datetime
    category: int
    points: Decimal


@dataclass(frozen=True)
class Changes:
    """The draft as a change of rows. Needs the accreditation with its releases as they are."""

    accreditation: Accreditation
    content: Content

    @cached_property
    def worth_of(self) -> dict[int, Decimal]:
        """What the draft gives in each category, by its key."""
        return {line["category"]: number(line["points"]) or ZERO for line in self.content["points"]}

    @cached_property
    def codes(self) -> dict[str, int]:
        return dict(PointCategory.objects.filter(register=self.accreditation.register_id).values_list("code", "pk"))

    @cached_property
    def validity(self) -> tuple[str, date | None, date | None]:
        return self.content["status"], day(self.content["valid_from"]), day(self.content["valid_until"])

    def applied(self, rows: Sequence[Row], coming: Iterable[Coming]) -> list[Row]:
        """Somebody's rows as they would be."""
        claim = f"accreditation:{self.accreditation.pk}"
        undone = {row.reverses for row in rows if row.reverses is not None}
        then = []
        for row in rows:
            if row.claim != claim or row.id[0] != "award":
                then.append(row)
                continue
            if row.reverses is None and row.id not in undone and self.content.get("with_awards"):
                worth = self.worth_of.get(self.codes[row.category], ZERO)
                if worth == ZERO:
                    continue
                row = row._replace(points=worth)
            then.append(row._replace(accredited=was_accredited(*self.validity, on=row.on)))
        names = {key: code for code, key in self.codes.items()}
        return then + [
            Row(
                id=("award", 2**62 + number_of),
                category=names[one.category],
                points=one.points,
                on=amsterdam_date(one.completed_at),
                accredited=True,
                once=thing_of(self.accreditation.id_number, self.accreditation.pk),
                claim=claim,
            )
            for number_of, one in enumerate(coming)
        ]

    def worth(self, before: Iterable[Row], after: Iterable[Row]) -> tuple[Decimal, Decimal]:
        """What someone holds under this accreditation in the ledger: now, and after."""
        claim = f"accreditation:{self.accreditation.pk}"
        old, new = (sum((row.points for row in rows if row.claim == claim and row.id[0] == "award"), ZERO) for rows in (before, after))
        return old, new

    def missing(self, people: Sequence[int]) -> dict[int, list[Coming]]:
        """The awards that these people would get: for what they completed within the new validity and were never awarded for."""
        status, valid_from, valid_until = self.validity
        if not self.content.get("with_awards") or status != Accreditation.Status.GRANTED or valid_from is None or valid_until is None:
            return {}
        registered = set(
            RegisterEntry.objects.filter(register=self.accreditation.register_id, user__in=people).values_list("user", flat=True)
        )
        enrolments = list(
            Enrolment.objects.filter(
                course=self.accreditation.course_id, release__in=self.accreditation.releases.all(), learner__in=registered
            )
            .select_related("learner", "course", "release", "course__organisation")
            .order_by("pk")
        )
        moments = points.completions(enrolments)
        gone = certificates.withdrawn(enrolments)
        attended = first_attended(enrolments)
        had = set(
            PointAward.objects.filter(accreditation=self.accreditation, learner__in=people, reverses=None, corrects=None).values_list(
                "learner", "category"
            )
        )
        found: dict[int, list[Coming]] = {}
        for enrolment in enrolments:
            moment = moments.get(enrolment.pk)
            if moment is None or enrolment.pk in gone:
                continue
            on = amsterdam_date(moment)
            if not valid_from <= on <= valid_until or not self.accreditation.granted_by(attended.get(enrolment.pk, on)):
                continue
            for category, worth in self.worth_of.items():
                if (enrolment.learner_id, category) not in had:
                    had.add((enrolment.learner_id, category))
                    found.setdefault(enrolment.learner_id, []).append(Coming(enrolment, moment, category, worth))
        return found


def standing(accreditation: Accreditation, learners: Sequence[User]) -> list[PointAward]:
    """The awards of these learners under an accreditation that still stand, with the enrolment that brought them."""
    found = PointAward.objects.filter(accreditation=accreditation, learner__in=learners, reverses=None, reversed_by=None)
    return list(found.select_related("enrolment__learner", "enrolment__course__organisation", "enrolment__release").order_by("pk"))
