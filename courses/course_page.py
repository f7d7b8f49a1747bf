"""What a course page and a route show, for this reader."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Min
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from accounts.models import User
from courses.completion import Outcome
from courses.enrolment import latest_release, open_enrolment
from courses.explanation import Explained, explain
from courses.lessons import KEEP, is_taste, next_station
from courses.memory import Memory
from courses.models import CoursePage, CourseProgress, Enrolment, LessonProgress, Meeting, Release
from courses.progress import outcome_of
from courses.route import Route, Station, Stop, route_of

# Names of the owner and the provider, points and the next meeting may lag this many seconds behind for a visitor.
FACTS_KEPT = 60

Credit = dict[str, Any]
Notice = dict[str, str]


@dataclass(frozen=True)
class ShownStation:
    """A station as the reader sees it, in the words of the route component."""

    label: str
    state: str  # done | current | next
    kind: str  # lesson | session | test | assignment | certificate
    minutes: int = 0
    href: str = ""
    stops: Sequence[Stop] = ()
    note: str = ""


@dataclass(frozen=True)
class ShownModule:
    title: str
    summary: str
    stations: Sequence[ShownStation]


@dataclass(frozen=True)
class ShownRoute:
    """A route with the reader on it."""

    groups: Sequence[ShownModule]
    count: int
    minutes_left: int


def show_route(
    route: Route,
    *,
    viewed: set[uuid.UUID],
    unmet: frozenset[str] = frozenset(),
    current: Station | None = None,
    only_a_taste: bool = False,
) -> ShownRoute:
    """The route for a reader who read these lessons and stands at `current`; `only_a_taste`: one who is not enrolled.

    `unmet`: the activities, by key, that the course still asks for. A lesson that was read is not done before those in it are.
    """

    def asks(station: Station) -> bool:
        return any(stop.key in unmet for stop in station.stops)

    def state(station: Station) -> str:
        if current is not None and station.uuid == current.uuid:
            return "current"
        if station.uuid in viewed and not asks(station):
            return "done"
        return "next"

    def shown(station: Station) -> ShownStation:
        now = state(station)
        href = "" if only_a_taste and not is_taste(station) else route.lesson_url(station)
        note = gettext("gelezen, nog niet alles gedaan") if station.uuid in viewed and asks(station) else ""
        return ShownStation(
            label=station.title, state=now, kind=station.sign, minutes=station.minutes, href=href, stops=station.stops, note=note
        )

    return ShownRoute(
        groups=[
            ShownModule(title=title, summary=stations[0].module_summary, stations=[shown(station) for station in stations])
            for _number, title, stations in route.modules()
        ],
        count=len(route.stations),
        minutes_left=sum(station.minutes for station in route.stations if station.uuid not in viewed),
    )


def unmet_in(outcome: Outcome) -> frozenset[str]:
    """The activities, by key, that the completion rule still asks for."""
    return frozenset(one.key for one in outcome.unmet() if one.key)


def unmet_among(viewed: set[uuid.UUID], *, enrolment: Enrolment, route: Route) -> frozenset[str]:
    """The same, where a lesson that was read has activities; elsewhere nothing has to be looked up."""
    if any(station.stops for station in route.stations if station.uuid in viewed):
        return unmet_in(outcome_of(enrolment))
    return frozenset()


DRAWN: Memory[SafeString] = Memory(seconds=KEEP)
FACTS: Memory["CourseFacts"] = Memory(seconds=FACTS_KEPT)


def draw_beside(route: ShownRoute) -> SafeString:
    """The route as it stands beside a lesson. Whoever stands at the same point of it gets the same drawing."""
    seen = [
        (group.title, [(one.label, one.state, one.kind, one.minutes, one.href, one.note) for one in group.stations])
        for group in route.groups
    ]
    name = f"courses.beside.{hashlib.sha256(repr(seen).encode()).hexdigest()}.{get_language()}"
    return DRAWN.get_or_make(name, lambda: render_to_string("cms/components/route/route.html", {"groups": route.groups}))


@dataclass(frozen=True)
class CourseFacts:
    """What is the same for every reader of a course page."""

    theme: str
    organisation: str
    owner: str
    professions: Sequence[str]
    credits: Sequence[Credit]
    next_date: date | None


@dataclass(frozen=True)
class ShownCourse:
    """A course for this reader."""

    facts: CourseFacts
    release: Release | None
    route: Route | None
    viewed: frozenset[uuid.UUID]
    enrolment: Enrolment | None
    progress: CourseProgress | None
    next_station: Station | None
    why_not_yet: Explained | None
    unmet: frozenset[str] = frozenset()
    notices: Sequence[Notice] = ()

    @cached_property
    def shown_route(self) -> ShownRoute | None:
        if self.route is None:
            return None
        return show_route(self.route, viewed=set(self.viewed), unmet=self.unmet, only_a_taste=self.enrolment is None)

    @property
    def route_html(self) -> SafeString:
        """The route as drawn; for everybody who is not in the course it looks the same, and is remembered."""
        if self.release is None or self.enrolment is not None:
            return self._drawn_route()
        return DRAWN.get_or_make(f"courses.drawn.{self.release.uuid}.{self.release.course.slug}.{get_language()}", self._drawn_route)

    def _drawn_route(self) -> SafeString:
        return render_to_string("courses/parts/course_route.html", {"route": self.shown_route})

    @property
    def next_url(self) -> str:
        return self.route.lesson_url(self.next_station) if self.route and self.next_station else ""


def show_course(course: CoursePage, *, user: User | AnonymousUser) -> ShownCourse:
    """What the page of this course shows to this person."""
    enrolment = open_enrolment(learner=user, course=course)
    release = enrolment.release if enrolment else latest_release(course)
    if release is None:
        return ShownCourse(
            facts=facts_of(course),
            release=None,
            route=None,
            viewed=frozenset(),
            enrolment=None,
            progress=None,
            next_station=None,
            why_not_yet=None,
        )
    route = route_of(release)
    viewed: set[uuid.UUID] = set()
    if enrolment:
        viewed = set(LessonProgress.objects.filter(enrolment=enrolment, viewed_at__isnull=False).values_list("lesson", flat=True))
    progress = CourseProgress.objects.filter(enrolment=enrolment).first() if enrolment else None
    outcome = outcome_of(enrolment) if enrolment else None
    return ShownCourse(
        facts=facts_of(course),
        release=release,
        route=route,
        viewed=frozenset(viewed),
        enrolment=enrolment,
        progress=progress,
        next_station=next_station(route, viewed=viewed),
        why_not_yet=explain(outcome, route) if outcome else None,
        unmet=unmet_in(outcome) if outcome else frozenset(),
        notices=notices_for(enrolment) if enrolment and not (progress and progress.satisfied_at) else (),
    )


def notices_for(enrolment: Enrolment) -> list[Notice]:
    """What the rooms above have to tell somebody who is in the course, such as an accreditation that ends (`COURSES_LEARNER_NOTICES`)."""
    sources: list[Callable[[Enrolment], list[Notice]]] = [import_string(name) for name in settings.COURSES_LEARNER_NOTICES]
    return [notice for source in sources for notice in source(enrolment)]


def facts_of(course: CoursePage) -> CourseFacts:
    """The facts around a course, remembered for a minute."""
    name = f"courses.facts.{course.uuid}.{get_language()}"
    facts = FACTS.get(name)
    if facts is None:
        saved = CoursePage.objects.select_related("theme", "organisation", "course_owner").filter(pk=course.pk).first()
        page = saved or course  # the preview of a course that was never saved
        facts = CourseFacts(
            theme=page.theme.name,
            organisation=page.organisation.name,
            owner=str(page.course_owner),
            professions=[profession.name for profession in page.professions.all()],
            credits=credits_of([page.pk]).get(page.pk, []),
            next_date=next_dates_of([page.pk]).get(page.pk),
        )
        FACTS.put(name, facts)
    return facts


def credits_of(courses: Sequence[int]) -> dict[int, list[Credit]]:
    """The points that each course brings per register, from the room above (`COURSES_CREDIT_SOURCE`).

    Each is {"register": code, "register_name": …, "points": …, "category": …, "id_number": …}.
    """
    try:
        source: Callable[[Sequence[int]], dict[int, list[Credit]]] = import_string(settings.COURSES_CREDIT_SOURCE)
    except ImportError:
        return {}
    return source(courses)


def worth_of(credit: Credit) -> str:
    """What a course brings in one register: "8 punten", "1 punt" or "3,5 uur"."""
    return amount_of(credit["points"], credit.get("unit", ""))


def amount_of(points: Decimal | str, unit: str) -> str:
    """What a register counts, in words, in hours where that is its `unit`."""
    amount = Decimal(points).normalize()
    names = {"amount": number_format(f"{amount:f}", use_l10n=True)}
    if unit == "hours":
        return gettext("%(amount)s uur") % names
    return (gettext("%(amount)s punt") if amount == 1 else gettext("%(amount)s punten")) % names


def next_dates_of(courses: Sequence[int]) -> dict[int, date]:
    """The day of the next meeting of each course that has one planned."""
    planned = Meeting.objects.filter(course__in=courses, cancelled_at=None, starts_at__gt=timezone.now())
    first = planned.order_by().values("course").annotate(starts=Min("starts_at"))
    return {row["course"]: timezone.localdate(row["starts"]) for row in first}
