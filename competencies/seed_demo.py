"""Demo: the example EPAs of the KAG curriculum, as a framework that trainees see beside CanMEDS."""

from pathlib import Path

import yaml
from django.conf import settings

from accounts.models import Profession
from competencies.models import Competency, Framework

EPAS = Path(settings.BASE_DIR) / "courses/demo/kag-oncologie/epas.yaml"


def seed() -> None:
    """Add the example EPAs; they are ours, not NVKA's, and say so."""
    framework, created = Framework.objects.get_or_create(
        code="epa-kag-oncologie",
        defaults={"name": "EPA's KAG-oncologie (voorbeeld)", "source": "Voorbeeld van Vakwijs; de NVKA bepaalt het opleidingsplan."},
    )
    if created:
        framework.professions.set(Profession.objects.filter(code__in=["kag-io", "kag"]))
    for order, epa in enumerate(yaml.safe_load(EPAS.read_text(encoding="utf-8"))):
        Competency.objects.get_or_create(
            code=f"epa-kag-oncologie:{epa['code']}",
            defaults={"framework": framework, "name": epa["title"], "description": epa["description"].strip(), "order": order},
        )
