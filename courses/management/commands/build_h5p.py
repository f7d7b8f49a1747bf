"""Build the demo's own exercises as .h5p files, to try them elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from courses.h5p.seed import build_package, demo_sources


class Command(BaseCommand):
    help = "Bouwt de oefeningen van de demo als .h5p-bestanden in een map."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["directory"])
        folder.mkdir(parents=True, exist_ok=True)
        for slug, path in demo_sources():
            target = folder / f"{slug.replace('/', '--')}.h5p"
            target.write_bytes(build_package(path))
            self.stdout.write(str(target))
