"""Questions about a person's competencies."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q

from accounts.models import User
from competencies.models import Competency, Evidence, Framework


@dataclass(frozen=True)
class FrameworkOverview:
    """A framework with its competencies, each with this person's evidence under `own_evidence`."""

    framework: Framework
    competencies: list[Competency]

    @property
    def shown(self) -> int:
        """How many competencies have any evidence."""
        return len([competency for competency in self.competencies if competency.own_evidence])  # type: ignore[attr-defined]


def overview_of(person: User) -> list[FrameworkOverview]:
    """The frameworks of this person's professions, and any other in which they have evidence. Four queries, however much there is."""
    own = Evidence.objects.filter(learner=person).select_related("lesson", "enrolment__release", "enrolment__course")
    frameworks = (
        Framework.objects.filter(Q(professions__profiles__user=person) | Q(competencies__evidence__learner=person))
        .distinct()
        .prefetch_related("competencies", Prefetch("competencies__evidence", queryset=own, to_attr="own_evidence"))
    )
    return [FrameworkOverview(framework=framework, competencies=list(framework.competencies.all())) for framework in frameworks]
