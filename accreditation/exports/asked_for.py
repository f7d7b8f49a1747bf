"""Results as XLSX that take longer than a request should last: made by a worker, fetched from the page of the job, gone a day later."""

import secrets
import tempfile
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.core.files import File
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext

from accounts.models import User
from accreditation import jobs
from accreditation.exports.rows import each_earned, head, lines
from accreditation.exports.tables import Value, write_xlsx
from accreditation.models import Accreditation, Job

KIND = "results-file"
# About what a worker writes in two seconds; who wants fewer rows gets the file at once.
LONG = 20_000
TOLD_EVERY = 2000  # rows between two signs of life
KEPT = timedelta(days=1)


def name_of(accreditation: Accreditation, suffix: str) -> str:
    """What a file of results is called, however it is made."""
    number = slugify(accreditation.id_number) or accreditation.pk
    return f"{slugify(accreditation.register.code)}-{number}-{timezone.localdate():%Y%m%d}.{suffix}"


def order(*, accreditation: Accreditation, asked_by: User, rows: int) -> Job:
    """Have the file made of about so many rows; the page of the job shows how far it is, and has the link."""
    return jobs.start(
        kind=KIND,
        about=str(accreditation),
        asked_by=asked_by,
        organisation=accreditation.course.organisation,
        # The place of the file is known before it is made: a second try writes over what a first one left.
        parameters={
            "accreditation": accreditation.pk,
            "name": name_of(accreditation, "xlsx"),
            "place": f"exports/{secrets.token_hex(20)}.xlsx",
        },
        total=rows,
    )


def write(job: Job) -> bool:
    """The step of the job: the whole file, in one go."""
    accreditation = Accreditation.objects.select_related("register", "course").get(pk=job.parameters["accreditation"])
    storage, place = storages["private"], job.parameters["place"]
    with tempfile.TemporaryFile() as made:
        rows = write_xlsx(made, head(), _counted(lines(each_earned([accreditation])), job), title=gettext("Resultaten"))
        made.seek(0)
        storage.delete(place)
        storage.save(place, File(made))
    job.done = job.total = rows
    job.result = {
        "text": gettext("Het bestand staat klaar."),
        "lines": [gettext("Het blijft een dag staan. Daarna kun je het opnieuw laten maken.")],
        "href": reverse("accreditation:job_file", args=[job.pk]),
        "link": gettext("Haal %(name)s op") % {"name": job.parameters["name"]},
    }
    return False


def sweep() -> int:
    """Delete the files that were there for a day. Answers how many."""
    old = Job.objects.filter(kind=KIND, state=Job.State.DONE, finished_at__lt=timezone.now() - KEPT, result__has_key="href")
    for job in old:
        storages["private"].delete(job.parameters["place"])
        Job.objects.filter(pk=job.pk).update(
            result={"text": gettext("Het bestand is weer weg. Laat het opnieuw maken als je het nodig hebt.")}
        )
    return len(old)


def _counted(rows: Iterable[list[Value]], job: Job) -> Iterator[list[Value]]:
    for number, row in enumerate(rows, start=1):
        if number % TOLD_EVERY == 0:
            jobs.reached(job, done=number)
        yield row
