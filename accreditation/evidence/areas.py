"""What people brought themselves, by the CanMEDS area that they named with it: for the page of their competencies."""

from collections.abc import Iterator

from django.urls import reverse

from accounts.models import User
from accreditation.models import Evidence
from competencies.queries import Brought


def brought_by(person: User) -> Iterator[tuple[int, Brought]]:
    """(key of the competency, evidence) of everything that stands in this person's dossier, newest first. One query."""
    named = Evidence.competencies.through.objects.filter(evidence__owner=person, evidence__state=Evidence.State.KEPT)
    rows = named.select_related("evidence__kind").order_by("-evidence__done_on", "-evidence")
    for row in rows:
        evidence = row.evidence
        if evidence.kind and evidence.done_on:
            place = reverse("accreditation:evidence", args=[evidence.uuid])
            yield row.competency_id, Brought(title=evidence.title, origin=evidence.kind.name, on=evidence.done_on, href=place)
