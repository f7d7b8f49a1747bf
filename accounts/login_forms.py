"""Forms of logging in. Labels and help are ours; what they check is allauth's."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.socialaccount import forms as social_forms
from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.signup import LAST_NAME_HELP

EMAIL = _("E-mailadres")
PASSWORD = _("Wachtwoord")
NEW_PASSWORD = _("Nieuw wachtwoord")
NEW_PASSWORD_AGAIN = _("Nieuw wachtwoord, nog een keer")
PASSWORD_HELP = _("Minstens 12 tekens. Een zinnetje dat alleen jij bedenkt is sterk en goed te onthouden.")
CODE = _("Code")


class _Plain:
    """Labels in our words, and no placeholders: those vanish as soon as someone types."""

    labels: dict[str, Any] = {}
    helps: dict[str, Any] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.labels:
                field.label = self.labels[name]
            field.help_text = self.helps.get(name, "")


class LoginForm(_Plain, account_forms.LoginForm):
    labels = {"login": EMAIL, "password": PASSWORD, "remember": _("Onthoud mij op dit apparaat")}
    helps = {"remember": _("Niet doen op een computer die je deelt.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"
        self.fields["password"].help_text = format_html('<a href="{}">{}</a>', reverse("account_reset_password"), _("Wachtwoord vergeten?"))


class SignupForm(_Plain, account_forms.SignupForm):
    labels = {"email": EMAIL, "password1": PASSWORD}
    helps = {
        "last_name": LAST_NAME_HELP,
        "email": _("Hier sturen we een bevestiging heen. Kies een adres dat je houdt als je van werkgever wisselt."),
        "password1": PASSWORD_HELP,
    }


class SocialSignupForm(_Plain, social_forms.SignupForm):
    labels = {"email": EMAIL}
    helps = {"last_name": LAST_NAME_HELP}


class AddEmailForm(_Plain, account_forms.AddEmailForm):
    labels = {"email": _("Ander e-mailadres")}
    helps = {"email": _("We sturen er een bevestiging heen.")}


class ChangePasswordForm(_Plain, account_forms.ChangePasswordForm):
    labels = {"oldpassword": _("Huidig wachtwoord"), "password1": NEW_PASSWORD, "password2": NEW_PASSWORD_AGAIN}
    helps = {"password1": PASSWORD_HELP}


class SetPasswordForm(_Plain, account_forms.SetPasswordForm):
    labels = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD_AGAIN}
    helps = {"password1": PASSWORD_HELP}


class ResetPasswordForm(_Plain, account_forms.ResetPasswordForm):
    labels = {"email": EMAIL}


class ResetPasswordKeyForm(_Plain, account_forms.ResetPasswordKeyForm):
    labels = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD_AGAIN}
    helps = {"password1": PASSWORD_HELP}


class ReauthenticateForm(_Plain, account_forms.ReauthenticateForm):
    labels = {"password": PASSWORD}


class MFAAuthenticateForm(_Plain, mfa_forms.AuthenticateForm):
    labels = {"code": CODE}
    helps = {"code": _("Zes cijfers uit je app, of een van je herstelcodes.")}

    def clean_code(self) -> str:
        try:
            return super().clean_code()
        except forms.ValidationError:
            # Whoever stands here knows the password: the owner wants to see that.
            audit.record("second_step_failed", actor=None, dossier_owner=self.user, origin=audit.origin_of(context.request))
            raise


class MFAReauthenticateForm(_Plain, mfa_forms.ReauthenticateForm):
    labels = {"code": CODE}
    helps = {"code": _("Zes cijfers uit je app, of een van je herstelcodes.")}


class ActivateTOTPForm(_Plain, totp_forms.ActivateTOTPForm):
    labels = {"code": _("Code uit je app")}
    helps = {"code": _("Zes cijfers; ze wisselen elke halve minuut.")}


class AddWebAuthnForm(_Plain, webauthn_forms.AddWebAuthnForm):
    labels = {"name": _("Naam"), "passwordless": _("Hiermee ook zonder wachtwoord inloggen (passkey)")}
    helps = {
        "name": _("Bijvoorbeeld: mijn telefoon. Mag leeg blijven."),
        "passwordless": _("Aan te raden op je eigen telefoon of computer."),
    }


class EditWebAuthnForm(_Plain, webauthn_forms.EditWebAuthnForm):
    labels = {"name": _("Naam")}
