"""Make every derived row again from the statements."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import User
from lrs.models import Statement
from lrs.projections import rebuild


class Command(BaseCommand):
    help = "Deletes the derived rows (progress, evidence) and makes them again from the statements, learner by learner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--learner", type=uuid.UUID, help="the pseudonym of one learner")

    def handle(self, *args: Any, **options: Any) -> None:
        learners = [options["learner"]] if options["learner"] else _learners()
        replayed = [rebuild(learner) for learner in learners]
        self.stdout.write(f"{len(replayed)} learners, {sum(replayed)} statements replayed")


def _learners() -> list[uuid.UUID]:
    """Our own people of whom something is recorded."""
    people = User.objects.order_by("pk").values_list("pseudonym", flat=True)
    return [pseudonym for pseudonym in people if Statement.objects.of_learner(pseudonym).exists()]
