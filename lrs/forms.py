"""The form with which an administrator makes a key for a tool."""

from datetime import datetime, time
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from lrs.credentials import SCOPES
from lrs.models import Source


class MyRecordsForm(forms.Form):
    """Which of one's own records to show."""

    cursus = forms.ChoiceField(label=_("Cursus"), required=False)
    vanaf = forms.DateField(label=_("Vanaf"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    tot = forms.DateField(label=_("Tot en met"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, courses: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["cursus"]).choices = [("", gettext("Alle cursussen")), *courses]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("vanaf"), data.get("tot")
        if since and until and until < since:
            self.add_error("tot", gettext("Deze dag ligt voor de eerste. Kijk beide dagen na."))
        return data


class CredentialForm(forms.Form):
    """A key for a tool of one's own organisation."""

    name = forms.CharField(
        label=_("Naam"),
        max_length=120,
        help_text=_("Welk hulpmiddel of systeem gebruikt de sleutel? Deze naam staat bij alles wat het schrijft."),
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Organisatie"),
        help_text=_("Het hulpmiddel ziet alleen wat hulpmiddelen van deze organisatie schreven."),
    )
    source = forms.ChoiceField(
        label=_("Herkomst"),
        choices=[(Source.TOOL, _("een hulpmiddel dat bij ons is aangesloten")), (Source.OUTSIDE, _("een ander systeem"))],
        widget=forms.RadioSelect,
        initial=Source.TOOL,
    )
    scopes = forms.MultipleChoiceField(
        label=_("Wat mag het?"),
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=["statements/write", "statements/read/mine", "state"],
    )
    expires_on = forms.DateField(
        label=_("Laatste dag"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Daarna werkt de sleutel niet meer."),
    )
    joins_people = forms.BooleanField(
        label=_("Herken leden aan hun e-mailadres"),
        required=False,
        help_text=_(
            "Noemt het hulpmiddel het bevestigde e-mailadres van een lid, dan komt de uitspraak in diens dossier. Het adres zelf bewaren we niet."
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation = cast(forms.ModelChoiceField, self.fields["organisation"])
        organisation.queryset = organisations_where(user, Action.MANAGE_LRS_CREDENTIALS)
        if organisation.queryset.count() == 1:
            organisation.empty_label = None
        if user.is_superuser:
            organisation.required = False
            organisation.empty_label = gettext("Geen: de sleutel ziet alles")

    def clean_expires_on(self) -> datetime | None:
        """The end of the last day in Amsterdam. A day that has passed is refused."""
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise forms.ValidationError(gettext("Kies vandaag of een latere dag."))
        return timezone.make_aware(datetime.combine(day, time.max))
