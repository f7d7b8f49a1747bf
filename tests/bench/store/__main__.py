"""`make bench-lrs`: the store beside bare Django, on PostgreSQL and on SQLite; one JSON line per figure.

`ARGS="writes reads"` runs those parts, `ARGS="--database sqlite"` one database, `ARGS="--quick"` a short run whose figures say so.
"""

import argparse
import os
import sys

from tests.bench import figures
from tests.bench.store import documents, memory, reads, validator, writes
from tests.bench.store.installation import Installation, installed

PARTS = ("validator", "writes", "documents", "reads", "memory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; all of it when nothing is named")
    parser.add_argument("--database", choices=["postgresql", "sqlite"], action="append")
    parser.add_argument("--quick", action="store_true", help="shorter and smaller, while developing")
    options = parser.parse_args()
    figures.NOTE = "a short run, not the official one" if options.quick else ""
    server_url = os.environ.get("DATABASE_URL", "")
    held = []
    parts = options.parts or PARTS
    if "validator" in parts:
        held.append(validator.measure())
    for database in options.database or ("postgresql", "sqlite"):
        if database == "postgresql" and not server_url.startswith("postgres"):
            sys.exit("DATABASE_URL must name a PostgreSQL server; `make bench-lrs` starts one.")
        for part in (part for part in parts if part != "validator"):
            # A database of its own for each part: what one part leaves behind must not weigh on the next.
            with installed(database, server_url) as installation:
                held.append(_measure(part, installation, quick=options.quick))
    sys.exit(0 if all(held) else 1)


def _measure(part: str, installation: Installation, *, quick: bool) -> bool:
    if part == "writes":
        return writes.measure(installation, seconds=2 if quick else 6)
    if part == "documents":
        return documents.measure(installation, seconds=2 if quick else 5)
    if part == "reads":
        return reads.measure(installation, sizes=(10_000, 100_000) if quick else (100_000, 2_000_000), asks=100 if quick else 300)
    return memory.measure(installation, minutes=1 if quick else 10)


main()
