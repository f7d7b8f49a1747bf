"""Unpacking an archive by someone else: nothing is trusted, every byte is counted while it streams.

The names in the archive never become names on disk: files are unpacked under numbers.
"""

import hashlib
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from courses.h5p.limits import Limits

MAX_REASONS = 40
CHUNK = 256 * 1024
ENCRYPTED = 0x1 | 0x40 | 0x2000
END_OF_DIRECTORY = b"PK\x05\x06"
END_OF_DIRECTORY_64 = b"PK\x06\x06"
LOCATOR_64 = b"PK\x06\x07"


class PackageRefused(Exception):
    """The package may not come in. `reasons` says per file which rule it breaks; `main_library` is known when h5p.json was."""

    def __init__(self, reasons: Iterable[str], *, main_library: str | None = None) -> None:
        self.reasons = list(dict.fromkeys(reasons))[:MAX_REASONS]
        self.main_library = main_library
        super().__init__("; ".join(self.reasons))


@dataclass(frozen=True)
class Unpacked:
    """A file out of the archive: where it lies for now, and what it is."""

    path: Path
    size: int
    sha256: str


@dataclass
class Unpacking:
    """What came out of an archive: files by their name in it, and what was left out."""

    files: dict[str, Unpacked]
    notes: list[str]


def unpack(source: IO[bytes], *, into: Path, limits: Limits) -> Unpacking:
    """Unpack all files that count. Raises PackageRefused with every reason it can find without unpacking further.

    Names that start with a dot or underscore are skipped, as H5P core does; an identical repeat of a file is tolerated.
    """
    check_end_record(source, limits)
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, EOFError, OverflowError) as error:
        raise PackageRefused([_("Het bestand is geen leesbaar zip-bestand (%(error)s).") % {"error": error}]) from error
    with archive:
        entries = archive.infolist()
        if len(entries) > limits.entries:
            raise PackageRefused(
                [_("Het pakket telt %(count)s bestanden; meer dan %(limit)s mag niet.") % {"count": len(entries), "limit": limits.entries}]
            )
        reasons, wanted, skipped = _sift(entries, limits)
        if reasons:
            raise PackageRefused(reasons)
        notes = [_("%(count)s verborgen bestanden zijn overgeslagen.") % {"count": skipped}] if skipped else []
        return Unpacking(_extract(archive, wanted, into=into, limits=limits), notes)


