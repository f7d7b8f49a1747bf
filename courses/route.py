"""The route of a release: its modules, lessons and activities in order. A release never changes, so neither does its route."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.core.cache import cache

from courses.models import Release

KEEP = 24 * 60 * 60


@dataclass(frozen=True)
class Stop:
    """An activity on the route."""

    uuid: uuid.UUID
    key: str
    kind: str
    title: str
    minutes: int
    lesson: str

    @property
    def anchor(self) -> str:
        return f"activity-{self.uuid}"


@dataclass(frozen=True)
class Station:
    """A lesson on the route."""

    number: int
    uuid: uuid.UUID
    slug: str
    title: str
    minutes: int
    module: str
    module_number: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True)
class Route:
    """All lessons of a release in order."""

    course_slug: str
    completion: dict[str, Any]
    stations: tuple[Station, ...]

    @cached_property
    def by_slug(self) -> dict[str, Station]:
        return {station.slug: station for station in self.stations}

    @cached_property
    def by_uuid(self) -> dict[uuid.UUID, Station]:
        return {station.uuid: station for station in self.stations}

    @cached_property
    def stops(self) -> dict[str, Stop]:
        """The activities by key."""
        return {stop.key: stop for station in self.stations for stop in station.stops}

    @cached_property
    def keys(self) -> dict[uuid.UUID, str]:
        """The key of each activity by its uuid."""
        return {stop.uuid: key for key, stop in self.stops.items()}

    @cached_property
    def minutes_together(self) -> int:
        """The time of the meetings; it is not part of the time of the lessons they stand in."""
        return sum(stop.minutes for stop in self.stops.values() if stop.kind == "session")

    @cached_property
    def minutes(self) -> int:
        return sum(station.minutes for station in self.stations)

    def modules(self) -> Iterator[tuple[int, str, list[Station]]]:
        for (number, title), stations in groupby(self.stations, key=lambda station: (station.module_number, station.module)):
            yield number, title, list(stations)

    def after(self, station: Station) -> Station | None:
        return self.stations[station.number] if station.number < len(self.stations) else None

    def lesson_url(self, station: Station) -> str:
        return f"/cursus/{self.course_slug}/{station.slug}/"

    def stop_url(self, stop: Stop) -> str:
        return f"/cursus/{self.course_slug}/{stop.lesson}/#{stop.anchor}"


def route_of(release: Release) -> Route:
    """The route of this release, remembered between requests."""
    name = f"courses.route.{release.uuid}"
    route: Route | None = cache.get(name)
    if route is None:
        route = _draw(release)
        cache.set(name, route, KEEP)
    return route


def _draw(release: Release) -> Route:
    stops: dict[int, list[Stop]] = {}
    lessons = list(release.lessons.defer("body").order_by("order"))
    slugs = {lesson.pk: lesson.slug for lesson in lessons}
    for activity in release.activities.defer("settings").order_by("order"):
        stop = Stop(uuid=activity.uuid, key=activity.key, kind=activity.kind, title=activity.title, minutes=activity.minutes, lesson=slugs[activity.lesson_id])
        stops.setdefault(activity.lesson_id, []).append(stop)
    stations = tuple(
        Station(
            number=number,
            uuid=lesson.uuid,
            slug=lesson.slug,
            title=lesson.title,
            minutes=lesson.minutes,
            module=lesson.module_title,
            module_number=lesson.module_number,
            stops=tuple(stops.get(lesson.pk, [])),
        )
        for number, lesson in enumerate(lessons, start=1)
    )
    return Route(course_slug=release.course.slug, completion=release.completion, stations=stations)
