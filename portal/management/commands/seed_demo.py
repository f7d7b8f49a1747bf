"""Fill an empty installation with the demo: site, courses, people and what they did. Safe to run again."""

import importlib
import importlib.util
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.demo import account_table
from lrs.models import Credential

ROOMS = ["accounts", "cms", "courses", "competencies", "accreditation", "portal"]


class Command(BaseCommand):
    help = "Seeds the demo. Everything it makes says that it is a demo and not accredited."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo does not belong in production: run it with config.settings.local.")
        for room in ROOMS:
            if importlib.util.find_spec(f"{room}.seed_demo"):
                importlib.import_module(f"{room}.seed_demo").seed()
        self._print_table()

    def _print_table(self) -> None:
        """One table of who can log in, and one key for tools that send learning records."""
        rows = [("role", "e-mail", "password"), *account_table()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for number, row in enumerate(rows):
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
            if number == 0:
                self.stdout.write("  ".join("-" * width for width in widths))
        if credential := demo_credential():
            self.stdout.write(f"\nLRS {settings.SITE_URL}/xapi/  KEY={credential[0]}  SECRET={credential[1]}")


def demo_credential() -> tuple[str, str] | None:
    """Key and secret for the demo's learning records. The secret is kept beside the demo's other keys, so that a second run shows the same."""
    if not importlib.util.find_spec("lrs.credentials"):
        return None
    kept = settings.VAR_DIR / "keys" / "demo-lrs.json"
    if kept.exists():
        key, secret = json.loads(kept.read_text("utf-8"))
        if Credential.objects.filter(key=key).exists():
            return key, secret
    credential, secret = importlib.import_module("lrs.credentials").create(name="Demo", scopes=["all"])
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps([credential.key, secret]), "utf-8")
    return credential.key, secret
