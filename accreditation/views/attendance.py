"""Attendance lists: bring one in, look at it, confirm, read the report per line, and sort out unknown numbers."""

from collections import Counter
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import DecimalField
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.models import User
from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from accreditation.attendance import taking
from accreditation.attendance.reading import ListRefused, read_file, read_pasted
from accreditation.attendance.taking import PRESENT, TO_TAKE, NameDiffers, TakingRefused
from accreditation.exports.tables import CSV, stream_csv
from accreditation.forms import AttendanceListForm
from accreditation.models import AttendanceLine, AttendanceList
from accreditation.results import key_of

ROWS_PER_PAGE = 50
MOST_TO_MEND = 20
LONGEST_SEARCH = 254  # an e-mail address
State = AttendanceLine.State


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attendance_lists(request: PersonRequest) -> HttpResponse:
    """The lists that were brought in, and bringing in another."""
    _require(request)
    form = AttendanceListForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            file = chosen["file"]
            lines = read_file(file.name, file.read()) if file else read_pasted(chosen["pasted"])
            kept = taking.bring(
                lines=lines,
                meeting=chosen["meeting"],
                by=request.user,
                name=file.name if file else _pasted_name(),
                register=chosen["register"],
                enrols=chosen["enrols"],
            )
        except (ListRefused, TakingRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("accreditation:attendance_list", pk=kept.pk)
    rows = taking.with_counts(taking.lists_for(request.user)).select_related("meeting__course", "made_by").order_by("-pk")
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("pagina"))
    context = {"form": form, "page": page, "unresolved": taking.unresolved(request.user).count()}
    return render(request, "accreditation/attendance_lists.html", context, status=422 if form.errors else 200)


def _pasted_name() -> str:
    return gettext("Geplakt op %(when)s") % {"when": date_format(timezone.localtime(), "j F Y H:i")}


@login_required
@never_cache
@require_safe
def attendance_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Before confirming: what will happen to each line. Afterwards: what happened."""
    return _list_page(request, _list(request, pk))


def _list_page(request: PersonRequest, kept: AttendanceList, *, mistaken: dict[str, Any] | None = None) -> HttpResponse:
    """`mistaken` is the line in which somebody filled in what cannot be: its key, what they typed and what is wrong."""
    lines = kept.lines.select_related("learner", "list")
    chosen = mistaken["state"] if mistaken else request.GET.get("stand", "")
    if chosen in State.values:
        lines = lines.filter(state=chosen)
    page = _page(request, lines, mistaken["pk"] if mistaken else None)
    # While lines are being marked, what is counted is what the rows beside it show.
    states = dict(kept.lines.order_by().values_list("pk", "state"))
    counts = Counter((states | {line.pk: line.state for line in page}).values())
    record(
        "attendance-list-viewed", actor=request.user, on_behalf_of=kept.organisation, subject=str(kept.meeting), origin=origin_of(request)
    )
    return render(
        request,
        "accreditation/attendance_list.html",
        {
            "list": kept,
            "page": page,
            "read_before": None if kept.confirmed_at else taking.read_before(kept),
            "chosen": chosen,
            "counts": [(state.value, kept.words_for(state), counts[state.value]) for state in State if counts.get(state.value)],
            "mistaken": mistaken,
            "present": sum(counts.get(state, 0) for state in PRESENT),
            "ready": sum(counts.get(state, 0) for state in TO_TAKE),
            "unknown": counts.get(State.UNKNOWN, 0),
            "not_enrolled": counts.get(State.NOT_ENROLLED, 0),
            "misnamed": counts.get(State.MISNAMED, 0),
            "refused": counts.get(State.REFUSED, 0),
            "unreadable": counts.get(State.UNREADABLE, 0),
            "twice": counts.get(State.TWICE, 0),
        },
        status=422 if mistaken else 200,
    )


def _page(request: PersonRequest, lines: QuerySet[AttendanceLine], line: int | None = None) -> Page[AttendanceLine]:
    """The page that was asked for, or with a key the page on which that line stands: there somebody reads what was wrong."""
    pages = Paginator(lines, ROWS_PER_PAGE)
    keys = [] if line is None else list(lines.values_list("pk", flat=True))
    return pages.get_page(keys.index(line) // ROWS_PER_PAGE + 1 if line in keys else request.GET.get("pagina"))


@login_required
@require_POST
def confirm_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Mark those who are ready."""
    try:
        job = taking.confirm(kept=_list(request, pk), by=request.user)
    except TakingRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("accreditation:attendance_list", pk=pk)
    return redirect("accreditation:job", pk=job.pk)


