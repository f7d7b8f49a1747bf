"""Everything the record has of a person, as one ZIP that a person can read and a machine too (AVG, articles 15 and 20).

Made in the background, one statement at a time, so that it costs as little memory for a million statements as for one. It lies ready
for a week, for who asked for it, and then it is gone.
"""

import json
import mimetypes
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django_tasks import task

from accounts import audit
from accounts.models import User
from accounts.permissions import Action, acting_for
from lrs.attachments import sent_with
from lrs.models import AccessExport, Attachment, Mention, ProfileDocument, StateDocument, Statement
from lrs.redaction import find
from lrs.sentences import sentence_of
from lrs.subjects import Subject, subject_from

READY_FOR = timedelta(days=7)
PER_PAGE = 1000
CHUNK = 64 * 1024


def order(*, subject: Subject, person: User | None, by: User) -> AccessExport:
    """Ask for the ZIP; a worker makes it. Who asked finds it in the list of exports."""
    with transaction.atomic():
        export = AccessExport.objects.create(person=person, subject=subject.kept(), asked_by=by)
        audit.record(
            "records_export_ordered",
            actor=by,
            dossier_owner=person,
            on_behalf_of=acting_for(by, Action.MANAGE_PRIVACY, about=person),
            subject=str(export.uuid),
        )
        transaction.on_commit(lambda: make.enqueue(export.pk), robust=True)
    return export


@task(queue_name="lrs")
def make(export_id: int) -> None:
    """The worker's part."""
    make_now(export_id)


def make_waiting() -> int:
    """Make what a crash left waiting, and delete what lay ready long enough; answers how many were made."""
    expire()
    waiting = list(AccessExport.objects.filter(state=AccessExport.State.WAITING).values_list("pk", flat=True))
    return sum(make_now(pk) for pk in waiting)


def expire() -> int:
    """Delete the files whose week is over, and by whom they were about."""
    old = list(AccessExport.objects.filter(state=AccessExport.State.READY, expires_at__lte=timezone.now()))
    for export in old:
        _storage().delete(str(export.file.name))
        AccessExport.objects.filter(pk=export.pk).update(state=AccessExport.State.EXPIRED, file="", subject={})
    return len(old)


def make_now(export_id: int) -> bool:
    """Make the ZIP; answers whether it was made now. Made twice at once, one of the two files stays."""
    export = AccessExport.objects.select_related("asked_by", "person").filter(pk=export_id, state=AccessExport.State.WAITING).first()
    if export is None:
        return False
    with tempfile.TemporaryFile() as file, translation.override(export.asked_by.language):
        counts = write(subject_from(export.subject), into=file, about=str(export.person or ""))
        size = file.tell()
        file.seek(0)
        name = _storage().save(f"lrs/access/{uuid.uuid4().hex}.zip", File(file))
    now = timezone.now()
    made = AccessExport.objects.filter(pk=export_id, state=AccessExport.State.WAITING).update(
        state=AccessExport.State.READY, file=name, size=size, counts=counts, ready_at=now, expires_at=now + READY_FOR
    )
    if not made:  # somebody else made it meanwhile, or the person was erased
        _storage().delete(name)
    return bool(made)


def write(subject: Subject, *, into: IO[bytes], about: str = "") -> dict[str, int]:
    """Write the ZIP; answers how much of what is in it."""
    counts = {"statements": 0, "named": 0, "states": 0, "profiles": 0, "files": 0}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        pages = _write_pages(archive, subject)
        hashes = _write_statements(archive, subject, counts)
        _write_documents(archive, "toestanden", StateDocument.objects.filter(actor_key__in=subject.keys), counts, "states")
        profiles = ProfileDocument.objects.filter(kind=ProfileDocument.Kind.AGENT, subject__in=subject.keys)
        _write_documents(archive, "profielen", profiles, counts, "profiles")
        _write_files(archive, hashes, counts)
        _write_rooms(archive, subject)
        index = {"counts": counts, "pages": pages, "about": about, "made_at": timezone.now()}
        archive.writestr("index.html", render_to_string("lrs/access_export/index.html", index))
    return counts


def statements_about(subject: Subject) -> QuerySet[Statement]:
    """Those in which this person acts or is named, in the order in which they came in; also those that were voided."""
    named = Mention.objects.filter(key__in=subject.mentions).values("statement")
    rows = Statement.objects.filter(Q(actor_digest__in=subject.digests) | Q(pk__in=named))
    return rows.select_related("credential").order_by("sequence")


