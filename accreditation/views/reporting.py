"""Reporting to registers: how it fares, each report with what the register said, and what mends it."""

import tempfile
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.models import Organisation, RegisterEntry
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from accreditation.exports import tables
from accreditation.models import Accreditation, KnownAnswer, RegisterConnection, Report, ReportingTerm
from accreditation.reporting import explanations, files, outbox, status, waking
from accreditation.reporting.connections import visible_to
from accreditation.reporting.forms import AnswerForm, KnownAnswerForm, MarkForm, NoteForm, NumberForm, TermForm
from accreditation.results import key_of

ROWS_PER_PAGE = 50
TONES = {
    Report.State.WAITING: "waiting",
    Report.State.SENT: "waiting",
    Report.State.TESTED: "waiting",
    Report.State.HELD: "signal",
    Report.State.REJECTED: "refused",
    Report.State.DEAD: "signal",
    Report.State.ACCEPTED: "done",
    Report.State.MARKED: "done",
    Report.State.DROPPED: "",
}
ORDERS = {
    "naam": ("learner__last_name", "learner__first_name", "pk"),
    "datum": ("end_date", "pk"),
    "stand": ("state", "pk"),
    "cursus": ("accreditation__course__title", "pk"),
}


# --- How it fares ---------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    """Every connection of my organisations: what waits, what was accepted, what asks for somebody."""
    require(request, Action.EXPORT_RESULTS)
    standings = status.standings(visible_to(request.user))
    return render(
        request,
        "accreditation/reporting/overview.html",
        {
            "standings": standings,
            "busy": any(one.busy for one in standings),
            "may_manage": may(request.user, Action.MANAGE_ACCREDITATION),
        },
    )


@login_required
@never_cache
@require_safe
def reports(request: PersonRequest) -> HttpResponse:
    """Everybody who is, was or will be reported: filter, count, and act on the chosen ones."""
    return _reports_page(request)


def _reports_page(request: PersonRequest, *, status_code: int = 200, **forms: Any) -> HttpResponse:
    """`forms` are those that somebody filled in with a mistake."""
    require(request, Action.EXPORT_RESULTS)
    mine = visible_to(request.user)
    everything = _my_reports(request)
    narrowed = _narrowed(request, everything, with_state=False)
    counts = {row["state"]: row["count"] for row in narrowed.order_by().values("state").annotate(count=Count("pk"))}
    order = request.GET.get("sorteer", "-datum")
    fields = ORDERS.get(order.removeprefix("-"), ORDERS["datum"])
    found = _narrowed(request, everything).select_related(
        "learner", "accreditation__course", "accreditation__register", "connection__register", "connection__organisation"
    )
    page = Paginator(found.order_by(*(f"-{name}" if order.startswith("-") else name for name in fields)), ROWS_PER_PAGE).get_page(
        request.GET.get("pagina")
    )
    terms = {term.register_id: term for term in ReportingTerm.objects.all()}
    explained = explanations.explained(list(page))
    revoked = status.revoked_on([one for one, _why in explained])
    record("reports-viewed", actor=request.user, origin=origin_of(request), rows=len(page), state=request.GET.get("stand", "")[:20])
    return render(
        request,
        "accreditation/reporting/reports.html",
        {
            "page": page,
            "rows": [_row(report, why, terms, revoked) for report, why in explained],
            "ticked": set(request.POST.getlist("rij")),
            "order": order,
            "states": [
                {
                    "value": value,
                    "label": label,
                    "words": f"{label}: {counts[value]}",
                    "count": counts[value],
                    "tone": TONES[Report.State(value)],
                }
                for value, label in Report.State.choices
                if counts.get(value)
            ],
            "state": request.GET.get("stand", ""),
            "connections": mine.order_by("organisation__name", "register__name"),
            "accreditations": Accreditation.objects.filter(reports__connection__in=mine)
            .distinct()
            .select_related("course", "register")
            .order_by("course__title", "-valid_from"),
            "active": _active(request),
            "may_manage": may(request.user, Action.MANAGE_ACCREDITATION),
            "mark_form": MarkForm(initial={"on": timezone.localdate()}),
            "answer_form": AnswerForm(),
            "answerable": any(one.state == Report.State.MARKED and not one.connection.by_service for one in page),
            "mistaken": next((form for form in forms.values() if form.errors), None),
            "query": request.GET.urlencode(),
            **forms,
        },
        status=status_code,
    )


