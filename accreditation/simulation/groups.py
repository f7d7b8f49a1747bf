"""Who may see which people of a reckoning, and numbers that tell nothing of anybody one may not see.

A rule holds for people of every organisation. Whoever changes it may know how many it touches, and by name only those they may see anyway.
"""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.models import Membership, RegisterEntry, User
from accounts.permissions import Action, organisations_where
from accreditation.insight.suppression import Group, hidden
from accreditation.models import SimulatedPerson, Simulation
from courses.models import Enrolment

SAME = "same"
Outcome = SimulatedPerson.Outcome


@dataclass(frozen=True, slots=True)
class Tally:
    """How many people have an outcome; `count` is None where the number would tell too much."""

    outcome: str
    count: int | None


def seen_by(reader: User, simulation: Simulation) -> QuerySet[SimulatedPerson]:
    """The people of a reckoning whose outcome this reader may know by name."""
    people = SimulatedPerson.objects.filter(simulation=simulation).select_related("user")
    return people if reader.is_superuser else people.filter(user__in=_visible(reader, simulation))


def tallies(reader: User, simulation: Simulation) -> list[Tally]:
    """The numbers for each outcome, those to whom nothing happens last. Small ones are left out unless the reader may see everybody."""
    found = simulation.outcomes or counted(simulation)
    counts = {str(outcome.value): found.get(outcome.value, 0) for outcome in Outcome}
    counts[SAME] = simulation.people_seen - sum(counts.values())
    shown = counts if _sees_all(reader, simulation) else suppressed(counts)
    return [Tally(outcome, shown[outcome]) for outcome in counts]


def counted(simulation: Simulation) -> dict[str, int]:
    """How many of the people of a reckoning have each outcome; only outcomes that somebody has."""
    return dict(simulation.people.order_by().values_list("outcome").annotate(Count("pk")))


def suppressed(counts: dict[str, int]) -> dict[str, int | None]:
    """Counts of one to four become None, with as many more as it takes that none of them follows from the total."""
    kept_back = hidden(
        {name: Group(count=count, people=count) for name, count in counts.items()},
        together=lambda names: sum(counts[name] for name in names),
    )
    return {name: None if name in kept_back else count for name, count in counts.items()}


def _sees_all(reader: User, simulation: Simulation) -> bool:
    if reader.is_superuser:
        return True
    entries = RegisterEntry.objects.filter(register=simulation.draft.register)
    return not entries.exclude(user__in=_visible(reader, simulation)).exists()


def _visible(reader: User, simulation: Simulation) -> QuerySet[User]:
    """Members of the organisations where the reader sees learners; of an accreditation also who follows courses of those."""
    where = organisations_where(reader, Action.SEE_LEARNERS)
    members = Q(pk__in=Membership.objects.filter(organisation__in=where).values("user"))
    if simulation.draft.accreditation_id is None:
        return User.objects.filter(members)
    return User.objects.filter(members | Q(pk__in=Enrolment.objects.filter(course__organisation__in=where).values("learner")))
