"""Long work in pieces: asked for once, done by a worker, seen on a page with a progress bar, and taken up where it was after a crash.

A kind of work is a function `step(job) -> bool` that does one bounded piece (about a second), moves `job.cursor` and `job.done`, and
answers whether there is more. The piece and the moved cursor are one transaction: killed anywhere, the piece is done whole or not at all.
A kind with `atomic=False` does its own commits, for work that should not hold the database meanwhile; its pieces must be harmless to
repeat. What the work came to stands in `job.result`: {"text": one sentence, "lines": [more sentences], "href": where to look,
"link": the words of that link, "tone": of the notice in which this stands, when it is not good news}.
"""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext, gettext_lazy as _
from django_tasks import task

from accounts.models import Organisation, User
from accounts.permissions import Action, may, organisations_where
from accreditation.models import Job

logger = logging.getLogger(__name__)

SLICE = 8.0  # seconds of work before the worker looks at what else waits
LEASE = timedelta(minutes=2)
OPEN = (Job.State.WAITING, Job.State.RUNNING)
RETRY_AFTER = [timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2)]
LONGEST_PROBLEM = 1000


class JobStopped(Exception):
    """Raised by a step that cannot go on whatever is tried; the message tells the administrator what to do."""


class _LetGo(Exception):
    """Somebody stopped the job, or another worker took it over."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work: where its step is, what it is called, and what someone must be allowed in the organisation to see it."""

    step: str
    title: Promise
    action: Action
    atomic: bool = True


# Every kind there is. The steps are named, not imported: they stand above this module.
KINDS: dict[str, Kind] = {
    "award-missing": Kind("accreditation.issuing.award_missing", _("Punten alsnog bijschrijven"), Action.MANAGE_ACCREDITATION),
    "tell-learners": Kind(
        "accreditation.expiry.tell_learners", _("Deelnemers mailen dat een accreditatie afloopt"), Action.MANAGE_ACCREDITATION, atomic=False
    ),
    "simulate-draft": Kind("accreditation.simulation.reckoning.step", _("Voorstel doorrekenen"), Action.MANAGE_ACCREDITATION),
    "apply-draft": Kind("accreditation.simulation.applying.step", _("Voorstel doorvoeren"), Action.MANAGE_ACCREDITATION),
    "attendance-list": Kind("accreditation.attendance.taking.take", _("Presentielijst vastleggen"), Action.IMPORT_ATTENDANCE, atomic=False),
    "queue-reports": Kind("accreditation.reporting.queueing.step", _("Meldingen klaarzetten"), Action.MANAGE_ACCREDITATION),
    "results-file": Kind("accreditation.exports.asked_for.write", _("Resultaten als XLSX"), Action.EXPORT_RESULTS, atomic=False),
    "bulk-plan": Kind("accreditation.bulk.running.plan", _("Overzicht maken van een bulkactie"), Action.MANAGE_CERTIFICATES),
    "bulk-do": Kind("accreditation.bulk.running.do", _("Bulkactie uitvoeren"), Action.MANAGE_CERTIFICATES, atomic=False),
    "bulk-undo": Kind("accreditation.bulk.running.take_back", _("Bulkactie ongedaan maken"), Action.MANAGE_CERTIFICATES, atomic=False),
}


def start(
    *,
    kind: str,
    about: str,
    asked_by: User | None,
    organisation: Organisation | None = None,
    parameters: Mapping[str, Any] | None = None,
    cursor: Mapping[str, Any] | None = None,
    total: int | None = None,
) -> Job:
    """Order the work; a worker begins after the commit. `about` tells this job from others of its kind: which course, which list."""
    if kind not in KINDS:
        raise KeyError(kind)
    job = Job.objects.create(
        kind=kind,
        asked_by=asked_by,
        organisation=organisation,
        parameters={**(parameters or {}), "about": about},
        cursor=dict(cursor or {}),
        total=total,
    )
    transaction.on_commit(lambda: work_on.enqueue(job.pk), robust=True)
    return job


def reached(job: Job, *, done: int) -> None:
    """Within a long piece of a kind that does its own commits: how far it is, and that the worker lives. Ends the piece when it was stopped."""
    mine = Job.objects.filter(pk=job.pk, claim=job.claim)
    if not mine.update(done=done, claimed_until=timezone.now() + LEASE):
        raise _LetGo


def stop(job: Job) -> None:
    """Stop after the piece in hand. What was done stays done."""
    Job.objects.filter(pk=job.pk, state__in=OPEN).update(
        state=Job.State.STOPPED, claim=None, claimed_until=None, next_try_at=None, finished_at=timezone.now()
    )


def go_on(job: Job) -> None:
    """Take up a job that got stuck or was stopped, where it was."""
    again = Job.objects.filter(pk=job.pk, state__in=(Job.State.FAILED, Job.State.STOPPED))
    if again.update(state=Job.State.WAITING, tries=0, problem="", next_try_at=None, finished_at=None):
        transaction.on_commit(lambda: work_on.enqueue(job.pk), robust=True)


