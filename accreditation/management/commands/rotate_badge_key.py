"""`manage.py rotate_badge_key [organisation…] [--compromised]`: put new keys in use for badges."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import record
from accounts.models import Organisation
from accreditation.badges import keys


class Command(BaseCommand):
    help = "Geeft organisaties nieuwe badgesleutels. Wat met de oude is ondertekend, blijft te controleren, behalve met --compromised."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organisation", nargs="*", help="korte naam van de organisatie; zonder: alle met een sleutel")
        parser.add_argument(
            "--compromised", action="store_true", help="de oude sleutel is uitgelekt: wat ermee is ondertekend, geldt niet meer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = options["organisation"]
        if options["compromised"] and not chosen:
            raise CommandError("Noem de organisatie waarvan de sleutel is uitgelekt.")
        found = Organisation.objects.filter(slug__in=chosen) if chosen else Organisation.objects.filter(badge_keys__isnull=False).distinct()
        if missing := set(chosen) - {organisation.slug for organisation in found}:
            raise CommandError(f"Onbekend: {', '.join(sorted(missing))}")
        for organisation in found:
            pair = keys.rotate(organisation=organisation, compromised=options["compromised"])
            record("badge-key-rotated", actor=None, on_behalf_of=organisation, subject=pair.proof.name, compromised=options["compromised"])
            self.stdout.write(f"{organisation.slug}: {pair.proof.name}, {pair.token.name}")