@login_required
@require_POST
def discard_list(request: PersonRequest, pk: int) -> HttpResponse:
    """Throw away a list that was not confirmed."""
    kept = _list(request, pk)
    try:
        taking.discard(kept=kept, by=request.user)
    except TakingRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("accreditation:attendance_list", pk=pk)
    messages.success(request, gettext("‘%(name)s’ is weggegooid. Er is niets van vastgelegd.") % {"name": kept.name})
    return redirect("accreditation:attendance_lists")


@login_required
@require_POST
def settle_lines(request: PersonRequest, pk: int) -> HttpResponse:
    """Enrol who does not follow the course, accept another name, mend the number or the hours, or leave a line out."""
    kept = _list(request, pk)
    lines = None
    if "regel" in request.POST:
        lines = [key for text in request.POST.getlist("regel") if (key := key_of(text)) is not None]
    act = request.POST.get("doe")
    if act == "weglaten":
        count = taking.leave_out(kept=kept, lines=lines, by=request.user)
        messages.success(
            request, ngettext("%(count)s persoon is weggelaten.", "%(count)s mensen zijn weggelaten.", count) % {"count": count}
        )
        return redirect("accreditation:attendance_list", pk=pk)
    try:
        if act in ("uren", "nummer") and lines:
            return _mend(request, kept, lines[0], state=State.REFUSED if act == "uren" else State.UNREADABLE)
        if act == "naam" and lines:
            messages.success(request, _became(taking.accept_name(kept=kept, line=lines[0], by=request.user)))
            return redirect("accreditation:attendance_list", pk=pk)
        job = taking.enrol_them(kept=kept, lines=lines, by=request.user)
    except TakingRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("accreditation:attendance_list", pk=pk)
    if job:
        return redirect("accreditation:job", pk=job.pk)
    messages.success(request, gettext("Bevestig je de lijst, dan schrijven we eerst in en leggen we daarna de aanwezigheid vast."))
    return redirect("accreditation:attendance_list", pk=pk)


def _mend(request: PersonRequest, kept: AttendanceList, line: int, *, state: str) -> HttpResponse:
    typed, number = request.POST.get("uren", "").strip(), request.POST.get("nummer", "")
    field = DecimalField(required=False, localize=True, max_digits=4, decimal_places=2)
    try:
        hours = field.clean(typed)
        if state == State.REFUSED:
            settled = taking.correct_hours(kept=kept, line=line, hours=hours, by=request.user)
        else:
            settled = taking.correct_number(kept=kept, line=line, number=number, hours=hours, by=request.user)
    except (ValidationError, TakingRefused) as refusal:
        text = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
        return _list_page(request, kept, mistaken={"pk": line, "state": state, "typed": typed, "number": number, "text": text})
    messages.success(request, _became(settled))
    return redirect("accreditation:attendance_list", pk=kept.pk)


def _became(line: AttendanceLine) -> str:
    return gettext("Regel %(line)s: %(state)s.") % {"line": line.line, "state": line.stand}


