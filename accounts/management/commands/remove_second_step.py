"""Let someone who lost phone and recovery codes log in with their password again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.second_step import remove_second_step


class Command(BaseCommand):
    help = "Removes the second step of the person with this e-mail address. Check first who is asking."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError("Nobody has this address.")
        self.stdout.write(f"Removed: {remove_second_step(user=user, origin='manage.py')}")
