"""The search form of the record: read what was typed, and find out who and what is meant."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from lrs.activities import IRI, Activity, activities_like, activity_named, nearest
from lrs.actors import actor_key, actor_of
from lrs.models import Source, StatementId
from lrs.named_fields import Suggested, among
from lrs.places import course_choices
from lrs.sentences import verb_choices
from lrs.validation import is_iri
from lrs.viewer import Search
from lrs.viewer_people import Sight, Wanted, person_meant

STATES = [("", _("Alle")), ("set_aside", _("Terzijde gelegd")), ("waiting", _("Wacht op verwerking")), ("voided", _("Herroepen"))]


class SearchForm(forms.Form):
    """Everything may stay empty. `understood()` gives what to look for, or raises nothing and says what is not clear."""

    persoon = forms.CharField(label=_("Persoon"), required=False, max_length=320, widget=Suggested(asks="personen"))
    cursus = forms.ChoiceField(label=_("Cursus"), required=False)
    werkwoord = forms.CharField(label=_("Wat er gebeurde"), required=False, max_length=1000, widget=Suggested(offers=verb_choices))
    activiteit = forms.CharField(label=_("Les of activiteit"), required=False, max_length=1000, widget=Suggested(asks="activiteiten"))
    vanaf = forms.DateField(label=_("Vastgelegd vanaf"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    tot = forms.DateField(
        label=_("Vastgelegd tot en met"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    stand = forms.ChoiceField(label=_("Stand"), required=False, choices=STATES)
    herkomst = forms.ChoiceField(label=_("Hoe we het weten"), required=False)
    sleutel = forms.ChoiceField(label=_("Sleutel van een hulpmiddel"), required=False)
    gekozen = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)  # the IRI of the activity shown by its name
    registratie = forms.CharField(label=_("Registratie of nummer"), required=False, max_length=60)

    def __init__(self, data: Any, *, sight: Sight) -> None:
        super().__init__(data)
        self.sight = sight
        self.courses = course_choices(organisations=None if sight.everything else sight.organisations)
        self.verbs = verb_choices()
        cast(forms.ChoiceField, self.fields["cursus"]).choices = [("", gettext("Alle cursussen")), *self.courses]
        cast(forms.ChoiceField, self.fields["herkomst"]).choices = [("", gettext("Alle")), *((one.value, one.label) for one in Source)]
        keys = [(str(pk), one.name) for pk, one in sight.credentials.items()]
        cast(forms.ChoiceField, self.fields["sleutel"]).choices = [("", gettext("Alle")), *keys]
        if not keys:
            del self.fields["sleutel"]
        self.fields["persoon"].widget.attrs["placeholder"] = gettext("Naam of e-mailadres")

    def clean_registratie(self) -> uuid.UUID | None:
        text = self.cleaned_data["registratie"].strip()
        if not text:
            return None
        try:
            return uuid.UUID(text)
        except ValueError:
            raise forms.ValidationError(
                gettext("Een registratie of nummer heeft 32 letters en cijfers. Plak het in zijn geheel.")
            ) from None

    def clean_werkwoord(self) -> str:
        """The IRI of a verb, also from its words or the last word of its IRI."""
        text = self.cleaned_data["werkwoord"].strip()
        if not text or IRI.match(text):
            return text
        found = among(self.verbs, text)
        if len(found) == 1:
            return found[0].iri
        if not found and is_iri(text):
            return text
        raise forms.ValidationError(gettext("Kies uit de lijst wat er gebeurde, of plak de IRI van het werkwoord."))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("vanaf"), data.get("tot")
        if since and until and until < since:
            self.add_error("tot", gettext("Deze dag ligt voor de eerste. Kijk beide dagen na."))
        return data


@dataclass
class Asked:
    """A search as it was understood, with the names of what was chosen, and what is still open."""

    search: Search
    wanted: Wanted | None = None
    activity: Activity | None = None
    people: tuple[Any, ...] = ()
    activities: tuple[Activity, ...] = ()
    nobody: str = ""
    nothing: str = ""
    statement: uuid.UUID | None = None
    chosen: dict[str, tuple[str, str]] = field(default_factory=dict)  # parameter: value in an address, label

    @property
    def open(self) -> bool:
        """Whether it has to be said first who or what is meant."""
        return bool(self.people or self.activities or self.nobody or self.nothing)


def asked_for(form: SearchForm) -> Asked:
    """What a valid form asks. Who and what is meant is looked up among what the reader may see."""
    data, sight = form.cleaned_data, form.sight
    asked = Asked(search=Search())
    words: dict[str, Any] = {
        "course": data["cursus"],
        "verb": data["werkwoord"],
        "source": data["herkomst"],
        "state": data["stand"],
        "credential": int(data["sleutel"]) if data.get("sleutel") else None,
        "since": _start_of(data["vanaf"]),
        "until": _start_of(data["tot"] + timedelta(days=1)) if data["tot"] else None,
    }
    labels = {
        "cursus": dict(form.courses).get(data["cursus"], ""),
        "werkwoord": dict(form.verbs).get(data["werkwoord"], data["werkwoord"]),
        "herkomst": str(Source(data["herkomst"]).label) if data["herkomst"] else "",
        "stand": str(dict(STATES)[data["stand"]]) if data["stand"] else "",
        "sleutel": sight.credentials[words["credential"]].name if words["credential"] else "",
        "vanaf": gettext("vanaf %(day)s") % {"day": data["vanaf"].strftime("%d-%m-%Y")} if data["vanaf"] else "",
        "tot": gettext("tot en met %(day)s") % {"day": data["tot"].strftime("%d-%m-%Y")} if data["tot"] else "",
    }
    for name, label in labels.items():
        if label:
            asked.chosen[name] = (_in_address(data[name]), label)
    if data["persoon"]:
        _who(asked, words, person_meant(data["persoon"], sight=sight), data["persoon"])
    if data["activiteit"]:
        _what(asked, words, data["activiteit"].strip(), sight, chosen=data["gekozen"])
    if data["registratie"]:
        if StatementId.objects.filter(uuid=data["registratie"]).exists():
            asked.statement = data["registratie"]
        words["registration"] = data["registratie"]
        asked.chosen["registratie"] = (
            str(data["registratie"]),
            gettext("registratie %(start)s…") % {"start": str(data["registratie"])[:8]},
        )
    asked.search = Search(**words)
    _show(form, asked)
    return asked


def _show(form: SearchForm, asked: Asked) -> None:
    """In the fields stands what people call it, also when an address said it by number."""
    shown = cast(QueryDict, form.data).copy()
    if asked.wanted and asked.wanted.user:
        shown["persoon"] = f"{asked.wanted.user}, {asked.wanted.user.email}"
    if asked.activity:
        shown["activiteit"], shown["gekozen"] = asked.activity.name, asked.activity.iri
    if "werkwoord" in asked.chosen:
        shown["werkwoord"] = asked.chosen["werkwoord"][1]
    form.data = shown


def _who(asked: Asked, words: dict[str, Any], wanted: Wanted, text: str) -> None:
    asked.wanted = wanted
    if wanted.nobody:
        asked.nobody = text
    elif wanted.candidates:
        asked.people = wanted.candidates
    elif wanted.pseudonym:
        words["actor"] = actor_key(actor_of(wanted.pseudonym))
        label = str(wanted.user) if wanted.user else gettext("pseudoniem %(start)s…") % {"start": str(wanted.pseudonym)[:8]}
        asked.chosen["persoon"] = (str(wanted.pseudonym), label)
    else:
        words["actor"] = actor_key({"mbox": f"mailto:{wanted.address}"})
        asked.chosen["persoon"] = (wanted.address, wanted.address)


def _what(asked: Asked, words: dict[str, Any], text: str, sight: Sight, *, chosen: str) -> None:
    before = activity_named(chosen) if chosen else None
    if before and before.name == text:
        asked.activity = before
    elif IRI.match(text):
        asked.activity = activity_named(text)
    else:
        found = nearest(text, activities_like(text, sight=sight))
        if len(found) == 1:
            asked.activity = found[0]
        elif found:
            asked.activities = tuple(found)
        elif is_iri(text):
            asked.activity = activity_named(text)
        else:
            asked.nothing = text
    if asked.activity:
        words["activity"] = asked.activity.iri
        asked.chosen["activiteit"] = (asked.activity.iri, asked.activity.name)


def _start_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _in_address(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
