"""Is this dossier what was signed? Every hash compared, the signature checked, and each file named that differs, is missing or is extra.

Whether a certificate in it still holds is looked up by the hash of the very file, so that nobody learns of one they do not hold.

The ZIP comes from anyone. Nothing of it is unpacked to disk and no name in it becomes a path; its directory is looked at before it is read,
each file is read in pieces and no further than the manifest says it is long.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import IO, Any

from django.conf import settings

from accreditation.certificates import shown_state
from accreditation.dossiers import contents, signing
from accreditation.dossiers.package import DOSSIER, MANIFEST, SIGNATURE
from accreditation.dossiers.signing import Signed, Trust
from accreditation.models import Certificate
from courses.h5p.archive import PackageRefused, check_end_record, printable, problem_of_entry, problem_of_name
from courses.h5p.limits import MEBIBYTE, Limits

CHUNK = 256 * 1024
LARGEST_TEXT = 32 * MEBIBYTE  # of dossier.json
# A line of the manifest takes some 200 bytes, so that 20,000 files fit. Anyone may hand one in: read as JSON it takes thirty times its size.
LARGEST_MANIFEST = 5 * MEBIBYTE
MOST_NAMED = 200
AT_ONCE = 500  # hashes in one question to the database
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, struct.error, ValueError, OverflowError)


class NotADossier(Exception):
    """It is no ZIP of ours at all, or one that no program should open."""


class Problem(StrEnum):
    """What is the matter with one file."""

    DIFFERS = "differs"
    MISSING = "missing"
    EXTRA = "extra"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One file that is not as the manifest says; `path` is fit to be shown."""

    problem: Problem
    path: str


