"""The form with which an administrator makes a key for a tool."""

from datetime import datetime, time
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from lrs.credentials import SCOPES, CredentialRefused, checked_prefix
from lrs.models import Credential, Source


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
    """A key for a tool of one's own organisation; with a `credential`, what may be changed of one that is there."""

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
        help_text=_(
            "Een hulpmiddel hoort bij jullie cursussen, zoals de simulator van een leverancier. Een ander systeem heeft eigen cursussen, zoals het leerplatform van een ziekenhuis. Dit staat bij alles wat de sleutel schrijft en is later niet te wijzigen."
        ),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Wat mag het?"),
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=["statements/write", "statements/read/mine", "state"],
    )
    activity_prefixes = forms.CharField(
        label=_("Alleen over deze activiteiten"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Het begin van hun adres, zoals https://simulator.example/; één per regel. Leeg: over alle. Over andere schrijft en leest de sleutel dan niets."
        ),
    )
    learners_of_organisation = forms.BooleanField(
        label=_("Alleen over leden van de organisatie"),
        required=False,
        help_text=_("Over anderen schrijft en leest de sleutel niets. Leden heten bij hun pseudoniem."),
    )
    joins_people = forms.BooleanField(
        label=_("Herken leden aan hun e-mailadres"),
        required=False,
        help_text=_(
            "Noemt het hulpmiddel het bevestigde e-mailadres van een lid, dan komt de uitspraak in diens dossier. Het adres zelf bewaren we niet."
        ),
    )
    requests_a_minute = forms.IntegerField(
        label=_("Verzoeken per minuut"), required=False, min_value=1, max_value=1_000_000, help_text=_("Leeg: de grens van de site.")
    )
    largest_kilobytes = forms.IntegerField(
        label=_("Grootste verzoek, in kB"), required=False, min_value=1, max_value=1_000_000, help_text=_("Leeg: de grens van de site.")
    )
    expires_on = forms.DateField(
        label=_("Laatste dag"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Daarna werkt de sleutel niet meer."),
    )

    def __init__(self, *args: Any, user: User, credential: Credential | None = None, **kwargs: Any) -> None:
        if credential is not None:
            kwargs["initial"] = {
                "name": credential.name,
                "scopes": credential.scopes,
                "activity_prefixes": "\n".join(credential.activity_prefixes),
                "learners_of_organisation": credential.learners_of_organisation,
                "joins_people": credential.joins_people,
                "requests_a_minute": credential.requests_a_minute,
                "largest_kilobytes": _kilobytes(credential.largest_body),
                "expires_on": timezone.localdate(credential.expires_at) if credential.expires_at else None,
            }
        super().__init__(*args, **kwargs)
        self.credential = credential
        if credential is not None:
            # Whose key it is and how far it is believed stand on all that it wrote: for another answer there is another key.
            del self.fields["organisation"], self.fields["source"]
            return
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

    def clean_activity_prefixes(self) -> list[str]:
        try:
            return [checked_prefix(line.strip()) for line in self.cleaned_data["activity_prefixes"].splitlines() if line.strip()]
        except CredentialRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None

    @property
    def chosen(self) -> dict[str, Any]:
        """What `credentials.create` and `change` take."""
        data = dict(self.cleaned_data)
        data["expires_at"] = data.pop("expires_on")
        kilobytes = data.pop("largest_kilobytes")
        data["largest_body"] = kilobytes * 1000 if kilobytes else None
        if self.credential is not None and kilobytes == _kilobytes(self.credential.largest_body):
            data["largest_body"] = self.credential.largest_body  # the command line also gives limits that are no whole number
        return data


def _kilobytes(octets: int | None) -> int | None:
    return None if octets is None else -(-octets // 1000)


class RotateForm(forms.Form):
    """How long the old secret works beside the new one."""

    overlap = forms.TypedChoiceField(
        label=_("Het oude geheim werkt nog"),
        choices=[("0", _("niet meer")), ("1", _("een uur")), ("24", _("een dag")), ("168", _("een week"))],
        coerce=int,
        initial="0",
        help_text=_("Zo kan het hulpmiddel overgaan zonder stil te staan. Is het geheim uitgelekt, kies dan ‘niet meer’."),
    )
