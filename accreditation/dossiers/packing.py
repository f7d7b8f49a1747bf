"""Order a dossier as a ZIP and have it made in the background; it lies ready for a week.

A worker that is killed half-way leaves nothing but a temporary file that is gone with it: the next one begins anew, which is harmless, and
made twice at once one of the two files stays.
"""

import hashlib
import logging
import tempfile
import uuid
from datetime import timedelta

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone, translation
from django_tasks import task

from accounts import audit
from accounts.models import User
from accreditation.dossiers import package
from accreditation.models import DossierPackage

logger = logging.getLogger(__name__)

READY_FOR = timedelta(days=7)
MOST_TRIES = 5


def order(*, owner: User) -> DossierPackage:
    """Ask for the ZIP. Who asks again while one is being made gets that one."""
    try:
        with transaction.atomic():
            ordered = DossierPackage.objects.create(owner=owner)
    except IntegrityError:
        return DossierPackage.objects.filter(owner=owner, state=DossierPackage.State.WAITING).get()
    audit.record("dossier-packed", actor=owner, dossier_owner=owner, subject=str(ordered.uuid))
    transaction.on_commit(lambda: make.enqueue(ordered.pk), robust=True)
    return ordered


@task()
def make(package_id: int) -> None:
    """The worker's part."""
    make_now(package_id)


def make_waiting() -> int:
    """Make what a crash left waiting, and delete what lay ready long enough; answers how many were made."""
    expire()
    before = timezone.now() - timedelta(minutes=1)
    waiting = DossierPackage.objects.filter(state=DossierPackage.State.WAITING, asked_at__lt=before)
    return sum(make_now(pk) for pk in list(waiting.values_list("pk", flat=True)))


def expire() -> int:
    """Delete the files whose week is over."""
    old = list(DossierPackage.objects.filter(state=DossierPackage.State.READY, expires_at__lte=timezone.now()))
    for one in old:
        one.file.storage.delete(str(one.file.name))
        DossierPackage.objects.filter(pk=one.pk).update(state=DossierPackage.State.EXPIRED, file="")
    return len(old)


def make_now(package_id: int) -> bool:
    """Make the ZIP; answers whether it was made now."""
    mine = DossierPackage.objects.filter(pk=package_id, state=DossierPackage.State.WAITING)
    ordered = mine.select_related("owner").first()
    if ordered is None:
        return False
    mine.update(tries=F("tries") + 1)
    try:
        # A dossier is a document: its language is Dutch, whatever that of the session.
        with tempfile.TemporaryFile() as file, translation.override("nl"):
            package.write(person=ordered.owner, into=file, moved=lambda done, total: _moved(package_id, done, total))
            size = file.seek(0, 2)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            name = ordered.file.storage.save(f"dossiers/{uuid.uuid4().hex}.zip", File(file))
    except Exception as error:
        logger.exception("Dossier %s could not be packed", ordered.uuid)
        state = DossierPackage.State.FAILED if ordered.tries + 1 >= MOST_TRIES else DossierPackage.State.WAITING
        mine.update(problem=type(error).__name__, state=state)
        return False
    now = timezone.now()
    made = mine.update(
        state=DossierPackage.State.READY, file=name, size=size, sha256=digest, ready_at=now, expires_at=now + READY_FOR, problem=""
    )
    if not made:  # somebody else made it meanwhile
        ordered.file.storage.delete(name)
    return bool(made)


def _moved(package_id: int, done: int, total: int) -> None:
    if done == total or done % 5 == 0:
        DossierPackage.objects.filter(pk=package_id).update(done=done, total=total)
