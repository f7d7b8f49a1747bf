"""Pages for teachers and supervisors, at /docent/."""

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.audit import origin_of, record as audit
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from courses.explanation import why_not_yet
from courses.models import ActivityProgress, Attendance, CoursePage, Enrolment, LessonProgress, Reflection, ReleaseActivity, Submission
from courses.progress import facts_in
from courses.route import route_of
from courses.teaching.access import needs
from courses.teaching.queries import courses_with_learners, enrolments_for, participants_of, waits_for
from courses.work.evaluating import SHOWN_FROM, results_of
from courses.work.handing_in import with_judgements

PER_PAGE = 50
ORDERS: dict[str, list[Any]] = {
    "naam": ["learner__last_name", "learner__first_name"],
    "voortgang": [F("progress__share").asc(nulls_first=True)],
    "bezig": [F("progress__last_activity_at").asc(nulls_first=True)],
}


@needs(Action.JUDGE_WORK, Action.MARK_ATTENDANCE, Action.SEE_LEARNERS)
@require_safe
def home(request: PersonRequest) -> HttpResponse:
    """What waits, oldest first, and the courses."""
    return render(
        request,
        "courses/teaching/home.html",
        {
            "waiting": waits_for(request.user),
            "courses": list(courses_with_learners(request.user)),
            "may_judge": may(request.user, Action.JUDGE_WORK),
            "may_mark": may(request.user, Action.MARK_ATTENDANCE),
        },
    )


@needs(Action.SEE_LEARNERS)
@require_safe
def participants(request: PersonRequest, course: uuid.UUID) -> HttpResponse:
    """Who follows a course and how far they are."""
    found = get_object_or_404(courses_with_learners(request.user), uuid=course)
    sort = request.GET.get("sorteer", "naam")
    order = list(ORDERS.get(sort.removeprefix("-"), ORDERS["naam"]))
    rows = participants_of(found).order_by(*order, "pk")
    if sort.startswith("-"):
        rows = rows.reverse()
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("pagina"))
    return render(
        request, "courses/teaching/participants.html", {"course": found, "page_obj": page, "sort": sort, "may_see_evaluation": True}
    )


@needs(Action.SEE_LEARNERS)
@require_safe
def learner(request: PersonRequest, enrolment: uuid.UUID) -> HttpResponse:
    """One learner in one course: lessons, activities, work; looking is written in the audit trail."""
    rows = enrolments_for(request.user).select_related("learner", "course__organisation", "release__course", "progress")
    found = get_object_or_404(rows, uuid=enrolment)
    audit(
        "progress-opened",
        actor=request.user,
        dossier_owner=found.learner,
        on_behalf_of=found.course.organisation,
        subject=found.course.title,
        origin=origin_of(request),
    )
    may_judge = may(request.user, Action.JUDGE_WORK, found.course.organisation)
    return render(
        request, "courses/teaching/learner.html", {"enrolment": found, "may_judge": may_judge, **_progress_of(found, with_work=may_judge)}
    )


@needs(Action.SEE_LEARNERS, Action.AUTHOR_COURSES)
@require_safe
def evaluation(request: PersonRequest, course: uuid.UUID) -> HttpResponse:
    """What learners thought of a course; only together, and only from five answers."""
    where = organisations_where(request.user, Action.SEE_LEARNERS) | organisations_where(request.user, Action.AUTHOR_COURSES)
    found = get_object_or_404(CoursePage.objects.filter(organisation__in=where).distinct(), uuid=course)
    asked: dict[uuid.UUID, str] = {}
    for activity in ReleaseActivity.objects.filter(release__course=found, kind="evaluation").order_by("-release__number", "order"):
        asked.setdefault(activity.uuid, activity.title)
    results = [{"title": title, "results": results_of(course=found, activity=activity)} for activity, title in asked.items()]
    return render(request, "courses/teaching/evaluation.html", {"course": found, "evaluations": results, "shown_from": SHOWN_FROM})


def _progress_of(enrolment: Enrolment, *, with_work: bool) -> dict[str, Any]:
    route = route_of(enrolment.release)
    lessons = {row.lesson: row for row in LessonProgress.objects.filter(enrolment=enrolment)}
    activities = {row.activity: row for row in ActivityProgress.objects.filter(enrolment=enrolment)}
    stations = [
        {
            "station": station,
            "progress": lessons.get(station.uuid),
            "stops": [
                {"stop": stop, "facts": facts_in(activities[stop.uuid]) if stop.uuid in activities else None} for stop in station.stops
            ],
        }
        for station in route.stations
    ]
    work = (
        with_judgements(
            Submission.objects.filter(enrolment=enrolment, handed_in_at__isnull=False).select_related("asked").order_by("handed_in_at")
        )
        if with_work
        else []
    )
    reflections = (
        Reflection.objects.filter(enrolment=enrolment, shared=True, done_at__isnull=False).select_related("asked") if with_work else []
    )
    return {
        "stations": stations,
        "viewed": sum(row.viewed_at is not None for row in lessons.values()),
        "count": len(route.stations),
        "why": why_not_yet(enrolment),
        "work": work,
        "reflections": reflections,
        "attendance": Attendance.objects.filter(enrolment=enrolment, corrected_by=None)
        .select_related("meeting")
        .order_by("meeting__starts_at"),
    }
