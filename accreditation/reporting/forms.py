"""What an administrator fills in about reporting."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Register, User
from accounts.permissions import Action, organisations_where
from accreditation.evaluation import AMSTERDAM
from accreditation.models import Accreditation, KnownAnswer, RegisterConnection, ReportingTerm
from accreditation.reporting import files
from accreditation.reporting.transport import Login

Transport = RegisterConnection.Transport


class Way(TextChoices):
    """The ways to report, as a person chooses between them."""

    SERVICE = "webservice", _("Webservice van PE-online")
    FILE = "bestand", _("XML-bestand voor PE-online")
    LIST = "lijst", _("Lijst voor een register zonder webservice")

    @classmethod
    def of(cls, connection: RegisterConnection) -> "Way":
        """The way of a connection."""
        return {Transport.FILE: cls.FILE, Transport.LIST: cls.LIST}.get(Transport(connection.transport), cls.SERVICE)


class ConnectionForm(forms.ModelForm):
    """How an organisation reports to a register: what this way of reporting asks, and no more. Keys are asked for, never shown."""

    user_id = forms.CharField(
        label="userID",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Van PE-online gekregen. We bewaren hem versleuteld en laten hem niet meer zien."),
    )
    user_key = forms.CharField(
        label="userKey", max_length=500, required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    columns = forms.MultipleChoiceField(
        label=_("Kolommen in CSV en XLSX"),
        choices=files.Column.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Kies wat het register vraagt. Geef namen alleen mee als het register daarom vraagt."),
        error_messages={"required": _("Kies minstens één kolom.")},
    )

    class Meta:
        model = RegisterConnection
        fields = ["organisation", "register", "transport", "endpoint", "test_mode", "automatic", "email", "columns"]
        widgets = {"transport": forms.RadioSelect, "endpoint": forms.URLInput(attrs={"autocomplete": "off"})}
        help_texts = {
            "transport": _("Weet je het niet, kies dan POST."),
            "endpoint": _("Het echte adres staat er al."),
            "test_mode": _(
                "PE-online zet een nieuwe koppeling eerst in testmodus: alles wordt nagekeken en niets bijgeschreven. Zet dit uit zodra "
                "PE-online laat weten dat de koppeling live is; wat in testmodus is goedgekeurd gaat dan opnieuw."
            ),
            "automatic": _("Wie vanaf nu punten krijgt, staat meteen klaar. Wat er al was, zet je zelf klaar."),
            "email": _("Leeg: PE-online mailt geen foutrapport. Hier zie je alle antwoorden ook."),
        }
        labels = {"endpoint": _("Adres van de webservice"), "email": _("Foutrapport van PE-online naar")}
        error_messages = {
            NON_FIELD_ERRORS: {
                "unique_together": _("Je organisatie meldt al aan dit register. Wijzig die koppeling, of kies een ander register.")
            }
        }

    def __init__(self, *args: Any, user: User, way: Way, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["organisation"].queryset = organisations_where(user, Action.MANAGE_ACCREDITATION).order_by("name")
        fields["register"].queryset = Register.objects.order_by("name")
        if self.instance.pk:
            # What was reported hangs on both.
            fields["organisation"].disabled = fields["register"].disabled = True
            fields["user_key"].help_text = fields["user_id"].help_text = _("Leeg: zoals hij was.")
        elif fields["organisation"].queryset.count() == 1:
            self.initial["organisation"] = fields["organisation"].queryset.get().pk
        if way == Way.SERVICE:
            fields["transport"].choices = [(one.value, one.label) for one in RegisterConnection.SERVICES]
            fields["endpoint"].assume_scheme = "https"
            if not self.instance.by_service:
                self.initial["transport"] = Transport.POST
            unused = ["columns"]
        else:
            self.instance.transport = Transport.FILE if way == Way.FILE else Transport.LIST
            self.initial["columns"] = self.instance.columns or [column.value for column in files.USUAL]
            unused = ["transport", "endpoint", "user_id", "user_key", "test_mode", *(["email"] if way == Way.LIST else [])]
        for name in unused:
            del fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("user_id")) != bool(cleaned.get("user_key")):
            self.add_error("user_key", gettext("Vul userID en userKey allebei in, of geen van beide."))
        return cleaned

    @property
    def login(self) -> Login | None:
        """The key that was filled in now, if any."""
        if not self.cleaned_data.get("user_id"):
            return None
        return Login(self.cleaned_data["user_id"].strip(), self.cleaned_data["user_key"].strip())


class NumberForm(forms.Form):
    """Another number to report under."""

    number = forms.CharField(
        label=_("Nummer in het register"), max_length=24, widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    )


class NoteForm(forms.Form):
    """Why, or how."""

    note = forms.CharField(label=_("Toelichting"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class AnswerForm(forms.Form):
    """What the register said of what somebody handed in."""

    text = forms.CharField(
        label=_("Wat het register antwoordde"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Alleen nodig bij een afwijzing."),
    )
    text.needed_sometimes = True  # type: ignore[attr-defined]  # for the component of a field


class MarkForm(forms.Form):
    """That something was reported by hand, and when."""

    on = forms.DateField(label=_("Gemeld op"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    note = forms.CharField(
        label=_("Hoe"), max_length=300, required=False, help_text=_("Bijvoorbeeld: ingelezen op de pagina van het register.")
    )

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise forms.ValidationError(gettext("Deze dag moet nog komen. Vul de dag in waarop je het hebt gemeld."))
        return on

    @property
    def moment(self) -> datetime:
        """Now for today; the end of the day for a day before."""
        on: date = self.cleaned_data["on"]
        if on == timezone.localdate():
            return timezone.now()
        return datetime.combine(on, time(23, 59), tzinfo=AMSTERDAM)


class CompareForm(forms.Form):
    """The register's own list: a file, or pasted."""

    accreditation = forms.ModelChoiceField(Accreditation.objects.none(), label=_("Accreditatie"))
    file = forms.FileField(
        label=_("Bestand van het register"),
        required=False,
        help_text=_("CSV of XLSX, hoogstens 5 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )
    text = forms.CharField(
        label=_("Of plak de lijst"),
        required=False,
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("Eén nummer per regel; er mag een datum achter staan."),
    )

    def __init__(self, *args: Any, connection: RegisterConnection, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["accreditation"]
        field.queryset = (
            Accreditation.objects.filter(course__organisation=connection.organisation_id, register=connection.register_id)
            .select_related("course", "register")
            .order_by("course__title", "-valid_from")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("file") and not cleaned.get("text"):
            self.add_error("text", gettext("Kies een bestand of plak de lijst van het register."))
        return cleaned


class TermForm(forms.ModelForm):
    """Within how many days a register wants to be told."""

    class Meta:
        model = ReportingTerm
        fields = ["days", "whole_only", "source", "confirmed"]
        widgets = {"source": forms.Textarea(attrs={"rows": 2})}


class KnownAnswerForm(forms.ModelForm):
    """What an answer of a register means."""

    class Meta:
        model = KnownAnswer
        fields = ["words", "code", "cause", "mend", "order", "confirmed"]
        widgets = {"cause": forms.Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("words") and not cleaned.get("code"):
            self.add_error("words", gettext("Vul een stuk van de tekst of een foutnummer in; anders past deze uitleg op alles."))
        return cleaned
