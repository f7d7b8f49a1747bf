"""The keys of tools, for who manages those of an organisation: the list, and a page for each."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from accounts.outgoing.locks import locked, unlocked
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from lrs import credentials
from lrs.credentials import SCOPES, CredentialRefused
from lrs.forms import CredentialForm, RotateForm
from lrs.models import Credential
from lrs.reach import sentences_of

PER_PAGE = 50
SECRET = "lrs_secret_to_show"  # noqa: S105 - under which a session keeps a secret, locked, until the page that shows it


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def credential_list(request: PersonRequest) -> HttpResponse:
    """The keys of my organisations' tools, and the form for a new one."""
    _only_managers(request)
    form = CredentialForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = credentials.create(**form.chosen)
        except CredentialRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            _audit(request, "lrs_credential_made", made)
            return _shown_once(request, made, secret)
    # An import vouches with a key of its own, that nobody can log in with: it has a page of its own too.
    keys = _mine(request).filter(import__isnull=True).select_related("organisation").order_by("revoked_at", "name", "pk")
    page = Paginator(keys, PER_PAGE).get_page(request.GET.get("pagina"))
    now = timezone.now()
    rows = [
        {
            "credential": credential,
            "scopes": [SCOPES.get(scope, scope) for scope in credential.scopes],
            "limited": bool(credential.activity_prefixes or credential.learners_of_organisation),
            "expired": bool(credential.expires_at and credential.expires_at <= now),
        }
        for credential in page
    ]
    return render(request, "lrs/credentials.html", {"page_obj": page, "rows": rows, "form": form})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def credential_page(request: PersonRequest, pk: int) -> HttpResponse:
    """What one key may do, and the form to change that."""
    credential = _one_of_mine(request, pk)
    form = CredentialForm(request.POST or None, user=request.user, credential=credential)
    if request.method == "POST" and form.is_valid():
        try:
            credentials.change(credential, **form.chosen)
        except CredentialRefused as refusal:
            form.add_error(None, str(refusal))
            credential.refresh_from_db()
        else:
            _audit(request, "lrs_credential_changed", credential)
            messages.success(
                request, _("De grenzen van ‘%(name)s’ zijn bewaard. Ze gelden binnen twee seconden.") % {"name": credential.name}
            )
            return redirect("lrs:credential", pk)
    return _page_of(request, credential, form=form, secret=_secret_to_show(request, credential))


@login_required
@never_cache
@require_POST
def credential_rotate(request: PersonRequest, pk: int) -> HttpResponse:
    """A new secret for a key; the old one stops at once, or after the time that was chosen."""
    credential = _one_of_mine(request, pk)
    form = RotateForm(request.POST)
    hours = int(form.cleaned_data["overlap"]) if form.is_valid() else 0
    try:
        secret = credentials.rotate(credential, overlap=timedelta(hours=hours))
    except CredentialRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("lrs:credential", pk)
    _audit(request, "lrs_credential_rotated", credential, overlap_hours=hours)
    return _shown_once(request, credential, secret)


@login_required
@require_POST
def credential_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Stop a key for good."""
    credential = _one_of_mine(request, pk)
    credentials.revoke(credential)
    _audit(request, "lrs_credential_revoked", credential)
    messages.success(
        request, _("De sleutel ‘%(name)s’ werkt niet meer. Wat ermee is geschreven blijft bewaard.") % {"name": credential.name}
    )
    return redirect("lrs:credentials")


def _shown_once(request: PersonRequest, credential: Credential, secret: str) -> HttpResponse:
    """The page of the key, which shows the secret a single time: reloading it makes no other secret, and shows none."""
    request.session[SECRET] = [credential.pk, locked(secret)]
    return redirect("lrs:credential", credential.pk)


def _secret_to_show(request: PersonRequest, credential: Credential) -> str:
    of, text = request.session.get(SECRET, (None, ""))
    if of != credential.pk:
        return ""
    del request.session[SECRET]
    return unlocked(text)


def _page_of(request: PersonRequest, credential: Credential, *, form: CredentialForm | None = None, **shown: Any) -> HttpResponse:
    now = timezone.now()
    context = {
        "credential": credential,
        "sentences": sentences_of(credential),
        "expired": bool(credential.expires_at and credential.expires_at <= now),
        "form": form or CredentialForm(user=request.user, credential=credential),
        "rotate_form": RotateForm(),
        "address": f"{settings.SITE_URL.rstrip('/')}/xapi/",
        **shown,
    }
    return render(request, "lrs/credential.html", context)


def _mine(request: PersonRequest) -> QuerySet[Credential]:
    if request.user.is_superuser:
        return Credential.objects.all()
    return Credential.objects.filter(organisation__in=organisations_where(request.user, Action.MANAGE_LRS_CREDENTIALS))


def _one_of_mine(request: PersonRequest, pk: int) -> Credential:
    _only_managers(request)
    return get_object_or_404(_mine(request).select_related("organisation"), pk=pk)


def _only_managers(request: PersonRequest) -> None:
    if not request.user.is_superuser and not may(request.user, Action.MANAGE_LRS_CREDENTIALS):
        raise PermissionDenied


def _audit(request: PersonRequest, event: str, credential: Credential, *, overlap_hours: int | None = None) -> None:
    audit.record(
        event,
        actor=request.user,
        on_behalf_of=credential.organisation,
        subject=credential.name,
        origin=audit.origin_of(request),
        credential=credential.pk,
        overlap_hours=overlap_hours,
    )
