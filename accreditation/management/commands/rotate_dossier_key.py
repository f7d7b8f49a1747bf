"""Put a new key in use for signing dossiers."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accreditation.dossiers import signing
from accreditation.models import DossierKey


class Command(BaseCommand):
    help = "Makes a new key for signing dossiers. What older keys signed can still be checked, unless --leaked names one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--leaked", default="", metavar="FINGERPRINT", help="a key that counts no more from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        leaked = options["leaked"]
        if leaked and not DossierKey.objects.filter(key_id=leaked).exists():
            raise CommandError(f"There is no key {leaked} here; /.well-known/vakwijs-dossier-keys.json lists them.")
        self.stdout.write(signing.make(instead_of_leaked=leaked).key_id)