def check_end_record(source: IO[bytes], limits: Limits) -> None:
    """Look at the end record before zipfile reads the whole directory into memory on its word."""
    not_a_zip = _("Het bestand is geen zip-bestand; een H5P-pakket is dat altijd.")
    source.seek(0, 2)
    size = source.tell()
    if size > limits.package_bytes:
        raise PackageRefused(
            [
                _("Het pakket is %(size)s MB; meer dan %(limit)s MB mag niet.")
                % {"size": size // 1_000_000, "limit": limits.package_bytes // 1_000_000}
            ]
        )
    source.seek(0)
    if source.read(2) != b"PK":
        raise PackageRefused([not_a_zip])
    tail_from = max(0, size - 65_557)
    source.seek(tail_from)
    tail = source.read()
    at = tail.rfind(END_OF_DIRECTORY)
    if at < 0 or len(tail) - at < 22:
        raise PackageRefused([not_a_zip])
    count, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    locator = tail_from + at - 20
    if locator >= 0:
        source.seek(locator)
        record = source.read(20)
        if record[:4] == LOCATOR_64:
            source.seek(min(struct.unpack_from("<Q", record, 8)[0], size))
            record = source.read(56)
            if len(record) == 56 and record[:4] == END_OF_DIRECTORY_64:
                count, directory_bytes = struct.unpack_from("<QQ", record, 32)
    source.seek(0)
    if count > limits.entries or directory_bytes > limits.directory_bytes:
        raise PackageRefused(
            [_("Het pakket zegt %(count)s bestanden te tellen; meer dan %(limit)s mag niet.") % {"count": count, "limit": limits.entries}]
        )


def _sift(entries: list[zipfile.ZipInfo], limits: Limits) -> tuple[list[str], list[tuple[str, zipfile.ZipInfo]], int]:
    reasons: list[str] = []
    wanted: list[tuple[str, zipfile.ZipInfo]] = []
    skipped = total = packed = 0
    for entry in entries:
        name = entry.orig_filename  # zipfile cuts `filename` off at a NUL
        shown = printable(name)
        if problem := problem_of_name(name, limits) or problem_of_entry(entry, limits):
            reasons.append(f"{shown}: {problem}")
            continue
        total += entry.file_size
        packed += entry.compress_size
        if entry.is_dir():
            continue
        if any(part.startswith((".", "_")) for part in name.split("/")) or name.rsplit("/", 1)[-1].lower() in {"thumbs.db", "desktop.ini"}:
            skipped += 1
            continue
        wanted.append((name, entry))
    if total > limits.total_bytes:
        reasons.append(
            _("Uitgepakt is het pakket %(size)s MB; meer dan %(limit)s MB mag niet.")
            % {"size": total // 1_000_000, "limit": limits.total_bytes // 1_000_000}
        )
    elif total > 8 * limits.ratio_from_bytes and total > limits.ratio * max(packed, 1):
        reasons.append(_("Uitgepakt is het pakket meer dan %(ratio)s keer zo groot; dat wijst op een zip-bom.") % {"ratio": limits.ratio})
    return reasons, wanted, skipped


def problem_of_name(name: str, limits: Limits) -> str | None:
    if "\x00" in name:
        return _("een naam met een nul-teken mag niet.")
    if "\\" in name:
        return _("een naam met een backslash mag niet.")
    if name.startswith("/"):
        return _("een absoluut pad mag niet.")
    if re.match(r"[A-Za-z]:", name):
        return _("een pad met een schijfletter mag niet.")
    if ".." in name.split("/"):
        return _("een pad met '..' mag niet.")
    if not name or len(name) > limits.path_length:
        return _("een naam is leeg of langer dan %(limit)s tekens.") % {"limit": limits.path_length}
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        return _("een naam met stuurtekens mag niet.")
    return None


def problem_of_entry(entry: zipfile.ZipInfo, limits: Limits) -> str | None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return _("een symbolische koppeling mag niet.")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return _("een bijzonder bestand (apparaat, pijp) mag niet.")
    if entry.flag_bits & ENCRYPTED:
        return _("een versleuteld bestand mag niet.")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return _("deze manier van inpakken kennen we niet; gebruik gewone zip (deflate).")
    if entry.file_size > limits.file_bytes:
        return _("het bestand is %(size)s MB; meer dan %(limit)s MB mag niet.") % {
            "size": entry.file_size // 1_000_000,
            "limit": limits.file_bytes // 1_000_000,
        }
    if entry.file_size > limits.ratio_from_bytes and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        return _("uitgepakt is dit bestand meer dan %(ratio)s keer zo groot; dat wijst op een zip-bom.") % {"ratio": limits.ratio}
    return None


def _extract(archive: zipfile.ZipFile, wanted: list[tuple[str, zipfile.ZipInfo]], *, into: Path, limits: Limits) -> dict[str, Unpacked]:
    files: dict[str, Unpacked] = {}
    by_folded_name: dict[str, str] = {}
    reasons: list[str] = []
    room = limits.total_bytes
    for number, (name, entry) in enumerate(wanted):
        try:
            unpacked = _extract_one(archive, entry, to=into / str(number), room=min(room, limits.file_bytes))
        except _TooLarge:
            # The directory lied about the size: stop at once, the rest would only cost more.
            raise PackageRefused([*reasons, f"{printable(name)}: " + _("uitgepakt groter dan het pakket zegt of dan mag.")]) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, struct.error, ValueError) as error:
            reasons.append(f"{printable(name)}: " + _("dit bestand is beschadigd (%(error)s).") % {"error": error})
            continue
        room -= unpacked.size
        folded = unicodedata.normalize("NFC", name).casefold()
        other = by_folded_name.setdefault(folded, name)
        if other != name:
            reasons.append(
                f"{printable(name)}: " + _("deze naam verschilt alleen in hoofdletters van %(other)s.") % {"other": printable(other)}
            )
        elif name in files and files[name].sha256 != unpacked.sha256:
            reasons.append(f"{printable(name)}: " + _("dit bestand staat er twee keer in, met verschillende inhoud."))
        files[name] = unpacked
    if reasons:
        raise PackageRefused(reasons)
    return files


class _TooLarge(Exception):
    pass


def _extract_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, to: Path, room: int) -> Unpacked:
    # zipfile itself stops at the size in the directory; count all the same, because that is only its habit.
    digest, size = hashlib.sha256(), 0
    with archive.open(entry) as source, to.open("wb") as target:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > room or size > entry.file_size:
                raise _TooLarge
            digest.update(chunk)
            target.write(chunk)
    if size != entry.file_size:
        raise EOFError(_("te kort"))
    return Unpacked(path=to, size=size, sha256=digest.hexdigest())


def printable(name: str) -> str:
    """A name out of the archive, fit to be shown: without control characters and not endless."""
    shown = "".join(character if character.isprintable() else "�" for character in name)
    return shown if len(shown) <= 160 else f"{shown[:157]}…"
