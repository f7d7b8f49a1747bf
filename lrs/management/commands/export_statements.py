"""`manage.py export_statements FILE`: all statements, or a selection, one a line; to be continued when it is cut off."""

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import audit
from accounts.models import Organisation
from lrs import exporting
from lrs.exporting import ExportRefused, Progress, Selection
from lrs.validation import StatementRefused, moment


class Command(BaseCommand):
    help = (
        "Writes statements to FILE as NDJSON, in the order in which they came in; a name that ends in .gz makes it gzip. Beside it comes"
        " FILE.manifest.json with counts and sha256. A run that was cut off goes on where it was when it is asked again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="where to; - writes the lines to the output and the manifest to the error output")
        parser.add_argument("--since", type=_moment, metavar="MOMENT", help="what came in after this, such as 2026-03-01T00:00:00Z")
        parser.add_argument("--until", type=_moment, metavar="MOMENT", help="what came in up to and including this")
        parser.add_argument("--organisation", metavar="SLUG", help="what the keys of this organisation wrote")
        parser.add_argument("--verb", default="", metavar="IRI")
        parser.add_argument("--activity", default="", metavar="IRI")
        parser.add_argument("--learner", type=uuid.UUID, metavar="PSEUDONYM")
        parser.add_argument(
            "--after", type=int, default=0, metavar="SEQUENCE", help="go on behind this number: `last` of an earlier manifest"
        )
        parser.add_argument("--attachments", type=Path, metavar="FOLDER", help="write the attachments there, each once, under its hash")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = None
        if options["organisation"]:
            organisation = Organisation.objects.filter(slug=options["organisation"]).first()
            if organisation is None:
                raise CommandError(f"There is no organisation {options['organisation']}.")
        selection = Selection(
            organisation=organisation, **{name: options[name] for name in ("since", "until", "verb", "activity", "learner")}
        )
        # Without a person: whoever has this command has the database.
        audit.record("records_taken_along", actor=None, on_behalf_of=organisation, subject=options["file"], selection=selection.told())
        if options["file"] == "-":
            if options["attachments"]:
                raise CommandError("Attachments go with a file.")
            self._to_output(selection, after=options["after"])
            return
        try:
            told = exporting.to_file(Path(options["file"]), selection=selection, after=options["after"], attachments=options["attachments"])
        except ExportRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(json.dumps(told, indent=2))

    def _to_output(self, selection: Selection, *, after: int) -> None:
        last: list[Progress] = []
        for text in exporting.lines(selection, after=after, told=lambda progress: last.append(progress) if not last else None):
            self.stdout.write(text, ending="")
        done = last[0] if last else Progress(through=0, after=after)
        self.stderr.write(json.dumps({"statements": done.statements, "first": done.first, "last": done.after}))


def _moment(value: str) -> datetime:
    try:
        return moment(value)
    except StatementRefused as refusal:
        raise CommandError(str(refusal)) from None
