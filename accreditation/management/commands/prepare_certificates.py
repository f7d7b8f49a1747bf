"""`manage.py prepare_certificates`: make the typeface ready, check the seal's key, and order again what was left waiting."""

from typing import Any

from django.core.management.base import BaseCommand

from accreditation import certificate_fonts, certificate_seal, certificates


class Command(BaseCommand):
    help = "Maakt lettertype en zegel van certificaten gereed, en bestelt PDF's die er allang hadden moeten zijn opnieuw."

    def handle(self, *args: Any, **options: Any) -> None:
        fonts = "Atkinson Hyperlegible Next" if certificate_fonts.prepare() else "reservelettertype (bouw eerst de front end)"
        signer = certificate_seal.current_signer()
        waiting = certificates.make_waiting()
        self.stdout.write(f"lettertype: {fonts}\nzegel: {signer.subject_name}\nopnieuw besteld: {waiting}")
