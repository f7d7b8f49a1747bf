"""Forms with which an administrator takes leerrecords along to another system, or in from one."""

from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from lrs.exporting import Selection
from lrs.named_fields import ActivityField, VerbField
from lrs.viewer_people import sight_of_names


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(label=label, required=False, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}))


def _before(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min)) - timedelta(milliseconds=1)


class _OfOrganisation(forms.Form):
    """A form about one organisation of the person; a superuser may leave it out."""

    none_label = _("Alle organisaties")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation = cast(forms.ModelChoiceField, self.fields["organisation"])
        organisation.queryset = organisations_where(user, Action.EXCHANGE_RECORDS)
        organisation.empty_label = None if organisation.queryset.count() == 1 else gettext("Kies een organisatie")
        if user.is_superuser:
            organisation.required = False
            organisation.empty_label = str(self.none_label)


class ExportForm(_OfOrganisation):
    """Which statements go along."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Organisatie"),
        help_text=_("Mee gaat wat met sleutels van deze organisatie is geschreven of ingelezen."),
    )
    since = _day(_("Binnengekomen vanaf"))
    until = _day(_("Binnengekomen tot en met"))
    verb = VerbField(label=_("Wat er gebeurde"), required=False, help_text=_("Kies uit de lijst, of plak de IRI van een werkwoord."))
    activity = ActivityField(label=_("Cursus, les of activiteit"), required=False, help_text=_("Typ een deel van de naam, of plak de IRI."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        cast(ActivityField, self.fields["activity"]).sight = sight_of_names(user)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", gettext("Kies een dag op of na de eerste dag."))
        return data

    def selection(self) -> Selection:
        """What was chosen. The days are Amsterdam's; `since` itself is left out, so it lies just before the first of them."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return Selection(
            since=_before(since) if since else None,
            until=timezone.make_aware(datetime.combine(until, time.max)) if until else None,
            organisation=self.cleaned_data["organisation"],
            verb=self.cleaned_data["verb"],
            activity=self.cleaned_data["activity"],
        )


class _ImportForm(_OfOrganisation):
    none_label = _("Geen: van niemand in het bijzonder")

    name = forms.CharField(
        label=_("Naam"), max_length=100, help_text=_("Waar komen ze vandaan? Deze naam staat bij alles wat is ingelezen.")
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Organisatie"), help_text=_("Hulpmiddelen van deze organisatie kunnen ze lezen.")
    )
    joins_people = forms.BooleanField(
        label=_("Herken leden aan hun e-mailadres"),
        required=False,
        help_text=_("Staat het bevestigde adres van een lid bij een uitspraak, dan komt die in diens dossier. Er volgen geen punten uit."),
    )
    keeps_without_bytes = forms.BooleanField(label=_("Neem ook uitspraken over waarvan een bijlage ontbreekt"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("joins_people") and "organisation" in data and data["organisation"] is None:
            self.add_error("joins_people", gettext("Kies een organisatie: alleen binnen een organisatie herkennen we leden."))
        return data


class ImportFileForm(_ImportForm):
    """A file of another store."""

    file = forms.FileField(
        label=_("Bestand"),
        max_length=200,
        help_text=_("NDJSON: één uitspraak per regel. Als .ndjson, .ndjson.gz, of de ZIP van een export."),
        widget=forms.ClearableFileInput(attrs={"accept": ".ndjson,.jsonl,.json,.gz,.zip"}),
    )
    field_order = ["name", "organisation", "file", "joins_people", "keeps_without_bytes"]

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > settings.LRS_IMPORT_LARGEST_FILE:
            raise forms.ValidationError(
                gettext(
                    "Het bestand is groter dan %(size)s MB. Splits het op, of laat de beheerder het inlezen met manage.py import_statements."
                )
                % {"size": settings.LRS_IMPORT_LARGEST_FILE // 1_000_000}
            )
        return cast(UploadedFile, file)


class ImportStoreForm(_ImportForm):
    """The address of another store, and the key with which it lets itself be read."""

    address = forms.CharField(
        label=_("Adres"),
        max_length=500,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text=_("Het adres van xAPI daar, zoals https://lrs.voorbeeld.nl/xapi."),
    )
    key = forms.CharField(label=_("Sleutel"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
    secret = forms.CharField(
        label=_("Geheim"),
        max_length=300,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("We bewaren het versleuteld, en gooien het weg zodra het inlezen klaar is."),
    )
    since = _day(_("Alleen wat daar is opgeslagen vanaf"))
    field_order = ["name", "organisation", "address", "key", "secret", "since", "joins_people", "keeps_without_bytes"]

    def clean_since(self) -> datetime | None:
        day = self.cleaned_data["since"]
        return _before(day) if day else None
