"""How large a package may be. `settings.H5P_LIMITS` overrides each of these."""

from dataclasses import dataclass, fields

from django.conf import settings

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes. Real packages with video reach a few hundred MiB; with many libraries some three thousand entries."""

    package_bytes: int = 512 * MEBIBYTE
    entries: int = 20_000
    directory_bytes: int = 16 * MEBIBYTE
    file_bytes: int = 256 * MEBIBYTE
    total_bytes: int = 1024 * MEBIBYTE
    json_bytes: int = 32 * MEBIBYTE
    json_depth: int = 120
    # Text packs about 10:1 and repetitive text 60:1; a bomb of zeros packs 1000:1. Small files are left out of the ratio.
    ratio: int = 200
    ratio_from_bytes: int = 4 * MEBIBYTE
    path_length: int = 400


def limits() -> Limits:
    """The limits in force."""
    known = {field.name for field in fields(Limits)}
    return Limits(**{name: value for name, value in getattr(settings, "H5P_LIMITS", {}).items() if name in known})
