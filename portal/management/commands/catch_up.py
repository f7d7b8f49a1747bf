"""Do what still waits: after a crash, where a queue was lost, or because its time has come. Harmless to repeat."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.db.models import Q
from django.utils import timezone

from accreditation import attendance_statements, expiry, jobs, reminders
from accreditation.attendance import taking
from accreditation.big_register import checking as big_numbers
from accreditation.certificates import make_waiting
from accreditation.dossiers import importing as taking_over, packing
from accreditation.evidence.files import sweep as sweep_evidence
from accreditation.evidence.keeping import discard_old_drafts
from accreditation.exports import asked_for
from accreditation.reporting import waking as reports
from courses.questions.attempts import hand_in_all_overdue
from lrs import access_export, attachments, erasure, importing, privacy_cases, references, retention
from lrs.forwarding.waking import wake
from lrs.projections import project_waiting

logger = logging.getLogger(__name__)

DONE_KEPT, FAILED_KEPT = timedelta(days=1), timedelta(days=14)
AT_ONCE = 10_000


def forget_finished_tasks() -> int:
    """The queue in the database keeps each task after it is done, and a busy process adds one or two a second."""
    if not apps.is_installed("django_tasks_db"):
        return 0
    results: Any = apps.get_model("django_tasks_database", "DBTaskResult").objects
    now = timezone.now()
    old = results.filter(
        Q(status="SUCCESSFUL", finished_at__lt=now - DONE_KEPT) | Q(status="FAILED", finished_at__lt=now - FAILED_KEPT)
    ).order_by()
    return int(results.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).delete()[0])


WAITING: list[tuple[str, Callable[[], int]]] = [
    ("learners projected", project_waiting),
    ("references between records settled", references.settle_open),
    ("targets set to forward", wake),
    ("register connections set to send", reports.wake),
    ("overdue tests handed in", hand_in_all_overdue),
    ("certificates ordered again", make_waiting),
    ("attendance statements ordered again", attendance_statements.make_waiting),
    ("warnings sent that an accreditation ends", expiry.warn),
    ("reminders mailed that a registration period ends", reminders.send_due),
    ("names in old attendance lists blanked", taking.forget_old),
    ("jobs of administrators taken up", jobs.catch_up),
    ("result files deleted after a day", asked_for.sweep),
    ("drafts of own evidence thrown away after three months", discard_old_drafts),
    ("files of own evidence without use deleted", sweep_evidence),
    ("dossiers packed", packing.make_waiting),
    ("BIG numbers looked up", big_numbers.catch_up),
    ("dossiers of elsewhere taken over", taking_over.take_accepted),
    ("exports of one's records made", access_export.make_waiting),
    ("erasures finished", erasure.go_on),
    ("retention runs finished", retention.go_on),
    ("privacy dossiers closed", privacy_cases.close_old),
    ("imports queued again", importing.continue_waiting),
    ("old imports forgotten", importing.forget_old),
    ("attachments without a statement deleted", attachments.sweep),
    ("finished tasks forgotten", forget_finished_tasks),
]


class Command(BaseCommand):
    help = "Projects statements that wait, hands in tests whose time is up, orders certificates that were left waiting, and sets targets to forward."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=int, default=0, metavar="SECONDS", help="keep doing so, with this pause")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            for name, catch_up in WAITING:
                try:
                    count = catch_up()
                except Exception:
                    # One kind of work that fails must not keep the others waiting; once by hand, it should be seen at once.
                    if not options["every"]:
                        raise
                    logger.exception("%s: failed", name)
                    continue
                if count:
                    self.stdout.write(f"{count} {name}")
            if not options["every"]:
                return
            close_old_connections()
            time.sleep(options["every"])
