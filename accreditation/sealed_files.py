"""A sealed PDF is stored once, and given out only as it was stored: certificates and attendance statements alike."""

import hashlib
import logging
import secrets
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

logger = logging.getLogger(__name__)


class PdfNotReady(Exception):
    """The PDF is not made yet."""


class PdfDamaged(Exception):
    """The stored file is not the file that was issued."""


def store_once(document: Any, content: bytes, *, folder: str, issued: Callable[[], Any]) -> None:
    """Keep this file as the document's, unless it has one; `issued` writes down, in the same transaction, that it was issued."""
    model = type(document)
    storage = model._meta.get_field("pdf").storage
    name = storage.save(f"{folder}/{document.created_at:%Y}/{secrets.token_hex(20)}.pdf", ContentFile(content))
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        first = model.objects.filter(pk=document.pk, sha256="").update(pdf=name, sha256=digest, sealed_at=timezone.now(), problem="")
        if first:
            issued()
    if not first:
        storage.delete(name)
    document.refresh_from_db()


def read_pdf(document: Any) -> bytes:
    """The bytes as issued. Raises PdfNotReady, and PdfDamaged when the stored file has another hash than the ledger."""
    if not document.sha256:
        raise PdfNotReady
    with document.pdf.open("rb") as file:
        content: bytes = file.read()
    if not secrets.compare_digest(hashlib.sha256(content).hexdigest(), document.sha256):
        logger.error("The stored PDF %s differs from what was issued", document.number)
        raise PdfDamaged(document.number)
    return content
