"""Import H5P packages: what an upload in the CMS does, for many at once, with the right to install libraries."""

import json
import logging
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import Organisation
from courses.h5p.archive import PackageRefused
from courses.h5p.install import import_package

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Leest H5P-pakketten in zoals een upload dat doet. Geeft per pakket één regel."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="een .h5p-bestand, of een map met .h5p-bestanden")
        parser.add_argument("--json", action="store_true", help="één JSON-regel per pakket: file, accepted, main_library, reasons")
        parser.add_argument("--organisation", help="korte naam van de organisatie; zonder mag elke auteur de inhoud gebruiken")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = None
        if options["organisation"]:
            organisation = Organisation.objects.filter(slug=options["organisation"]).first()
            if organisation is None:
                raise CommandError(f"Geen organisatie met korte naam {options['organisation']}.")
        for path in options["paths"]:
            for file in _packages(Path(path)):
                outcome = _import(file, organisation)
                if options["json"]:
                    self.stdout.write(json.dumps(outcome, ensure_ascii=False))
                else:
                    self.stdout.write(f"{outcome['file']}: {outcome['main_library'] if outcome['accepted'] else 'geweigerd'}")
                    for reason in outcome["reasons"]:
                        self.stdout.write(f"  - {reason}")
                self.stdout.flush()


def _packages(path: Path) -> list[Path]:
    return sorted(path.rglob("*.h5p")) if path.is_dir() else [path]


def _import(file: Path, organisation: Organisation | None) -> dict[str, Any]:
    outcome: dict[str, Any] = {"file": str(file), "accepted": False, "main_library": None, "reasons": []}
    try:
        with file.open("rb") as source:
            version = import_package(source, filename=file.name, organisation=organisation, may_install=True)
    except PackageRefused as refusal:
        return {**outcome, "main_library": refusal.main_library, "reasons": refusal.reasons}
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        return {**outcome, "reasons": [f"{file}: " + (_("dit bestand bestaat niet.") if missing else str(error.strerror or error))]}
    except Exception:
        logger.exception("H5P package %s", file)
        return {**outcome, "reasons": [f"{file}: " + _("bij het inlezen ging iets mis; kijk in het logboek.")]}
    return {**outcome, "accepted": True, "main_library": version.main_library.versioned_name}