@login_required
@require_POST
def list_report(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The report of every line as CSV, to mend the list with. By POST: it names people, so it stands in the audit trail."""
    kept = _list(request, pk)
    record("results-exported", actor=request.user, on_behalf_of=kept.organisation, subject=str(kept), origin=origin_of(request), kind="csv")
    head = [
        gettext("Regel"),
        gettext("Nummer"),
        gettext("Naam in de lijst"),
        gettext("Deelnemer"),
        gettext("Uren"),
        gettext("Stand"),
        gettext("Toelichting"),
    ]
    lines = kept.lines.select_related("learner", "list").order_by("line").iterator(chunk_size=500)
    rows = (
        [str(line.line), line.number, line.name, str(line.learner or ""), _in_words(line.hours), line.stand, line.text] for line in lines
    )
    response = StreamingHttpResponse(stream_csv(head, rows), content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="verslag-{slugify(kept.name)[:40] or kept.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@never_cache
@require_safe
def unresolved(request: PersonRequest) -> HttpResponse:
    """The numbers of which nobody knows yet whose they are."""
    _require(request)
    return _unresolved_page(request)


def _unresolved_page(request: PersonRequest, *, refused: int | None = None, **told: Any) -> HttpResponse:
    """`refused` is the key of a line of which what was typed could not be."""
    page = _page(request, taking.unresolved(request.user), refused)
    lists = AttendanceList.objects.filter(pk__in=[line.list_id for line in page]).select_related("meeting")
    context = {"page": page, "lists": lists, "to_mend": taking.to_mend(request.user)[:MOST_TO_MEND], "refused_line": refused, **told}
    return render(request, "accreditation/unresolved.html", context, status=422 if refused else 200)


@login_required
@require_POST
def look_again(request: PersonRequest, pk: int) -> HttpResponse:
    """Look the unknown numbers of a list up once more."""
    found = taking.look_again(kept=_list(request, pk), by=request.user)
    messages.success(
        request,
        ngettext("%(count)s nummer is nu bekend.", "%(count)s nummers zijn nu bekend.", found) % {"count": found}
        if found
        else gettext("Nog steeds is geen van deze nummers bekend."),
    )
    return redirect("accreditation:unresolved")


@login_required
@require_POST
def settle_line(request: PersonRequest, pk: int) -> HttpResponse:
    """Say who a number is, or put it aside with a reason."""
    _require(request)
    line = get_object_or_404(taking.unresolved(request.user), pk=pk)
    learner = None
    try:
        if request.POST.get("doe") == "weg":
            taking.drop(line=line, reason=request.POST.get("reden", ""), by=request.user)
            messages.success(request, gettext("Regel %(line)s is weggelegd.") % {"line": line.line})
        else:
            learner, found = _meant(request, line)
            if learner is None:
                again = gettext("Kies eerst wie het is.") if request.POST.get("gezocht") == request.POST.get("wie") else ""
                return _unresolved_page(request, refused=line.pk, text=again, typed=request.POST, found=found, most=taking.MOST_FOUND)
            # Confirmed is the person whose name was shown, not whoever is typed in their place.
            settled = taking.settle(line=line, learner=learner, by=request.user, named=request.POST.get("zeker") == str(learner.pk))
            messages.success(request, gettext("%(number)s is gekoppeld aan %(who)s.") % {"number": line.number, "who": learner})
            if settled.state == State.NOT_ENROLLED:
                messages.warning(request, gettext("%(who)s volgt deze cursus niet. Schrijf in of laat weg.") % {"who": learner})
            elif settled.state != State.DONE:
                messages.warning(request, _became(settled))
            if settled.state in (State.NOT_ENROLLED, State.REFUSED):
                return redirect(f"{reverse('accreditation:attendance_list', args=[line.list_id])}?stand={settled.state}")
    except TakingRefused as refusal:
        asked = learner if isinstance(refusal, NameDiffers) else None
        return _unresolved_page(request, refused=line.pk, text=str(refusal), asked=asked, typed=request.POST)
    return redirect("accreditation:unresolved")


def _in_words(hours: Decimal | None) -> str:
    return "" if hours is None else number_format(hours)


def _meant(request: PersonRequest, line: AttendanceLine) -> tuple[User | None, list[User]]:
    """The person who was chosen or cannot be another, or else those among whom somebody chooses."""
    text = " ".join(request.POST.get("wie", "")[:LONGEST_SEARCH].split())
    organisation = line.list.organisation
    chosen = key_of(request.POST.get("deelnemer", ""))
    # Who was chosen was found for another text: that was meant last.
    if chosen is not None and text == " ".join(request.POST.get("gezocht", "").split()):
        person = taking.reachable(organisation).filter(pk=chosen).first()
        if person is not None:
            return person, []
    if not text:
        raise TakingRefused(gettext("Vul de naam of het e-mailadres van de deelnemer in."))
    found = taking.people_called(text=text, organisation=organisation)
    record(
        "attendance-people-searched",
        actor=request.user,
        on_behalf_of=organisation,
        subject=str(line.list.meeting),
        origin=origin_of(request),
        rows=len(found),
    )
    return (found[0], []) if "@" in text else (None, found)


def _require(request: PersonRequest) -> None:
    if not may(request.user, Action.IMPORT_ATTENDANCE):
        raise PermissionDenied


def _list(request: PersonRequest, pk: int) -> AttendanceList:
    _require(request)
    rows: Any = taking.lists_for(request.user).select_related("meeting__course__organisation", "organisation", "register", "made_by")
    found: AttendanceList = get_object_or_404(rows, pk=pk)
    return found
