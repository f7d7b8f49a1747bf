"""Tokens over HTTP: OAuth's token endpoint and metadata, and the fetch address of cmi5 content."""

from typing import Any
from urllib.parse import parse_qs, unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts import audit
from lrs import credentials, launch, oauth, rates
from lrs.models import Credential

LARGEST = 16 * 1024


@csrf_exempt
def token(request: HttpRequest) -> HttpResponse:
    """A token for a key and secret, in a header or in the form (RFC 6749, 2.3.1 and 4.4)."""
    if request.method == "OPTIONS":
        return _answer({}, status=204)
    if request.method != "POST":
        return _error("invalid_request", "ask with POST", status=405)
    name = f"stranger/{audit.origin_of(request)}"
    try:
        form = _form(request)
        if form.get("grant_type") != "client_credentials":
            return _error("unsupported_grant_type", "this server knows client_credentials")
        pair = credentials.key_and_secret(request.headers.get("Authorization", ""))
        # RFC 6749, 2.3.1: in a header they are form-encoded first. Ours have nothing to encode, so both readings agree.
        key, secret = (unquote_plus(pair[0]), unquote_plus(pair[1])) if pair else (form.get("client_id", ""), form.get("client_secret", ""))
        if not key or len(key) > 64 or "\0" in key:
            return _error("invalid_client", "no key, or not one that is in use", status=401)
        if credentials.is_stranger(key) and rates.is_spent(name, limit=settings.LRS_STRANGERS_A_MINUTE):
            raise rates.TooMany(rates.seconds_left())
        credential: Credential | None = credentials.authenticate_pair(key, secret)
        if credential is None:
            rates.spend(name, limit=settings.LRS_STRANGERS_A_MINUTE, shared=False)
            return _error("invalid_client", "no key, or not one that is in use", status=401)
        rates.spend(f"token/{credential.pk}", limit=settings.LRS_TOKENS_A_MINUTE)
        given = oauth.give(credential, scope=form.get("scope", ""))
    except oauth.TokenRefused as refusal:
        return _error(refusal.error, str(refusal))
    except ValueError:
        return _error("invalid_request", "the form cannot be read")
    except rates.TooMany as refusal:
        response = _error("temporarily_unavailable", str(refusal), status=429)
        response.headers["Retry-After"] = str(refusal.retry_after)
        return response
    credentials.note_use(credential)
    return _answer(
        {"access_token": given.access_token, "token_type": "Bearer", "expires_in": given.expires_in, "scope": given.scope}, status=200
    )


@csrf_exempt
def fetch(request: HttpRequest) -> HttpResponse:
    """cmi5, 8.2: content exchanges the address that it was started with for its token, once. Errors are 200 with a code (8.2.3)."""
    if request.method == "OPTIONS":
        return _answer({}, status=204)
    if request.method != "POST":
        return _error("invalid_request", "ask with POST", status=405)
    name = f"stranger/{audit.origin_of(request)}"
    if rates.is_spent(name, limit=settings.LRS_STRANGERS_A_MINUTE):
        response = _answer({"error-code": "3", "error-text": "too many requests"}, status=429)
        response.headers["Retry-After"] = str(rates.seconds_left())
        return response
    try:
        return _answer({"auth-token": launch.fetch(request.GET.get("token", ""))}, status=200)
    except launch.LaunchRefused as refusal:
        try:
            rates.spend(name, limit=settings.LRS_STRANGERS_A_MINUTE, shared=False)
        except rates.TooMany:
            pass  # the next one is told
        return _answer({"error-code": "1" if isinstance(refusal, launch.LaunchOver) else "2", "error-text": str(refusal)}, status=200)


def metadata(request: HttpRequest) -> HttpResponse:
    """RFC 8414."""
    return _answer(oauth.metadata(base=settings.SITE_URL.rstrip("/")), status=200)


def _form(request: HttpRequest) -> dict[str, str]:
    """The fields of the form. Raises ValueError when it is none, is too large, or names one twice (RFC 6749, 3.2)."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit() or int(length) > LARGEST:
        raise ValueError("too large")
    if (request.content_type or "") != "application/x-www-form-urlencoded":
        raise ValueError("not a form")
    fields = parse_qs(request.read(LARGEST).decode(), keep_blank_values=True, max_num_fields=20)
    if any(len(values) > 1 for values in fields.values()):
        raise ValueError("twice")
    return {name: values[0] for name, values in fields.items()}


def _error(error: str, description: str, *, status: int = 400) -> HttpResponse:
    # Without a WWW-Authenticate: content runs in browsers, which would ask a person for a password.
    return _answer({"error": error, "error_description": description}, status=status)


def _answer(content: dict[str, Any], *, status: int) -> HttpResponse:
    response = HttpResponse(status=204) if status == 204 else JsonResponse(content, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "POST, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    return response
