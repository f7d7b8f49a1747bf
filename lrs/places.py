"""Words that a higher room lends the pages about the record: which courses there are, and what a record means in one.

The settings name a function for each (`LRS_COURSE_CHOICES` and its neighbours); without one the pages do without.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import Organisation, User
from lrs.models import Statement

Choice = tuple[str, str]  # an IRI and its title


@dataclass(frozen=True)
class Place:
    """Where an activity of ours stands. Empty where it has no title or address of its own."""

    course: str
    course_title: str
    title: str
    url: str


@dataclass(frozen=True)
class Part:
    """A lesson, and how far somebody is with it."""

    title: str
    iri: str
    done_at: datetime | None
    begun_at: datetime | None


@dataclass(frozen=True)
class Requirement:
    """One thing that a course asks, and how somebody stands."""

    asks: str
    stands: str
    met: bool


@dataclass(frozen=True)
class Standing:
    """How somebody stands in a course."""

    title: str
    course: str
    registration: uuid.UUID
    since: datetime
    left_at: datetime | None
    satisfied_at: datetime | None
    release: int
    parts: tuple[Part, ...]
    requirements: tuple[Requirement, ...]
    url: str

    @property
    def done(self) -> int:
        return sum(part.done_at is not None for part in self.parts)

    @property
    def met(self) -> int:
        return sum(one.met for one in self.requirements)


@dataclass(frozen=True)
class Effect:
    """What a record means for progress, and why."""

    counts: bool
    text: str


def course_choices(*, organisations: Iterable[Organisation] | None) -> list[Choice]:
    """The courses to choose from, for readers of these organisations."""
    return list(_call("LRS_COURSE_CHOICES", [], organisations=organisations))


def courses_of(*, learner: User) -> list[Choice]:
    """The courses that somebody follows or followed."""
    return list(_call("LRS_COURSES_OF", [], learner=learner))


def places_of(iris: Iterable[str]) -> dict[str, Place]:
    """Where these activities stand; those that are not ours are left out."""
    return dict(_call("LRS_PLACES", {}, iris=list(iris)))


def standing_of(*, reader: User, learner: uuid.UUID, course: str = "", registration: uuid.UUID | None = None) -> Standing | None:
    standing: Standing | None = _call("LRS_STANDING", None, reader=reader, learner=learner, course=course, registration=registration)
    return standing


def effect_of(statement: Statement) -> Effect | None:
    effect: Effect | None = _call("LRS_EFFECT", None, statement=statement)
    return effect


def activities_in(document: dict[str, Any]) -> list[str]:
    """The activities by which a statement says where it belongs: its object, then its context from near to far."""
    target = document["object"]
    iris = [target["id"]] if target.get("objectType", "Activity") == "Activity" else []
    listed = document.get("context", {}).get("contextActivities", {})
    for kind in ("parent", "grouping"):
        entries = listed.get(kind, [])
        iris += [one["id"] for one in (entries if isinstance(entries, list) else [entries])]
    return iris


def _call(setting: str, without: Any, **arguments: Any) -> Any:
    path = getattr(settings, setting, "")
    if not path:
        return without
    function: Callable[..., Any] = import_string(path)
    return function(**arguments)
