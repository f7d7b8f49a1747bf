"""What an issuer took back: the list that every badge points at (1EdTechRevocationList). It holds ids of badges, nobody's name."""

from typing import Any

from django.db.models import Q

from accreditation.badges.credential import revocations_address
from accreditation.models import Badge, CertificateEvent

WHY = {
    CertificateEvent.Kind.REVOKED: "Ingetrokken door de uitgever.",
    CertificateEvent.Kind.REPLACED: "Vervangen door een nieuwer certificaat.",
}
LEAKED = "Ondertekend met een sleutel die is uitgelekt. De houder kan een nieuwe badge ophalen."


def revocation_list(issuer: str) -> dict[str, Any]:
    """The badges of this issuer that no longer count. The reason an administrator wrote down is the learner's, and not in it."""
    gone = Q(certificate__events__kind__in=list(WHY)) | Q(proof_key__compromised=True) | Q(token_key__compromised=True)
    badges = (
        Badge.objects.filter(gone, proof_key__issuer=issuer)
        .select_related("proof_key", "token_key")
        .prefetch_related("certificate__events")
        .distinct()
        .order_by("uuid")  # not by age: the order tells nothing
    )
    found = [{"id": badge.urn, "revoked": True, "revocationReason": why_revoked(badge)} for badge in badges]
    return {"id": revocations_address(issuer), "issuer": issuer, "revokedCredentials": found}


def why_revoked(badge: Badge) -> str:
    """Why a badge no longer counts, in words that anyone may read; empty when it counts."""
    kinds = {event.kind for event in badge.certificate.events.all()}
    for kind, text in WHY.items():
        if kind in kinds:
            return text
    return LEAKED if badge.proof_key.compromised or badge.token_key.compromised else ""
