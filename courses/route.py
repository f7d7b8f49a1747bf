"""The route of a release: its modules, lessons and activities in order. A release never changes, so neither does its route."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from courses.memory import Memory
from courses.models import Release, ReleaseActivity, ReleaseLesson


@dataclass(frozen=True)
class Stop:
    """An activity on the route."""

    uuid: uuid.UUID
    key: str
    kind: str
    title: str
    minutes: int
    is_test: bool
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
    module_summary: str
    module_number: int
    stops: tuple[Stop, ...]

    @property
    def sign(self) -> str:
        """How the station is drawn: a meeting, a test, an assignment, or a plain lesson."""
        if any(stop.kind == "session" for stop in self.stops):
            return "session"
        if any(stop.is_test for stop in self.stops):
            return "test"
        return "assignment" if any(stop.kind == "assignment" for stop in self.stops) else "lesson"


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

    @property
    def minutes_in_all(self) -> int:
        """The study load: what one does alone and the meetings."""
        return self.minutes + self.minutes_together

    def modules(self) -> Iterator[tuple[int, str, list[Station]]]:
        for (number, title), stations in groupby(self.stations, key=lambda station: (station.module_number, station.module)):
            yield number, title, list(stations)

    def after(self, station: Station) -> Station | None:
        return self.stations[station.number] if station.number < len(self.stations) else None

    def lesson_url(self, station: Station) -> str:
        return f"/cursus/{self.course_slug}/{station.slug}/"

    def stop_url(self, stop: Stop) -> str:
        return f"/cursus/{self.course_slug}/{stop.lesson}/#{stop.anchor}"

    def activity_url(self, activity: uuid.UUID) -> str:
        """The address of an activity by its uuid; of the course when this release no longer has it."""
        key = self.keys.get(activity)
        return self.stop_url(self.stops[key]) if key else f"/cursus/{self.course_slug}/"

    def standing_url(self, activity: uuid.UUID) -> str:
        """Where the learner reads how the activity now stands, below its instructions: the answer to what was just done there."""
        return self.activity_url(activity).replace("#activity-", "#stand-")


ROUTES: Memory[Route] = Memory(seconds=24 * 60 * 60)


def route_of(release: Release) -> Route:
    """The route of this release, remembered between requests."""
    return routes_of([release])[release.pk]


def routes_of(releases: Sequence[Release]) -> dict[int, Route]:
    """The routes of these releases by their keys; two queries for all that are not remembered."""
    # The address of a course can change, which is all of a route that can.
    names = {release.pk: f"{release.uuid} {release.course.slug}" for release in releases}
    missing = [release for release in releases if ROUTES.get(names[release.pk]) is None]
    drawn = _draw(missing) if missing else {}
    routes: dict[int, Route] = {}
    for release in releases:
        route = drawn.get(release.pk) or ROUTES.get(names[release.pk]) or _draw([release])[release.pk]
        routes[release.pk] = ROUTES.put(names[release.pk], route)
    return routes


def _draw(releases: Sequence[Release]) -> dict[int, Route]:
    lessons: dict[int, list[ReleaseLesson]] = defaultdict(list)
    for lesson in ReleaseLesson.objects.filter(release__in=releases).defer("body").order_by("release", "order"):
        lessons[lesson.release_id].append(lesson)
    stops: dict[int, list[ReleaseActivity]] = defaultdict(list)
    for activity in ReleaseActivity.objects.filter(release__in=releases).order_by("release", "order"):
        stops[activity.lesson_id].append(activity)
    return {
        release.pk: Route(
            course_slug=release.course.slug,
            completion=release.completion,
            stations=tuple(
                station_of(lesson, stops[lesson.pk], number=number) for number, lesson in enumerate(lessons[release.pk], start=1)
            ),
        )
        for release in releases
    }


def station_of(lesson: ReleaseLesson, activities: Sequence[ReleaseActivity], *, number: int) -> Station:
    """A released lesson as a station."""
    return Station(
        number=number,
        uuid=lesson.uuid,
        slug=lesson.slug,
        title=lesson.title,
        minutes=lesson.minutes,
        module=lesson.module_title,
        module_summary=lesson.module_summary,
        module_number=lesson.module_number,
        stops=tuple(
            Stop(uuid=one.uuid, key=one.key, kind=one.kind, title=one.title, minutes=one.minutes, is_test=one.is_test, lesson=lesson.slug)
            for one in activities
        ),
    )
