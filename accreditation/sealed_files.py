"""A document is numbered, drawn and sealed once, tried again when that fails, and given out only as it was stored.

Certificates and attendance statements alike (`models.certificates.SealedDocument`).
"""

import hashlib
import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django_tasks.base import Task

from accreditation import certificate_seal, certificate_templates
from accreditation.models.certificates import SealedDocument

logger = logging.getLogger(__name__)

AT_ONCE = 200
RETRY_AFTER = [timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2), timedelta(hours=12)]


class PdfNotReady(Exception):
    """The PDF is not made yet."""


class PdfDamaged(Exception):
    """The stored file is not the file that was issued."""


def give_number(document: SealedDocument, *, prefix: str) -> None:
    """A number for people, from the row's own key: unique without a counter that everyone would have to wait for."""
    document.number = f"{prefix}-{timezone.localdate().year}-{document.pk:06d}"
    document.save(update_fields=["number"])


def make_once(
    document: SealedDocument,
    *,
    draw: Callable[..., bytes],
    seal: Callable[[bytes], bytes],
    folder: str,
    issued: Callable[[], Any] = lambda: None,
) -> None:
    """Draw the document from its snapshot, seal it and keep the file, unless it has one; whoever comes second leaves the first as it is.

    `issued` writes down, in the same transaction, that it was issued.
    """
    if document.sha256:
        return
    content = seal(
        draw(
            document.snapshot,
            number=document.number or "",
            check_code=document.check_code,
            address=f"{settings.SITE_URL.rstrip('/')}/verifieer/{document.token}/",
            issued_on=timezone.localdate(),
            demo_seal=certificate_seal.is_demo_seal(),
            picture_of=certificate_templates.picture_of,
        )
    )
    model = type(document)
    storage = document.pdf.storage
    name = storage.save(f"{folder}/{document.created_at:%Y}/{secrets.token_hex(20)}.pdf", ContentFile(content))
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        first = model._default_manager.filter(pk=document.pk, sha256="").update(
            pdf=name, sha256=digest, sealed_at=timezone.now(), problem=""
        )
        if first:
            issued()
    if not first:
        storage.delete(name)
    document.refresh_from_db()


def try_to_make(document: SealedDocument, make: Callable[[Any], Any], *, attempt: int, again: Task) -> None:
    """Make the PDF; when that fails, keep why, and have the task `again` try later."""
    try:
        make(document)
    except Exception as error:
        logger.exception("%s could not be made (attempt %s)", document, attempt + 1)
        said = str(error) if isinstance(error, certificate_seal.SealWaits) else f"{type(error).__name__}: {error}"
        type(document)._default_manager.filter(pk=document.pk, sha256="").update(problem=said[:1000])
        if attempt < len(RETRY_AFTER) and again.get_backend().supports_defer:
            again.using(run_after=timezone.now() + RETRY_AFTER[attempt]).enqueue(document.pk, attempt + 1)


def order_again(model: type[SealedDocument], make: Task, *, older_than: timedelta) -> int:
    """Order again the PDFs that should have been there: after a crash, or a queue that was lost. Answers how many.

    The oldest of them: this is asked again and again, and a long queue would grow by itself.
    """
    late = model._default_manager.filter(sha256="", created_at__lt=timezone.now() - older_than)
    waiting = late.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
    for key in waiting:
        make.enqueue(key)
    return len(waiting)


def read_pdf(document: SealedDocument) -> bytes:
    """The bytes as issued. Raises PdfNotReady, and PdfDamaged when the stored file has another hash than the ledger."""
    if not document.sha256:
        raise PdfNotReady
    with document.pdf.open("rb") as file:
        content: bytes = file.read()
    if not secrets.compare_digest(hashlib.sha256(content).hexdigest(), document.sha256):
        logger.error("The stored PDF %s differs from what was issued", document.number)
        raise PdfDamaged(document.number)
    return content
