"""`manage.py statement_parts`: the months into which PostgreSQL divides the statements."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lrs import partitions, retention


class Command(BaseCommand):
    help = "List, make, detach and attach the monthly parts of the statements on PostgreSQL. Nobody who reads or writes is held up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--make-ahead", type=int, metavar="MONTHS", help="make the parts of this month and of so many after it")
        parser.add_argument("--detach-before", type=_month, metavar="YYYY-MM", help="take the parts of earlier months out of the table")
        parser.add_argument("--attach", type=_month, metavar="YYYY-MM", help="put a detached part back")

    def handle(self, *args: Any, **options: Any) -> None:
        if not partitions.partitioned():
            raise CommandError("The statements are in one table here; only PostgreSQL divides them.")
        today = timezone.now().date()
        if options["make_ahead"] is not None:
            for name in partitions.make_ahead(today, months=options["make_ahead"]):
                self.stdout.write(f"made {name}")
        try:
            for month in list(partitions.months_before(options["detach_before"])) if options["detach_before"] else []:
                why = retention.why_range_stays(*partitions.bounds_of(month))  # while it can still be read
                name = partitions.detach(month, today=today)
                self.stdout.write(f"detached {name}; keep it with: pg_dump -Fc -t {name}, and then DROP TABLE {name}")
                self.stdout.write(f"  {why or 'all of it is past a retention rule'}")
            if options["attach"]:
                self.stdout.write(f"attached {partitions.attach(options['attach'])}")
        except partitions.PartRefused as refusal:
            raise CommandError(str(refusal)) from None
        for part in partitions.parts():
            self.stdout.write(f"{part.name}  {part.octets / 1_000_000:.1f} MB{'' if part.attached else '  detached'}")


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")
