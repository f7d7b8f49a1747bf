"""The names under which courses, lessons and activities stand in the learning records. A name never changes."""

import uuid
from dataclasses import dataclass

from lrs.profiles.vakwijs import NAMESPACE

ACTIVITIES = f"{NAMESPACE}/activities/"


@dataclass(frozen=True)
class Named:
    """What an IRI of ours names: a course, a lesson or activity in it, or (with `inner`) a piece of an activity."""

    course: uuid.UUID
    part: uuid.UUID | None = None
    inner: str = ""


def course_iri(course: uuid.UUID) -> str:
    return f"{ACTIVITIES}{course}"


def part_iri(course: uuid.UUID, part: uuid.UUID, inner: str = "") -> str:
    """The IRI of a lesson or an activity; `inner` names a piece of it, such as one question."""
    return f"{ACTIVITIES}{course}/{part}" + (f"/{inner}" if inner else "")


def named_by(iri: str) -> Named | None:
    """What the IRI names, or None when it is not one of ours. Only the exact spelling counts: IRIs are compared as strings."""
    if not iri.startswith(ACTIVITIES):
        return None
    course, _, rest = iri.removeprefix(ACTIVITIES).partition("/")
    part, _, inner = rest.partition("/")
    try:
        named = Named(course=uuid.UUID(course), part=uuid.UUID(part) if part else None, inner=inner)
    except ValueError:
        return None
    exact = course_iri(named.course) if named.part is None else part_iri(named.course, named.part, inner)
    return named if iri == exact else None
