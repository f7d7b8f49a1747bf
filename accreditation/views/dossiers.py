"""Dossiers that leave and enter: on paper, as a ZIP, and checked by anyone."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.base import ContentFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.audit import origin_of
from accounts.files import serve_private
from accounts.requests import PersonRequest
from accreditation.dossiers import checking, contents, importing, packing, paper, signing
from accreditation.dossiers.checking import NotADossier
from accreditation.dossiers.forms import DossierFileForm
from accreditation.dossiers.importing import ImportRefused
from accreditation.dossiers.package import installation
from accreditation.models import DossierIntake, DossierPackage
from accreditation.verification import TooManyTries, count_try, initials


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_along(request: PersonRequest) -> HttpResponse:
    """My whole dossier, on paper or as a ZIP; what is being made and what lies ready."""
    if request.method == "POST":
        packing.order(owner=request.user)
        return redirect("accreditation:take_along")
    mine = DossierPackage.objects.filter(owner=request.user).exclude(state=DossierPackage.State.EXPIRED)[:10]
    waiting = any(one.state == DossierPackage.State.WAITING for one in mine)
    return render(request, "accreditation/dossiers/take_along.html", {"packages": mine, "waiting": waiting})


@login_required
@require_safe
def my_paper(request: PersonRequest) -> HttpResponseBase:
    """The whole dossier as a PDF, made on the spot."""
    with translation.override("nl"):
        told = contents.whole(person=request.user)
        told |= {"made_at": timezone.now().isoformat(), "issuer": settings.SITE_NAME, "installation": installation()}
        content = paper.render(told)
    audit.record("dossier-on-paper", actor=request.user, dossier_owner=request.user)
    return serve_private(
        request, ContentFile(content), filename=f"dossier-{timezone.localdate():%Y-%m-%d}.pdf", content_type="application/pdf"
    )


@login_required
@require_safe
def my_package(request: PersonRequest, uuid: UUID) -> HttpResponseBase:
    """The ZIP, for a week."""
    ready = get_object_or_404(
        DossierPackage, owner=request.user, uuid=uuid, state=DossierPackage.State.READY, expires_at__gt=timezone.now()
    )
    audit.record("dossier-downloaded", actor=request.user, dossier_owner=request.user, subject=str(ready.uuid))
    return serve_private(request, ready.file, filename=f"dossier-{ready.asked_at:%Y-%m-%d}.zip", content_type="application/zip")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_dossier(request: HttpRequest) -> HttpResponse:
    """Whether a dossier is what was signed, for anyone who holds the ZIP. Nothing of it is kept."""
    form = DossierFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            count_try("dossier", origin=origin_of(request))
            report = checking.check(form.cleaned_data["file"])
            context |= {"report": report, "initials": initials(report.name) if "@" not in report.name else ""}
        except TooManyTries:
            context["refused"] = gettext("Er is vanaf dit adres te vaak gecontroleerd. Wacht tien minuten en probeer het dan nog eens.")
            status = 429
        except NotADossier:
            context["not_ours"] = True
    response = render(request, "accreditation/dossiers/check.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response


@require_safe
def dossier_keys(request: HttpRequest) -> HttpResponse:
    """The public keys of this installation, for verifiers elsewhere."""
    return JsonResponse({"installation": installation(), "issuer": settings.SITE_NAME, "keys": signing.published()})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: PersonRequest) -> HttpResponse:
    """Hand in a dossier of another installation; it is checked and shown before anything comes in."""
    form = DossierFileForm(request.POST or None, request.FILES or None)
    report = None
    if request.method == "POST" and form.is_valid():
        try:
            intake = importing.hand_in(owner=request.user, source=form.cleaned_data["file"])
        except ImportRefused as refused:
            form.add_error("file", str(refused))
            report = refused.report
        else:
            return redirect("accreditation:intake", intake.uuid)
    return render(request, "accreditation/dossiers/take_over.html", {"form": form, "report": report})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """What would come in; with a POST, it does."""
    mine = get_object_or_404(DossierIntake.objects.select_related("owner"), owner=request.user, uuid=uuid)
    if request.method == "POST":
        importing.accept(mine)
        return redirect("accreditation:intake", mine.uuid)
    rows = importing.preview(mine)
    coming = sum(row["becomes"] != "there" for row in rows)
    known = bool(request.user.get_full_name()) and mine.report["name"].casefold() == request.user.get_full_name().casefold()
    context = {
        "intake": mine,
        "rows": rows,
        "coming": coming,
        "same_name": known,
        "busy": "accepted_at" in mine.report and mine.taken_at is None,
    }
    return render(request, "accreditation/dossiers/intake.html", context)
