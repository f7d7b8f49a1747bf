"""Doing one thing to many: choose, look at what will happen, confirm, follow, take back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from accreditation import certificates, jobs
from accreditation.bulk import running
from accreditation.bulk.deeds import DEEDS, told
from accreditation.bulk.running import BulkRefused
from accreditation.forms import BulkForm, BulkUndoForm
from accreditation.lists import KEPT
from accreditation.models import BulkAction, BulkRow, Certificate
from accreditation.results import key_of

FEW = 5  # reasons why rows are left out, told once with their count
ROWS_PER_PAGE = 50
AT_ONCE = 1.5  # seconds a person waits for the overview before it is made in the background
FILTERS: dict[str, dict[str, Any]] = {
    "wel": {"included": True},
    "niet": {"included": False},
    "mislukt": {"included": True, "done_at": None},
}


@login_required
@require_POST
def begin(request: PersonRequest) -> HttpResponse:
    """Fix what was chosen in a list, and show what would happen."""
    if not may(request.user, Action.MANAGE_CERTIFICATES):
        raise PermissionDenied
    kind = request.POST.get("actie", "")
    back = "accreditation:results" if kind not in DEEDS or DEEDS[kind].on is Certificate else "accreditation:awards"
    filters = {name: request.POST[f"f-{name}"][:100] for name in KEPT if request.POST.get(f"f-{name}")}
    rows = [key for text in request.POST.getlist("rij") if (key := key_of(text)) is not None]
    try:
        action, job = running.choose(kind=kind, by=request.user, rows=rows, filters=filters if request.POST.get("alles") else None)
    except BulkRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(back)
    jobs.run(job.pk, seconds=AT_ONCE)
    action.refresh_from_db()
    return redirect("accreditation:bulk", pk=action.pk) if action.planned_at else redirect("accreditation:job", pk=job.pk)


@login_required
@never_cache
@require_safe
def bulk(request: PersonRequest, pk: int) -> HttpResponse:
    """What will happen to whom and who is left out and why; afterwards what happened."""
    return _page(request, _action(request, pk))


@login_required
@require_POST
def confirm(request: PersonRequest, pk: int) -> HttpResponse:
    """Do it."""
    action = _action(request, pk)
    form = BulkForm(request.POST, kind=action.kind)
    if form.is_valid():
        try:
            job = running.confirm(action=action, by=request.user, origin=origin_of(request), **form.cleaned_data)
        except BulkRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("accreditation:job", pk=job.pk)
    return _page(request, action, form=form, status=422)


@login_required
@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Take it back by counter-entries."""
    action = _action(request, pk)
    form = BulkUndoForm(request.POST, prefix="ongedaan", kind=action.kind)
    if form.is_valid():
        try:
            job = running.undo(action=action, by=request.user, origin=origin_of(request), reason=form.cleaned_data["reason"])
        except BulkRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("accreditation:job", pk=job.pk)
    return _page(request, action, undo_form=form, status=422)


def _action(request: PersonRequest, pk: int) -> BulkAction:
    rows = running.visible_to(request.user).select_related("asked_by", "undone_by")
    return get_object_or_404(rows, pk=pk)


def _page(request: PersonRequest, action: BulkAction, *, form: Any = None, undo_form: Any = None, status: int = 200) -> HttpResponse:
    rows = action.rows.select_related("learner", "certificate__course", "award__accreditation__course")
    chosen = request.GET.get("toon", "")
    page = Paginator(rows.filter(**FILTERS.get(chosen, {})), ROWS_PER_PAGE).get_page(request.GET.get("pagina"))
    included = action.rows.filter(included=True).count()
    record(
        "bulk-viewed", actor=request.user, on_behalf_of=action.organisation, subject=str(action), origin=origin_of(request), rows=len(page)
    )
    return render(
        request,
        "accreditation/bulk.html",
        {
            "action": action,
            "stage": running.stage(action),
            "title": action.get_kind_display().capitalize(),
            "page": page,
            "rows": _rows(action, list(page)),
            "chosen": chosen,
            "included": included,
            "left_out": action.rows.filter(included=False).count(),
            "reasons": action.rows.filter(included=False)
            .values("text")
            .annotate(count=Count("pk"))
            .filter(count__gt=1)
            .order_by("-count")[:FEW],
            "done": action.rows.filter(done_at__isnull=False).count(),
            "failed": action.rows.exclude(problem="").count(),
            "undone": action.rows.filter(undone_at__isnull=False).count(),
            "not_undone": action.rows.exclude(undo_problem="").count(),
            "form": form or BulkForm(kind=action.kind),
            "undo_form": undo_form or BulkUndoForm(prefix="ongedaan", kind=action.kind),
            "may_confirm": action.planned_at and not action.confirmed_at and action.asked_by_id == request.user.pk and included,
            "may_undo": running.may_undo(action),
            "undoing": DEEDS[action.kind].undoing,
            "verb": _verb(action.kind, included),
        },
        status=status,
    )


def _rows(action: BulkAction, page: list[BulkRow]) -> list[dict[str, Any]]:
    """Each row with what came of it, and the certificate that stands for its completion now."""
    enrolments = {row.pk: (row.certificate or row.award).enrolment_id for row in page if row.certificate or row.award}  # type: ignore[union-attr]
    newest = Certificate.objects.filter(enrolment__in=enrolments.values(), replaced_by=None).prefetch_related("events")
    standing = {certificate.enrolment_id: certificate for certificate in newest}
    found = []
    for row in page:
        certificate = standing.get(enrolments.get(row.pk, 0))
        found.append(
            {
                "row": row,
                "told": told(action, row),
                "certificate": certificate,
                "state": certificates.shown_state(certificate) if certificate else None,
            }
        )
    return found


def _verb(kind: str, count: int) -> str:
    """What the button says it will do."""
    words = {
        BulkAction.Kind.AWARD: ngettext("Schrijf punten bij voor %(count)s deelname", "Schrijf punten bij voor %(count)s deelnames", count),
        BulkAction.Kind.CORRECT: ngettext("Verbeter %(count)s toekenning", "Verbeter %(count)s toekenningen", count),
        BulkAction.Kind.REVOKE: ngettext("Trek %(count)s certificaat in", "Trek %(count)s certificaten in", count),
        BulkAction.Kind.REISSUE: ngettext("Geef %(count)s certificaat opnieuw uit", "Geef %(count)s certificaten opnieuw uit", count),
        BulkAction.Kind.REPORT: ngettext("Bied %(count)s melding aan", "Bied %(count)s meldingen aan", count),
    }
    return words[BulkAction.Kind(kind)] % {"count": count}
