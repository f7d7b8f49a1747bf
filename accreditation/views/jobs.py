"""Long work: how far it is, what came of it, and stopping or going on."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.storage import storages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.files import serve_private
from accounts.permissions import may
from accounts.requests import PersonRequest
from accreditation import jobs
from accreditation.exports import asked_for
from accreditation.exports.tables import XLSX
from accreditation.models import Job

ROWS_PER_PAGE = 30


@login_required
@require_safe
def job_list(request: PersonRequest) -> HttpResponse:
    """The work that was asked for in my organisations, newest first."""
    if not any(may(request.user, action) for action in {kind.action for kind in jobs.KINDS.values()}):
        raise PermissionDenied
    found = jobs.visible_to(request.user).select_related("asked_by", "organisation")
    page = Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "accreditation/jobs.html", {"page": page, "rows": [_standing(job) for job in page]})


@login_required
@never_cache
@require_safe
def job(request: PersonRequest, pk: int) -> HttpResponse:
    """How far it is; the page looks again by itself until it is done."""
    found = get_object_or_404(jobs.visible_to(request.user).select_related("asked_by", "organisation"), pk=pk)
    return render(request, "accreditation/job.html", _standing(found))


@login_required
@require_POST
def stop_job(request: PersonRequest, pk: int) -> HttpResponse:
    """Stop after the piece in hand."""
    found = get_object_or_404(jobs.visible_to(request.user), pk=pk)
    jobs.stop(found)
    _record(request, found, "job-stopped")
    messages.success(request, gettext("De taak stopt. Wat al gedaan was, blijft gedaan."))
    return redirect("accreditation:job", pk=pk)


@login_required
@require_POST
def continue_job(request: PersonRequest, pk: int) -> HttpResponse:
    """Go on where it stopped."""
    found = get_object_or_404(jobs.visible_to(request.user), pk=pk)
    jobs.go_on(found)
    _record(request, found, "job-continued")
    return redirect("accreditation:job", pk=pk)


@login_required
@never_cache
@require_safe
def job_file(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The file that a job made, while it is there."""
    found = get_object_or_404(
        jobs.visible_to(request.user).select_related("organisation"), pk=pk, kind=asked_for.KIND, result__has_key="href"
    )
    _record(request, found, "job-file-fetched")
    stored: Any = File(None, name=found.parameters["place"])
    stored.storage = storages["private"]
    return serve_private(request, stored, filename=found.parameters["name"], content_type=XLSX)


def _record(request: PersonRequest, found: Job, event: str) -> None:
    record(
        event,
        actor=request.user,
        on_behalf_of=found.organisation,
        subject=f"{jobs.title_of(found)} {found.pk}",
        origin=origin_of(request),
        done=found.done,
    )


def _standing(found: Job) -> dict[str, Any]:
    return {"job": found, "title": jobs.title_of(found), "left": _left(found, now=timezone.now())}


def _left(found: Job, *, now: datetime) -> str:
    """How long it will still take, in words; nothing while that cannot be said."""
    if not (found.started_at and found.total and found.done) or not found.is_open:
        return ""
    spent = now - found.started_at
    if spent < timedelta(seconds=3):
        return ""
    minutes = round((spent / found.done * max(0, found.total - found.done)).total_seconds() / 60)
    if minutes < 1:
        return gettext("nog minder dan een minuut")
    return ngettext("nog ongeveer %(minutes)s minuut", "nog ongeveer %(minutes)s minuten", minutes) % {"minutes": minutes}
