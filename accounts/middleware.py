"""What holds for every request of someone who has logged in."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.permissions import is_administrator

# What an administrator without a second step still needs: to set one up, to log out, and what the pages for that are made of.
WAY_OUT = (
    "/account/2fa/",
    "/account/logout/",
    "/account/reauthenticate/",
    "/account/email/",
    "/account/confirm-email/",
    "/taal/",
    "/static/",
    "/healthz",
    "/readyz",
)

# Recovery codes are for when one of these is lost; alone they are a second password.
SECOND_STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class NothingPersonalIsKept:
    """A page for someone who logged in is theirs: no proxy keeps it, nor the browser of a computer on the ward for whoever comes next.

    A view that says itself how long its answer keeps (files, the frame of an exercise) is left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Looking for the cookie first keeps visitors' pages free of the session, and so the same for all of them.
        if "Cache-Control" not in response.headers and settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            response.headers["Cache-Control"] = "private, no-store"
        return response


class SecondStepForAdministrators:
    """An administrator without a second step is led to the page where one is set up, before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.MFA_REQUIRED_FOR_ADMINISTRATORS
            and not request.path_info.startswith(WAY_OUT)
            and request.user.is_authenticated
            and is_administrator(request.user)
            and not is_mfa_enabled(request.user, SECOND_STEPS)
        ):
            reason = _("Voor jouw rol is een tweede stap bij het inloggen nodig. Stel die eerst in; daarna kun je verder.")
            if request.method not in ("GET", "HEAD") or request.headers.get("HX-Request"):
                return HttpResponseForbidden(reason)
            messages.warning(request, reason)
            return redirect("mfa_index")
        return self.get_response(request)
