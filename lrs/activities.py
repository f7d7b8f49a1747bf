"""What the record knows of activities by name."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext

from lrs.formats import merged_definitions
from lrs.models import ActivityVersion
from lrs.places import course_choices, places_of
from lrs.sentences import in_language
from lrs.viewer import Search, find
from lrs.viewer_people import Sight

# What somebody pastes, and no name: "Thema:Longzorg" is an IRI to the letter of RFC 3987, and means nothing as one.
IRI = re.compile(r"^(?:[a-z][a-z0-9+.-]*://\S+|urn:[a-z0-9-]+:\S+|tag:[^\s:]+,\d{4}[0-9-]*:\S+|mailto:\S+@\S+)$", re.IGNORECASE)
CHOICES = 12
LOOKED_AT = 200


@dataclass(frozen=True)
class Activity:
    """An activity by its IRI, its name, and the course in which it stands when it is ours."""

    iri: str
    name: str
    where: str = ""


def activity_named(iri: str) -> Activity:
    """By its IRI, with its name when the record knows one."""
    return _named([iri])[0]


def is_known(iri: str) -> bool:
    """Whether the record holds a definition of this activity: then it is an IRI, whatever it looks like."""
    return ActivityVersion.objects.filter(activity=iri).exists()


def activities_like(text: str, *, sight: Sight) -> list[Activity]:
    """Those with these words in their name, at most so many as one can choose from.

    What an outside tool calls an activity may say something about a person ("Gesprek met …"): a reader is only offered such a
    name when a statement about it lately came from or about somebody they may see.
    """
    words = text.split()[:5]
    if not words:
        return []
    versions = ActivityVersion.objects.all()
    for word in words:
        # A definition is kept as JSON, in which é may stand as it is or as an escape.
        escaped = json.dumps(word)[1:-1]
        versions = versions.filter(Q(definition__icontains=word) | Q(definition__icontains=escaped))
    # What is called exactly so is found however many were named later, also when several are.
    exact = versions.filter(Q(definition__icontains=json.dumps(text)) | Q(definition__icontains=f'"{text}"'))
    called = exact.order_by("activity").values_list("activity", flat=True).distinct()[:LOOKED_AT]
    iris = dict.fromkeys([*called, *versions.order_by("-pk").values_list("activity", flat=True)[:LOOKED_AT]])
    found = [one for one in _named(iris) if all(word.casefold() in one.name.casefold() for word in words)]
    ours = set() if sight.everything else _ours((one.iri for one in found), sight)
    in_order = _exact_first(text, found)[: 2 * CHOICES]
    return [one for one in in_order if sight.everything or one.iri in ours or _is_seen(one.iri, sight)][:CHOICES]


def courses_and_activities_like(text: str, *, sight: Sight) -> list[Activity]:
    """Courses with these words in their title, also those of which nothing was recorded yet, and then what `activities_like` finds."""
    words = text.casefold().split()[:5]
    if not words:
        return []
    courses = course_choices(organisations=None if sight.everything else sight.organisations)
    found = [Activity(iri, title, gettext("cursus")) for iri, title in courses if all(word in title.casefold() for word in words)]
    found = _exact_first(text, found)[:CHOICES]
    known = {one.iri for one in found}
    return [*found, *(one for one in activities_like(text, sight=sight) if one.iri not in known)]


def _exact_first(text: str, found: list[Activity]) -> list[Activity]:
    """In their order, but first what is called exactly so: it may not fall off the end of a list that is cut."""
    return sorted(found, key=lambda one: (one.name.casefold() != text.casefold(), one.name.casefold(), one.where, one.iri))


def nearest(text: str, found: list[Activity]) -> list[Activity]:
    """Those that are called exactly so, or all when none is."""
    return [one for one in found if one.name.casefold() == text.casefold()] or found


def names_for(sight: Sight, iris: Iterable[str]) -> dict[str, str]:
    """What these are called, with their course, for a list: ours, and for who sees everything also what tools elsewhere call theirs."""
    named = [one for one in _named(sorted(set(iris))) if one.name != one.iri]
    found = {one.iri: f"{one.name} ({one.where})" if one.where else one.name for one in named}
    return found if sight.everything else {iri: found[iri] for iri in _ours(found, sight)}


def _ours(iris: Iterable[str], sight: Sight) -> set[str]:
    """Those in a course whose title this reader may know: a published one, or one of their own organisations."""
    courses = {iri for iri, _title in course_choices(organisations=sight.organisations)}
    return {iri for iri, place in places_of(iris).items() if place.course in courses}


def _is_seen(iri: str, sight: Sight) -> bool:
    return bool(find(Search(activity=iri), sight=sight, size=1, looked_at_most=LOOKED_AT).statements)


def _named(iris: Iterable[str]) -> list[Activity]:
    """Each of these with its name, in the same order; its IRI where no name is known."""
    iris = list(iris)
    definitions = merged_definitions([iris])
    places = places_of(iris)
    found = []
    for iri in iris:
        names = definitions.get(iri, {}).get("name") or {}
        place = places.get(iri)
        name = in_language(names) if names else (place.title if place and place.title else iri)
        where = place.course_title if place and place.course_title != name else ""
        found.append(Activity(iri=iri, name=name, where=where))
    return found
