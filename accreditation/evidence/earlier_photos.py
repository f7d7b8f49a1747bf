"""Photos that were kept when it was not yet taken out of them where they were made: cleaned one by one, each in a transaction of its own.

A photo that was cleaned stays the same when it is cleaned again, so the work may be broken off anywhere and begun anew. A file is known by
its content: the clean photo takes the place of the other one, which is then let go of. Its hash may stand on paper and in a ZIP that were
made before; the audit trail tells which hash became which. What an open application holds stays as the register was shown it. A file whose
bytes are no longer those of its hash is left alone: a hash of its own would vouch for what nobody uploaded.
"""

import hashlib
from enum import Enum

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.audit import record
from accreditation.evidence import files
from accreditation.evidence.photos import NoPhoto, without_whereabouts
from accreditation.models import Application, Evidence, EvidenceDocument, EvidenceFile


class Outcome(Enum):
    CLEAN = "clean already"
    CLEANED = "cleaned"
    HELD = "left as they are: an application holds them"
    DAMAGED = "left as they are: their bytes are not those that were kept"
    UNREADABLE = "left as they are: they cannot be read"


def clean(file: EvidenceFile) -> Outcome:
    """Put the photo without where it was made in the place of this one, wherever it is used as proof.

    Raises OSError when it cannot be stored; all is then as it was.
    """
    try:
        with file.file.open("rb") as stored:
            content = stored.read()
    except OSError:
        return Outcome.UNREADABLE
    if hashlib.sha256(content).hexdigest() != file.sha256:
        return Outcome.DAMAGED
    try:
        cleaned = without_whereabouts(content, file.content_type)
        if cleaned == content:
            return Outcome.CLEAN
        files.check_end(ContentFile(cleaned), file.content_type)
    except (NoPhoto, files.FileRefused):
        return Outcome.UNREADABLE
    digest = hashlib.sha256(cleaned).hexdigest()
    with transaction.atomic():
        # The rows of the evidence first, as an application takes them.
        using = Evidence.objects.filter(pk__in=EvidenceDocument.objects.filter(file=file).values("evidence"))
        held = list(using.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        if Application.objects.filter(evidence__in=held, withdrawn_at=None).exists():
            return Outcome.HELD
        documents = EvidenceDocument.objects.filter(file=file)
        name = documents.values_list("name", flat=True).first()
        if name is None:
            return Outcome.CLEAN  # let go of meanwhile: `files.sweep` deletes it
        checked = files.CheckedFile(ContentFile(cleaned), name, file.content_type, digest, len(cleaned))
        instead = files.keep(checked, owner=file.owner)
        # Who uploaded it again since has the clean one there already.
        documents.filter(evidence__in=EvidenceDocument.objects.filter(file=instead).values("evidence")).delete()
        documents.update(file=instead)
        record("evidence-photo-cleaned", actor=None, dossier_owner=file.owner, subject=name, before=file.sha256, after=digest)
    files.let_go([file])
    return Outcome.CLEANED
