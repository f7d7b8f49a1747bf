"""Demo: own evidence of the demo nurse. Each says that it is an example, and none has a file."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from accreditation.evidence import keeping
from accreditation.evidence.keeping import Told
from accreditation.models import Evidence, EvidenceKind
from competencies.models import Competency

# Kind, title, how many days ago it ended, over how many days it ran, hours, CanMEDS areas.
EXAMPLES = [
    ("oda-intervisie", "Voorbeeld: intervisie over werk en gezondheid", 200, 1, "2", ["reflectieve-professional"]),
    ("oda-klinische-les", "Voorbeeld: klinische les over vermoeidheid", 150, 1, "1.5", ["zorgverlener", "communicator"]),
    ("oda-zelfstudie", "Voorbeeld: richtlijn over terugkeer naar werk gelezen", 60, 1, "3", ["zorgverlener"]),
    ("werkuren", "Voorbeeld: werkuren van het afgelopen jaar", 30, 365, "1200", []),
]


def seed(nurse: User | None) -> None:
    """Own evidence in the Kwaliteitsregister, where it is not there yet. Again is harmless."""
    if nurse is None:
        return
    today = timezone.localdate()
    for code, title, ago, days, hours, areas in EXAMPLES:
        kind = EvidenceKind.objects.filter(register__code="kwaliteitsregister-vv", code=code, register__entries__user=nurse).first()
        if kind is None or Evidence.objects.filter(owner=nurse, title=title).exists():
            continue
        last = today - timedelta(days=ago)
        told = Told(
            kind=kind,
            title=title,
            provider="Demo, niet geaccrediteerd",
            done_on=last,
            started_on=last - timedelta(days=days - 1) if days > 1 else None,
            hours=Decimal(hours),
            competencies=list(Competency.objects.filter(code__in=[f"canmeds-vpk:{area}" for area in areas])),
        )
        keeping.add(owner=nurse, told=told)
