"""`manage.py clean_photos`: take out of photos that people uploaded earlier where they were made."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from accreditation.evidence import files
from accreditation.evidence.earlier_photos import Outcome, clean
from accreditation.models import EvidenceFile


class Command(BaseCommand):
    help = (
        "Haalt uit foto's bij eigen bewijs waar ze zijn gemaakt. Eén keer nodig, voor wat is bewaard voordat dat bij het bewaren gebeurde."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        photos = list(EvidenceFile.objects.filter(content_type__in=files.PHOTOS).order_by("pk").values_list("pk", flat=True))
        found = (EvidenceFile.objects.select_related("owner").filter(pk=photo).first() for photo in photos)
        counts = Counter(clean(photo) for photo in found if photo)
        for outcome in Outcome:
            self.stdout.write(f"{counts[outcome]} {outcome.value}")
