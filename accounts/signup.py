"""What signing up asks besides an address and a password. Apart from the other forms, because allauth builds its own upon it."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User

LAST_NAME_HELP = _("Met tussenvoegsel, zoals in het register. Deze naam komt op je certificaten.")


class SignupNames(forms.Form):
    """The name that will stand on certificates, asked together with the log-in."""

    first_name = forms.CharField(label=_("Voornaam"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "given-name"}))
    last_name = forms.CharField(
        label=_("Achternaam"),
        max_length=150,
        help_text=LAST_NAME_HELP,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    field_order = ["first_name", "last_name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """What allauth calls when the account has been made; names are saved by its adapter."""
