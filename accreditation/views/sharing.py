"""Sharing one's dossier: the owner makes and ends links, the assessor looks without an account."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import origin_of
from accounts.models import AuditEvent
from accounts.requests import PersonRequest
from accreditation.dossiers import sharing
from accreditation.dossiers.forms import ShareForm
from accreditation.dossiers.sharing import NoSuchShare, ShareRefused
from accreditation.models import DossierShare
from accreditation.verification import TooManyTries, count_try
from accreditation.views.dossier import serve_certificate
from accreditation.views.evidence import serve_document


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_shares(request: PersonRequest) -> HttpResponse:
    """The links I gave, who looked through them, and a new one; its address is shown this once."""
    form = ShareForm(request.POST or None, owner=request.user)
    address = ""
    if request.method == "POST" and form.is_valid():
        try:
            _made, token = sharing.share(**form.cleaned_data)
        except ShareRefused as refused:
            form.add_error(None, str(refused))
        else:
            # On this page and in no redirect: an address that is kept nowhere cannot be asked for again. A reload sends the same mark.
            address = f"{settings.SITE_URL.rstrip('/')}{reverse('accreditation:shared', args=[token])}"
            form = ShareForm(owner=request.user)
    looks = sharing.looks(request.user)
    shares = DossierShare.objects.filter(owner=request.user).select_related("register")
    context = {"form": form, "address": address, "rows": [_row(one, looks.get(str(one.uuid), [])) for one in shares[:50]]}
    return render(request, "accreditation/dossiers/shares.html", context)


def _row(share: DossierShare, looks: list[AuditEvent]) -> dict[str, Any]:
    seen = sum(look.event == sharing.LOOKED for look in looks)
    return {"share": share, "looks": looks, "seen": seen, "opened": len(looks) - seen}


@login_required
@require_POST
def stop_share(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """End a link now."""
    sharing.stop(get_object_or_404(DossierShare.objects.select_related("owner"), owner=request.user, uuid=uuid))
    messages.success(request, gettext("Gestopt. De link werkt niet meer."))
    return redirect("accreditation:my_shares")


@never_cache
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """One register period of somebody's dossier, to read."""

    def page() -> HttpResponse:
        found = sharing.opened(token, origin=origin_of(request), language=_chosen(request))
        return _page(request, "accreditation/dossiers/shared.html", {"shared": found, "token": token}, language=found.language)

    return _answered(request, page)


@never_cache
@require_safe
def shared_check(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Whether a certificate that belongs to it holds, and what it is worth there."""

    def page() -> HttpResponse:
        found = sharing.check(token, number, origin=origin_of(request), language=_chosen(request))
        return _page(request, "accreditation/dossiers/shared_check.html", {"checked": found, "token": token}, language=found.language)

    return _answered(request, page)


@never_cache
@require_safe
def shared_certificate(request: HttpRequest, token: str, number: str) -> HttpResponseBase:
    """A certificate that belongs to it."""
    return _answered(request, lambda: serve_certificate(request, sharing.certificate(token, number, origin=origin_of(request))))


@never_cache
@require_safe
def shared_document(request: HttpRequest, token: str, pk: int) -> HttpResponseBase:
    """A file of evidence that belongs to it."""
    return _answered(request, lambda: serve_document(request, sharing.document(token, pk, origin=origin_of(request))))


def _chosen(request: HttpRequest) -> str:
    """The language that the reader chose. What a browser prefers is no choice: it would make half a page English around a Dutch dossier."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, language: str) -> HttpResponse:
    with override(language):
        response = render(request, template, context)
    response["Content-Language"] = language
    return response


def _answered(request: HttpRequest, page: Callable[[], Any]) -> Any:
    """The page, or the same answer to every link that does not work: nothing tells a stopped one from one that never was."""
    try:
        response = page()
    except NoSuchShare:
        try:
            count_try("share", origin=origin_of(request))
            status = 404
        except TooManyTries:
            status = 429
        response = render(request, "accreditation/dossiers/no_share.html", status=status)
    except Http404:
        response = render(request, "accreditation/dossiers/no_share.html", status=404)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "private, no-store"
    # The address is the key: no other site may hear it. Not "no-referrer", with which the CSRF check refuses the forms of the page.
    response["Referrer-Policy"] = "same-origin"
    return response
