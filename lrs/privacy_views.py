"""Pages about what the record holds of a person: to give it out, to keep it, and to erase it. And one's own request to be erased."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit
from accounts.files import serve_private
from accounts.looking_up import meant_by
from accounts.models import User
from accounts.permissions import Action, acting_for, may, organisations_where
from accounts.requests import PersonRequest
from lrs import access_export, erasure, erasure_requests, holds, retention
from lrs.activities import names_for
from lrs.models import AccessExport, Erasure, ErasureRequest, LegalHold, PrivacyCase, RetentionRun
from lrs.privacy_cases import CaseRefused, is_responsible_for, is_responsible_outside, open_case, subject_in
from lrs.privacy_forms import (
    AnswerForm,
    EraseForm,
    HoldForm,
    LiftForm,
    OutsideSearch,
    PersonHoldForm,
    PersonSearch,
    RetentionForm,
    WishForm,
)
from lrs.sentences import activity_type_name, verb_name
from lrs.subjects import subject_of
from lrs.viewer_people import sight_of_names

PER_PAGE = 25
COUNTED = {
    "actor": gettext_lazy("Uitspraken van deze persoon"),
    "named": gettext_lazy("Uitspraken van anderen waarin deze persoon voorkomt"),
    "files": gettext_lazy("Bijlagen"),
    "shared_files": gettext_lazy("Bijlagen die blijven, omdat een ander dezelfde heeft"),
    "signatures": gettext_lazy("Handtekeningen onder uitspraken"),
    "states": gettext_lazy("Toestanden: waar een activiteit was gebleven"),
    "profiles": gettext_lazy("Profielen die hulpmiddelen bijhielden"),
    "refused": gettext_lazy("Geweigerde uitspraken in verslagen van het inlezen"),
    "other_documents": gettext_lazy("Andere documenten waarin deze persoon voorkwam"),
    "definitions": gettext_lazy("Omschrijvingen van activiteiten waarin deze persoon voorkwam"),
    "import_files": gettext_lazy("Bestanden die nog ingelezen moesten worden; die import is gestopt"),
    "waiting": gettext_lazy("Uitspraken die nog verwerkt moesten worden"),
    "exports": gettext_lazy("Gevraagde exports"),
    "links": gettext_lazy("Verwijzingen vanuit cursussen naar uitspraken"),
    "numbers": gettext_lazy("Controles van registernummers"),
    "evidence": gettext_lazy("Eigen bewijs, links en pakketten in het dossier"),
    "tool_uses": gettext_lazy("Keren dat een hulpmiddel werd gebruikt, nu van niemand"),
}
KEPT = {
    "hold": gettext_lazy("door een bewaarplicht"),
    "waiting": gettext_lazy("omdat ze nog verwerkt worden"),
    "progress": gettext_lazy("omdat er voortgang op rust"),
    "ledger": gettext_lazy("omdat er punten of een certificaat op rusten"),
}


# --- One's own ----------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def my_erasure(request: PersonRequest) -> HttpResponse:
    """What of one's own can go and how; ask to be erased, or take that back; see what became of it."""
    form = WishForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if "intrekken" in request.POST:
            erasure_requests.withdraw(request.user)
            messages.success(request, _("Je verzoek is ingetrokken. Er is niets gewist."))
            return redirect("lrs:my_erasure")
        if form.is_valid():
            asked = erasure_requests.ask(request.user, wish=form.cleaned_data["wish"])
            messages.success(request, _("Je verzoek is ontvangen. Je krijgt antwoord voor %(day)s.") % {"day": _day(asked.due_on)})
            return redirect("lrs:my_erasure")
    subject = subject_of(request.user)
    stays = [standing.text for standing in erasure.preview(subject, person=request.user).stays]
    return render(request, "lrs/privacy/my_erasure.html", {"asked": erasure_requests.latest_of(request.user), "stays": stays, "form": form})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def my_exports(request: PersonRequest) -> HttpResponse:
    """Everything about me as a ZIP, made in the background."""
    if request.method == "POST":
        if not _mine(request).filter(state=AccessExport.State.WAITING).exists():
            access_export.order(subject=subject_of(request.user), person=request.user, by=request.user)
        messages.success(request, _("We maken het bestand. Het staat hier zodra het klaar is; je hoeft er niet op te wachten."))
        return redirect("lrs:my_exports")
    exports = list(_mine(request)[:10])
    return render(request, "lrs/privacy/my_exports.html", {"exports": exports, "waiting": _any_waiting(exports)})


def _any_waiting(exports: list[AccessExport]) -> bool:
    return any(export.state == AccessExport.State.WAITING for export in exports)


def _mine(request: PersonRequest) -> QuerySet[AccessExport]:
    return AccessExport.objects.filter(person=request.user, asked_by=request.user)


@login_required
@require_GET
def export_file(request: PersonRequest, uuid: UUID) -> HttpResponseBase:
    """The ZIP, for who asked for it and nobody else."""
    export = get_object_or_404(AccessExport.objects.select_related("person"), uuid=uuid, asked_by=request.user)
    if export.person_id != request.user.pk:
        _only_privacy(request)
        if export.person is not None and not is_responsible_for(request.user, export.person):
            raise Http404
    if export.state != AccessExport.State.READY or (export.expires_at and export.expires_at <= timezone.now()):
        raise Http404(_("Dit bestand is er niet meer."))
    audit.record(
        "records_export_downloaded",
        actor=request.user,
        dossier_owner=export.person,
        on_behalf_of=acting_for(request.user, Action.MANAGE_PRIVACY, about=export.person),
        subject=str(export.uuid),
        origin=audit.origin_of(request),
    )
    name = f"leerrecords-{timezone.localdate(export.ready_at):%Y-%m-%d}.zip"
    return serve_private(request, export.file, filename=name, content_type="application/zip")


# --- Finding somebody ---------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_GET
def overview(request: PersonRequest) -> HttpResponse:
    """Requests that wait, and the way to a person."""
    _only_privacy(request)
    search = PersonSearch(request.GET or None)
    people: list[User] = []
    if search.is_valid() and (q := search.cleaned_data["q"].strip()):
        people = list(_people(request).filter(meant_by(q))[:PER_PAGE])
    today = timezone.localdate()
    waiting = [{"asked": asked, "days": (asked.due_on - today).days} for asked in _requests(request)[:PER_PAGE]]
    return render(
        request,
        "lrs/privacy/overview.html",
        {"search": search, "people": people, "outside": OutsideSearch(), "waiting": waiting, "asked": bool(request.GET.get("q"))},
    )


@login_required
@require_POST
def open_person(request: PersonRequest, pk: int) -> HttpResponse:
    """What do we hold of this person?"""
    _only_privacy(request)
    person = get_object_or_404(_people(request), pk=pk)
    case = open_case(by=request.user, person=person)
    return redirect("lrs:privacy_case", case.uuid)


@login_required
@never_cache
@require_POST
def open_outside(request: PersonRequest) -> HttpResponse:
    """What do we hold of somebody whom only other systems know?"""
    _only_privacy(request)
    form = OutsideSearch(request.POST)
    if form.is_valid():
        try:
            case = open_case(by=request.user, actor=form.actor)
        except CaseRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("lrs:privacy_case", case.uuid)
    return render(
        request,
        "lrs/privacy/overview.html",
        {"search": PersonSearch(), "people": [], "outside": form, "waiting": [], "asked": False},
        status=200,
    )


# --- One person ---------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_GET
def case_page(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """What the record holds of this person, and what can be done with it."""
    case = _case(request, uuid)
    return _case_page(request, case, hold_form=PersonHoldForm())


def _case_page(request: PersonRequest, case: PrivacyCase, **shown: Any) -> HttpResponse:
    seen = erasure.preview(subject_in(case), person=case.person)
    exports = (
        AccessExport.objects.filter(asked_by=request.user, person=case.person).exclude(person=None)
        if case.person
        else _exports_outside(request, case)
    )
    shown_exports = list(exports[:5])
    context = {
        "case": case,
        "seen": seen,
        "lines": _lines(seen.counts),
        "exports": shown_exports,
        "waiting": _any_waiting(shown_exports),
        "responsible": _responsible(request, case),
    }
    return render(request, "lrs/privacy/case.html", {**context, **shown})


def _exports_outside(request: PersonRequest, case: PrivacyCase) -> QuerySet[AccessExport]:
    return AccessExport.objects.filter(asked_by=request.user, person=None, subject=subject_in(case).kept())


@login_required
@require_POST
def case_export(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Make a ZIP of everything about this person."""
    case = _case(request, uuid)
    _only_responsible(request, case)
    access_export.order(subject=subject_in(case), person=case.person, by=request.user)
    messages.success(request, _("We maken het bestand. Het staat hier zodra het klaar is en ligt dan een week klaar, alleen voor jou."))
    return redirect("lrs:privacy_case", case.uuid)


@login_required
@require_POST
def case_hold(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Nothing of this person may be erased for now."""
    case = _case(request, uuid)
    form = PersonHoldForm(request.POST)
    if form.is_valid():
        try:
            hold = holds.place(
                kind=LegalHold.Kind.PERSON, by=request.user, person=case.person, subject=subject_in(case), **form.cleaned_data
            )
        except holds.HoldRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            _audit_hold(request, "records_hold_placed", hold)
            messages.success(request, _("De bewaarplicht staat. Zolang die er is, kan niemand deze gegevens wissen."))
            return redirect("lrs:privacy_case", case.uuid)
    return _case_page(request, case, hold_form=form)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def case_erase(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Look at what an erasure would do, and order it with a word and a reason."""
    case = _case(request, uuid)
    _only_responsible(request, case)
    subject = subject_in(case)
    seen = erasure.preview(subject, person=case.person)
    form = EraseForm(request.POST or None, duties=bool(seen.duties))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = erasure.begin(
                subject=subject, person=case.person, by=request.user, reason=data["reason"], overruled=data.get("overruled", "")
            )
        except erasure.ErasureRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Het wissen is begonnen. Je kunt deze pagina sluiten; het gaat vanzelf door."))
            return redirect("lrs:privacy_report", made.uuid)
    return render(request, "lrs/privacy/erase.html", {"case": case, "seen": seen, "lines": _lines(seen.counts), "form": form})


# --- Reports ------------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_GET
def reports(request: PersonRequest) -> HttpResponse:
    """The erasures of my organisations, the latest first."""
    _only_privacy(request)
    return render(request, "lrs/privacy/reports.html", {"page_obj": _page(request, _erasures(request).select_related("asked_by"))})


@login_required
@never_cache
@require_GET
def report(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """One erasure: how far it is, and in the end what was done, without whose it was."""
    _only_privacy(request)
    found = get_object_or_404(_erasures(request).select_related("asked_by"), uuid=uuid)
    steps = list(erasure.STEPS)
    place = steps.index(found.step) if found.step else (len(steps) if found.state == Erasure.State.DONE else 0)
    return render(
        request,
        "lrs/privacy/report.html",
        {
            "erasure": found,
            "lines": _lines(found.counts),
            "place": place,
            "steps": len(steps),
        },
    )


# --- Requests -----------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def answer_request(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Answer somebody who asked to be erased: not, not yet, or what became of the rest that they wished for."""
    _only_privacy(request)
    asked = get_object_or_404(_requests(request), uuid=uuid)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["answer"]
        try:
            if "verleng" in request.POST:
                erasure_requests.extend(asked, by=request.user, because=text)
                messages.success(request, _("De termijn is verlengd. De aanvrager leest waarom."))
            elif "gedaan" in request.POST:
                erasure_requests.settle(asked, by=request.user, answer=text)
                messages.success(request, _("Het antwoord staat bij de aanvrager. Het verzoek is afgehandeld."))
            else:
                erasure_requests.refuse(asked, by=request.user, answer=text)
                messages.success(request, _("Het antwoord staat bij de aanvrager. Er is niets gewist."))
        except erasure_requests.RequestRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("lrs:privacy")
    return render(request, "lrs/privacy/request.html", {"asked": asked, "form": form})


# --- Holds --------------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def hold_list(request: PersonRequest) -> HttpResponse:
    """The legal holds, and a form for one on a course or a period."""
    _only_privacy(request)
    form = HoldForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        on = (
            {"activity": data["activity"]}
            if data["kind"] == LegalHold.Kind.ACTIVITY
            else {name: data[name] for name in ("period_start", "period_end")}
        )
        try:
            hold = holds.place(kind=data["kind"], reason=data["reason"], until=data["until"], by=request.user, **on)
        except holds.HoldRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            _audit_hold(request, "records_hold_placed", hold)
            if Erasure.objects.filter(finished_at=None).exists():
                messages.success(request, _("De bewaarplicht staat. Wat al gewist werd, gaat nog weg: zie de verslagen."))
            else:
                messages.success(request, _("De bewaarplicht staat."))
            return redirect("lrs:privacy_holds")
    page = _page(request, _holds(request).select_related("person", "placed_by", "lifted_by"))
    names = names_for(sight_of_names(request.user), (hold.activity for hold in page if hold.activity))
    rows = [{"hold": hold, "name": names.get(hold.activity, "")} for hold in page]
    return render(request, "lrs/privacy/holds.html", {"page_obj": page, "rows": rows, "form": form})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def hold_lift(request: PersonRequest, pk: int) -> HttpResponse:
    """A hold ends, with why."""
    _only_privacy(request)
    mine = Q(kind=LegalHold.Kind.PERSON) | Q(placed_by=request.user)
    found = _holds(request).filter(lifted_at=None)
    hold = get_object_or_404(found if request.user.is_superuser else found.filter(mine), pk=pk)
    form = LiftForm(request.POST or None)
    name = names_for(sight_of_names(request.user), [hold.activity]).get(hold.activity, "")
    if request.method == "POST" and form.is_valid():
        holds.lift(hold, by=request.user, because=form.cleaned_data["because"])
        _audit_hold(request, "records_hold_lifted", hold)
        messages.success(request, _("De bewaarplicht is opgeheven."))
        return redirect("lrs:privacy_holds")
    return render(request, "lrs/privacy/hold_lift.html", {"hold": hold, "name": name, "form": form})


def _audit_hold(request: PersonRequest, event: str, hold: LegalHold) -> None:
    audit.record(
        event,
        actor=request.user,
        dossier_owner=hold.person,
        on_behalf_of=acting_for(request.user, Action.MANAGE_PRIVACY, about=hold.person),
        subject=str(hold.pk),
        origin=audit.origin_of(request),
    )


# --- Retention ----------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def retention_rules(request: PersonRequest) -> HttpResponse:
    """How long kinds of records are kept. Everybody here may read it; who runs the whole installation may change it."""
    _only_privacy(request)
    form = RetentionForm(request.POST or None)
    if request.method == "POST":
        _only_superuser(request)
        if form.is_valid():
            try:
                retention.add_rule(by=request.user, **form.cleaned_data)
            except retention.RetentionRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("De termijn staat erbij. Tel eerst wat er weg zou gaan."))
                return redirect("lrs:privacy_retention")
    rules = list(retention.rules_in_force().select_related("made_by"))
    latest: dict[int, RetentionRun] = {}
    for run in RetentionRun.objects.filter(rule__in=rules).order_by("asked_at", "pk"):
        latest[run.rule_id] = run
    rows = [
        {"rule": rule, "run": latest.get(rule.pk), "verb": verb_name(rule.verb), "type": activity_type_name(rule.activity_type)}
        for rule in rules
    ]
    return render(request, "lrs/privacy/retention.html", {"rows": rows, "form": form})


@login_required
@require_POST
def retention_act(request: PersonRequest, pk: int) -> HttpResponse:
    """Count, carry out or end a rule."""
    _only_superuser(request)
    rule = get_object_or_404(retention.rules_in_force(), pk=pk)
    if "vervalt" in request.POST:
        retention.end_rule(rule, by=request.user)
        messages.success(request, _("De termijn ‘%(name)s’ geldt niet meer.") % {"name": rule.name})
        return redirect("lrs:privacy_retention")
    try:
        run = (
            retention.carry_out(rule, by=request.user)
            if request.POST.get("woord", "").strip().upper() == "WISSEN"
            else retention.count(rule, by=request.user)
        )
    except retention.RetentionRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("lrs:privacy_retention")
    return redirect("lrs:privacy_run", run.uuid)


@login_required
@never_cache
@require_GET
def retention_run(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """What a count found, or what was deleted, per month."""
    _only_privacy(request)
    run = get_object_or_404(RetentionRun.objects.select_related("rule", "asked_by"), uuid=uuid)
    months = [{"month": month, "count": count} for month, count in sorted(run.counts.items())]
    kept = [{"why": KEPT.get(why, why), "count": count} for why, count in sorted(run.kept.items())]
    may_carry_out = run.dry and run.state == RetentionRun.State.DONE and run.total and request.user.is_superuser
    return render(request, "lrs/privacy/run.html", {"run": run, "months": months, "kept": kept, "may_carry_out": may_carry_out})


# --- Who may ------------------------------------------------------------------------------------------------------------


def _only_privacy(request: PersonRequest) -> None:
    if not may(request.user, Action.MANAGE_PRIVACY):
        raise PermissionDenied


def _only_superuser(request: PersonRequest) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied


def _people(request: PersonRequest) -> QuerySet[User]:
    people = User.objects.order_by("last_name", "first_name", "email", "pk")
    if request.user.is_superuser:
        return people
    where = organisations_where(request.user, Action.MANAGE_PRIVACY)
    return people.filter(pk__in=User.objects.filter(memberships__organisation__in=where).values("pk"))


def _requests(request: PersonRequest) -> QuerySet[ErasureRequest]:
    return erasure_requests.waiting().filter(person__in=_people(request).order_by().values("pk"))


def _holds(request: PersonRequest) -> QuerySet[LegalHold]:
    if request.user.is_superuser:
        return LegalHold.objects.all()
    mine = (
        Q(person__in=_people(request).order_by().values("pk"))
        | Q(kind__in=[LegalHold.Kind.ACTIVITY, LegalHold.Kind.PERIOD])
        | Q(placed_by=request.user)
    )
    return LegalHold.objects.filter(mine)


def _erasures(request: PersonRequest) -> QuerySet[Erasure]:
    if request.user.is_superuser:
        return Erasure.objects.all()
    return Erasure.objects.filter(asked_by__in=_people(request).order_by().values("pk"))


def _case(request: PersonRequest, uuid: UUID) -> PrivacyCase:
    """A dossier that this administrator opened, about somebody who is still theirs to look at."""
    _only_privacy(request)
    cases = PrivacyCase.objects.select_related("person")
    case = get_object_or_404(cases if request.user.is_superuser else cases.filter(opened_by=request.user), uuid=uuid)
    if case.person is not None:
        get_object_or_404(_people(request), pk=case.person_id)
    elif not is_responsible_outside(request.user, subject_in(case)):
        raise Http404
    return case


def _responsible(request: PersonRequest, case: PrivacyCase) -> bool:
    return case.person is None or is_responsible_for(request.user, case.person)


def _only_responsible(request: PersonRequest, case: PrivacyCase) -> None:
    if not _responsible(request, case):
        raise PermissionDenied


# --- Shared -------------------------------------------------------------------------------------------------------------


def _lines(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [{"label": COUNTED.get(kind, kind), "value": count} for kind, count in counts.items() if count]


def _day(day: Any) -> str:
    return date_format(day, "j F Y")


def _page(request: PersonRequest, rows: QuerySet[Any]) -> Any:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("pagina"))
