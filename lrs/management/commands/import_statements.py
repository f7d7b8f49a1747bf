"""`manage.py import_statements FILE`, or `--from-store URL`: the statements of another store, to be continued when it is cut off."""

import os
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Organisation
from lrs import importing
from lrs.importing import ImportRefused
from lrs.management.commands.export_statements import _moment
from lrs.models import Import

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Takes over statements from FILE (NDJSON, plain or .gz, or the ZIP of an export; - reads the input), or from another store by"
        " paging its statements resource. Each is validated as of its version; bad ones are reported and do not stop the others."
        " Asked again after it was cut off, it goes on exactly where it was. The secret of the other store stands in IMPORT_SECRET."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="the file, or - for the input")
        parser.add_argument("--name", default="", help="what the authority of the statements is called; the file or address when absent")
        parser.add_argument("--organisation", metavar="SLUG", help="to which organisation the statements belong")
        parser.add_argument(
            "--attachments", type=Path, metavar="FOLDER", help="where attachments lie under their hash, as an export writes them"
        )
        parser.add_argument("--without-attachments", action="store_true", help="also take statements over of which attachments are missing")
        parser.add_argument("--joins-people", action="store_true", help="recognise members of the organisation by their confirmed address")
        parser.add_argument(
            "--resume", type=int, metavar="NUMBER", help="go on with this import; for the input, offer the same lines again"
        )
        parser.add_argument("--from-store", metavar="URL", help="the address of the other store, such as https://lrs.example/xapi")
        parser.add_argument("--key", default="", help="the key for the other store; its secret comes from the variable IMPORT_SECRET")
        parser.add_argument("--since", type=_moment, metavar="MOMENT", help="only what the other store stored after this")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["file"]) == bool(options["from_store"]):
            raise CommandError("Name a file, or --from-store with an address.")
        organisation = _organisation(options["organisation"])
        if options["joins_people"] and organisation is None:
            raise CommandError("Members are recognised within an organisation: name it with --organisation.")
        run = self._run(organisation, options)
        self.stdout.write(f"Import {run.pk}: {run.name}, from line {run.line + 1}")
        stream = sys.stdin.buffer if options["file"] == "-" else None
        shown = time.monotonic()

        def tell(run: Import) -> None:
            nonlocal shown
            if time.monotonic() - shown > 5:
                shown = time.monotonic()
                self.stdout.write(_counts(run))

        while importing.go_on(run, take_over=True, stream=stream, folder=options["attachments"], told=tell):
            if stream is not None:
                break
            wait = (run.next_try_at - timezone.now()).total_seconds() if run.next_try_at else 0
            self.stdout.write(f"{run.error}; on again in {max(wait, 0):.0f} seconds")
            time.sleep(max(wait, 0.1))
        self.stdout.write(_counts(run))
        for problem in run.problems.order_by("pk")[:SHOWN]:
            self.stdout.write(f"line {problem.line} {problem.statement_id}: {problem.get_kind_display()}: {problem.reason[:300]}")
        if run.refused + run.conflicting > SHOWN:
            self.stdout.write(f"… and {run.refused + run.conflicting - SHOWN} more, see /beheer/leerrecords/uitwisselen/{run.pk}/")
        if run.state != Import.State.DONE:
            raise CommandError(f"Import {run.pk} is not finished: {run.error or run.get_state_display()}")

    def _run(self, organisation: Organisation | None, options: dict[str, Any]) -> Import:
        shared = {
            "organisation": organisation,
            "joins_people": options["joins_people"],
            "keeps_without_bytes": options["without_attachments"],
        }
        if options["resume"]:
            run = Import.objects.filter(pk=options["resume"], state__in=importing.OPEN).first()
            if run is None:
                raise CommandError(f"There is no unfinished import {options['resume']}.")
            return run
        if options["from_store"]:
            try:
                return importing.from_store(
                    name=options["name"] or options["from_store"],
                    address=options["from_store"],
                    key=options["key"],
                    secret=os.environ.get("IMPORT_SECRET", ""),
                    made_by=None,
                    since=options["since"],
                    **shared,
                )
            except ImportRefused as refusal:
                raise CommandError(str(refusal)) from None
        path = None if options["file"] == "-" else Path(options["file"])
        if path is not None and not path.is_file():
            raise CommandError(f"There is no file {path}.")
        return importing.from_path(path, name=options["name"] or (path.name if path else "-"), **shared)


def _organisation(slug: str | None) -> Organisation | None:
    if not slug:
        return None
    found = Organisation.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no organisation {slug}.")
    return found


def _counts(run: Import) -> str:
    return f"{run.read} read: {run.new} new, {run.there} there already, {run.refused} refused, {run.conflicting} in conflict"
