"""Forms of the privacy pages."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import User
from lrs.models import LegalHold, Source
from lrs.named_fields import ActivityField, ActivityTypeField, VerbField
from lrs.validation import StatementRefused, check_agent
from lrs.viewer_people import sight_of_names

DATE = forms.DateInput(attrs={"type": "date"})
KINDS = [
    ("mbox", _("e-mailadres")),
    ("account", _("account in een ander systeem")),
    ("openid", _("OpenID-adres")),
    ("mbox_sha1sum", _("SHA-1 van het e-mailadres")),
]


class PersonSearch(forms.Form):
    """One of our own people, by name or address."""

    q = forms.CharField(label=_("Naam of e-mailadres"), max_length=200)


class OutsideSearch(forms.Form):
    """Somebody whom only other systems know."""

    kind = forms.ChoiceField(label=_("Waaraan herkent het andere systeem deze persoon?"), choices=KINDS)
    value = forms.CharField(
        label=_("E-mailadres, naam van het account, OpenID of SHA-1"), max_length=400, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    home = forms.CharField(
        label=_("Adres van dat systeem"),
        max_length=400,
        required=False,
        help_text=_("Alleen bij een account, bijvoorbeeld https://lms.ziekenhuis.example"),
    )

    actor: dict[str, Any]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        if not data.get("value") or "kind" not in data:
            return data
        kind, value = data["kind"], data["value"].strip()
        if kind == "account":
            if not data.get("home"):
                raise forms.ValidationError({"home": gettext("Vul ook het adres van het andere systeem in.")})
            self.actor = {"account": {"homePage": data["home"].strip(), "name": value}}
        elif kind == "mbox":
            self.actor = {"mbox": value if value.startswith("mailto:") else f"mailto:{value}"}
        else:
            self.actor = {kind: value}
        try:
            check_agent(self.actor, "actor")
        except StatementRefused:
            raise forms.ValidationError(
                {"value": gettext("Zo staat niemand in de leerrecords. Kijk na of het klopt wat je invulde.")}
            ) from None
        return data


class EraseForm(forms.Form):
    """The second confirmation of an erasure: the word, and why."""

    reason = forms.CharField(
        label=_("Waarom wis je deze gegevens?"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text=_("Komt in het verslag. Noem de persoon niet bij naam."),
    )
    overruled = forms.CharField(
        label=_("Waarom toch, al moeten ze nog bewaard blijven?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False
    )
    word = forms.CharField(
        label=_("Typ het woord WISSEN"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, *args: Any, duties: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if duties:
            self.fields["overruled"].required = True
        else:
            del self.fields["overruled"]

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"].strip().upper()
        if word != "WISSEN":
            raise forms.ValidationError(gettext("Typ WISSEN om te laten zien dat je dit zeker weet."))
        return word


class PersonHoldForm(forms.Form):
    """Nothing of this person may be erased for now."""

    reason = forms.CharField(label=_("Waarom moet dit bewaard blijven?"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000)
    until = forms.DateField(label=_("Laatste dag"), required=False, widget=DATE, help_text=_("Leeg: totdat iemand de bewaarplicht opheft."))


class HoldForm(PersonHoldForm):
    """Nothing of a course or of a period may be erased for now."""

    kind = forms.ChoiceField(
        label=_("Waarop?"),
        choices=[(kind.value, kind.label) for kind in (LegalHold.Kind.ACTIVITY, LegalHold.Kind.PERIOD)],
        widget=forms.RadioSelect,
        initial=LegalHold.Kind.ACTIVITY,
    )
    activity = ActivityField(
        label=_("Cursus, les of activiteit"),
        max_length=500,
        required=False,
        help_text=_(
            "Alleen bij een cursus of activiteit. Typ een deel van de naam, of plak het begin van een adres. Wat bij de cursus hoort, valt eronder."
        ),
    )
    period_start = forms.DateField(label=_("Eerste dag"), required=False, widget=DATE, help_text=_("Alleen bij een periode."))
    period_end = forms.DateField(label=_("Laatste dag van de periode"), required=False, widget=DATE)
    field_order = ("kind", "activity", "period_start", "period_end", "reason", "until")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(ActivityField, self.fields["activity"]).sight = sight_of_names(user)

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        if data.get("kind") == LegalHold.Kind.ACTIVITY and not data.get("activity") and "activity" not in self.errors:
            raise forms.ValidationError({"activity": gettext("Vul in waarop de bewaarplicht rust.")})
        if data.get("kind") == LegalHold.Kind.PERIOD and not (data.get("period_start") and data.get("period_end")):
            raise forms.ValidationError({"period_start": gettext("Vul de eerste en de laatste dag van de periode in.")})
        return data


class LiftForm(forms.Form):
    """A hold ends."""

    because = forms.CharField(
        label=_("Waarom hoeft dit niet langer bewaard te blijven?"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )


class WishForm(forms.Form):
    """What somebody wants erased besides their records."""

    wish = forms.CharField(
        label=_("Wil je nog meer laten wissen?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=_(
            "Bijvoorbeeld je account, ingeleverd werk, of bewijs dat je zelf niet weg kunt halen. Wil je je leerrecords juist houden, schrijf dat er dan bij. De beheerder leest dit en antwoordt wat is gewist, wat blijft en waarom."
        ),
    )


class AnswerForm(forms.Form):
    """An answer to who asked for erasure."""

    answer = forms.CharField(label=_("Uitleg aan de aanvrager"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class RetentionForm(forms.Form):
    """How long a kind of record is kept."""

    name = forms.CharField(label=_("Naam"), max_length=120, help_text=_("Bijvoorbeeld: video-interacties na een jaar weg."))
    activity_type = ActivityTypeField(
        label=_("Soort activiteit"),
        required=False,
        max_length=400,
        help_text=_("Bijvoorbeeld video. Kies uit de lijst, of plak de IRI. Leeg: elke soort."),
    )
    verb = VerbField(
        label=_("Wat er gebeurde"), required=False, max_length=400, help_text=_("Kies uit de lijst, of plak de IRI. Leeg: alles.")
    )
    source = forms.ChoiceField(label=_("Herkomst"), required=False, choices=[("", _("elke herkomst")), *Source.choices])
    months = forms.IntegerField(label=_("Bewaar zoveel maanden"), min_value=1, max_value=240, initial=12)
