"""What administrators see and do about forwarding: targets, how they fare, what was refused, what is still to be erased elsewhere."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit
from accounts.models import User
from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from lrs import sequence
from lrs.activities import names_for
from lrs.actors import pseudonym_of
from lrs.forwarding import erasing, history, status, targets, undelivered, waking
from lrs.forwarding.disguise import parcels
from lrs.forwarding.forms import BeginAgainForm, ConfirmForm, DismissForm, TargetForm, start_of
from lrs.forwarding.senders import Outcome, Tested
from lrs.forwarding.targets import SETTINGS, TargetRefused
from lrs.models import ForwardedErasure, ForwardingTarget, HeldStatement, Source, Statement
from lrs.sentences import sentence_of, verb_name
from lrs.viewer_people import sight_of_names

PER_PAGE = 50


# --- Targets ------------------------------------------------------------------------------------------------------------


@login_required
@require_GET
def target_list(request: PersonRequest) -> HttpResponse:
    """Where statements of my organisations go, and how that fares."""
    mine = _mine(request)
    page = Paginator(status.overview(mine).order_by("name", "pk"), PER_PAGE).get_page(request.GET.get("pagina"))
    rows = [
        {
            "target": target,
            "standing": status.standing(target, refused=target.refused_now, behind=target.next_sequence is not None),
            "oldest": sequence.moment_of(target.next_sequence) if target.next_sequence else None,
        }
        for target in page
    ]
    # Also of targets that were removed: what was sent there is still there.
    everywhere = targets.managed_by(request.user, removed_too=True)
    erasures = ForwardedErasure.objects.filter(target__in=everywhere, confirmed_at=None).select_related("target").order_by("created_at")
    return render(request, "lrs/forwarding/targets.html", {"page_obj": page, "rows": rows, "erasures": erasures[:PER_PAGE]})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_target(request: PersonRequest) -> HttpResponse:
    """Make a target."""
    _only_managers(request)
    form = TargetForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            target = targets.make(
                login=form.login or targets.Login("", ""),
                by=request.user,
                since=form.since,
                backlog=form.cleaned_data["begin"] == "all",
                **form.settings,
            )
        except TargetRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            _audit(request, "forwarding_made", target)
            waking.wake_one(target)
            messages.success(request, _("‘%(name)s’ staat klaar. Test de verbinding voordat je erop vertrouwt.") % {"name": target.name})
            return redirect("forwarding:target", target.pk)
    return render(request, "lrs/forwarding/form.html", {"form": form})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def change_target(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a target; its key and secret are never shown again."""
    target = _my_target(request, pk)
    name = target.name
    initial = {field: getattr(target, field) for field in SETTINGS}
    form = TargetForm(request.POST or None, user=request.user, target=target, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            targets.change(target, login=form.login, by=request.user, **form.settings)
        except TargetRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            dropped = undelivered.weigh_again(target)
            _audit(request, "forwarding_changed", target)
            target.refresh_from_db()
            if target.state == ForwardingTarget.State.PAUSED:
                messages.success(request, _("Bewaard. Het doorsturen is gepauzeerd: hervat om het weer te laten gaan."))
            else:
                messages.success(request, _("Bewaard. Wat nu wacht, gaat volgens de nieuwe instellingen."))
            if dropped:
                text = ngettext(
                    "%(count)s uitspraak die was achtergehouden valt nu buiten de keuze en gaat niet meer mee.",
                    "%(count)s uitspraken die waren achtergehouden vallen nu buiten de keuze en gaan niet meer mee.",
                    dropped,
                )
                messages.info(request, text % {"count": dropped})
            waking.wake_one(target)
            return redirect("forwarding:target", target.pk)
    return render(request, "lrs/forwarding/form.html", {"form": form, "target": target, "target_name": name})


@login_required
@never_cache
@require_GET
def target_page(request: PersonRequest, pk: int) -> HttpResponse:
    """How one target fares, and what can be done about it."""
    return _target_page(request, _my_target(request, pk))


@login_required
@never_cache
@require_POST
def act(request: PersonRequest, pk: int) -> HttpResponse:
    """Pause, resume, try now, test, send once more, weigh what is held anew, or remove."""
    target = _my_target(request, pk)
    what = request.POST.get("doe", "")
    if what == "test":
        tested = targets.test(target, by=request.user)
        _audit(request, "forwarding_tested", target)
        target.refresh_from_db()
        return _target_page(request, target, tested=tested, tested_in_words=_test_in_words(tested))
    if what == "pauzeer":
        targets.pause(target, by=request.user)
        messages.success(request, _("Gepauzeerd. Er gaat niets verloren: alles wacht tot je hervat."))
    elif what == "hervat":
        targets.resume(target, by=request.user)
        waking.wake_one(target)
        messages.success(request, _("Hervat. Het doorsturen gaat verder waar het gebleven was."))
    elif what == "nu":
        targets.try_now(target)
        waking.wake_one(target)
        messages.success(request, _("We proberen het nu. Vernieuw deze pagina om te zien of het lukte."))
    elif what == "opnieuw":
        form = BeginAgainForm(request.POST)
        if not form.is_valid():
            return _target_page(request, target, begin_again=form)
        day = form.cleaned_data["since"]
        targets.begin_again(target, since=start_of(day) if day else None, by=request.user)
        waking.wake_one(target)
        messages.success(request, _("Alles vanaf dat moment gaat nog een keer. Wat de andere kant al heeft, blijft daar zoals het is."))
    elif what == "verwijder":
        targets.remove(target, by=request.user)
        _audit(request, "forwarding_removed", target)
        messages.success(
            request, _("‘%(name)s’ is verwijderd, met sleutel en geheim. Wat daar al staat, blijft daar staan.") % {"name": target.name}
        )
        return redirect("forwarding:targets")
    if what in ("pauzeer", "hervat", "opnieuw"):
        _audit(request, {"pauzeer": "forwarding_paused", "hervat": "forwarding_resumed"}.get(what, "forwarding_rewound"), target)
    return redirect("forwarding:target", target.pk)


def _target_page(request: PersonRequest, target: ForwardingTarget, **shown: Any) -> HttpResponse:
    backlog = status.backlog(target)
    hours = status.hours(target)
    names = names_for(sight_of_names(request.user), target.activities)
    context = {
        "target": target,
        "standing": status.standing(target, refused=backlog.refused, behind=backlog.count > 0),
        "backlog": backlog,
        "hours": hours,
        "sent_today": sum(hour.sent for hour in hours),
        "history": history.of(target)[:30],
        "erasures": target.forwarded_erasures.filter(confirmed_at=None).order_by("created_at"),
        "begin_again": BeginAgainForm(),
        "verbs": [(verb, verb_name(verb)) for verb in target.verbs],
        "activities": [(iri, names.get(iri, "")) for iri in target.activities],
        "sources": [Source(source).label for source in target.sources if source in Source.values],
        "paused": target.state == ForwardingTarget.State.PAUSED,
        **shown,
    }
    return render(request, "lrs/forwarding/target.html", context)


def _test_in_words(tested: Tested) -> str:
    """What a test showed, for who pressed the button."""
    if tested.passed and not tested.may_read:
        return _("De andere kant kent de sleutel. Lezen mag zij niet; of zij mag schrijven blijkt bij de eerste uitspraak.")
    if tested.passed:
        return _("De andere kant antwoordt en kent de sleutel. Er is niets verstuurd.")
    reason = {
        Outcome.KEY_REFUSED: "key_refused",
        Outcome.REFUSED: "wrong_address",
        Outcome.CONFLICT: "trouble",
        Outcome.TOO_LARGE: "trouble",
    }
    found = reason.get(tested.answer.outcome, tested.answer.outcome.value)
    return str(status.HAPPENED.get(found, status.HAPPENED["trouble"]))


# --- What was refused -----------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_GET
def undelivered_list(request: PersonRequest, pk: int) -> HttpResponse:
    """What the other side refused, with its answer. People stand here under their pseudonym."""
    target = _my_target(request, pk)
    page = Paginator(undelivered.refused(target), PER_PAGE).get_page(request.GET.get("pagina"))
    statements = Statement.objects.select_related("credential").in_bulk([row.sequence for row in page])
    rows = [{"row": row, "sentence": _sentence(statements.get(row.sequence))} for row in page]
    return render(
        request,
        "lrs/forwarding/undelivered.html",
        {"target": target, "page_obj": page, "rows": rows, "waiting": status.backlog(target).held},
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def undelivered_page(request: PersonRequest, pk: int, row: int) -> HttpResponse:
    """One statement that was refused: what it says, as it was sent, the answer, and letting it go with a reason."""
    target = _my_target(request, pk)
    held = get_object_or_404(undelivered.refused(target), pk=row)
    form = DismissForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        undelivered.dismiss(held, reason=form.cleaned_data["reason"], by=request.user)
        waking.wake_one(target)
        messages.success(request, _("Afgehandeld. Wat erachter wachtte, gaat nu mee."))
        return redirect("forwarding:undelivered", target.pk)
    statement = Statement.objects.select_related("credential").filter(sequence=held.sequence).first()
    sent = ""
    if statement:
        pseudonym = pseudonym_of(statement.document["actor"])
        owner = User.objects.filter(pseudonym=pseudonym).first() if pseudonym else None
        audit.record(
            "forwarding_statement_seen",
            actor=request.user,
            dossier_owner=owner,
            on_behalf_of=target.organisation,
            subject=str(statement.uuid),
            origin=audit.origin_of(request),
        )
        [parcel] = parcels(target, [statement], persons={statement.sequence: held.person})
        sent = json.dumps(parcel.document, ensure_ascii=False, indent=2)
    context = {"target": target, "row": held, "statement": statement, "sentence": _sentence(statement), "sent": sent, "form": form}
    return render(request, "lrs/forwarding/undelivered_one.html", context)


@login_required
@require_POST
def undelivered_act(request: PersonRequest, pk: int) -> HttpResponse:
    """Send one again, or all of them; or weigh them anew."""
    target = _my_target(request, pk)
    if request.POST.get("doe") == "weeg":
        dropped = undelivered.weigh_again(target)
        text = ngettext(
            "%(count)s uitspraak valt buiten de keuze en gaat niet meer mee.",
            "%(count)s uitspraken vallen buiten de keuze en gaan niet meer mee.",
            dropped,
        )
        messages.success(request, text % {"count": dropped} if dropped else _("Alle achtergehouden uitspraken vallen nog binnen de keuze."))
    else:
        only = None
        if request.POST.get("uitspraak", "").isdigit():
            only = get_object_or_404(HeldStatement, target=target, pk=int(request.POST["uitspraak"]))
        count = undelivered.send_again(target, only=only, by=request.user)
        _audit(request, "forwarding_resent", target)
        text = ngettext(
            "%(count)s uitspraak gaat opnieuw. Vernieuw deze pagina om te zien of het lukte.",
            "%(count)s uitspraken gaan opnieuw. Vernieuw deze pagina om te zien of het lukte.",
            count,
        )
        messages.success(request, text % {"count": count})
    waking.wake_one(target)
    return redirect("forwarding:undelivered", target.pk)


def _sentence(statement: Statement | None) -> str:
    return sentence_of(statement, who=_("Iemand")).text if statement else _("Deze uitspraak staat niet meer bij ons.")


# --- Erasing elsewhere ------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def erasure_page(request: PersonRequest, pk: int, erasure: str) -> HttpResponse:
    """Ask the administrator of the other side to erase, and tick it off when they did."""
    found = _my_erasure(request, pk, erasure)
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        erasing.confirm(found, by=request.user, note=form.cleaned_data["note"])
        _audit(request, "forwarding_erasure_confirmed", found.target)
        messages.success(request, _("Afgevinkt. De lijst is weggegooid."))
        return redirect("forwarding:target" if found.target.removed_at is None else "forwarding:targets", *_target_key(found))
    return render(request, "lrs/forwarding/erasure.html", {"erasure": found, "target": found.target, "form": form})


@login_required
@never_cache
@require_GET
def erasure_list(request: PersonRequest, pk: int, erasure: str) -> HttpResponseBase:
    """The list of ids for the administrator of the other side."""
    found = _my_erasure(request, pk, erasure)
    _audit(request, "forwarding_erasure_list", found.target)
    response = HttpResponse(erasing.list_for(found), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="wissen-{found.uuid}.txt"'
    response["Cache-Control"] = "private, no-store"
    return response


def _target_key(erasure: ForwardedErasure) -> list[int]:
    return [erasure.target_id] if erasure.target.removed_at is None else []


# --- Shared -----------------------------------------------------------------------------------------------------------------


def _only_managers(request: PersonRequest) -> None:
    if not request.user.is_superuser and not may(request.user, Action.FORWARD_RECORDS):
        raise PermissionDenied


def _mine(request: PersonRequest) -> QuerySet[ForwardingTarget]:
    _only_managers(request)
    return targets.managed_by(request.user)


def _my_target(request: PersonRequest, pk: int) -> ForwardingTarget:
    return get_object_or_404(_mine(request).select_related("organisation"), pk=pk)


def _my_erasure(request: PersonRequest, pk: int, erasure: str) -> ForwardedErasure:
    """Also of a target that was removed: what was sent there is still there."""
    _only_managers(request)
    mine = targets.managed_by(request.user, removed_too=True)
    return get_object_or_404(ForwardedErasure.objects.select_related("target"), target__in=mine, target=pk, uuid=erasure, confirmed_at=None)


def _audit(request: HttpRequest, event: str, target: ForwardingTarget) -> None:
    user = request.user
    audit.record(
        event,
        actor=user if isinstance(user, User) else None,
        on_behalf_of=target.organisation,
        subject=target.name,
        origin=audit.origin_of(request),
    )