@login_required
@require_POST
def act_on_reports(request: PersonRequest) -> HttpResponse:
    """Send the chosen reports again, or say that they were reported by hand or need not be."""
    require(request, Action.MANAGE_ACCREDITATION)
    mine = Report.objects.filter(connection__in=visible_to(request.user, Action.MANAGE_ACCREDITATION))
    chosen = mine.filter(pk__in=[key for text in request.POST.getlist("rij") if (key := key_of(text)) is not None][:2000])
    act = request.POST.get("doe", "")
    if act.startswith("alle-"):
        chosen, act = _narrowed(request, mine), act.removeprefix("alle-")
    back = f"{reverse('accreditation:reports')}?{request.GET.urlencode()}"
    if not chosen.exists():
        messages.warning(request, gettext("Kies eerst een of meer meldingen."))
        filled = {"answer_form": AnswerForm(initial=request.POST.dict())} if request.POST.get("text") else {}
        return _reports_page(request, status_code=422, **filled)
    touched = list(RegisterConnection.objects.filter(pk__in=chosen.order_by().values("connection")).select_related("organisation"))
    if act == "opnieuw":
        wrong = explanations.with_refused_number(chosen)
        count = outbox.again(reports=chosen.exclude(pk__in=wrong), actor=request.user)
        record_for(request, "reports-sent-again", touched, rows=count)
        for connection in touched:
            waking.wake_one(connection)
        text = ngettext("%(count)s melding gaat opnieuw.", "%(count)s meldingen gaan opnieuw.", count) % {"count": count}
        if count or not wrong:
            messages.success(request, f"{text} {gettext('Wat al is aangenomen of onderweg is, bleef zoals het was.')}")
        if wrong:
            text = ngettext(
                "%(count)s melding ging niet opnieuw: het register wees het nummer af. Verbeter eerst het nummer.",
                "%(count)s meldingen gingen niet opnieuw: het register wees het nummer af. Verbeter eerst de nummers.",
                len(wrong),
            )
            messages.warning(request, text % {"count": len(wrong)})
    elif act == "gemeld":
        form = MarkForm(request.POST)
        if not form.is_valid():
            return _reports_page(request, status_code=422, mark_form=form)
        count = outbox.mark(reports=chosen, on=form.moment, note=form.cleaned_data["note"], actor=request.user)
        record_for(request, "reports-marked", touched, rows=count, on=str(form.cleaned_data["on"]))
        messages.success(
            request,
            ngettext("%(count)s melding staat nu als gemeld.", "%(count)s meldingen staan nu als gemeld.", count) % {"count": count},
        )
    elif act in ("aangenomen", "afgewezen"):
        try:
            count = outbox.answered(reports=chosen, accepted=act == "aangenomen", text=request.POST.get("text", ""), actor=request.user)
        except outbox.ReportRefused as refusal:
            answer = AnswerForm(request.POST)
            answer.add_error("text", str(refusal))
            return _reports_page(request, status_code=422, answer_form=answer)
        record_for(request, "reports-answered", touched, rows=count, answer=act)
        text = ngettext("Bij %(count)s melding staat nu het antwoord.", "Bij %(count)s meldingen staat nu het antwoord.", count)
        messages.success(request, text % {"count": count})
    elif act == "hoeft-niet":
        try:
            count = outbox.drop(reports=chosen, note=request.POST.get("note", ""), actor=request.user)
        except outbox.ReportRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        record_for(request, "reports-dropped", touched, rows=count)
        messages.success(request, gettext("Deze meldingen hoeven niet meer. Ze blijven te zien onder ‘hoeft niet meer’."))
    return redirect(back)


@login_required
@require_POST
def export_reports(request: PersonRequest, kind: str) -> HttpResponseBase:
    """What the table shows, as a file; by POST, so that each export is in the audit trail."""
    require(request, Action.EXPORT_RESULTS)
    found = _narrowed(request, _my_reports(request)).order_by("pk")
    record("results-exported", actor=request.user, origin=origin_of(request), kind=kind, rows=found.count(), subject=gettext("Meldingen"))
    numbers = found.values_list("number", flat=True).iterator(chunk_size=1000)
    return as_file(kind, f"meldingen-{timezone.localdate():%Y%m%d}", head=files.head(), rows=files.lines(found), numbers=numbers)


