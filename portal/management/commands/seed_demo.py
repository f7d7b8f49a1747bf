"""Fill an empty installation with the demo: site, courses, people and what they did. Safe to run again."""

import importlib
import importlib.util
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

ROOMS = ["accounts", "cms", "courses", "competencies", "accreditation", "portal"]


class Command(BaseCommand):
    help = "Seeds the demo. Everything it makes says that it is a demo and not accredited."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo does not belong in production: run it with config.settings.local.")
        for room in ROOMS:
            if importlib.util.find_spec(f"{room}.seed_demo"):
                importlib.import_module(f"{room}.seed_demo").seed()
