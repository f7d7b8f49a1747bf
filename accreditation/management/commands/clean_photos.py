"""`manage.py clean_photos`: take out of photos that people uploaded earlier where they were made."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from accreditation.evidence import files
from accreditation.evidence.earlier_photos import Outcome, clean
from accreditation.models import EvidenceFile


class Command(BaseCommand):
    help = (
        "Haalt uit foto's bij eigen bewijs waar ze zijn gemaakt, voor wat is bewaard voordat dat bij het bewaren gebeurde. "
        "Nodig na de update, en opnieuw wanneer een aanvraag die een foto vasthield, is teruggenomen."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        counts, failed = Counter[Outcome](), 0
        for photo in list(EvidenceFile.objects.filter(content_type__in=files.PHOTOS).order_by("pk").values_list("pk", flat=True)):
            file = EvidenceFile.objects.select_related("owner").filter(pk=photo).first()
            if file is None:
                continue
            try:
                outcome = clean(file)
            except OSError as error:
                failed += 1
                self.stderr.write(f"{file.file.name}: not stored: {error}")
                continue
            counts[outcome] += 1
            if outcome in (Outcome.DAMAGED, Outcome.UNREADABLE):
                self.stderr.write(f"{file.file.name}: {outcome.value}")
        for outcome in Outcome:
            self.stdout.write(f"{counts[outcome]} {outcome.value}")
        self.stdout.write(f"{failed} not stored: run this again")
