"""A dossier as a ZIP: every document as it is, the whole in JSON and on paper, a manifest of hashes, and a signature over the manifest.

The shape is documented in docs/dossier-format.md. Documents go from storage into the ZIP in pieces, so a large dossier costs as little
memory as a small one. A stored file that is not what it was is left out, and the dossier says so: it never goes along as if it were right.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accreditation.dossiers import contents, paper, signing
from accreditation.evaluation import AMSTERDAM

MANIFEST, SIGNATURE, DOSSIER, PAPER, README = "manifest.json", "manifest.sig.json", "dossier.json", "dossier.pdf", "LEESMIJ.txt"
CHUNK = 256 * 1024


class DocumentChanged(Exception):
    """A file in storage is not what was put there."""


@dataclass(frozen=True, slots=True)
class _Document:
    """A file that goes along: its place in the ZIP, the hash it must have, and how to read it."""

    path: str
    sha256: str
    pieces: Callable[[], Iterator[bytes]]


def write(*, person: User, into: IO[bytes], moved: Callable[[int, int], None] = lambda done, total: None) -> dict[str, int]:
    """Write the whole dossier of this person. `moved` hears how many documents are in, of how many. Answers the counts."""
    now = timezone.now()
    told = contents.whole(person=person)
    told |= {"made_at": now.isoformat(), "issuer": settings.SITE_NAME, "installation": installation(), "left_out": []}
    documents = [*_certificates(person), *_evidence(person)]
    listed: list[dict[str, Any]] = []
    with zipfile.ZipFile(into, "w") as archive:
        moved(0, len(documents))
        for done, document in enumerate(documents, start=1):
            try:
                listed.append(_add_document(archive, document, now))
            except (DocumentChanged, FileNotFoundError):
                told["left_out"].append(document.path)
            moved(done, len(documents))
        listed.append(_add(archive, DOSSIER, _json(told), now))
        listed.append(_add(archive, PAPER, paper.render(told), now))
        listed.append(_add(archive, README, README_TEXT.encode(), now))
        manifest = _json(
            {
                "format": contents.FORMAT,
                "version": contents.VERSION,
                "made_at": now.isoformat(),
                "issuer": settings.SITE_NAME,
                "installation": installation(),
                "algorithm": "SHA-256",
                "files": listed,
            }
        )
        _add(archive, MANIFEST, manifest, now)
        _add(archive, SIGNATURE, _json(signing.sign(manifest)), now)
    return {"documents": len(documents) - len(told["left_out"]), "left_out": len(told["left_out"])}


def installation() -> str:
    return str(settings.SITE_URL).rstrip("/")


def _certificates(person: User) -> Iterator[_Document]:
    for certificate in contents.certificates_of(person):
        yield _Document(contents.certificate_path(certificate), certificate.sha256, _reader(certificate.pdf))


def _evidence(person: User) -> Iterator[_Document]:
    for evidence in contents.evidence_of(person):
        for number, document in enumerate(evidence.documents.all(), start=1):
            file = document.file
            yield _Document(contents.document_path(evidence, number, file.content_type), file.sha256, _reader(file.file))


def _reader(field: Any) -> Callable[[], Iterator[bytes]]:
    def pieces() -> Iterator[bytes]:
        with field.storage.open(field.name, "rb") as source:
            while piece := source.read(CHUNK):
                yield piece

    return pieces


def _add_document(archive: zipfile.ZipFile, document: _Document, now: datetime) -> dict[str, Any]:
    # Its hash first: what has gone into a ZIP cannot be taken out again.
    digest, size = hashlib.sha256(), 0
    for piece in document.pieces():
        digest.update(piece)
        size += len(piece)
    if digest.hexdigest() != document.sha256:
        raise DocumentChanged(document.path)
    with archive.open(_entry(document.path, now, zipfile.ZIP_STORED), "w", force_zip64=size > 0x7FFFFFFF) as target:
        for piece in document.pieces():
            target.write(piece)
    return {"path": document.path, "size": size, "sha256": document.sha256}


def _add(archive: zipfile.ZipFile, path: str, content: bytes, now: datetime) -> dict[str, Any]:
    archive.writestr(_entry(path, now, zipfile.ZIP_DEFLATED), content)
    return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _entry(path: str, now: datetime, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, now.astimezone(AMSTERDAM).timetuple()[:6])
    entry.compress_type = compression
    entry.external_attr = 0o644 << 16
    return entry


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


README_TEXT = """DIT IS EEN DOSSIER VAN VAKWIJS

dossier.pdf         alles op papier
dossier.json        hetzelfde voor programma's; de vorm staat in de documentatie van Vakwijs
certificaten/       de certificaten zoals ze zijn uitgegeven
bewijs/             de bewijsstukken zoals ze zijn ingeleverd
manifest.json       van elk bestand de SHA-256
manifest.sig.json   de handtekening (Ed25519) over manifest.json

Controleren: lever deze ZIP in op de pagina /verifieer/dossier/ van de installatie die in manifest.json staat, of van een andere.
Die noemt elk bestand dat veranderd is, ontbreekt of er later bij kwam. De ZIP wordt daarbij niet bewaard.

THIS IS A DOSSIER OF VAKWIJS. To check it, hand in this ZIP at /verifieer/dossier/ of the installation named in manifest.json, or of any
other. It names every file that was changed, is missing or was added. The ZIP is not kept.
"""
