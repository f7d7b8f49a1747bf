"""`manage.py create_lrs_credential NAME --scope all`: a key and secret for a tool, printed once."""

from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Organisation
from lrs.credentials import SCOPES, CredentialRefused, create


class Command(BaseCommand):
    help = "Make a key and secret with which a tool may use the xAPI interface."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--scope", action="append", choices=list(SCOPES), help="may be given more than once; all when absent")
        parser.add_argument("--organisation", metavar="SLUG", help="keep the tool within this organisation")
        parser.add_argument("--source", choices=["tool", "outside"], default="outside")
        parser.add_argument("--prefix", action="append", metavar="IRI", help="only activities under this IRI; may be given more than once")
        parser.add_argument(
            "--learners-of-organisation", action="store_true", help="only members of the organisation, under their pseudonym"
        )
        parser.add_argument("--rate", type=int, metavar="N", help="at most so many requests a minute")
        parser.add_argument("--largest-body", type=int, metavar="OCTETS", help="at most so many octets in a request")
        parser.add_argument("--expires", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the last day on which the key works")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = None
        if options["organisation"]:
            organisation = Organisation.objects.filter(slug=options["organisation"]).first()
            if organisation is None:
                raise CommandError(f"There is no organisation {options['organisation']}.")
        try:
            credential, secret = create(
                name=options["name"],
                scopes=options["scope"] or ["all"],
                organisation=organisation,
                source=options["source"],
                activity_prefixes=options["prefix"] or [],
                learners_of_organisation=options["learners_of_organisation"],
                requests_a_minute=options["rate"],
                largest_body=options["largest_body"],
                # The end of that day in Amsterdam, as on the page with keys.
                expires_at=timezone.make_aware(datetime.combine(options["expires"], time.max)) if options["expires"] else None,
            )
        except CredentialRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"KEY={credential.key}")
        self.stdout.write(f"SECRET={secret}")
