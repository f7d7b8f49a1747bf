"""What the pages about the learning records need to know of courses: titles, addresses, how somebody stands, and what a record led to.

`lrs` does not know courses. The settings name these functions (`LRS_COURSE_CHOICES`, `LRS_COURSES_OF`, `LRS_PLACES`, `LRS_STANDING`,
`LRS_EFFECT`), and it calls them.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.permissions import Action, may
from courses.explanation import Explained, why_not_yet
from courses.iris import Named, course_iri, named_by, part_iri
from courses.models import ActivityProgress, CoursePage, Enrolment, LessonProgress, Release, ReleaseActivity, ReleaseLesson
from courses.progress import DONE, TESTED
from courses.route import Route, route_of, routes_of
from lrs.models import Source, Statement
from lrs.places import Effect, Part, Place, Requirement, Standing
from lrs.profiles import adl, vakwijs

Choice = tuple[str, str]


def course_choices(*, organisations: Iterable[Organisation] | None) -> list[Choice]:
    """IRI and title of the courses that members of these organisations may have followed; of all courses when None."""
    courses = CoursePage.objects.all()
    if organisations is not None:
        mine = [organisation.pk for organisation in organisations]
        courses = courses.filter(Q(live=True) | Q(organisation__in=mine))
    return [(course_iri(key), title) for key, title in courses.order_by("title", "pk").values_list("uuid", "title")]


def courses_of(*, learner: User) -> list[Choice]:
    """IRI and title of the courses that this person follows or followed."""
    rows = CoursePage.objects.filter(enrolments__learner=learner).distinct().order_by("title", "pk")
    return [(course_iri(key), title) for key, title in rows.values_list("uuid", "title")]


def places_of(iris: Iterable[str]) -> dict[str, Place]:
    """The course in which each of these activities of ours stands, its title, and the address where a learner finds it."""
    named = {iri: one for iri in set(iris) if (one := named_by(iri)) is not None}
    if not named:
        return {}
    courses = {one.uuid: one for one in CoursePage.objects.filter(uuid__in={one.course for one in named.values()})}
    releases = Release.objects.filter(course__in=courses.values()).select_related("course").order_by("number")
    latest = {release.course.uuid: release for release in releases}
    routes = routes_of(list(latest.values()))
    places = {}
    for iri, one in named.items():
        course = courses.get(one.course)
        if course is None:
            continue
        route = routes.get(latest[one.course].pk) if one.course in latest else None
        title, url = _title_and_url(one, course, route)
        places[iri] = Place(course=course_iri(one.course), course_title=course.title, title=title, url=url)
    return places


def _title_and_url(named: Named, course: Any, route: Route | None) -> tuple[str, str]:
    home = reverse("courses:course", args=[course.slug]) if course.live else ""
    if named.part is None:
        return course.title, home
    if route is not None:
        station = route.by_uuid.get(named.part)
        if station is not None:
            return station.title, route.lesson_url(station) if home else ""
        key = route.keys.get(named.part)
        if key is not None:
            return route.stops[key].title, route.stop_url(route.stops[key]) if home else ""
    return "", home


# --- How somebody stands --------------------------------------------------------------------------------------------------


def standing_of(*, reader: User, learner: uuid.UUID, course: str = "", registration: uuid.UUID | None = None) -> Standing | None:
    """How this person stands in a course, with each lesson and each thing that is asked; the latest enrolment when there are more."""
    rows = Enrolment.objects.filter(learner__pseudonym=learner).select_related(
        "learner", "course__organisation", "release__course", "progress"
    )
    if registration is not None:
        rows = rows.filter(uuid=registration)
    else:
        named = named_by(course)
        if named is None:
            return None
        rows = rows.filter(course__uuid=named.course)
    enrolment = rows.order_by("-enrolled_at").first()
    if enrolment is None:
        return None
    route = route_of(enrolment.release)
    progress = getattr(enrolment, "progress", None)
    seen = {row.lesson: row for row in LessonProgress.objects.filter(enrolment=enrolment)}
    parts = []
    for station in route.stations:
        row = seen.get(station.uuid)
        parts.append(
            Part(
                title=f"{station.number}. {station.title}",
                iri=part_iri(enrolment.course.uuid, station.uuid),
                done_at=row.viewed_at if row else None,
                begun_at=row.opened_at if row else None,
            )
        )
    may_open = may(reader, Action.SEE_LEARNERS, enrolment.course.organisation) and reader != enrolment.learner
    return Standing(
        title=enrolment.course.title,
        course=course_iri(enrolment.course.uuid),
        registration=enrolment.uuid,
        since=enrolment.enrolled_at,
        left_at=enrolment.withdrawn_at,
        satisfied_at=progress.satisfied_at if progress else None,
        release=enrolment.release.number,
        parts=tuple(parts),
        requirements=tuple(_requirements(why_not_yet(enrolment))),
        url=reverse("teaching:learner", args=[enrolment.uuid]) if may_open else "",
    )


def _requirements(explained: Explained) -> Iterable[Requirement]:
    """The rule without its branches: what is asked, and how things stand."""
    for child in explained.children or (explained,):
        if child.children:
            yield from _requirements(child)
        else:
            yield Requirement(asks=child.asks, stands=child.stands, met=child.met)


# --- What a record led to ---------------------------------------------------------------------------------------------------


def effect_of(statement: Statement) -> Effect:
    """What this record means for progress, and when nothing, why: the rules of `courses.progress` in a sentence."""
    named = named_by(statement.activity)
    if named is None:
        return Effect(False, _("Dit gaat niet over een les of opdracht van Vakwijs. Het telt niet mee voor een cursus."))
    if statement.learner is None:
        return Effect(False, _("Vakwijs weet niet van wie dit is. Het telt niet mee voor een cursus."))
    if statement.registration is None:
        return Effect(False, _("Er staat geen inschrijving bij (registratie). Daarom telt dit niet mee."))
    enrolment = (
        Enrolment.objects.filter(uuid=statement.registration, learner__pseudonym=statement.learner)
        .select_related("course", "release__course")
        .first()
    )
    if enrolment is None:
        return Effect(False, _("De inschrijving die erbij staat is niet van deze persoon. Daarom telt dit niet mee."))
    if enrolment.course.uuid != named.course:
        return Effect(
            False,
            _("De inschrijving is voor de cursus ‘%(course)s’, en dit gaat over een andere cursus. Daarom telt dit niet mee.")
            % {"course": enrolment.course.title},
        )
    if named.inner:
        return Effect(False, _("Dit is één vraag of stap van een opdracht. De uitslag van de hele opdracht telt, niet elke stap apart."))
    if named.part is None:
        return _effect_on_course(statement)
    if _is_lesson(enrolment, named.part):
        return _effect_on_lesson(statement, enrolment, named.part)
    return _effect_on_activity(statement, enrolment, named.part)


def _is_lesson(enrolment: Enrolment, part: uuid.UUID) -> bool:
    return (
        part in route_of(enrolment.release).by_uuid or ReleaseLesson.objects.filter(release__course=enrolment.course_id, uuid=part).exists()
    )


def _effect_on_course(statement: Statement) -> Effect:
    if statement.source != Source.SERVER:
        return Effect(False, _("Of een cursus af is, stelt alleen onze eigen server vast. Deze melding kwam van elders en telt niet mee."))
    if statement.verb == adl.SATISFIED:
        return Effect(True, _("Hiermee is de cursus afgerond."))
    if statement.verb == adl.REGISTERED:
        return Effect(True, _("Hiermee begon de inschrijving."))
    return Effect(False, _("Dit verandert niets aan de voortgang in de cursus."))


def _effect_on_lesson(statement: Statement, enrolment: Enrolment, lesson: uuid.UUID) -> Effect:
    if statement.source != Source.SERVER:
        return Effect(False, _("Of een les af is, stelt alleen onze eigen server vast. Deze melding kwam van elders en telt niet mee."))
    row = LessonProgress.objects.filter(enrolment=enrolment, lesson=lesson).first()
    if statement.verb == adl.COMPLETED:
        if row is None or row.viewed_at is None:
            return Effect(False, _("De les staat nog niet op afgerond."))
        return Effect(True, _("De les staat op afgerond sinds %(date)s.") % {"date": _moment(row.viewed_at)})
    if statement.verb == adl.EXPERIENCED:
        if row is not None and row.viewed_at is not None:
            done = _("Hiermee is de les geopend. Afgerond werd ze op %(date)s, met een andere vastlegging.")
            return Effect(False, done % {"date": _moment(row.viewed_at)})
        return Effect(
            False,
            _(
                "De les is alleen geopend. Afgerond is ze pas als de deelnemer onderaan de les op ‘Ga verder’ of ‘Rond de laatste les af’ drukt."
            ),
        )
    return Effect(False, _("Dit verandert niets aan de voortgang in de les."))


def _effect_on_activity(statement: Statement, enrolment: Enrolment, activity: uuid.UUID) -> Effect:
    asked = ReleaseActivity.objects.filter(release__course=enrolment.course_id, uuid=activity).exists()
    if not asked:
        return Effect(False, _("Deze opdracht staat in geen enkele uitgave van de cursus. Daarom telt dit niet mee."))
    ours = statement.source == Source.SERVER
    result = statement.document.get("result") or {}
    if statement.verb in DONE:
        if ours and statement.verb in TESTED:
            row = ActivityProgress.objects.filter(enrolment=enrolment, activity=activity).first()
            best = None if row is None else row.best_score
            if best is None:
                return Effect(True, _("De opdracht is gedaan."))
            return Effect(True, _("De toets is gemaakt. De beste score telt: %(score)s%%.") % {"score": int(round(best * 100, 6))})
        if not ours and statement.verb in TESTED | {adl.SCORED}:
            return Effect(
                True,
                _(
                    "De opdracht geldt als gedaan. De score telt niet als toets: die kijkt alleen onze eigen server na, een browser kan zich vergissen of bedrogen worden."
                ),
            )
        return Effect(True, _("De opdracht geldt als gedaan."))
    only_ours = {
        adl.ATTENDED: _("De aanwezigheid telt mee."),
        vakwijs.EVALUATED: _("De evaluatie is ingevuld."),
        vakwijs.JUDGED: _("Het werk is voldoende beoordeeld.")
        if result.get("success") is True
        else _("Het werk is beoordeeld, maar nog niet als voldoende."),
    }
    if statement.verb in only_ours:
        if not ours:
            return Effect(False, _("Dit telt alleen als onze eigen server het vastlegt. Deze melding kwam van elders."))
        return Effect(statement.verb != vakwijs.JUDGED or result.get("success") is True, only_ours[statement.verb])
    return Effect(False, _("Dit verandert niets aan de voortgang: de opdracht is er nog niet mee gedaan."))


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "j F Y H:i")
