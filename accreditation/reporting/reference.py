"""What every installation starts with: within how many days a register wants to be told, and what known answers mean."""

from accounts.models import Register
from accreditation.models import ReportingTerm
from accreditation.reporting import explanations

# Days, whether only whole attendance can be reported, source. Nothing is known of the others.
TERMS: dict[str, tuple[int | None, bool, str]] = {
    "rgs-gaia": (
        42,
        True,
        "ABSG: aanwezigheid melden binnen 6 weken; wie maar een deel volgde, krijgt een bewijs met de uren en kan niet in GAIA. "
        "Voor andere accrediterende verenigingen is dit niet bevestigd.",
    ),
    "kwaliteitsregister-vv": (None, False, "Geen termijn gevonden."),
    "register-zorgprofessionals": (None, False, "Geen termijn gevonden."),
    "vs-register": (None, False, "Geen termijn gevonden."),
}


def load() -> None:
    """Add what is missing; what an administrator changed stays."""
    for register in Register.objects.filter(code__in=TERMS):
        days, whole_only, source = TERMS[register.code]
        ReportingTerm.objects.get_or_create(register=register, defaults={"days": days, "whole_only": whole_only, "source": source})
    explanations.seed()
