"""Hand in the tests whose time is up."""

from typing import Any

from django.core.management.base import BaseCommand

from courses.questions.attempts import hand_in_all_overdue


class Command(BaseCommand):
    help = "Hand in the tests of learners whose time was up and who did not come back. Harmless to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{hand_in_all_overdue()}")
