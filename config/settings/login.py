"""How people log in (django-allauth): e-mail address and password, a second step, passkeys, and systems of other organisations.

`OIDC_PROVIDERS` and `SAML_PROVIDERS` are described in docs/operations.md, "Inloggen met een ander systeem".
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/mijn/"
LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

ACCOUNT_ADAPTER = "accounts.login.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.signup.SignupNames"
ACCOUNT_FORMS = {
    "login": "accounts.login_forms.LoginForm",
    "signup": "accounts.login_forms.SignupForm",
    "add_email": "accounts.login_forms.AddEmailForm",
    "change_password": "accounts.login_forms.ChangePasswordForm",
    "set_password": "accounts.login_forms.SetPasswordForm",
    "reset_password": "accounts.login_forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.login_forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.login_forms.ReauthenticateForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True  # each change of a password or second step is told by mail, and stands in the audit trail
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Vakwijs] "
ACCOUNT_MAX_EMAIL_ADDRESSES = 3
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(env.str("SITE_URL", default="http://127.0.0.1:8000")).scheme
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
}
# How many proxies of ours stand in front and may say which address a visitor has; with 0 nobody is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

MFA_ADAPTER = "accounts.login.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Vakwijs"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_FORMS = {
    "authenticate": "accounts.login_forms.MFAAuthenticateForm",
    "reauthenticate": "accounts.login_forms.MFAReauthenticateForm",
    "activate_totp": "accounts.login_forms.ActivateTOTPForm",
    "add_webauthn": "accounts.login_forms.AddWebAuthnForm",
    "edit_webauthn": "accounts.login_forms.EditWebAuthnForm",
}
MFA_REQUIRED_FOR_ADMINISTRATORS = True

USERSESSIONS_ADAPTER = "accounts.login.UserSessionsAdapter"

SOCIALACCOUNT_ADAPTER = "accounts.login.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.login_forms.SocialSignupForm"}
# An address that another system tells us never opens an account that exists here: its owner connects the two while logged in.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5


def _list_from_environment(name: str) -> list[dict[str, Any]]:
    """A JSON list, or `@/path/to/file.json` so that secrets can stand in a file."""
    value = env.str(name, default="").strip()
    if value.startswith("@"):
        value = Path(value[1:]).read_text("utf-8")
    try:
        found = json.loads(value or "[]")
    except json.JSONDecodeError as error:
        raise ImproperlyConfigured(f"{name} must be a JSON list, or @ and the path of a file with one: {error}") from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ImproperlyConfigured(f"{name} must be a JSON list of objects, one per system.")
    return found


def _need(name: str, one: dict[str, Any], *keys: str) -> None:
    if missing := [key for key in keys if not one.get(key)]:
        raise ImproperlyConfigured(f"{name}: {one.get('id', 'an entry without id')} lacks {', '.join(missing)}.")


def oidc_app(one: dict[str, Any]) -> dict[str, Any]:
    """One OpenID Connect system, as allauth wants it."""
    _need("OIDC_PROVIDERS", one, "id", "name", "server_url", "client_id", "secret")
    extra = {key: one[key] for key in ("token_auth_method", "uid_field") if key in one}
    return {
        "provider_id": one["id"],
        "name": one["name"],
        "client_id": one["client_id"],
        "secret": one["secret"],
        "settings": {"server_url": one["server_url"], "oauth_pkce_enabled": True, **extra},
    }


def saml_app(one: dict[str, Any]) -> dict[str, Any]:
    """One SAML system, as allauth wants it: signed assertions only, and only those that we asked for."""
    _need("SAML_PROVIDERS", one, "id", "name", "entity_id", *([] if one.get("metadata_url") else ["sso_url", "x509cert"]))
    idp = {key: one[key] for key in ("entity_id", "metadata_url", "sso_url", "slo_url", "x509cert") if key in one}
    mapping = {"attribute_mapping": one["attributes"]} if "attributes" in one else {}
    return {
        "provider_id": one["id"],
        "name": one["name"],
        "client_id": one["id"],
        "settings": {
            "idp": idp,
            **mapping,
            "advanced": {
                "strict": True,
                "want_assertion_signed": True,
                "reject_deprecated_algorithm": True,
                "reject_idp_initiated_sso": True,
                **{
                    key: one[key]
                    for key in ("private_key", "authn_request_signed", "want_assertion_encrypted", "allow_single_label_domains")
                    if key in one
                },
                **({"x509cert": one["sp_x509cert"]} if "sp_x509cert" in one else {}),
            },
        },
    }


def _origins(providers: list[dict[str, Any]]) -> list[str]:
    """Where a log-in form may lead to; a browser follows no redirect after a form that the policy does not name."""
    addresses = [
        address
        for one in providers
        for address in (one.get("server_url"), one.get("sso_url"), one.get("metadata_url"), *one.get("origins", []))
        if address
    ]
    return sorted({f"{urlsplit(address).scheme}://{urlsplit(address).netloc}" for address in addresses})


OIDC_PROVIDERS = _list_from_environment("OIDC_PROVIDERS")
SAML_PROVIDERS = _list_from_environment("SAML_PROVIDERS")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {"APPS": [oidc_app(one) for one in OIDC_PROVIDERS], "OAUTH_PKCE_ENABLED": True},
    "saml": {"APPS": [saml_app(one) for one in SAML_PROVIDERS]},
}
LOGIN_FORM_ORIGINS = _origins([*OIDC_PROVIDERS, *SAML_PROVIDERS])
