"""After an old back-up was restored: erase again whoever had been erased since it was made."""

from typing import Any

from django.core.management.base import BaseCommand

from lrs.erasure import erase_again, run


class Command(BaseCommand):
    help = "Erases again everybody who was erased before, and is back in the records because a back-up was restored."

    def handle(self, *args: Any, **options: Any) -> None:
        begun = erase_again()
        for erasure in begun:
            run(erasure.pk)
        self.stdout.write(f"{len(begun)} people are erased again; what is still on its way in is erased by catch_up")
