"""Drafts of rules and accreditations: what each would do to whom, letting it take effect, and putting it away."""

import tempfile
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.models import AuditEvent, Organisation
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from accreditation.draft_forms import AccreditationDraftForms
from accreditation.exports.tables import CSV, XLSX, Value, stream_csv, write_xlsx
from accreditation.insight.suppression import SMALLEST
from accreditation.models import Accreditation, Draft, PointCategory, RegisterRule, SimulatedPerson, Simulation
from accreditation.results import key_of
from accreditation.rule_forms import RuleForms
from accreditation.simulation import applying, contents, groups, reckoning
from accreditation.simulation.reach import reach_of
from accreditation.simulation.reckoning import DraftClosed
from accreditation.views.rules import association_of, may_change_rules, open_drafts

ROWS_PER_PAGE = 50
IN_MEMORY = 2 * 1024 * 1024  # of a file, before it goes to disk
# For how many: while the draft is open, after it took effect, and after it was put away.
OUTCOMES = {
    SimulatedPerson.Outcome.FALLS_SHORT: (
        _("voldoen nu, en straks niet meer"),
        _("voldeden, en daarna niet meer"),
        _("zouden niet meer voldoen"),
    ),
    SimulatedPerson.Outcome.MEETS: (
        _("voldoen nu niet, en straks wel"),
        _("voldeden niet, en daarna wel"),
        _("zouden wel voldoen"),
    ),
    SimulatedPerson.Outcome.LOSES: (_("gaan achteruit"), _("gingen achteruit"), _("zouden achteruitgaan")),
    SimulatedPerson.Outcome.GAINS: (_("gaan vooruit"), _("gingen vooruit"), _("zouden vooruitgaan")),
    groups.SAME: (_("merken er niets van"), _("merkten er niets van"), _("zouden er niets van merken")),
}


@login_required
@require_safe
def drafts(request: PersonRequest) -> HttpResponse:
    """The drafts that I may work on, newest first."""
    if not may(request.user, Action.MANAGE_ACCREDITATION):
        raise PermissionDenied
    found = _mine(request).select_related("register", "rule", "accreditation__course", "accreditation__register", "made_by")
    page = Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "accreditation/drafts.html", {"page": page, "may_change": may_change_rules(request.user)})


