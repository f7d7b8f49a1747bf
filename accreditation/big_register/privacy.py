"""What somebody may have of the checks of their numbers, and have forgotten: named in the settings beside the other rooms."""

import json
import uuid
from collections.abc import Iterator

from accounts.models import User
from accreditation.models import BigCheck, NumberClaim


def access(learner: uuid.UUID) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every check and claim as JSON, with what was decided and why. Of a claim: nothing about who held the number."""
    person = User.objects.filter(pseudonym=learner).first()
    if person is None:
        return
    checks = BigCheck.objects.filter(person=person).values(
        "number",
        "state",
        "findings",
        "group",
        "specialisms",
        "starts_on",
        "ends_on",
        "ordered_at",
        "checked_at",
        "decided_at",
        "reason",
        "answer",
    )
    claims = NumberClaim.objects.filter(person=person).values("register__code", "number", "state", "asked_at", "decided_at", "reason")
    told = {"checks": list(checks), "claims": list(claims)}
    if told["checks"] or told["claims"]:
        yield "nummers/controles.json", iter([json.dumps(told, ensure_ascii=False, indent=1, default=str).encode()])


def forget(learner: uuid.UUID) -> dict[str, int]:
    """Delete what was looked up and decided; a number that still stands on the profile is looked up anew. An open claim is the person's to settle."""
    count = BigCheck.objects.filter(person__pseudonym=learner).delete()[0]
    count += NumberClaim.objects.filter(person__pseudonym=learner).exclude(state=NumberClaim.State.OPEN).delete()[0]
    return {"numbers": count} if count else {}
