"""Project what still waits; run by a timer, and once when a worker starts."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lrs.projections import project_waiting


class Command(BaseCommand):
    help = "Brings statements that still wait (after a crash, or set aside) through the projections."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=int, default=0, metavar="SECONDS", help="keep doing so, with this pause")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            learners = project_waiting()
            if learners:
                self.stdout.write(f"{learners} learners projected")
            if not options["every"]:
                return
            time.sleep(options["every"])