@login_required
@never_cache
@require_safe
def draft(request: PersonRequest, pk: int) -> HttpResponse:
    """What would change, what it does to how many, and to whom of those I may see."""
    found = _draft(request, pk)
    simulation = applying.newest(found)
    done = simulation is not None and simulation.finished_at is not None
    context: dict[str, Any] = {
        "draft": found,
        "simulation": simulation,
        "differences": _differences(found),
        "stale": _stale(found, simulation),
        "dropped": AuditEvent.objects.filter(event="draft-dropped", details__draft=found.pk).select_related("actor").first()
        if found.state == Draft.State.DROPPED
        else None,
        "done": done,
        "others": open_drafts(found.rule).exclude(pk=found.pk) if found.rule and found.state == Draft.State.OPEN else [],
    }
    if simulation is not None and done:
        people = groups.seen_by(request.user, simulation)
        chosen = request.GET.get("uitkomst", "")
        if chosen in SimulatedPerson.Outcome.values:
            people = people.filter(outcome=chosen)
        page = Paginator(_ordered(people), ROWS_PER_PAGE).get_page(request.GET.get("pagina"))
        counted = groups.tallies(request.user, simulation)
        tense = {Draft.State.OPEN: 0, Draft.State.DROPPED: 2}.get(Draft.State(found.state), 1)
        context |= {
            "tallies": [{"tally": tally, "text": OUTCOMES[tally.outcome][tense]} for tally in counted],
            "withheld": any(tally.count is None for tally in counted),
            "page": page,
            "chosen": chosen if chosen in SimulatedPerson.Outcome.values else "",
            "outcomes": SimulatedPerson.Outcome.choices,
            "suppressed": SMALLEST,
        }
        if page.object_list:
            _record(request, found, "draft-people-viewed", rows=len(page.object_list), simulation=simulation.pk)
    return render(request, "accreditation/draft.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_draft(request: PersonRequest, pk: int) -> HttpResponse:
    """Change what the draft says; it is reckoned through again."""
    found = _draft(request, pk)
    if found.state != Draft.State.OPEN:
        messages.error(request, str(DraftClosed()))
        return redirect("accreditation:draft", pk=pk)
    data = request.POST if request.method == "POST" else None
    if found.accreditation is not None:
        return accreditation_draft_page(request, accreditation=found.accreditation, draft=found)
    forms = RuleForms(data, register=found.register, rule=found.rule, content=found.content)
    if data is None:
        forms.form.initial["reason"] = found.reason
    elif forms.is_valid():
        return _save_and_reckon(request, found, forms.content(), forms.form.cleaned_data["reason"])
    reach = reach_of(found.rule, reader=request.user, day=timezone.localdate()) if found.rule else None
    context = {"forms": forms, "register": found.register, "rule": found.rule, "draft": found, "reach": reach}
    return render(request, "accreditation/register_rule.html", context, status=422 if data is not None else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft_accreditation(request: PersonRequest, pk: int) -> HttpResponse:
    """A draft of another validity or other points for an accreditation."""
    where = organisations_where(request.user, Action.MANAGE_ACCREDITATION)
    if not where.exists():
        raise PermissionDenied
    accreditation = get_object_or_404(
        Accreditation.objects.select_related("course__organisation", "register"), course__organisation__in=where, pk=pk
    )
    return accreditation_draft_page(request, accreditation=accreditation, draft=None)


def accreditation_draft_page(request: PersonRequest, *, accreditation: Accreditation, draft: Draft | None) -> HttpResponse:
    """The form of a draft of an accreditation, new or opened again."""
    data = request.POST if request.method == "POST" else None
    forms = AccreditationDraftForms(data, accreditation=accreditation, draft=draft)
    if data is not None and forms.is_valid():
        draft = draft or Draft(register=accreditation.register, accreditation=accreditation, made_by=request.user)
        return _save_and_reckon(request, draft, forms.content(), forms.form.cleaned_data["reason"])
    context = {"forms": forms, "accreditation": accreditation, "draft": draft}
    return render(request, "accreditation/draft_accreditation.html", context, status=422 if data is not None else 200)


@login_required
@require_POST
def reckon_draft(request: PersonRequest, pk: int) -> HttpResponse:
    """Reckon a draft through once more, from how things are now."""
    found = _draft(request, pk)
    try:
        reckoning.start(draft=found, asked_by=request.user, organisation=_organisation(request, found))
    except DraftClosed as closed:
        messages.error(request, str(closed))
    return redirect("accreditation:draft", pk=pk)


@login_required
@require_POST
def apply_draft(request: PersonRequest, pk: int) -> HttpResponse:
    """Let the draft take effect, as it was reckoned."""
    found = _draft(request, pk)
    # One that was replaced meanwhile is refused with the reason, as one that is no longer true.
    simulation = Simulation.objects.filter(draft=found, pk=key_of(request.POST.get("doorrekening", "")) or 0).first()
    try:
        job = applying.apply(
            draft=found, simulation=simulation, actor=request.user, organisation=_organisation(request, found), origin=origin_of(request)
        )
    except applying.ApplyRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("accreditation:draft", pk=pk)
    if job is not None:
        messages.success(request, gettext("Het voorstel gaat in. De toekenningen worden nu bijgewerkt."))
        return redirect("accreditation:job", pk=job.pk)
    messages.success(request, gettext("Het voorstel is ingegaan. Het geldt nu in ieders dossier."))
    return redirect("accreditation:draft", pk=pk)


@login_required
@require_POST
def drop_draft(request: PersonRequest, pk: int) -> HttpResponse:
    """Put the draft away."""
    found = _draft(request, pk)
    try:
        applying.drop(draft=found, actor=request.user, organisation=_organisation(request, found), origin=origin_of(request))
    except applying.ApplyRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("accreditation:draft", pk=pk)
    messages.success(request, gettext("Het voorstel is weggelegd. Er is niets veranderd."))
    return redirect("accreditation:drafts")


@login_required
@require_POST
def export_draft(request: PersonRequest, pk: int, kind: str) -> HttpResponseBase:
    """The people of a reckoning whom I may see, as a file. By POST: each export is a row in the audit trail."""
    found = _draft(request, pk)
    simulation = applying.newest(found)
    if kind not in ("csv", "xlsx") or simulation is None or simulation.finished_at is None:
        raise Http404
    people = _ordered(groups.seen_by(request.user, simulation))
    name = f"doorrekening-{found.pk}-{timezone.localdate():%Y%m%d}"
    _record(request, found, "draft-people-exported", rows=people.count(), kind=kind, simulation=simulation.pk)
    return _file(kind, name, people)


HEAD = [
    _("Naam"),
    _("Uitkomst"),
    _("Totaal nu"),
    _("Totaal straks"),
    _("Tekort nu"),
    _("Tekort straks"),
    _("Einde nu"),
    _("Einde straks"),
    _("Punten van deze accreditatie nu"),
    _("Punten van deze accreditatie straks"),
]


def _file(kind: str, name: str, people: QuerySet[SimulatedPerson]) -> HttpResponseBase:
    """Read as it is sent, so that its length costs no memory."""
    head = [str(text) for text in HEAD]
    response: HttpResponseBase
    if kind == "csv":
        response = StreamingHttpResponse(stream_csv(head, _rows(people)), content_type=CSV)
    else:
        packed = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by the response, when it is sent
        write_xlsx(packed, head, _rows(people), title=gettext("Doorrekening"))
        packed.seek(0)
        response = FileResponse(packed, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}") or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _rows(people: QuerySet[SimulatedPerson]) -> Iterator[list[Value]]:
    for person in people.iterator(chunk_size=1000):
        yield [
            str(person.user),
            person.get_outcome_display(),
            person.total_before,
            person.total_after,
            person.gap_before,
            person.gap_after,
            person.last_day_before,
            person.last_day_after,
            person.points_before,
            person.points_after,
        ]


def _ordered(people: QuerySet[SimulatedPerson]) -> QuerySet[SimulatedPerson]:
    return people.order_by("outcome", "user__last_name", "user__first_name", "pk")


def _mine(request: PersonRequest) -> QuerySet[Draft]:
    """Drafts of rules for who may change rules; drafts of accreditations for who manages those of the course."""
    seen = Q(accreditation__course__organisation__in=organisations_where(request.user, Action.MANAGE_ACCREDITATION))
    if may_change_rules(request.user):
        seen |= Q(accreditation=None)
    return Draft.objects.filter(seen)


def _draft(request: PersonRequest, pk: int) -> Draft:
    found: Draft = get_object_or_404(
        _mine(request).select_related("register", "rule", "accreditation__course__organisation", "accreditation__register", "made_by"),
        pk=pk,
    )
    return found


def _organisation(request: PersonRequest, found: Draft) -> Organisation | None:
    return found.accreditation.course.organisation if found.accreditation is not None else association_of(request.user)


def _save_and_reckon(request: PersonRequest, found: Draft, content: contents.Content, reason: str) -> HttpResponse:
    found.content, found.reason = content, reason
    try:
        with transaction.atomic():
            if found.pk is not None:
                reckoning.hold(found)
            found.save()
            _record(request, found, "draft-saved", reason=reason)
            reckoning.start(draft=found, asked_by=request.user, organisation=_organisation(request, found))
    except DraftClosed as closed:
        messages.error(request, str(closed))
    return redirect("accreditation:draft", pk=found.pk)


def _differences(found: Draft) -> list[dict[str, str]]:
    """What the draft changes, from how it is now; of one that took effect or was put away, from how it was at that moment."""
    before = contents.standing(found) if found.state == Draft.State.OPEN else found.before
    if before is None:  # it was closed before this was kept; the audit trail has it
        return []
    labels = {
        field.name: str(field.verbose_name).capitalize()
        for model in (RegisterRule, Accreditation)
        for field in model._meta.get_fields()
        if hasattr(field, "verbose_name")
    }
    names = dict(PointCategory.objects.filter(register=found.register).values_list("pk", "name"))
    return contents.differences(before, found.content, labels=labels, categories=names)


def _stale(found: Draft, simulation: Simulation | None) -> str:
    """Why the last reckoning no longer tells what would happen."""
    if found.state != Draft.State.OPEN or simulation is None or simulation.finished_at is None:
        return ""
    if simulation.content != found.content:
        return gettext("Het voorstel is daarna gewijzigd.")
    parts = reckoning.still_true(simulation)
    moment = date_format(timezone.localtime(simulation.began_at), "j F Y H:i")
    return gettext("Sinds %(moment)s is veranderd: %(parts)s.") % {"moment": moment, "parts": "; ".join(parts)} if parts else ""


def _record(request: PersonRequest, found: Draft, event: str, **details: Any) -> None:
    record(
        event,
        actor=request.user,
        on_behalf_of=_organisation(request, found),
        subject=str(found),
        origin=origin_of(request),
        draft=found.pk,
        **details,
    )
