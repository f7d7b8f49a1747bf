"""What a reckoning rests on, as one digest for each part. When one of them changed since, its outcome is no longer what would happen."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Max
from django.utils.translation import gettext_lazy as _

from accounts.models import ProfessionalProfile, Register, RegisterEntry
from accreditation.dossier import rules_in_full
from accreditation.models import Accreditation, Certificate, CertificateEvent, Evidence, EvidenceDocument, Leave, PointAward, PointCategory
from accreditation.simulation.contents import as_json, of_accreditation, of_rule

WORDS = {
    "rules": _("de regels van het register"),
    "accreditations": _("de accreditaties"),
    "ledger": _("de toegekende punten"),
    "evidence": _("eigen bewijs van mensen"),
    "completions": _("wie een cursus heeft afgerond, of een ingetrokken certificaat"),
    "people": _("wie er in het register staat, of hun periode of verlof"),
    "day": _("de dag: bij mensen zonder einddatum rekenen we vijf jaar terug vanaf vandaag"),
}


def basis(register: Register, *, day: date) -> dict[str, str]:
    """The digests for this register on this day. The ledger is append-only, so that its length and last row tell whether it changed."""
    entries = RegisterEntry.objects.filter(register=register)
    open_ended = entries.filter(period_end=None, period_start=None).exists()
    courses = Accreditation.objects.filter(register=register).values("course")
    kept = Evidence.objects.filter(kind__register=register, state=Evidence.State.KEPT)
    ledger = PointAward.objects.filter(register=register).aggregate(rows=Count("pk"), last=Max("pk"))
    return {
        "rules": _digest(
            [
                *(of_rule(rule) for rule in rules_in_full().filter(register=register).order_by("pk")),
                *PointCategory.objects.filter(register=register).order_by("pk").values_list("pk", "code", "part_of", "accredited", "order"),
            ]
        ),
        "accreditations": _digest(
            [accreditation.pk, accreditation.id_number, of_accreditation(accreditation)]
            for accreditation in Accreditation.objects.filter(register=register).order_by("pk").prefetch_related("points")
        ),
        "ledger": _digest([ledger["rows"], ledger["last"]]),
        "evidence": _digest(
            [
                *_plain(kept.order_by("pk").values_list("pk", "owner", "kind__category__code", "points", "done_on", "id_number")),
                *EvidenceDocument.objects.filter(evidence__in=kept.values("pk")).order_by("pk").values_list("evidence", "file"),
            ]
        ),
        "completions": _digest(
            [
                Certificate.objects.filter(course__in=courses).aggregate(rows=Count("pk"), last=Max("pk")),
                CertificateEvent.objects.filter(certificate__course__in=courses).aggregate(rows=Count("pk"), last=Max("pk")),
            ]
        ),
        "people": _digest(
            [
                *_plain(entries.order_by("pk").values_list("pk", "user", "section", "period_start", "period_end")),
                *_plain(
                    Leave.objects.filter(user__register_entries__register=register)
                    .order_by("pk")
                    .values_list("pk", "kind", "first_day", "last_day", "percentage")
                ),
                *_plain(
                    ProfessionalProfile.professions.through.objects.filter(professionalprofile__user__register_entries__register=register)
                    .order_by("pk")
                    .values_list("professionalprofile__user", "profession")
                ),
            ]
        ),
        "day": day.isoformat() if open_ended else "",
    }


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Which parts differ, in words."""
    return [str(words) for part, words in WORDS.items() if before.get(part) != after.get(part)]


def _plain(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [[as_json(value) for value in row] for row in rows]


def _digest(parts: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(list(parts), default=str, sort_keys=True).encode()).hexdigest()
