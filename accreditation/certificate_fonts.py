"""The typeface of certificates, made from the npm package at set-up: never committed, embedded in every PDF.

The front-end build unpacks the package's WOFF files, one per character set; a PDF needs one TrueType file that holds both.
"""

import fcntl
import logging
from functools import lru_cache
from pathlib import Path

import reportlab
from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

logger = logging.getLogger(__name__)

REGULAR, SEMIBOLD, BOLD = "Vakwijs", "Vakwijs-Semibold", "Vakwijs-Bold"
WEIGHTS = {REGULAR: "regular", SEMIBOLD: "semibold", BOLD: "bold"}
# Bitstream Vera comes with reportlab: a certificate made before the front end was installed is plain, not broken.
FALLBACK = {REGULAR: "Vera.ttf", SEMIBOLD: "VeraBd.ttf", BOLD: "VeraBd.ttf"}


@lru_cache(maxsize=1)
def register() -> bool:
    """Make the fonts known to reportlab; answers whether they are the real ones."""
    ready = prepare()
    for name in WEIGHTS:
        pdfmetrics.registerFont(TTFont(name, str(_target(name)) if ready else FALLBACK[name]))
    if not ready:
        logger.warning("Certificates use the fallback typeface: %s is not installed", settings.CERTIFICATE_FONT_SOURCE)
    return ready


def prepare() -> bool:
    """Convert the fonts if that was not done yet; answers whether they are there."""
    if all(_target(name).exists() for name in WEIGHTS):
        return True
    source = Path(settings.CERTIFICATE_FONT_SOURCE)
    if not all(_sources(source, weight)[0].exists() for weight in WEIGHTS.values()):
        return False
    folder = Path(settings.CERTIFICATE_FONT_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, weight in WEIGHTS.items():
            if not _target(name).exists():
                _convert([path for path in _sources(source, weight) if path.exists()], _target(name))
    return True


def path_of(name: str) -> Path:
    """The file with this typeface, or the fallback when the front end was not installed."""
    return _target(name) if prepare() else Path(reportlab.__file__).parent / "fonts" / FALLBACK[name]


def _target(name: str) -> Path:
    return Path(settings.CERTIFICATE_FONT_DIR) / f"{name}.ttf"


def _sources(folder: Path, weight: str) -> list[Path]:
    return [folder / f"atkinson-{subset}-{weight}.ttf" for subset in ("latin", "latin-ext")]


def _convert(sources: list[Path], target: Path) -> None:
    # Heavy, and needed once in the life of an installation.
    from fontTools.merge import Merger  # noqa: PLC0415
    from fontTools.ttLib import TTFont as Font  # noqa: PLC0415

    plain = []
    for number, source in enumerate(sources):
        font = Font(source)
        for table in ("GSUB", "GPOS", "GDEF"):  # reportlab sets glyph by glyph; merging these tables can fail
            if table in font:
                del font[table]
        path = target.with_suffix(f".{number}.part")
        font.save(path)
        plain.append(path)
    merged = Merger().merge([str(path) for path in plain]) if len(plain) > 1 else Font(plain[0])
    part = target.with_suffix(".part")
    merged.save(part)
    part.rename(target)
    for path in plain:
        path.unlink()
