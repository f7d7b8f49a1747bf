"""Questions about a person's competencies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from accounts.models import User
from competencies.models import Competency, Evidence, Framework


@dataclass(frozen=True, slots=True)
class Brought:
    """Something that a person brought themselves and named this competency with, on its day and with its page."""

    title: str
    origin: str
    on: date
    href: str


@dataclass(frozen=True, slots=True)
class CompetencyOverview:
    """What shows one competency: each goal of a course once, however often it was reached, and what was brought."""

    competency: Competency
    goals: list[Evidence]
    brought: list[Brought]

    @property
    def is_shown(self) -> bool:
        return bool(self.goals or self.brought)


@dataclass(frozen=True, slots=True)
class FrameworkOverview:
    """A framework with its competencies; `is_own` when it is one of the person's profession."""

    framework: Framework
    is_own: bool
    competencies: list[CompetencyOverview]

    @property
    def shown(self) -> list[CompetencyOverview]:
        """The competencies that have anything to show."""
        return [one for one in self.competencies if one.is_shown]


def overview_of(person: User) -> list[FrameworkOverview]:
    """The frameworks of this person's professions, and after them any other in which they have something to show.

    As many queries for much as for little.
    """
    goals = _goals_of(person)
    brought = _brought_by(person)
    own = own_frameworks(person)
    frameworks = Framework.objects.filter(Q(pk__in=own) | Q(competencies__in={*goals, *brought})).distinct()
    overviews = [
        FrameworkOverview(
            framework=framework,
            is_own=framework.pk in own,
            competencies=[
                CompetencyOverview(competency=one, goals=goals.get(one.pk, []), brought=brought.get(one.pk, []))
                for one in framework.competencies.all()
            ],
        )
        for framework in frameworks.prefetch_related("competencies")
    ]
    return sorted(overviews, key=lambda overview: not overview.is_own)


def own_frameworks(person: User) -> set[int]:
    """The keys of the frameworks of this person's professions."""
    return set(Framework.objects.filter(professions__profiles__user=person).values_list("pk", flat=True))


def _goals_of(person: User) -> dict[int, list[Evidence]]:
    """The goals that this person reached, newest first, by the key of the competency.

    Who follows a course again, or another release of it, reaches the same goals: each stands here once, as it was reached last.
    """
    rows = Evidence.objects.filter(learner=person).select_related("lesson", "enrolment__release")
    found: dict[int, dict[tuple[int, str], Evidence]] = {}
    for row in rows.order_by("-shown_at", "lesson__order", "pk"):
        found.setdefault(row.competency_id, {}).setdefault((row.enrolment.course_id, " ".join(row.objective.split())), row)
    return {competency: list(goals.values()) for competency, goals in found.items()}


def _brought_by(person: User) -> dict[int, list[Brought]]:
    """From the room above (`COMPETENCIES_BROUGHT`): what this person brought themselves, by the key of the competency."""
    source: Callable[[User], Iterable[tuple[int, Brought]]] = import_string(settings.COMPETENCIES_BROUGHT)
    found: dict[int, list[Brought]] = {}
    for competency, brought in source(person):
        found.setdefault(competency, []).append(brought)
    return found