def visible_to(person: User) -> QuerySet[Job]:
    """The jobs this person may look at: their own and their colleagues', where they may do what the job does."""
    if person.is_superuser:
        return Job.objects.all()
    seen = Q(pk__in=[])
    for action in {kind.action for kind in KINDS.values()}:
        names = [name for name, kind in KINDS.items() if kind.action == action]
        seen |= Q(kind__in=names, organisation__in=organisations_where(person, action))
        if may(person, action):
            seen |= Q(kind__in=names, organisation=None, asked_by=person)
    return Job.objects.filter(seen)


def title_of(job: Job) -> str:
    """What is done, and of what: "Presentielijst vastleggen: Oefenmiddag"."""
    what = str(KINDS[job.kind].title) if job.kind in KINDS else job.kind
    about = job.parameters.get("about")
    return f"{what}: {about}" if about else what


@task()
def work_on(job_id: int) -> None:
    """A worker's turn at one job."""
    if run(job_id, seconds=SLICE):
        work_on.enqueue(job_id)


def catch_up() -> int:
    """Queue the jobs that nobody is at work on: after a crash, a lost queue, or because the time of another try has come."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=timezone.now())
    due = Q(next_try_at=None) | Q(next_try_at__lte=timezone.now())
    # One that was asked for just now has its own place in the queue.
    old = Q(asked_at__lt=timezone.now() - timedelta(minutes=1))
    waiting = list(Job.objects.filter(free, due, old, state__in=OPEN).order_by("pk").values_list("pk", flat=True))
    for job_id in waiting:
        work_on.enqueue(job_id)
    return len(waiting)


def run(job_id: int, *, seconds: float | None = None, take_over: bool = False) -> bool:
    """Work on it for so many seconds, or to the end; answers whether someone should go on at once.

    A job that another is at work on is left alone, unless `take_over`. What a step raises stands in the job; it is tried again later.
    """
    claim = uuid.uuid4()
    if not _take(job_id, claim, take_over=take_over):
        return False
    until = time.monotonic() + seconds if seconds else None
    try:
        while _piece(job_id, claim):
            if until and time.monotonic() > until:
                return _release(job_id, claim)
    except _LetGo:
        return False
    except JobStopped as stopped:
        _end(job_id, claim, Job.State.FAILED, problem=str(stopped))
    except Exception as error:
        logger.exception("Job %s stopped", job_id)
        _wait(job_id, claim, error)
    return False


def _take(job_id: int, claim: uuid.UUID, *, take_over: bool) -> bool:
    now = timezone.now()
    mine = Job.objects.filter(pk=job_id, state__in=OPEN)
    if not take_over:
        mine = mine.filter(Q(claimed_until=None) | Q(claimed_until__lte=now), Q(next_try_at=None) | Q(next_try_at__lte=now))
    taken = mine.update(claim=claim, claimed_until=now + LEASE, state=Job.State.RUNNING, next_try_at=None)
    Job.objects.filter(pk=job_id, claim=claim, started_at=None).update(started_at=now)
    return bool(taken)


def _piece(job_id: int, claim: uuid.UUID) -> bool:
    """One piece, in a transaction together with how far it got; answers whether there is more."""
    kind = KINDS[Job.objects.values_list("kind", flat=True).get(pk=job_id)]
    step: Callable[[Job], bool] = import_string(kind.step)
    with transaction.atomic() if kind.atomic else nullcontext():
        # The update holds the row until the commit: who stops the job meanwhile waits for this piece.
        if not Job.objects.filter(pk=job_id, claim=claim).update(claimed_until=timezone.now() + LEASE):
            raise _LetGo
        job = Job.objects.select_related("organisation", "asked_by").get(pk=job_id)
        more = step(job)
        kept = {"cursor": job.cursor, "done": job.done, "total": job.total, "result": job.result, "tries": 0, "problem": ""}
        if not more:
            kept |= {"state": Job.State.DONE, "finished_at": timezone.now(), "claim": None, "claimed_until": None}
        if not Job.objects.filter(pk=job_id, claim=claim).update(**kept):
            raise _LetGo
    return more


def _release(job_id: int, claim: uuid.UUID) -> bool:
    return bool(Job.objects.filter(pk=job_id, claim=claim).update(claim=None, claimed_until=None))


def _wait(job_id: int, claim: uuid.UUID, error: Exception) -> None:
    job = Job.objects.get(pk=job_id)
    # Not the message of the error: it may name people, and tells an administrator nothing.
    problem = gettext("Er ging iets mis (%(error)s). Wat al gedaan was, blijft bewaard.") % {"error": type(error).__name__}
    if job.tries >= len(RETRY_AFTER):
        _end(job_id, claim, Job.State.FAILED, problem=problem)
        return
    pause = RETRY_AFTER[job.tries]
    Job.objects.filter(pk=job_id, claim=claim).update(
        state=Job.State.WAITING,
        tries=job.tries + 1,
        problem=problem,
        next_try_at=timezone.now() + pause,
        claim=None,
        claimed_until=None,
    )
    if work_on.get_backend().supports_defer:
        work_on.using(run_after=timezone.now() + pause).enqueue(job_id)


def _end(job_id: int, claim: uuid.UUID, state: str, *, problem: str) -> None:
    Job.objects.filter(pk=job_id, claim=claim).update(
        state=state, problem=problem[:LONGEST_PROBLEM], finished_at=timezone.now(), claim=None, claimed_until=None
    )
