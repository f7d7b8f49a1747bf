"""One connection with a register: making it, putting reports in it, files by hand, and laying them beside the register's own list."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import origin_of, record
from accounts.permissions import Action
from accounts.register_numbers import NumberKind
from accounts.requests import PersonRequest
from accreditation.models import Accreditation, RegisterConnection, Report, ReportCall, ReportingTerm
from accreditation.reporting import connections, files, outbox, queueing, reconciling, status, waking
from accreditation.reporting.connections import ConnectionRefused, visible_to
from accreditation.reporting.forms import CompareForm, ConnectionForm, MarkForm, Way
from accreditation.results import key_of
from accreditation.views.reporting import as_file, attachment, record_for, require

ROWS_PER_PAGE = 50


@sensitive_post_parameters("user_id", "user_key")
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connection(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """Make or change a connection; its key is never shown again."""
    require(request, Action.MANAGE_ACCREDITATION)
    instance = _my_connection(request, pk, Action.MANAGE_ACCREDITATION) if pk else RegisterConnection()
    asked = request.GET.get("hoe", "" if pk is None else Way.of(instance))
    if asked not in Way.values:
        # Each way asks for something else, so it is chosen first.
        return render(request, "accreditation/reporting/ways.html", {"connection": instance if pk else None, "ways": Way})
    form = ConnectionForm(request.POST or None, instance=instance, user=request.user, way=Way(asked))
    if request.method == "POST" and form.is_valid():
        try:
            saved = connections.save(form.instance, login=form.login)
        except ConnectionRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            record_for(request, "register-connection-saved", [saved], changed=[name for name in form.changed_data if "user_" not in name])
            waking.wake_one(saved)
            messages.success(request, gettext("De koppeling is bewaard."))
            return redirect("accreditation:register_connection", pk=saved.pk)
    return _connection_page(request, pk, form, Way(asked))


def _connection_page(
    request: PersonRequest, pk: int | None, form: ConnectionForm, way: Way, *, refused: tuple[int, MarkForm] | None = None
) -> HttpResponse:
    """`refused` is a file of which somebody said when it was handed in, in a way that cannot be."""
    shown = RegisterConnection.objects.select_related("organisation", "register").get(pk=pk) if pk else None
    context: dict[str, Any] = {"form": form, "connection": shown, "way": way}
    if shown:
        (standing,) = status.standings(RegisterConnection.objects.filter(pk=shown.pk).select_related("organisation", "register"))
        context |= {
            "standing": standing,
            "open_files": [
                (file, refused[1] if refused and refused[0] == file.pk else _mark_form(file)) for file in files.open_files(shown)
            ],
            "calls": ReportCall.objects.filter(connection=shown).exclude(closed_at=None)[:10],
        }
    return render(request, "accreditation/reporting/connection.html", context, status=422 if form.errors or refused else 200)


def _mark_form(file: ReportCall, data: QueryDict | None = None) -> MarkForm:
    return MarkForm(data, initial={"on": timezone.localdate()}, auto_id=f"bestand-{file.pk}-%s")


@login_required
@require_POST
def act_on_connection(request: PersonRequest, pk: int) -> HttpResponse:
    """Stop, go on, or try now."""
    found = _my_connection(request, pk, Action.MANAGE_ACCREDITATION)
    act = request.POST.get("doe", "")
    if act == "pauzeer":
        connections.pause(found)
        messages.success(request, gettext("Er wordt niets meer verstuurd tot je hervat. Wat wacht, blijft staan."))
    elif act == "hervat":
        connections.resume(found)
        waking.wake_one(found)
        messages.success(request, gettext("Het verzenden gaat verder."))
    else:
        return redirect("accreditation:register_connection", pk=pk)
    record_for(request, "register-connection-changed", [found], act=act)
    return redirect("accreditation:register_connection", pk=pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def queue_reports(request: PersonRequest, pk: int) -> HttpResponse:
    """Who was awarded something and was never reported; and putting them in the outbox."""
    found = _my_connection(request, pk, Action.MANAGE_ACCREDITATION)
    waiting = outbox.unreported(found)
    if request.method == "POST":
        begun = queueing.begin(connection=found, accreditation=key_of(request.POST.get("accreditatie", "")), by=request.user)
        if not isinstance(begun, int):
            record_for(request, "reports-queued", [found], rows=begun.total)
            return redirect("accreditation:job", pk=begun.pk)
        record_for(request, "reports-queued", [found], rows=begun)
        waking.wake_one(found)
        messages.success(request, ngettext("%(count)s melding staat klaar.", "%(count)s meldingen staan klaar.", begun) % {"count": begun})
        # Where one sees how far it is, or what to do next.
        return redirect("accreditation:reporting") if found.by_service else redirect("accreditation:register_connection", pk=pk)
    term = ReportingTerm.objects.filter(register=found.register_id).first()
    groups = (
        waiting.order_by()
        .values("accreditation", "accreditation__course__title", "accreditation__id_number", "accreditation__is_demo")
        .annotate(people=Count("learner", distinct=True))
        .order_by("accreditation__course__title", "accreditation__id_number")
    )
    page = Paginator(waiting, ROWS_PER_PAGE).get_page(request.GET.get("pagina"))
    record(
        "reports-viewed", actor=request.user, on_behalf_of=found.organisation, origin=origin_of(request), rows=len(page), state="unreported"
    )
    rows = [{"award": award, "last_day": status.last_day(award.completed_at, term)} for award in page]
    return render(
        request,
        "accreditation/reporting/queue.html",
        {
            "connection": found,
            "words": status.words(found),
            "groups": groups,
            "people": sum(group["people"] for group in groups),
            "rows": rows,
            "page": page,
        },
    )


# --- Files ----------------------------------------------------------------------------------------------------------------


@login_required
@require_POST
def make_file(request: PersonRequest, pk: int) -> HttpResponse:
    """Put what waits in a file."""
    found = _my_connection(request, pk, Action.MANAGE_ACCREDITATION)
    if found.by_service:
        raise Http404
    try:
        call = files.make(connection=found, actor=request.user)
    except files.NothingToFile as nothing:
        messages.warning(request, str(nothing))
    else:
        record_for(request, "reports-filed", [found], rows=call.rows)
        messages.success(
            request,
            ngettext(
                "Het bestand met %(count)s melding is gemaakt. Download het, lever het in en geef dat hier aan.",
                "Het bestand met %(count)s meldingen is gemaakt. Download het, lever het in en geef dat hier aan.",
                call.rows,
            )
            % {"count": call.rows},
        )
    return redirect("accreditation:register_connection", pk=pk)


@login_required
@require_POST
def fetch_file(request: PersonRequest, pk: int, call: int, kind: str) -> HttpResponseBase:
    """The file, as XML, CSV, XLSX or a list of numbers; the same each time."""
    found = _my_connection(request, pk, Action.MANAGE_ACCREDITATION)
    made = get_object_or_404(ReportCall.objects.select_related("connection__register"), pk=call, connection=found)
    name = f"{slugify(found.register.code)}-melding-{made.pk}"
    record_for(request, "results-exported", [found], kind=kind, rows=made.rows)
    if kind == "xml":
        content, suffix = files.as_xml(made)
        return attachment(HttpResponse(content, content_type=f"application/{suffix}"), f"{name}.{suffix}")
    head, rows = files.table(made)
    return as_file(kind, name, head=head, rows=rows, numbers=files.numbers(made))


@login_required
@require_POST
def settle_file(request: PersonRequest, pk: int, call: int) -> HttpResponse:
    """Say that a file was handed in, and when; or put what is in it back."""
    found = _my_connection(request, pk, Action.MANAGE_ACCREDITATION)
    made = get_object_or_404(ReportCall, pk=call, connection=found)
    if request.POST.get("doe") == "terug":
        count = files.put_back(call=made, actor=request.user)
        messages.success(request, ngettext("%(count)s melding wacht weer.", "%(count)s meldingen wachten weer.", count) % {"count": count})
    else:
        form = _mark_form(made, request.POST)
        if not form.is_valid():
            way = Way.of(found)
            settings = ConnectionForm(instance=found, user=request.user, way=way)
            return _connection_page(request, pk, settings, way, refused=(made.pk, form))
        count = files.mark(call=made, on=form.moment, note=form.cleaned_data["note"], actor=request.user)
        record_for(request, "reports-marked", [found], rows=count, on=str(form.cleaned_data["on"]))
        messages.success(
            request,
            ngettext("%(count)s melding staat nu als gemeld.", "%(count)s meldingen staan nu als gemeld.", count) % {"count": count},
        )
    return redirect("accreditation:register_connection", pk=pk)


# --- Beside the register's own list ---------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def compare_reports(request: PersonRequest, pk: int) -> HttpResponse:
    """Lay our reports beside the list of the register, and act on the differences. The list itself is not kept."""
    found = _my_connection(request, pk, Action.MANAGE_ACCREDITATION)
    form = CompareForm(request.POST or None, request.FILES or None, connection=found)
    context: dict[str, Any] = {"connection": found, "form": form}
    if request.method == "POST" and form.is_valid():
        chosen: Accreditation = form.cleaned_data["accreditation"]
        try:
            upload = form.cleaned_data.get("file")
            text = reconciling.text_of(upload.name, upload.read(reconciling.LARGEST_FILE + 1)) if upload else form.cleaned_data["text"]
            lines, unread = reconciling.read(
                text,
                kinds=[NumberKind(kind) for kind in found.register.number_kinds],
                not_persons=[chosen.id_number, str(chosen.pe_course_id or ""), chosen.external_course_id],
            )
        except reconciling.ListUnreadable as refusal:
            form.add_error("file" if form.cleaned_data.get("file") else "text", str(refusal))
        else:
            result = reconciling.compare(accreditation=chosen, lines=lines, unread=unread)
            done = _settle_differences(request, found, result)
            if done:
                messages.success(request, done)
                result = reconciling.compare(accreditation=chosen, lines=lines, unread=unread)
            else:
                record_for(request, "reports-compared", [found], rows=len(lines))
            context |= {"result": result, "chosen": chosen, "text": reconciling.as_text(lines)}
    return render(request, "accreditation/reporting/compare.html", context, status=422 if form.is_bound and form.errors else 200)


def _settle_differences(request: PersonRequest, found: RegisterConnection, result: reconciling.Comparison) -> str:
    act = request.POST.get("doe", "")
    if act == "aanmerken":
        note = gettext("Staat in de lijst van het register.")
        chosen = Report.objects.filter(pk__in=[one.pk for one in result.to_mark])
        count = outbox.mark(reports=chosen, on=timezone.now(), note=note, actor=request.user)
        record_for(request, "reports-marked", [found], rows=count)
        return ngettext("%(count)s melding staat nu als gemeld.", "%(count)s meldingen staan nu als gemeld.", count) % {"count": count}
    if act == "aangenomen":
        chosen = Report.objects.filter(pk__in=[one.pk for one in result.to_accept])
        count = outbox.answered(reports=chosen, accepted=True, text=gettext("Staat in de lijst van het register."), actor=request.user)
        record_for(request, "reports-answered", [found], rows=count, answer=act)
        return ngettext("%(count)s melding staat nu als aangenomen.", "%(count)s meldingen staan nu als aangenomen.", count) % {
            "count": count
        }
    if act == "opnieuw":
        chosen = Report.objects.filter(pk__in=[one.pk for one in result.to_send])
        count = outbox.again(reports=chosen, actor=request.user, accepted_too=True)
        record_for(request, "reports-sent-again", [found], rows=count)
        waking.wake_one(found)
        return ngettext("%(count)s melding gaat opnieuw.", "%(count)s meldingen gaan opnieuw.", count) % {"count": count}
    return ""


def _my_connection(request: PersonRequest, pk: int, action: Action) -> RegisterConnection:
    require(request, action)
    return get_object_or_404(visible_to(request.user, action), pk=pk)
