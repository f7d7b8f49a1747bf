"""Many awards put in the outbox by a worker, piece by piece, with a page that shows how far it is."""

from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from accounts.models import User
from accreditation import jobs
from accreditation.models import Job, PointAward, RegisterConnection
from accreditation.reporting import outbox, waking

AT_ONCE = 500  # in the request itself: about a second


def begin(*, connection: RegisterConnection, accreditation: int | None, by: User) -> Job | int:
    """Queue what was awarded and never reported, of one accreditation or of all: at once, answering how many, or by a job."""
    waiting = _waiting(connection, accreditation)
    count = waiting.count()
    if count <= AT_ONCE:
        return len(outbox.queue(awards=list(waiting), actor=by).new)
    return jobs.start(
        kind="queue-reports",
        about=str(connection.register),
        asked_by=by,
        organisation=connection.organisation,
        parameters={"connection": connection.pk, "accreditation": accreditation},
        total=count,
    )


def step(job: Job) -> bool:
    """Step: queue some, and remember up to which award."""
    connection = RegisterConnection.objects.select_related("register").get(pk=job.parameters["connection"])
    part = list(_waiting(connection, job.parameters["accreditation"]).filter(pk__gt=job.cursor.get("award", 0))[:AT_ONCE])
    made = len(outbox.queue(awards=part, actor=job.asked_by).new)
    queued = job.cursor.get("queued", 0) + made
    transaction.on_commit(partial(waking.wake_one, connection), robust=True)
    if part:
        job.cursor = {"award": part[-1].pk, "queued": queued}
        job.done = min(job.total or 0, job.done + len(part))
        return True
    job.done = job.total or 0
    job.result = {
        "text": ngettext("%(count)s melding staat klaar.", "%(count)s meldingen staan klaar.", queued) % {"count": queued},
        "lines": [],
        "href": reverse("accreditation:reporting")
        if connection.by_service
        else reverse("accreditation:register_connection", args=[connection.pk]),
        "link": gettext("Ga verder met melden"),
    }
    return False


def _waiting(connection: RegisterConnection, accreditation: int | None) -> QuerySet[PointAward]:
    found = outbox.unreported(connection).select_related(None)
    return found.filter(accreditation=accreditation) if accreditation else found