def as_told(statement: Statement, subject: Subject) -> dict[str, Any]:
    """The statement as this person may have it.

    One of somebody else in which they are named belongs to the other as well (article 15, paragraph 4): of that only what happened,
    when, and how they are named.
    """
    document = statement.document
    found = find(document, matches=subject.matches)
    if found.actor or found.object:
        return document
    told: dict[str, Any] = {key: document[key] for key in ("id", "verb", "timestamp", "stored") if key in document}
    if document["object"].get("objectType", "Activity") == "Activity":
        told["object"] = document["object"]
    context = document.get("context", {})
    told["context"] = {key: context[key] for key in ("instructor",) if find({"actor": context.get(key)}, matches=subject.matches).actor}
    return told


def _write_statements(archive: zipfile.ZipFile, subject: Subject, counts: dict[str, int]) -> dict[str, None]:
    """One line each, and the hashes of the files that belong to the person's own."""
    hashes: dict[str, None] = {}
    with archive.open("uitspraken.ndjson", "w", force_zip64=True) as lines:
        rows = statements_about(subject).iterator(chunk_size=500)
        while batch := list(islice(rows, 100)):
            whole = []
            for statement in batch:
                told = as_told(statement, subject)
                own = told is statement.document
                counts["statements" if own else "named"] += 1
                kept = {"source": statement.source, "voided": statement.voided}
                # A statement that came in over several lines would break the one line that each has here.
                text = statement.exact if own and "\n" not in statement.exact else json.dumps(told)
                lines.write(f'{{"kept":{json.dumps(kept)},"statement":{text}}}\n'.encode())
                if own:
                    whole.append(statement)
            hashes.update(dict.fromkeys(sha2 for held in sent_with(whole).values() for sha2 in held))
    return hashes


def _write_pages(archive: zipfile.ZipFile, subject: Subject) -> list[dict[str, Any]]:
    """The statements as sentences, a thousand to a page."""
    pages: list[dict[str, Any]] = []
    rows = (row for row in statements_about(subject).iterator(chunk_size=500) if row.actor_digest in set(subject.digests))
    while batch := list(islice(rows, PER_PAGE)):
        name = f"uitspraken-{len(pages) + 1:03}.html"
        page = {"name": name, "first": batch[0].stored, "last": batch[-1].stored, "count": len(batch)}
        archive.writestr(
            name,
            render_to_string(
                "lrs/access_export/page.html", {"rows": [sentence_of(row) for row in batch], **page, "number": len(pages) + 1}
            ),
        )
        pages.append(page)
    return pages


def _write_documents(archive: zipfile.ZipFile, folder: str, rows: QuerySet[Any], counts: dict[str, int], kind: str) -> None:
    """Each document as it was kept, and a list that says what belongs to which activity."""
    listed: list[dict[str, Any]] = []
    for row in rows.order_by("pk").iterator(chunk_size=100):
        counts[kind] += 1
        name = f"{folder}/{counts[kind]:05}{_extension(row.content_type)}"
        archive.writestr(name, bytes(row.content))
        about = {"activity": row.activity, "name": row.state_id} if hasattr(row, "state_id") else {"name": row.profile_id}
        listed.append({"file": name, **about, "content_type": row.content_type, "updated_at": row.updated_at.isoformat()})
    if listed:
        archive.writestr(f"{folder}/lijst.json", json.dumps(listed, ensure_ascii=False, indent=1))


def _write_files(archive: zipfile.ZipFile, hashes: dict[str, None], counts: dict[str, int]) -> None:
    for sha2 in hashes:
        attachment = Attachment.objects.filter(sha2=sha2).first()
        if attachment is None:
            continue
        with (
            attachment.file.open("rb") as source,
            archive.open(f"bijlagen/{sha2}{_extension(attachment.content_type)}", "w", force_zip64=True) as target,
        ):
            for chunk in _chunks(source):
                target.write(chunk)
        counts["files"] += 1


def _write_rooms(archive: zipfile.ZipFile, subject: Subject) -> None:
    """What the rooms above hold of this person and the record does not; each is named in the settings."""
    for path in settings.LRS_ACCESS_ADDS if subject.learner else ():
        for name, pieces in import_string(path)(subject.learner):
            with archive.open(name, "w", force_zip64=True) as target:
                for piece in pieces:
                    target.write(piece)


def _chunks(source: Any) -> Iterator[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk


def _extension(content_type: str) -> str:
    return mimetypes.guess_extension(content_type.partition(";")[0].strip().lower()) or ".bin"


def _storage() -> Storage:
    return AccessExport.file.field.storage