@login_required
@never_cache
@require_safe
def report(request: PersonRequest, pk: int) -> HttpResponse:
    """One report with everything that happened to it. Looking is recorded for the learner to read."""
    found = _my_report(request, pk)
    _record_one(request, "report-viewed", found)
    return _report_page(request, found)


@login_required
@require_POST
def act_on_report(request: PersonRequest, pk: int) -> HttpResponse:
    """Mend one report: another number, again, reported by hand, not needed, or told to the register."""
    found = _my_report(request, pk, Action.MANAGE_ACCREDITATION)
    one = Report.objects.filter(pk=found.pk)
    act = request.POST.get("doe", "")
    forms: dict[str, Any] = {}
    form: Any = None
    try:
        if act == "nummer":
            form = forms["number_form"] = NumberForm(request.POST)
            if form.is_valid():
                before = outbox.change_number(report=found, number=form.cleaned_data["number"], actor=request.user)
                _record_one(request, "reports-sent-again" if before == found.number else "report-number-changed", found)
                waking.wake_one(found.connection)
                same = gettext("Het nummer was al %(number)s en bleef zo. De melding gaat opnieuw.")
                other = gettext("Het nummer %(before)s is gewijzigd in %(number)s en de melding gaat opnieuw.")
                messages.success(request, (same if before == found.number else other) % {"before": before, "number": found.number})
                return redirect("accreditation:report", pk=pk)
        elif act == "opnieuw":
            if outbox.again(reports=one, actor=request.user):
                _record_one(request, "reports-sent-again", found)
                waking.wake_one(found.connection)
                messages.success(request, gettext("De melding gaat opnieuw."))
            else:
                messages.warning(request, gettext("Deze melding is onderweg of al aangenomen. Er is niets veranderd."))
            return redirect("accreditation:report", pk=pk)
        elif act == "gemeld":
            form = forms["mark_form"] = MarkForm(request.POST)
            if form.is_valid():
                if outbox.mark(reports=one, on=form.moment, note=form.cleaned_data["note"], actor=request.user):
                    _record_one(request, "reports-marked", found)
                    messages.success(request, gettext("De melding staat nu als gemeld."))
                return redirect("accreditation:report", pk=pk)
        elif act in ("aangenomen", "afgewezen"):
            form = forms["answer_form"] = AnswerForm(request.POST)
            if form.is_valid():
                outbox.answered(reports=one, accepted=act == "aangenomen", text=form.cleaned_data["text"], actor=request.user)
                _record_one(request, "reports-answered", found)
                messages.success(request, gettext("Het antwoord van het register is vastgelegd."))
                return redirect("accreditation:report", pk=pk)
        elif act == "hoeft-niet":
            form = forms["drop_form"] = NoteForm(request.POST, prefix="niet")
            if form.is_valid():
                outbox.drop(reports=one, note=form.cleaned_data["note"], actor=request.user)
                _record_one(request, "reports-dropped", found)
                messages.success(request, gettext("De melding hoeft niet meer."))
                return redirect("accreditation:report", pk=pk)
        elif act == "verteld":
            form = forms["tell_form"] = NoteForm(request.POST, prefix="verteld")
            if form.is_valid():
                outbox.tell(report=found, note=form.cleaned_data["note"], actor=request.user)
                _record_one(request, "report-told", found)
                messages.success(request, gettext("Vastgelegd dat je de wijziging bij het register hebt gemeld."))
                return redirect("accreditation:report", pk=pk)
        else:
            return redirect("accreditation:report", pk=pk)
    except outbox.ReportRefused as refusal:
        form.add_error(None, str(refusal))
    return _report_page(request, found, status_code=422, **forms)


@login_required
@never_cache
@require_safe
def to_tell(request: PersonRequest) -> HttpResponse:
    """What the register was told and is no longer so: somebody has to tell it, for the service takes nothing back."""
    require(request, Action.EXPORT_RESULTS)
    found = outbox.to_tell(_my_reports(request)).select_related("learner", "accreditation__course", "connection__register")
    page = Paginator(found.order_by("connection", "learner__last_name", "pk"), ROWS_PER_PAGE).get_page(request.GET.get("pagina"))
    nets = outbox.net_points(list(page))
    rows = [{"report": one, "left": nets.get((one.learner_id, one.accreditation_id), outbox.NOTHING)[0]} for one in page]
    record("reports-viewed", actor=request.user, origin=origin_of(request), rows=len(rows), state="to-tell")
    return render(request, "accreditation/reporting/to_tell.html", {"page": page, "rows": rows})


