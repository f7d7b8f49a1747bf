"""Applications for a register period: mine alone."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import RegisterEntry
from accounts.requests import PersonRequest
from accreditation.dossier import Standing, counted_no_second_time, standings
from accreditation.dossier_picture import picture
from accreditation.dossiers.contents import as_json
from accreditation.evidence import applications
from accreditation.evidence.applications import ApplicationRefused
from accreditation.evidence.forms import TakeBackForm
from accreditation.models import Application, Evidence


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_application(request: PersonRequest, pk: int) -> HttpResponse:
    """Look at what an application for this period would freeze, and freeze it."""
    entry = get_object_or_404(RegisterEntry.objects.select_related("register", "user"), pk=pk, user=request.user)
    standing = _standing(entry)
    if standing.evaluation is None or standing.period_assumed:
        messages.error(request, gettext("Vul eerst je registratieperiode in: een aanvraag gaat over één periode."))
        return redirect("accounts:register_entry_change", entry.pk)
    evaluation = standing.evaluation
    period = {"first_day": evaluation.first_day, "last_day": evaluation.last_day}
    if request.method != "POST" and (stands := applications.that_stands(entry=entry, last_day=evaluation.last_day)):
        messages.info(request, gettext("Voor deze periode staat deze aanvraag vast. Neem haar terug als je een nieuwe wilt vastleggen."))
        return redirect("accreditation:application", stands.uuid)
    if request.method == "POST":
        try:
            made = applications.apply(entry=entry, frozen=lambda: as_json(_standing(entry)), **period)
        except ApplicationRefused as refused:
            messages.error(request, str(refused))
            return redirect("accreditation:new_application", entry.pk)
        audit.record("application-made", actor=request.user, dossier_owner=request.user, subject=str(made))
        messages.success(request, gettext("Vastgelegd. Het bewijs in deze aanvraag kan niet meer veranderen."))
        return redirect("accreditation:application", made.uuid)
    context = {
        "standing": standing,
        "picture": picture(standing),
        "used": applications.usable(entry=entry, **period).select_related("kind"),
        "doubles": counted_no_second_time(request.user),
        "drafts": Evidence.objects.filter(owner=request.user, state=Evidence.State.DRAFT).count(),
        "before": Application.objects.filter(owner=request.user, register=entry.register).select_related("register"),
    }
    return render(request, "accreditation/evidence/new_application.html", context)


@login_required
@require_safe
def application(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """What an application froze, and whether it still stands."""
    return _application_page(request, get_object_or_404(Application.objects.select_related("register"), uuid=uuid, owner=request.user))


@login_required
@require_POST
def withdraw_application(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Take it back, with a trace."""
    mine = get_object_or_404(Application.objects.select_related("register"), uuid=uuid, owner=request.user)
    form = TakeBackForm(request.POST)
    if form.is_valid():
        try:
            applications.take_back(application=mine, because=form.cleaned_data["because"])
        except ApplicationRefused as refused:
            form.add_error("because", str(refused))
        else:
            audit.record("application-withdrawn", actor=request.user, dossier_owner=request.user, subject=str(mine))
            messages.success(
                request, gettext("Teruggenomen. Je kunt het bewijs weer veranderen; de aanvraag blijft als teruggenomen te zien.")
            )
            return redirect("accreditation:application", mine.uuid)
    return _application_page(request, mine, form=form)


def _standing(entry: RegisterEntry) -> Standing:
    return next(found for found in standings(person=entry.user) if found.entry.pk == entry.pk)


def _application_page(request: PersonRequest, mine: Application, form: TakeBackForm | None = None) -> HttpResponse:
    context = {
        "application": mine,
        "form": form or TakeBackForm(),
        "used": mine.evidence.select_related("kind").prefetch_related("documents"),
    }
    return render(request, "accreditation/evidence/application.html", context)
