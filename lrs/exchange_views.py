"""The pages on which an administrator takes leerrecords along to another system, or in from one, and sees how far that is."""

import csv
from collections.abc import Iterator
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from lrs import exporting, importing
from lrs.exchange_forms import ExportForm, ImportFileForm, ImportStoreForm
from lrs.importing import ImportRefused
from lrs.models import Import

PER_PAGE = 50
TONES = {
    Import.State.WAITING: "waiting",
    Import.State.RUNNING: "waiting",
    Import.State.DONE: "done",
    Import.State.STOPPED: "refused",
    Import.State.FAILED: "refused",
}


@login_required
@never_cache
@require_GET
def exchange(request: PersonRequest) -> HttpResponse:
    """What was taken in before, and the ways to more."""
    _only_exchangers(request)
    page = Paginator(_all_mine(request).order_by("-pk"), PER_PAGE).get_page(request.GET.get("pagina"))
    rows = [{"run": run, "tone": TONES[Import.State(run.state)]} for run in page]
    return render(request, "lrs/exchange.html", {"page_obj": page, "rows": rows})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def take_along(request: PersonRequest) -> HttpResponseBase:
    """A ZIP with the chosen statements, made while it is sent."""
    _only_exchangers(request)
    form = ExportForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        selection = form.selection()
        audit.record(
            "records_taken_along",
            actor=request.user,
            on_behalf_of=selection.organisation,
            origin=audit.origin_of(request),
            selection=selection.told(),
        )
        response = StreamingHttpResponse(exporting.zipped(selection), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="leerrecords-{timezone.localdate():%Y-%m-%d}.zip"'
        response["Cache-Control"] = "private, no-store"
        return response
    return _form_page(
        request,
        form,
        title=_("Neem leerrecords mee"),
        intro=_("Je krijgt een ZIP met één uitspraak per regel (NDJSON), de bijlagen, en een overzicht met aantallen en controlegetallen."),
        verb=_("Download de leerrecords"),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def import_file(request: PersonRequest) -> HttpResponse:
    """Let the worker read an uploaded file."""
    _only_exchangers(request)
    form = ImportFileForm(*([request.POST, request.FILES] if request.method == "POST" else []), user=request.user)
    if request.method == "POST" and form.is_valid():
        run = importing.from_file(form.cleaned_data.pop("file"), made_by=request.user, **form.cleaned_data)
        return _begun(request, run, what="file")
    return _form_page(
        request,
        form,
        title=_("Lees een bestand in"),
        intro=_("Goede uitspraken komen erin; van de andere zie je daarna waarom niet. Met wat je inleest verdient niemand punten."),
        verb=_("Lees het bestand in"),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def import_store(request: PersonRequest) -> HttpResponse:
    """Let the worker page another store."""
    _only_exchangers(request)
    form = ImportStoreForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            run = importing.from_store(made_by=request.user, **form.cleaned_data)
        except ImportRefused:
            form.add_error("address", _("Dit adres roepen we niet aan. Het begint met https:// en er staat geen sleutel of vraagteken in."))
        else:
            return _begun(request, run, what=run.address)
    return _form_page(
        request,
        form,
        title=_("Haal op uit een ander systeem"),
        intro=_(
            "Vakwijs leest bladzijde na bladzijde, het oudste eerst. Het wacht als het andere systeem daarom vraagt, en gaat na een storing verder waar het was."
        ),
        verb=_("Haal de leerrecords op"),
    )


@login_required
@never_cache
@require_GET
def import_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """How far an import is, and what stayed behind."""
    run = _mine(request, pk)
    page = Paginator(run.problems.order_by("pk"), PER_PAGE).get_page(request.GET.get("pagina"))
    if page.object_list:
        # The texts of refused statements are about people.
        _audit(request, "import_report_seen", run)
    return render(request, "lrs/import.html", {**_standing(run), "page_obj": page})


@login_required
@never_cache
@require_GET
def import_standing(request: PersonRequest, pk: int) -> HttpResponse:
    """How far it is, for the page that looks again every few seconds; once it is ready, the page is fetched anew for its report."""
    run = _mine(request, pk)
    response = render(request, "lrs/import_standing.html", _standing(run))
    if not run.is_open:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def import_report(request: PersonRequest, pk: int) -> StreamingHttpResponse:
    """What stayed behind, as CSV with the texts, to mend and offer again."""
    run = _mine(request, pk)
    _audit(request, "import_report_seen", run)
    response = StreamingHttpResponse(_csv(run), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="niet-ingelezen-{run.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def import_stop(request: PersonRequest, pk: int) -> HttpResponse:
    """Stop it. What came in stays."""
    run = _mine(request, pk)
    importing.stop(run)
    _audit(request, "import_stopped", run)
    messages.success(request, _("Het inlezen van ‘%(name)s’ is gestopt. Wat al was ingelezen blijft bewaard.") % {"name": run.name})
    return redirect("lrs:import", pk=run.pk)


@login_required
@require_POST
def import_again(request: PersonRequest, pk: int) -> HttpResponse:
    """Go on with one that got stuck."""
    run = _mine(request, pk)
    importing.try_again(run)
    _audit(request, "import_begun", run)
    return redirect("lrs:import", pk=run.pk)


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv(run: Import) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    # The mark at the start tells a spreadsheet that this is UTF-8.
    yield "\ufeff" + cast(str, writer.writerow([_("Regelnummer"), _("Kenmerk"), _("Waarom"), _("Reden"), _("Uitspraak")]))
    for problem in run.problems.order_by("pk").iterator(chunk_size=500):
        row = [problem.line, problem.statement_id, problem.get_kind_display(), problem.why, problem.text]
        yield cast(str, writer.writerow([_harmless(str(cell)) for cell in row]))


def _harmless(cell: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _begun(request: PersonRequest, run: Import, *, what: str) -> HttpResponse:
    _audit(request, "import_begun", run, origin_of_statements=what)
    return redirect("lrs:import", pk=run.pk)


def _form_page(request: PersonRequest, form: Any, **words: str) -> HttpResponse:
    return render(request, "lrs/exchange_form.html", {"form": form, **words})


def _standing(run: Import) -> dict[str, Any]:
    may_go_on = run.state in (Import.State.FAILED, Import.State.STOPPED) and bool(run.file or run.secret_locked)
    # A file of another kind stays one.
    may_go_on = may_go_on and not (run.trouble == Import.Trouble.FILE and run.read == 0)
    kept = run.problems.count()
    return {
        "run": run,
        "recognised": importing.recognised(run) if run.credential.joins_people and not run.is_open else None,
        "tone": TONES[Import.State(run.state)],
        "may_go_on": may_go_on,
        "trouble": Import.Trouble(run.trouble).label if run.trouble else "",
        "problems_kept": kept,
        "problems_lost": max(0, run.refused + run.conflicting - kept),
    }


def _all_mine(request: PersonRequest) -> QuerySet[Import]:
    imports = Import.objects.select_related("credential__organisation")
    if request.user.is_superuser:
        return imports
    return imports.filter(credential__organisation__in=organisations_where(request.user, Action.EXCHANGE_RECORDS))


def _mine(request: PersonRequest, pk: int) -> Import:
    _only_exchangers(request)
    return get_object_or_404(_all_mine(request), pk=pk)


def _only_exchangers(request: PersonRequest) -> None:
    if not request.user.is_superuser and not may(request.user, Action.EXCHANGE_RECORDS):
        raise PermissionDenied


def _audit(request: PersonRequest, event: str, run: Import, **details: Any) -> None:
    audit.record(
        event,
        actor=request.user,
        on_behalf_of=run.credential.organisation,
        subject=run.name,
        origin=audit.origin_of(request),
        **details,
    )