# --- Terms and explanations -----------------------------------------------------------------------------------------------


@login_required
@require_safe
def reporting_terms(request: PersonRequest) -> HttpResponse:
    """Within how many days each register wants to be told, and what its answers mean."""
    require(request, Action.MANAGE_REGISTER_RULES)
    return render(
        request,
        "accreditation/reporting/terms.html",
        {
            "terms": ReportingTerm.objects.select_related("register").order_by("register__name"),
            "answers": KnownAnswer.objects.all(),
            "may_change": _may_change_rules(request),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reporting_term(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the term of one register."""
    if not _may_change_rules(request):
        raise PermissionDenied
    term = get_object_or_404(ReportingTerm.objects.select_related("register"), pk=pk)
    form = TermForm(request.POST or None, instance=term)
    if request.method == "POST" and form.is_valid():
        form.save()
        record("reporting-term-saved", actor=request.user, subject=str(term), origin=origin_of(request), changed=form.changed_data)
        messages.success(request, gettext("De termijn is bewaard en geldt meteen."))
        return redirect("accreditation:reporting_terms")
    return render(request, "accreditation/reporting/rule_form.html", {"form": form, "title": term.register.name})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def known_answer(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """Write down what an answer of a register means."""
    if not _may_change_rules(request):
        raise PermissionDenied
    answer = get_object_or_404(KnownAnswer, pk=pk) if pk else KnownAnswer(words=request.GET.get("tekst", "")[:200])
    form = KnownAnswerForm(request.POST or None, instance=answer)
    if request.method == "POST" and form.is_valid():
        form.save()
        record("known-answer-saved", actor=request.user, subject=str(answer), origin=origin_of(request), changed=form.changed_data)
        messages.success(request, gettext("De uitleg is bewaard."))
        return redirect("accreditation:reporting_terms")
    title = answer.words if pk else gettext("Nieuwe uitleg bij een antwoord")
    return render(request, "accreditation/reporting/rule_form.html", {"form": form, "title": title})


# --- Shared ---------------------------------------------------------------------------------------------------------------


def require(request: PersonRequest, action: Action) -> None:
    if not may(request.user, action):
        raise PermissionDenied


def _may_change_rules(request: PersonRequest) -> bool:
    """These hold for everyone in the register, so only who manages them for an association changes them."""
    associations = organisations_where(request.user, Action.MANAGE_REGISTER_RULES).filter(kind=Organisation.Kind.ASSOCIATION)
    return request.user.is_superuser or associations.exists()


def _my_reports(request: PersonRequest) -> QuerySet[Report]:
    return Report.objects.filter(connection__in=visible_to(request.user))


def _my_report(request: PersonRequest, pk: int, action: Action = Action.EXPORT_RESULTS) -> Report:
    require(request, action)
    return get_object_or_404(
        Report.objects.filter(connection__in=visible_to(request.user, action)).select_related(
            "learner", "accreditation__course", "accreditation__register", "connection__organisation", "connection__register"
        ),
        pk=pk,
    )


def _narrowed(request: PersonRequest, found: QuerySet[Report], *, with_state: bool = True) -> QuerySet[Report]:
    """Those that the filters in the address let through."""
    asked = request.GET
    if with_state and asked.get("stand") in Report.State.values:
        found = found.filter(state=asked["stand"])
    elif with_state and asked.get("stand") == "aandacht":
        found = found.filter(state__in=status.ATTENTION)
    for name, field in (("koppeling", "connection"), ("accreditatie", "accreditation")):
        if (key := key_of(asked.get(name, ""))) is not None:
            found = found.filter(**{field: key})
    for word in asked.get("zoek", "")[:100].split():
        found = (
            found.filter(number=word)
            | found.filter(learner__first_name__icontains=word)
            | found.filter(learner__last_name__icontains=word)
            | found.filter(text__icontains=word)
        )
    return found


def _active(request: PersonRequest) -> list[dict[str, str]]:
    """The filters that are on, each with the address without it."""
    asked = request.GET
    connection = visible_to(request.user).filter(pk=key_of(asked.get("koppeling", "")) or 0).select_related("register").first()
    accreditation = Accreditation.objects.filter(
        pk=key_of(asked.get("accreditatie", "")) or 0, reports__connection__in=visible_to(request.user)
    ).first()
    stand = gettext("vraagt aandacht") if asked.get("stand") == "aandacht" else dict(Report.State.choices).get(asked.get("stand", ""))
    labels = {
        "zoek": asked.get("zoek", "")[:100],
        "koppeling": str(connection.register) if connection else gettext("één koppeling"),
        "accreditatie": str(accreditation) if accreditation else gettext("één accreditatie"),
        "stand": str(stand) if stand else gettext("één stand"),
    }
    found = []
    for name, label in labels.items():
        if asked.get(name):
            rest = request.GET.copy()
            rest.pop(name)
            rest.pop("pagina", None)
            found.append({"label": label, "without": f"?{rest.urlencode()}"})
    return found


def _row(
    one: Report, why: explanations.Explanation | None, terms: dict[int, ReportingTerm], revoked: dict[tuple[int, int], date]
) -> dict[str, Any]:
    last_day = status.last_day(one.end_date, terms.get(one.connection.register_id))
    open_still = one.state in status.UNDONE
    days = (last_day - timezone.localdate()).days if last_day and open_still else None
    return {
        "report": one,
        "tone": TONES[Report.State(one.state)],
        "why": why,
        "revoked_on": revoked.get((one.learner_id, one.accreditation.course_id)),
        "last_day": last_day if days is not None and days <= status.SOON.days else None,
        "late": days is not None and days < 0,
    }


def _report_page(request: PersonRequest, found: Report, *, status_code: int = 200, **forms: Any) -> HttpResponse:
    ((_found, why),) = explanations.explained([found])
    terms = {term.register_id: term for term in ReportingTerm.objects.filter(register=found.connection.register_id)}
    entry = RegisterEntry.objects.filter(user=found.learner_id, register=found.connection.register_id).first()
    return render(
        request,
        "accreditation/reporting/report.html",
        {
            **_row(found, why, terms, status.revoked_on([found])),
            "waits_for": status.waits_for(found),
            "history": found.history.select_related("actor"),
            "to_tell": outbox.to_tell(Report.objects.filter(pk=found.pk)).exists(),
            "left": outbox.net_points([found]).get((found.learner_id, found.accreditation_id), outbox.NOTHING)[0],
            "profile_number": entry.number if entry and entry.number != found.number else "",
            "may_manage": may(request.user, Action.MANAGE_ACCREDITATION, found.connection.organisation),
            "resendable": found.state in outbox.RESENDABLE,
            "open": found.state in outbox.OPEN,
            "number_form": NumberForm(initial={"number": found.number}),
            "mark_form": MarkForm(initial={"on": timezone.localdate()}),
            "drop_form": NoteForm(prefix="niet"),
            "tell_form": NoteForm(prefix="verteld"),
            "answer_form": AnswerForm(),
            "answerable": found.state == Report.State.MARKED and not found.connection.by_service,
            **forms,
        },
        status=status_code,
    )


def record_for(request: PersonRequest, event: str, touched: list[RegisterConnection], **details: Any) -> None:
    for one in touched:
        record(event, actor=request.user, on_behalf_of=one.organisation, subject=str(one.register), origin=origin_of(request), **details)


def _record_one(request: PersonRequest, event: str, found: Report) -> None:
    record(
        event,
        actor=request.user,
        dossier_owner=found.learner,
        on_behalf_of=found.connection.organisation,
        subject=str(found.accreditation)[:200],
        origin=origin_of(request),
    )


def as_file(kind: str, name: str, *, head: list[str], rows: Iterator[list[tables.Value]], numbers: Iterator[str]) -> HttpResponseBase:
    if kind == "csv":
        return attachment(StreamingHttpResponse(tables.stream_csv(head, rows), content_type=tables.CSV), f"{name}.csv")
    if kind == "lijst":
        return attachment(StreamingHttpResponse(tables.paste_list(numbers), content_type="text/plain; charset=utf-8"), f"{name}.txt")
    if kind != "xlsx":
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it when it was sent
    tables.write_xlsx(file, head, rows, title=gettext("Meldingen"))
    file.seek(0)
    return attachment(FileResponse(file, content_type=tables.XLSX), f"{name}.xlsx")


def attachment(response: Any, name: str) -> Any:
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
