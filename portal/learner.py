"""What a learner finds at home: where to go on, what comes next, what waits, and what was reached."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import RegisterEntry, User
from accreditation import reminders
from accreditation.certificates import not_past, with_state
from accreditation.dossier import Standing, standings
from accreditation.dossier_picture import headline
from accreditation.models import Certificate
from courses.explanation import why_not_yet
from courses.lessons import next_station
from courses.meetings.planning import next_booked
from courses.models import ActivityProgress, Booking, Enrolment, LessonProgress, Submission
from courses.route import Route, route_of
from courses.work.handing_in import standing_of, with_judgements

CERTIFICATES_SHOWN = 3


@dataclass(frozen=True)
class InProgress:
    """A course someone is in, with the one next step; `share` (0 to 1) of what it asks is done, as its own page says."""

    enrolment: Enrolment
    label: str
    url: str
    share: float
    minutes_left: int
    finished: bool
    begun: bool


@dataclass(frozen=True)
class Todo:
    """Something that waits for the learner."""

    label: str
    course: str
    url: str
    tone: str
    state: str


@dataclass(frozen=True)
class RegisterLine:
    """One register in a sentence; without a rule or period, what to do about it."""

    register: str
    text: str
    complete: bool
    until: date | None = None


@dataclass(frozen=True)
class LearnerHome:
    courses: list[InProgress]
    todos: list[Todo]
    next_booking: Booking | None
    registers: list[RegisterLine]
    certificates: list[Certificate]

    @property
    def go_on(self) -> InProgress | None:
        """The one course to go on with: the last one worked in that is not finished. One that somebody never opened, and is in because
        another marked them present, comes after those."""
        open_ = [course for course in self.courses if not course.finished]
        return next((course for course in open_ if course.begun), open_[0] if open_ else None)

    @property
    def others(self) -> list[InProgress]:
        return [course for course in self.courses if course is not self.go_on and not course.finished]


def learner_home(person: User) -> LearnerHome:
    """All of it, in a number of queries that grows only with the courses someone is in."""
    enrolments = list(
        Enrolment.objects.filter(learner=person, withdrawn_at=None)
        .select_related("course", "release__course", "learner", "progress")
        .order_by("-progress__last_activity_at", "-enrolled_at")
    )
    viewed = _viewed(enrolments)
    begun = set(LessonProgress.objects.filter(enrolment__in=enrolments).values_list("enrolment", flat=True))
    shown = standings(person=person)
    return LearnerHome(
        courses=[_in_progress(enrolment, viewed.get(enrolment.pk, set()), begun=enrolment.pk in begun) for enrolment in enrolments],
        todos=_reminders(person, shown) + _todos([one for one in enrolments if not _finished(one)], viewed),
        next_booking=next_booked(person),
        registers=_registers(shown),
        certificates=_certificates(person),
    )


def _finished(enrolment: Enrolment) -> bool:
    progress = getattr(enrolment, "progress", None)
    return progress is not None and progress.satisfied_at is not None


def _viewed(enrolments: list[Enrolment]) -> dict[int, set[uuid.UUID]]:
    viewed: dict[int, set[uuid.UUID]] = {}
    for enrolment, lesson in LessonProgress.objects.filter(enrolment__in=enrolments, viewed_at__isnull=False).values_list(
        "enrolment", "lesson"
    ):
        viewed.setdefault(enrolment, set()).add(lesson)
    return viewed


def _in_progress(enrolment: Enrolment, viewed: set[uuid.UUID], *, begun: bool) -> InProgress:
    route = route_of(enrolment.release)
    finished = _finished(enrolment)
    left = sum(station.minutes for station in route.stations if station.uuid not in viewed)
    label, url = _next_step(enrolment, route, viewed, finished=finished)
    return InProgress(
        enrolment=enrolment,
        label=label,
        url=url,
        share=enrolment.progress.share if hasattr(enrolment, "progress") else 0,
        minutes_left=left,
        finished=finished,
        begun=begun,
    )


def _next_step(enrolment: Enrolment, route: Route, viewed: set[uuid.UUID], *, finished: bool) -> tuple[str, str]:
    station = next_station(route, viewed=viewed)
    if station is not None and not finished:
        label = _("Begin met les 1: %(title)s") if not viewed else _("Ga verder met les %(number)s: %(title)s")
        return label % {"number": station.number, "title": station.title}, route.lesson_url(station)
    step = None if finished else why_not_yet(enrolment).next_step
    return (step.label, step.url) if step else (_("Bekijk de cursus"), f"/cursus/{route.course_slug}/")


def _todos(enrolments: list[Enrolment], viewed: dict[int, set[uuid.UUID]]) -> list[Todo]:
    """Work to hand in again or for the first time, places to take and evaluations: of lessons that are finished already."""
    progress = {(row.enrolment_id, row.activity): row for row in ActivityProgress.objects.filter(enrolment__in=enrolments)}
    submissions: dict[tuple[int, uuid.UUID], list[Submission]] = {}
    for submission in with_judgements(Submission.objects.filter(enrolment__in=enrolments).order_by("number")):
        submissions.setdefault((submission.enrolment_id, submission.activity), []).append(submission)
    booked = set(
        Booking.objects.filter(Q(meeting__cancelled_at=None), enrolment__in=enrolments, cancelled_at=None).values_list(
            "enrolment", "meeting__activity"
        )
    )
    found: list[Todo] = []
    for enrolment in enrolments:
        route = route_of(enrolment.release)
        for station in route.stations:
            for stop in station.stops:
                key = (enrolment.pk, stop.uuid)
                row = progress.get(key)
                ready = station.uuid in viewed.get(enrolment.pk, set())
                state: tuple[str, str, str] | None = None
                if stop.kind == "assignment" and not (row and row.judged_sufficient_at):
                    state = _of_assignment(submissions.get(key, []), ready=ready)
                elif stop.kind == "session" and ready and not (row and row.attended_at) and key not in booked:
                    state = (_("Kies een datum: %(title)s"), "waiting", _("nog geen plaats"))
                elif stop.kind == "evaluation" and ready and not (row and row.evaluated_at):
                    state = (_("Vul in: %(title)s"), "waiting", _("nog niet ingevuld"))
                if state:
                    label, tone, text = state
                    found.append(
                        Todo(
                            label=label % {"title": stop.title},
                            course=enrolment.course.title,
                            url=route.stop_url(stop),
                            tone=tone,
                            state=text,
                        )
                    )
    return sorted(found, key=lambda todo: todo.tone != "signal")


def _of_assignment(submissions: list[Submission], *, ready: bool) -> tuple[str, str, str] | None:
    present = standing_of(submissions)
    if present.insufficient:
        return _("Lever een nieuwe versie in: %(title)s"), "signal", _("nog niet voldoende")
    if present.waits_for_teacher or present.sufficient:
        return None
    if present.draft:
        return _("Maak af en lever in: %(title)s"), "waiting", _("concept")
    return (_("Lever in: %(title)s"), "waiting", _("nog niet ingeleverd")) if ready else None


def _reminders(person: User, shown: list[Standing]) -> list[Todo]:
    return [
        Todo(label=notice.text, course=notice.register, url=reverse("accreditation:my_dossier"), tone="signal", state=notice.left)
        for notice in reminders.notices(person=person, shown=shown)
    ]


def _registers(shown: list[Standing]) -> list[RegisterLine]:
    lines = []
    for standing in shown:
        if standing.rule is None or standing.evaluation is None:
            text = _("Voor dit register kennen we nog geen regel; je punten staan in je dossier.")
            lines.append(RegisterLine(register=standing.entry.register.name, text=text, complete=False))
        else:
            lines.append(
                RegisterLine(
                    register=standing.entry.register.name,
                    text=headline(standing),
                    complete=standing.complete,
                    until=standing.evaluation.last_day,
                )
            )
    return lines


def _certificates(person: User) -> list[Certificate]:
    everything: QuerySet[Any] = with_state().filter(learner=person).select_related("course")
    mine = everything.filter(not_past(timezone.localdate()), is_revoked=False, is_replaced=False)
    return list(mine.order_by("-earned_on", "-pk")[:CERTIFICATES_SHOWN])


def has_a_register_number(person: User) -> bool:
    return RegisterEntry.objects.filter(user=person).exists()
