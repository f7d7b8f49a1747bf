"""Fields in which a verb, a course or an activity is called by its name. An IRI can still be pasted.

While somebody types, the names that fit stand in a list under the field. What fits several is asked by the form itself, under the
field, so that it works without JavaScript too.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from lrs.activities import IRI, Activity, activity_named, courses_and_activities_like, is_known, nearest
from lrs.sentences import activity_type_choices, activity_type_name, verb_choices, verb_name
from lrs.validation import StatementRefused, check_iri
from lrs.viewer_people import Sight

SPARE = 3  # empty fields behind what was filled in, to add more


class Suggested(forms.TextInput):
    """A field with a list of names under it: `offers` gives them all, `asks` is the list that is fetched while somebody types.

    `several` is a field for each of what may be many. `unclear` holds by place what a text may mean, to choose from.
    """

    template_name = "lrs/components/suggested/suggested.html"

    def __init__(self, *, asks: str = "", offers: Callable[[], Sequence[tuple[str, str]]] = list, several: bool = False) -> None:
        super().__init__()
        self.asks, self.offers, self.several = asks, offers, several
        self.use_fieldset = several
        self.unclear: dict[int, Sequence[Activity]] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        given = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        texts = [line.strip() for text in given for line in (str(text or "").splitlines() or [""])]
        # What was chosen was chosen for the words that stood there then.
        meant = [
            data.get(_which(name, place)) if text and text == data.get(_asked(name, place)) else "" for place, text in enumerate(texts)
        ]
        chosen = [iri or text for iri, text in zip(meant, texts, strict=True)]
        return chosen if self.several else "".join(chosen[:1])

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        shown = [text for text in (value if self.several else [value]) or [] if text] if value else []
        context = super().get_context(name, "", attrs)
        widget = context["widget"]
        listed = f"kies-{name}"
        given = {**widget["attrs"], "list": listed, "autocomplete": "off"}
        if self.asks:
            given |= {
                "hx-get": f"{reverse('lrs:records_choices')}?soort={self.asks}",
                "hx-trigger": "input changed delay:250ms",
                "hx-target": f"#{listed}",
            }
        rows = []
        for place, text in enumerate([*shown, *[""] * SPARE] if self.several else [*shown, ""][:1]):
            own = {"id": f"{given['id']}_{place}"} if place and "id" in given else {}
            if self.several:
                own["aria-label"] = gettext("Naam of adres %(number)s") % {"number": place + 1}
            which = {"name": _which(name, place), "asked": _asked(name, place), "among": self.unclear.get(place, ())}
            rows.append({"value": text, "attrs": {**given, **own}, "which": which})
        widget |= {"rows": rows, "listed": listed, "offers": [label for _iri, label in self.offers()]}
        return context


def _which(name: str, place: int) -> str:
    return f"{name}_bedoeld_{place}"


def _asked(name: str, place: int) -> str:
    return f"{name}_gevraagd_{place}"


class NamedField(forms.Field, ABC):
    """What is meant by a name: its IRI, or for `several` a list of them."""

    asks = ""
    unknown: Any = ""

    def __init__(self, *, several: bool = False, max_length: int = 1000, **kwargs: Any) -> None:
        super().__init__(widget=Suggested(asks=self.asks, offers=self.offers, several=several), **kwargs)
        self.several, self.max_length = several, max_length

    def offers(self) -> Sequence[tuple[str, str]]:
        """What may be chosen, as far as that fits in a list: IRI and name."""
        return []

    @abstractmethod
    def meant_by(self, text: str) -> Sequence[Activity]:
        """What somebody may mean who writes this; nothing when no name fits."""

    def is_called(self, one: Activity, text: str) -> bool:
        """Whether this says exactly what it is called."""
        return one.name.casefold() == text.casefold()

    @abstractmethod
    def name_of(self, iri: str) -> str:
        """What this is called: the IRI itself when it has no name."""

    def clean(self, value: Any) -> Any:
        texts = value if self.several else [value]
        iris, problems, unclear = [], [], {}
        for place, text in enumerate(filter(None, texts)):
            found = [] if IRI.match(text) else self.meant_by(text)
            if IRI.match(text) and _fits(text, self.max_length):
                iris.append(text)
            elif IRI.match(text):
                problems.append(gettext("‘%(text)s’ is geen volledig adres (IRI). Kijk het na, of kies een naam.") % {"text": text[:80]})
            elif len(found) == 1 and self.is_called(found[0], text):
                iris.append(found[0].iri)
            elif found:
                # Also of one: what is done with it is not undone by looking again.
                unclear[place] = found
                problems.append(gettext("‘%(text)s’ is niet precies. Kies eronder wat je bedoelt.") % {"text": text[:80]})
            else:
                problems.append(str(self.unknown) % {"text": text[:80]})
        widget = self.widget
        if isinstance(widget, Suggested):
            widget.unclear = unclear
        if problems:
            raise forms.ValidationError(problems)
        if self.required and not iris:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return list(dict.fromkeys(iris)) if self.several else "".join(iris)

    def prepare_value(self, value: Any) -> Any:
        """By its name, where that means this one and no other."""
        if self.several:
            return [self._shown(str(text)) for text in value or []]
        return self._shown(str(value)) if value else ""

    def _shown(self, text: str) -> str:
        if not IRI.match(text):
            return text
        name = self.name_of(text)
        return name if not IRI.match(name) and [one.iri for one in self.meant_by(name)] == [text] else text


def _fits(iri: str, max_length: int) -> bool:
    try:
        check_iri(iri, "")
    except StatementRefused:
        return False
    return len(iri) <= max_length


class _ListedField(NamedField):
    """What may be meant fits in a list."""

    choices: Callable[[], Sequence[tuple[str, str]]]

    def offers(self) -> Sequence[tuple[str, str]]:
        return type(self).choices()

    def meant_by(self, text: str) -> Sequence[Activity]:
        return among(self.offers(), text)

    def is_called(self, one: Activity, text: str) -> bool:
        return _is_called(one, text)


class VerbField(_ListedField):
    """A verb, in our word for it or in the last word of its IRI."""

    unknown = _("We kennen ‘%(text)s’ niet als werkwoord. Kies uit de lijst, of plak de IRI.")
    choices = staticmethod(verb_choices)

    def name_of(self, iri: str) -> str:
        return verb_name(iri)


class ActivityTypeField(_ListedField):
    """A kind of activity."""

    unknown = _("We kennen ‘%(text)s’ niet als soort activiteit. Kies uit de lijst, of plak de IRI.")
    choices = staticmethod(activity_type_choices)

    def name_of(self, iri: str) -> str:
        return activity_type_name(iri)


class ActivityField(NamedField):
    """A course, a lesson or another activity. The form gives the `sight` of its reader before it is filled in."""

    asks = "cursussen"
    unknown = _("We kennen geen cursus, les of activiteit met ‘%(text)s’ in de naam. Probeer één woord, of plak de IRI.")
    sight: Sight

    def meant_by(self, text: str) -> Sequence[Activity]:
        found = nearest(text, courses_and_activities_like(text, sight=self.sight))
        return found if any(self.is_called(one, text) for one in found) or not is_known(text) else [Activity(iri=text, name=text)]

    def name_of(self, iri: str) -> str:
        return activity_named(iri).name


def among(choices: Sequence[tuple[str, str]], text: str) -> list[Activity]:
    """Those that are called so, also by the last word of their IRI; without any, those with this in their name."""
    every = [Activity(*one) for one in choices]
    exact = [one for one in every if _is_called(one, text)]
    return exact[:1] or [one for one in every if text.casefold() in one.name.casefold()]


def _is_called(one: Activity, text: str) -> bool:
    return text.casefold() in (one.name.casefold(), one.iri.rsplit("/", 1)[-1].casefold())