@dataclass(frozen=True, slots=True)
class NoLonger:
    """A certificate in the dossier, whole and issued here, that does not hold today: revoked, replaced or expired."""

    number: str
    state: Certificate.State


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome. `findings` are at most MOST_NAMED of the `wrong` files; from `issuer` on it is what the dossier says of itself, whose
    it is (`name`) only when nothing in it was changed.

    `no_longer` are the certificates in it that do not hold today; `elsewhere` counts those that were not issued here.
    """

    signed: Signed
    checked: int
    findings: tuple[Finding, ...] = field(default=())
    wrong: int = 0
    no_longer: tuple[NoLonger, ...] = field(default=())
    elsewhere: int = 0
    issuer: str = ""
    installation: str = ""
    made_at: datetime | None = None
    name: str = ""

    @property
    def intact(self) -> bool:
        return self.signed.holds and not self.wrong


def is_one(source: IO[bytes]) -> bool:
    """Whether this is worth checking as a dossier: a ZIP with a manifest of ours. Leaves the file at its beginning."""
    try:
        with opened(source) as archive:
            return _parsed(_small(archive, MANIFEST, largest=LARGEST_MANIFEST)).get("format") == contents.FORMAT
    except NotADossier:
        return False
    finally:
        source.seek(0)


def check(source: IO[bytes]) -> Report:
    """Check a dossier. Raises NotADossier, whose message says what to do."""
    with opened(source) as archive:
        report = _check(archive)
        return replace(report, name=_name_in(archive)) if report.intact else report


def opened(source: IO[bytes]) -> zipfile.ZipFile:
    """The ZIP, when its directory is small enough to read. Raises NotADossier."""
    try:
        check_end_record(source, limits())
        return zipfile.ZipFile(source)
    except PackageRefused as refused:
        raise NotADossier("; ".join(refused.reasons)) from refused
    except BROKEN as error:
        raise NotADossier(str(error)) from error


def limits() -> Limits:
    return Limits(
        package_bytes=settings.DOSSIER_LARGEST_FILE,
        entries=20_000,
        directory_bytes=8 * MEBIBYTE,
        file_bytes=max(settings.EVIDENCE_LARGEST_FILE, LARGEST_TEXT),
        total_bytes=2 * settings.DOSSIER_LARGEST_FILE,
    )


def read_dossier(archive: zipfile.ZipFile) -> dict[str, Any]:
    """What dossier.json says, of a ZIP that was checked. Raises NotADossier for a version that we cannot read."""
    told = _parsed(_small(archive, DOSSIER, largest=LARGEST_TEXT))
    if told.get("format") != contents.FORMAT or told.get("version") != contents.VERSION:
        raise NotADossier("another version")
    return told


def _check(archive: zipfile.ZipFile) -> Report:
    entries = archive.infolist()
    manifest_bytes = _small(archive, MANIFEST, largest=LARGEST_MANIFEST)
    manifest = _parsed(manifest_bytes)
    if manifest.get("format") != contents.FORMAT:
        raise NotADossier("no manifest of ours")
    try:
        signed = signing.check(manifest_bytes, _small(archive, SIGNATURE, largest=LARGEST_MANIFEST))
    except NotADossier:
        signed = Signed(Trust.WRONG)
    listed = _listed(manifest)
    findings = [
        Finding(Problem.TWICE, printable(name)) for name, count in Counter(entry.orig_filename for entry in entries).items() if count > 1
    ]
    twice = {finding.path for finding in findings}
    seen: set[str] = set()
    certificates: list[str] = []
    room = limits().total_bytes
    for entry in entries:
        name = entry.orig_filename
        if name in (MANIFEST, SIGNATURE) or printable(name) in twice:
            seen.add(name)
            continue
        if name not in listed:
            findings.append(Finding(Problem.EXTRA, printable(name)))
            continue
        seen.add(name)
        size, sha256 = listed[name]
        room -= size
        if room < 0 or not _is(archive, entry, size=size, sha256=sha256):
            findings.append(Finding(Problem.DIFFERS, printable(name)))
        elif name.startswith(contents.CERTIFICATES):
            certificates.append(sha256)
    no_longer, elsewhere = _today(certificates)
    findings += [Finding(Problem.MISSING, printable(name)) for name in listed if name not in seen]
    return Report(
        signed=signed,
        checked=len(listed),
        findings=tuple(findings[:MOST_NAMED]),
        wrong=len(findings),
        no_longer=no_longer,
        elsewhere=elsewhere,
        issuer=_said(manifest.get("issuer")),
        installation=_said(manifest.get("installation")),
        made_at=_moment(manifest.get("made_at")),
    )


def _today(hashes: list[str]) -> tuple[tuple[NoLonger, ...], int]:
    """What became of the certificates that were issued here, and how many were not."""
    issued = {
        certificate.sha256: certificate
        for at in range(0, len(hashes), AT_ONCE)
        for certificate in Certificate.objects.filter(sha256__in=hashes[at : at + AT_ONCE]).exclude(sha256="").prefetch_related("events")
    }
    told = ((certificate, shown_state(certificate)) for certificate in issued.values())
    gone = [NoLonger(certificate.number or "", state) for certificate, state in told if state != Certificate.State.VALID]
    return tuple(sorted(gone, key=lambda one: one.number)), len(set(hashes) - issued.keys())


def _is(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, size: int, sha256: str) -> bool:
    """Whether this entry holds exactly the bytes that the manifest lists; no byte further is read."""
    if entry.file_size != size or problem_of_name(entry.orig_filename, limits()) or problem_of_entry(entry, limits()):
        return False
    digest, read = hashlib.sha256(), 0
    try:
        with archive.open(entry) as content:
            while piece := content.read(CHUNK):
                read += len(piece)
                if read > size:
                    return False
                digest.update(piece)
    except BROKEN:
        return False
    return read == size and digest.hexdigest() == sha256


def _name_in(archive: zipfile.ZipFile) -> str:
    try:
        person = read_dossier(archive).get("person")
    except NotADossier:
        return ""
    return _said(person.get("name"))[:200] if isinstance(person, dict) else ""


def _listed(manifest: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Size and hash by path. Raises NotADossier for a manifest that is not what we write."""
    listed: dict[str, tuple[int, str]] = {}
    files = manifest.get("files")
    if not isinstance(files, list) or len(files) > limits().entries:
        raise NotADossier("no list of files")
    for one in files:
        match one:
            case {"path": str(path), "size": int(size), "sha256": str(sha256)} if 0 <= size <= limits().file_bytes:
                listed[path] = (size, sha256)
            case _:
                raise NotADossier("a line of the manifest cannot be read")
    return listed


def _small(archive: zipfile.ZipFile, name: str, *, largest: int) -> bytes:
    try:
        entry = archive.getinfo(name)
        if problem_of_entry(entry, limits()) or entry.file_size > largest:
            raise NotADossier(name)
        with archive.open(entry) as content:
            read = content.read(largest + 1)
    except (KeyError, *BROKEN) as error:
        raise NotADossier(f"{name}: {error}") from error
    if len(read) > largest:
        raise NotADossier(name)
    return read


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NotADossier(str(error)) from error
    if not isinstance(told, dict):
        raise NotADossier("no object")
    return told


def _said(value: Any) -> str:
    return printable(value) if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
