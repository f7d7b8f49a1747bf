"""Our side of allauth: where people go after logging in, what they read when it fails, and what the audit trail keeps of it."""

import base64
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import ProfessionalProfile, User

INCORRECT_CODE = _("Deze code klopt niet of is al gebruikt. Wacht op de volgende en probeer het opnieuw.")


class AccountAdapter(DefaultAccountAdapter):
    """Log-in with an e-mail address."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("Dit account is gesloten. Neem contact op met de beheerder."),
        "cannot_remove_primary_email": _("Dit is je hoofdadres. Kies eerst een ander hoofdadres."),
        "duplicate_email": _("Dit adres hoort al bij je account."),
        "email_password_mismatch": _("Deze combinatie van e-mailadres en wachtwoord kennen we niet."),
        "email_taken": _("Dit adres is al in gebruik. Log in, of kies een ander adres."),
        "enter_current_password": _("Vul je huidige wachtwoord in."),
        "incorrect_code": INCORRECT_CODE,
        "incorrect_password": _("Dit wachtwoord klopt niet."),
        "invalid_or_expired_key": _("Deze link werkt niet meer. Vraag een nieuwe aan."),
        "invalid_login": _("Deze combinatie van e-mailadres en wachtwoord kennen we niet."),
        "invalid_password_reset": _("Deze link werkt niet meer. Vraag een nieuwe aan."),
        "max_email_addresses": _("Je kunt niet meer dan %d adressen hebben."),
        "too_many_login_attempts": _("Er is te vaak geprobeerd in te loggen. Wacht vijf minuten en probeer het opnieuw."),
        "unknown_email": _("Dit adres kennen we niet."),
        "unverified_primary_email": _("Bevestig eerst je e-mailadres."),
        "select_only_one": _("Kies er één."),
        "same_as_current": _("Dit is dezelfde als nu. Kies een andere."),
        "rate_limited": _("Dit ging te snel achter elkaar. Wacht een minuut en probeer het opnieuw."),
    }

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if not ProfessionalProfile.objects.filter(user=cast(User, request.user)).exists():
            return reverse("accounts:profile_start")
        return str(settings.LOGIN_REDIRECT_URL)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile_start")

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        how = [record.get("method") for record in request.session.get("account_authentication_methods", [])]
        audit.record("logged_in", actor=user, dossier_owner=user, origin=audit.origin_of(request), how=how)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, user.language, max_age=365 * 24 * 3600, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
        return response

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            audit.record("logged_out", actor=request.user, dossier_owner=request.user, origin=audit.origin_of(request))
            # On a computer of the ward the next one must not go on in this person's name, on another site either.
            import_string(settings.ACCOUNTS_LOGGED_OUT)(request.user.pseudonym)
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The owner of an account sees that someone tried; an address that nobody has is not kept."""
        owner = User.objects.filter(email__iexact=credentials.get("email") or "").first()
        audit.record("login_failed", actor=None, dossier_owner=owner, origin=audit.origin_of(request))

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """What a person is told by mail of a change in how they log in also stands in the audit trail."""
        event = template_prefix.rsplit("/", 1)[-1]
        audit.record(event, actor=user, dossier_owner=user, origin=audit.origin_of(self.request) if self.request else "")
        super().send_notification_mail(template_prefix, user, context, email)


class MFAAdapter(DefaultMFAAdapter):
    """The second step. Its secrets lie in the database under lock: whoever copies the table cannot make codes."""

    error_messages = {
        "add_email_blocked": _("Zet eerst je tweede stap uit; daarna kun je een adres toevoegen."),
        "cannot_delete_authenticator": _("Je rol vraagt om een tweede stap. Voeg eerst een andere toe."),
        "cannot_generate_recovery_codes": _("Stel eerst een tweede stap in; daarna maak je herstelcodes."),
        "incorrect_code": INCORRECT_CODE,
        "unverified_email": _("Bevestig eerst je e-mailadres; daarna stel je een tweede stap in."),
    }

    def encrypt(self, text: str) -> str:
        return _locks().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _locks().decrypt(encrypted_text.encode()).decode()


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Log-in through the system of another organisation."""

    error_messages = {
        "email_taken": _("Er is al een account met dit e-mailadres. Log daar eerst mee in; koppel daarna je account van %s."),
        "invalid_token": _("Het andere systeem gaf een antwoord dat we niet kunnen controleren."),
        "no_password": _("Je account heeft nog geen wachtwoord. Kies er eerst een."),
        "no_verified_email": _("Je account heeft geen bevestigd e-mailadres. Bevestig het eerst."),
        "disconnect_last": _("Dit is je enige manier om in te loggen. Kies eerst een wachtwoord."),
        "connected_other": _("Dit account van het andere systeem hoort al bij iemand anders hier."),
    }


class UserSessionsAdapter(DefaultUserSessionsAdapter):
    """Logging out elsewhere."""

    def end_sessions(self, sessions: list[Any]) -> None:
        super().end_sessions(sessions)
        for user in {session.user for session in sessions}:
            audit.record("sessions_ended", actor=user, dossier_owner=user, count=len(sessions))


def _locks() -> MultiFernet:
    """Keys made from SECRET_KEY and its predecessors, so that changing it keeps what was locked before readable."""
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(HKDF(hashes.SHA256(), 32, None, b"vakwijs second step").derive(secret.encode())))
            for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )
