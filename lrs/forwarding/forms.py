"""The form with which somebody makes or changes a target."""

from datetime import date, datetime, time
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from lrs.forwarding.targets import Login
from lrs.models import Credential, ForwardingTarget, Source
from lrs.named_fields import ActivityField, VerbField
from lrs.viewer_people import sight_of_names

Reach = ForwardingTarget.Reach


class TargetForm(forms.Form):
    """Where statements go, which ones, and in whose name."""

    name = forms.CharField(
        label=_("Naam"), max_length=120, help_text=_("Hoe jullie de andere kant noemen, bijvoorbeeld ‘Leerplatform Ziekenhuis Noord’.")
    )
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Organisatie"))
    kind = forms.ChoiceField(
        label=_("Soort"), choices=ForwardingTarget.Kind.choices, initial=ForwardingTarget.Kind.XAPI, widget=forms.RadioSelect
    )
    endpoint = forms.CharField(
        label=_("Adres"),
        max_length=500,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=_("Het adres zonder ‘/statements’, bijvoorbeeld https://lrs.voorbeeld.nl/xapi."),
    )
    version = forms.ChoiceField(label=_("Versie van xAPI"), choices=ForwardingTarget.Version.choices, initial=ForwardingTarget.Version.V2)
    table = forms.CharField(
        label=_("Tabel"), max_length=120, required=False, help_text=_("Alleen voor een analysedatabase, bijvoorbeeld leren.statements.")
    )
    key = forms.CharField(label=_("Sleutel"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    secret = forms.CharField(
        label=_("Geheim"),
        max_length=500,
        required=False,
        # What was typed a moment ago stays there when something else has to be mended; what is kept is never shown.
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )
    allows_private = forms.BooleanField(
        label=_("Sta een adres in het eigen netwerk toe"),
        required=False,
        help_text=_(
            "Zet dit alleen aan voor een adres dat je zelf beheert: Vakwijs kan dan bij systemen die van buiten niet te bereiken zijn."
        ),
    )
    reach = forms.ChoiceField(
        label=_("Welke uitspraken?"),
        choices=Reach.choices,
        widget=forms.RadioSelect,
        initial=Reach.TOOLS,
        help_text=_("Van een lid gaat alleen mee wat is vastgelegd sinds die persoon lid is."),
    )
    verbs = VerbField(
        label=_("Alleen als dit gebeurde"),
        required=False,
        several=True,
        help_text=_(
            "Kies uit de lijst, of plak de IRI van een werkwoord. Leeg: alles wat er gebeurt. Na het bewaren kun je er meer toevoegen."
        ),
    )
    activities = ActivityField(
        label=_("Alleen deze cursussen of activiteiten"),
        required=False,
        several=True,
        help_text=_(
            "Typ een deel van de naam, of plak een adres. Alles wat eronder valt gaat mee: bij een cursus ook haar lessen. Leeg: alles. Na het bewaren kun je er meer toevoegen."
        ),
    )
    sources = forms.MultipleChoiceField(
        label=_("Alleen van deze herkomst"), choices=Source.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    credential = forms.ModelChoiceField(
        Credential.objects.none(), label=_("Alleen van dit hulpmiddel"), required=False, empty_label=_("alle")
    )
    actors = forms.ChoiceField(
        label=_("Hoe staan personen erin?"),
        choices=ForwardingTarget.Actors.choices,
        widget=forms.RadioSelect,
        initial=ForwardingTarget.Actors.PSEUDONYM,
        help_text=_("Met een eigen pseudoniem kan deze bestemming niemand herkennen aan wat een andere bestemming weet."),
    )
    with_attachments = forms.BooleanField(label=_("Stuur bijlagen mee"), required=False)
    voids_on_erasure = forms.BooleanField(
        label=_("Herroep daar wat we bij ons wissen"),
        required=False,
        initial=True,
        help_text=_("xAPI kent geen wissen. Je krijgt altijd ook de taak om de beheerder daar te vragen."),
    )
    begin = forms.ChoiceField(
        label=_("Vanaf wanneer?"),
        choices=[("now", _("wat er vanaf nu binnenkomt")), ("day", _("alles vanaf een dag")), ("all", _("alles wat er al is"))],
        widget=forms.RadioSelect,
        initial="now",
    )
    begin_on = forms.DateField(label=_("Eerste dag"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, user: User, target: ForwardingTarget | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(ActivityField, self.fields["activities"]).sight = sight_of_names(user)
        self.target = target
        organisations = organisations_where(user, Action.FORWARD_RECORDS)
        organisation = cast(forms.ModelChoiceField, self.fields["organisation"])
        organisation.queryset = organisations
        credential = cast(forms.ModelChoiceField, self.fields["credential"])
        credential.queryset = Credential.objects.filter(organisation__in=organisations).order_by("name")
        if user.is_superuser:
            organisation.required = False
            organisation.empty_label = gettext("Geen: alles van alle organisaties")
            credential.queryset = Credential.objects.order_by("name")
        else:
            if organisations.count() == 1:
                organisation.empty_label = None
            del self.fields["allows_private"]
            cast(forms.ChoiceField, self.fields["reach"]).choices = [choice for choice in Reach.choices if choice[0] != Reach.EVERYTHING]
        if target is None:
            for name in ("key", "secret"):
                self.fields[name].required = self.data.get("kind", ForwardingTarget.Kind.XAPI) == ForwardingTarget.Kind.XAPI
                self.fields[name].error_messages["required"] = _("Vul de sleutel en het geheim in die de andere kant je gaf.")
                self.fields[name].help_text = _("Van de andere kant gekregen. Bij een analysedatabase mag dit leeg blijven.")
        else:
            del self.fields["begin"], self.fields["begin_on"]
            self.fields["key"].help_text = self.fields["secret"].help_text = _("Laat leeg om te houden wat we hebben. We tonen het nooit.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("key")) != bool(data.get("secret")) and not self.errors:
            self.add_error("key", gettext("Vul sleutel en geheim allebei in."))
        if data.get("begin") == "day" and not data.get("begin_on") and "begin_on" not in self.errors:
            self.add_error("begin_on", gettext("Kies een dag."))
        return data

    def sections(self) -> list[dict[str, Any]]:
        """The fields in the order in which somebody thinks of them; what is seldom needed is folded away until it is filled in."""
        parts: list[tuple[Any, bool, tuple[str, ...]]] = [
            (_("Waarheen"), False, ("name", "organisation", "kind", "endpoint", "key", "secret")),
            (_("Meer over het adres"), True, ("version", "table", "allows_private")),
            (_("Wat gaat mee"), False, ("reach", "actors", "with_attachments", "begin", "begin_on")),
            (_("Niet alles: kies werkwoorden, cursussen of een hulpmiddel"), True, ("verbs", "activities", "sources", "credential")),
            (_("Als iemand wordt gewist"), False, ("voids_on_erasure",)),
        ]
        sections = []
        for title, folded, names in parts:
            fields = [self[name] for name in names if name in self.fields]
            filled = any(field.errors or (field.name != "version" and field.value()) for field in fields)
            sections.append({"title": title, "folded": folded, "fields": fields, "filled": filled})
        return sections

    @property
    def login(self) -> Login | None:
        """The key and the secret, when they were filled in."""
        key, secret = self.cleaned_data["key"], self.cleaned_data["secret"]
        return Login(key=key, secret=secret) if key or secret else None

    @property
    def since(self) -> datetime | None:
        return start_of(self.cleaned_data["begin_on"]) if self.cleaned_data.get("begin") == "day" else None

    @property
    def settings(self) -> dict[str, Any]:
        """What the target gets, without its key and its beginning."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("key", "secret", "begin", "begin_on")}


class BeginAgainForm(forms.Form):
    """From which day on to send once more."""

    since = forms.DateField(label=_("Vanaf"), required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text=_("Leeg: alles."))

    def clean_since(self) -> date | None:
        day: date | None = self.cleaned_data["since"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(gettext("Kies vandaag of een eerdere dag. Wat nog komt, gaat vanzelf mee."))
        return day


class DismissForm(forms.Form):
    """Why a statement need not be sent any more."""

    reason = forms.CharField(label=_("Waarom hoeft deze niet meer verstuurd te worden?"), max_length=300)


class ConfirmForm(forms.Form):
    """What the administrator of the other side said."""

    note = forms.CharField(
        label=_("Wie heeft dit bevestigd, en wanneer?"),
        max_length=300,
        help_text=_("Bijvoorbeeld: mail van de functioneel beheerder, 3 maart."),
    )


def start_of(day: date) -> datetime:
    """The first moment of a day in Amsterdam."""
    return timezone.make_aware(datetime.combine(day, time.min))
