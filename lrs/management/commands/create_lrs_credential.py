"""`manage.py create_lrs_credential NAME --scope all`: a key and secret for a tool, printed once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organisation
from lrs.credentials import SCOPES, CredentialRefused, create


class Command(BaseCommand):
    help = "Make a key and secret with which a tool may use the xAPI interface."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--scope", action="append", choices=list(SCOPES), help="may be given more than once; all when absent")
        parser.add_argument("--organisation", metavar="SLUG", help="keep the tool within this organisation")
        parser.add_argument("--source", choices=["tool", "outside"], default="outside")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = None
        if options["organisation"]:
            organisation = Organisation.objects.filter(slug=options["organisation"]).first()
            if organisation is None:
                raise CommandError(f"There is no organisation {options['organisation']}.")
        try:
            credential, secret = create(
                name=options["name"], scopes=options["scope"] or ["all"], organisation=organisation, source=options["source"]
            )
        except CredentialRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"KEY={credential.key}")
        self.stdout.write(f"SECRET={secret}")
