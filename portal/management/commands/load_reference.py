"""Load what every installation needs before its first visitor: professions, registers and their rules, frameworks, themes."""

import importlib
import importlib.util
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

# Bottom-up: a higher room's reference data points at a lower one's.
ROOMS = ["accounts", "cms", "courses", "competencies", "accreditation"]


class Command(BaseCommand):
    help = "Adds the reference data that is missing; what an administrator changed stays as it is."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for room in ROOMS:
            if importlib.util.find_spec(f"{room}.reference"):
                importlib.import_module(f"{room}.reference").load()
