"""What a reckoning rests on, part by part, and for whom a part changed since: only they are reckoned again to see whether it still holds."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import ProfessionalProfile, RegisterEntry
from accreditation.dossier import rules_in_full
from accreditation.models import (
    Accreditation,
    Certificate,
    CertificateEvent,
    Draft,
    Evidence,
    EvidenceDocument,
    Leave,
    PointAward,
    PointCategory,
)
from accreditation.simulation.contents import as_json, of_accreditation, of_rule

BUCKETS = 256
WORDS = {
    "rules": _("de regels van het register"),
    "accreditations": _("de accreditaties"),
    "ledger": _("de toegekende punten"),
    "evidence": _("eigen bewijs van mensen"),
    "completions": _("wie een cursus heeft afgerond, of een ingetrokken certificaat"),
    "people": _("wie er in het register staat, of hun periode of verlof"),
    "day": _("de dag: bij mensen zonder einddatum rekenen we vijf jaar terug vanaf vandaag"),
}


def basis(draft: Draft, *, day: date) -> dict[str, Any]:
    """What the reckoning of this draft rests on, on this day, as JSON. `touched` reads from two of these whom it may have changed for."""
    register = draft.register
    entries = RegisterEntry.objects.filter(register=register)
    kept = Evidence.objects.filter(kind__register=register, state=Evidence.State.KEPT)
    ledger = PointAward.objects.filter(register=register).aggregate(rows=Count("pk"), last=Max("pk"))
    return {
        "rules": _digest(
            [
                *(of_rule(rule) for rule in rules_in_full().filter(register=register).order_by("pk")),
                *PointCategory.objects.filter(register=register).order_by("pk").values_list("pk", "code", "part_of", "accredited", "order"),
            ]
        ),
        "accreditations": {
            str(accreditation.pk): _digest(_said_of(accreditation, draft))
            for accreditation in Accreditation.objects.filter(register=register).order_by("pk").prefetch_related("points")
        },
        "ledger": [ledger["rows"], ledger["last"] or 0],
        "evidence": _buckets(
            kept.order_by("pk").values_list("owner", "pk", "kind__category__code", "points", "done_on", "id_number"),
            EvidenceDocument.objects.filter(evidence__in=kept.values("pk"))
            .order_by("pk")
            .values_list("evidence__owner", "evidence", "file"),
        ),
        "completions": [
            [counted["rows"], counted["last"] or 0]
            for counted in (rows.aggregate(rows=Count("pk"), last=Max("pk")) for rows, _learner in _completions(draft))
        ],
        "people": _buckets(
            entries.order_by("pk").values_list("user", "pk", "section", "period_start", "period_end"),
            Leave.objects.filter(user__register_entries__register=register)
            .order_by("pk")
            .values_list("user", "pk", "kind", "first_day", "last_day", "percentage"),
            ProfessionalProfile.professions.through.objects.filter(professionalprofile__user__register_entries__register=register)
            .order_by("pk")
            .values_list("professionalprofile__user", "profession"),
        ),
        "day": day.isoformat() if _open_ended(entries).exists() else "",
    }


def _said_of(accreditation: Accreditation, draft: Draft) -> list[Any]:
    said: list[Any] = [accreditation.id_number, of_accreditation(accreditation)]
    if accreditation.pk == draft.accreditation_id:
        # Who gets points by the draft depends on these as well.
        said += [accreditation.decided_on, list(accreditation.releases.order_by("pk").values_list("pk", flat=True))]
    return said


def touched(draft: Draft, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Q | None]:
    """The parts that differ, each with which entries of the register it may have changed something for; None when for any of them."""
    return {part: _who(part, draft, before.get(part), after[part]) for part in WORDS if before.get(part) != after[part]}


def _who(part: str, draft: Draft, before: Any, after: Any) -> Q | None:
    if type(before) is not type(after):
        return None
    if part == "accreditations":
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        if str(draft.accreditation_id) in changed:
            return None
        return Q(user__in=PointAward.objects.filter(register=draft.register, accreditation__in=changed).values("learner"))
    if part == "ledger":
        return _added([(PointAward.objects.filter(register=draft.register), "learner")], [before])
    if part == "completions":
        return _added(_completions(draft), before)
    if part in ("evidence", "people"):
        # Python and the database agree on the rest of a positive key.
        return Q(bucket__in=[number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new])
    return Q(period_end=None, period_start=None) if part == "day" else None


def _added(ledgers: Sequence[tuple[QuerySet[Any], str]], marks: Sequence[Sequence[int]]) -> Q | None:
    """Whose rows came in these append-only tables since their marks (how many rows, and the last); None when older ones went."""
    found = Q(pk__in=[])
    for (rows, learner), (count, last) in zip(ledgers, marks, strict=True):
        if rows.filter(pk__lte=last).count() != count:
            return None
        found |= Q(user__in=rows.filter(pk__gt=last).values(learner))
    return found


def _completions(draft: Draft) -> list[tuple[QuerySet[Any], str]]:
    """What tells who completed a course, or had it taken back; a rule judges points and evidence, and does not look at it."""
    if draft.accreditation is None:
        return []
    course = draft.accreditation.course_id
    return [
        (Certificate.objects.filter(course=course), "learner"),
        (CertificateEvent.objects.filter(certificate__course=course), "certificate__learner"),
    ]


def _open_ended(entries: QuerySet[RegisterEntry]) -> QuerySet[RegisterEntry]:
    return entries.filter(period_end=None, period_start=None)


def _buckets(*tables: Iterable[tuple[Any, ...]]) -> list[str]:
    """A digest for each `BUCKETS`th of the people; each row begins with the key of somebody."""
    found: list[list[Any]] = [[] for _bucket in range(BUCKETS)]
    for rows in tables:
        for row in rows:
            found[row[0] % BUCKETS].append([as_json(value) for value in row])
    return [_digest(rows)[:16] if rows else "" for rows in found]


def _digest(parts: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(list(parts), default=str, sort_keys=True).encode()).hexdigest()
