"""Keeps the English of one machine complete: catalogues that are missing or older than their source are compiled when it starts.

Without them a page in English would have English dates and numbers around Dutch sentences. Elsewhere the image is built with them
(deploy/Dockerfile), and accounts.E005 says so when they are not there.
"""

from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def bring_up_to_date() -> None:
    """Compile the catalogues when one is stale; harmless to repeat, also by several processes at once."""
    if any(_stale(path) for path in ROOT.glob("*/locale/en/LC_MESSAGES/django.po")):
        from config.translations import compile_all  # noqa: PLC0415 - Babel takes long to load, and is seldom needed

        with suppress(OSError):  # somebody else's installation, or a disk that cannot be written: the check tells what is missing
            compile_all()


def _stale(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime
