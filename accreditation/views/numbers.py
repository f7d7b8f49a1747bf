"""Register numbers that a person has to look at, and the learner's answer to a question about one."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import origin_of, record
from accounts.models import Profession, User
from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from accreditation.big_register import checking, claims, reviewing, service
from accreditation.big_register.matching import PROFESSIONS, Finding
from accreditation.models import BigCheck, NumberClaim

ROWS_PER_PAGE = 50
FINDINGS = {
    Finding.NOT_FOUND: _("Het register kent dit nummer niet."),
    Finding.SEVERAL: _("Het register geeft bij dit nummer meer dan één persoon."),
    Finding.NAME: _("De achternaam is anders."),
    Finding.INITIAL: _("De voorletter is anders. Een roepnaam kan anders beginnen."),
    Finding.PROFESSION: _("Het nummer hoort bij een ander beroep dan in het profiel."),
    Finding.SPECIALISM: _("Het specialisme uit het profiel staat er niet bij."),
    Finding.ENDED: _("De inschrijving is geëindigd."),
    Finding.NOT_BEGUN: _("De inschrijving is nog niet begonnen."),
}
GROUPS = {"01": _("artsen"), "30": _("verpleegkundigen"), "81": _("physician assistants"), "86": _("verzorgenden IG")}
SPECIALISMS = {
    "8": _("bedrijfsgeneeskunde"),
    "48": _("verzekeringsgeneeskunde"),
    "69": _("verpleegkundig specialist ggz"),
    "76": _("verpleegkundig specialist agz"),
}


class DecisionForm(forms.Form):
    """What is decided of a number, and why."""

    decision = forms.ChoiceField(label=_("Besluit"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reden of vraag"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("De deelnemer leest dit. Noem nooit een ander, en niets over maatregelen in het register."),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["decision"].choices = choices  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """What the learner says to the question."""

    answer = forms.CharField(
        label=_("Je antwoord"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Alleen wie over nummers beslist leest dit. Vul nooit je burgerservicenummer in."),
    )


CHECK_CHOICES = [
    ("accept", _("Neem aan: dit nummer is van deze persoon")),
    ("ask", _("Vraag het de deelnemer")),
    ("refuse", _("Keur af: haal het nummer van het profiel")),
]
CLAIM_CHOICES = [
    ("grant", _("Wijs toe aan wie erom vraagt; het gaat van het andere profiel af")),
    ("refuse", _("Laat het staan waar het staat")),
]


@login_required
@require_safe
def reviews(request: PersonRequest) -> HttpResponse:
    """What waits for a person: numbers that differ, and numbers that two people say are theirs."""
    _require(request)
    mine = reviewing.visible_to(request.user)
    page = Paginator(mine.filter(state=BigCheck.State.REVIEW).order_by("checked_at", "pk"), ROWS_PER_PAGE).get_page(
        request.GET.get("pagina")
    )
    waiting = mine.filter(state=BigCheck.State.WAITING)
    record("number-reviews-viewed", actor=request.user, origin=origin_of(request), rows=len(page))
    return render(
        request,
        "accreditation/numbers/list.html",
        {
            "rows": [{"check": check, "findings": _findings(check)} for check in page],
            "page": page,
            "claims": list(claims.visible_to(request.user).filter(state=NumberClaim.State.OPEN)[:ROWS_PER_PAGE]),
            "asked": mine.filter(state=BigCheck.State.ASKED).count(),
            "waiting": waiting.count(),
            "problem": waiting.exclude(problem="").order_by("-next_try_at").first(),
            "configured": service.is_configured(),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: PersonRequest, pk: int) -> HttpResponse:
    """One number beside what the register says, and the decision. Looking is recorded for the learner to read."""
    _require(request)
    check = get_object_or_404(reviewing.visible_to(request.user), pk=pk)
    if request.method == "POST" and "opnieuw" in request.POST:
        checking.ask_again(check)
        messages.success(request, gettext("We vragen het register opnieuw. Het antwoord staat er meestal binnen een minuut."))
        return redirect("accreditation:numbers")
    form = DecisionForm(request.POST or None, choices=CHECK_CHOICES)
    if request.method == "POST" and form.is_valid():
        reason, origin = form.cleaned_data["reason"], origin_of(request)
        try:
            if form.cleaned_data["decision"] == "accept":
                reviewing.accept(check=check, actor=request.user, reason=reason, origin=origin)
            elif form.cleaned_data["decision"] == "ask":
                reviewing.ask_learner(check=check, actor=request.user, question=reason, origin=origin)
            else:
                reviewing.refuse(check=check, actor=request.user, reason=reason, origin=origin)
        except reviewing.DecisionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, gettext("Je besluit is bewaard. De deelnemer leest het bij het profiel."))
            return redirect("accreditation:numbers")
    if request.method != "POST":
        record("number-review-opened", actor=request.user, dossier_owner=check.person, subject=check.number, origin=origin_of(request))
    context = {"check": check, "form": form, "open": check.state in (BigCheck.State.REVIEW, BigCheck.State.ASKED), **_compared(check)}
    return render(request, "accreditation/numbers/check.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: PersonRequest, pk: int) -> HttpResponse:
    """A number that two people say is theirs, with what the register says of both."""
    _require(request)
    found = get_object_or_404(claims.visible_to(request.user), pk=pk)
    form = DecisionForm(request.POST or None, choices=CLAIM_CHOICES)
    if request.method == "POST" and form.is_valid():
        decide: Callable[..., NumberClaim] = claims.grant if form.cleaned_data["decision"] == "grant" else claims.refuse
        try:
            decide(claim=found, actor=request.user, reason=form.cleaned_data["reason"], origin=origin_of(request))
        except reviewing.DecisionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, gettext("Je besluit is bewaard. Beiden lezen wat hun nummer aangaat, en niet wie de ander is."))
            return redirect("accreditation:numbers")
    holder, checks = claims.holder_of(found), claims.checks_of(found)
    people = [person for person in (found.person, holder) if person]
    if request.method != "POST":
        for person in people:
            record("number-review-opened", actor=request.user, dossier_owner=person, subject=found.number, origin=origin_of(request))
    sides = [_side(person, checks.get(person.pk)) for person in people]
    context = {
        "claim": found,
        "sides": sides,
        "form": form,
        "points": claims.points_at_stake(found),
        "open": found.state == NumberClaim.State.OPEN,
    }
    return render(request, "accreditation/numbers/claim.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: PersonRequest, pk: int) -> HttpResponse:
    """The learner answers a question about one of their own numbers."""
    check = get_object_or_404(BigCheck, person=request.user, pk=pk, state=BigCheck.State.ASKED)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reviewing.answer(check=check, text=form.cleaned_data["answer"])
        except reviewing.DecisionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, gettext("Je antwoord is verstuurd. Een beheerder kijkt opnieuw."))
            return redirect("accounts:profile")
    return render(request, "accreditation/numbers/answer.html", {"check": check, "form": form}, status=422 if form.errors else 200)


def _require(request: PersonRequest) -> None:
    if not may(request.user, Action.RESOLVE_NUMBERS):
        raise PermissionDenied


def _findings(check: BigCheck) -> list[Any]:
    return [FINDINGS[Finding(code)] for code in check.findings if code in set(Finding)]


def _compared(check: BigCheck) -> dict[str, Any]:
    return {
        "findings": _findings(check),
        "professions": _professions(check.person),
        "group": GROUPS.get(check.group, check.group),
        "specialisms": [SPECIALISMS.get(code, code) for code in check.specialisms],
    }


def _side(person: User, check: BigCheck | None) -> dict[str, Any]:
    return {"person": person, "check": check, **(_compared(check) if check else {"professions": _professions(person)})}


def _professions(person: User) -> list[str]:
    held = Profession.objects.filter(profiles__user=person, code__in=list(PROFESSIONS))
    return list(held.values_list("name", flat=True))
