"""Write docs/permissions.md from the table in the code."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.permission_table import markdown


class Command(BaseCommand):
    help = "Writes docs/permissions.md from accounts.permissions."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "permissions.md"
        path.write_text(markdown(), "utf-8")
        self.stdout.write(str(path))
