"""Pages of courses, also those that are not pages of the CMS: lessons, joining and leaving, and what has to be reviewed."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.url_routing import RouteResult
from wagtail.views import serve

from accounts.requests import PersonRequest
from courses.activities import kind_of
from courses.course_page import draw_beside, show_route, unmet_among
from courses.enrolment import EnrolmentRefused, enrol, latest_release, open_enrolment, withdraw
from courses.lessons import Part, ReadLesson, finish_lesson, is_taste, open_lesson, read_lesson
from courses.models import CoursePage, Enrolment, LessonProgress, Release
from courses.review import lessons_due_for_review
from courses.route import Route, Station, route_of


def course(request: HttpRequest, course_slug: str) -> HttpResponse:
    """A course page, found at once instead of level by level from the root; the rest of Wagtail's road it goes as any page."""
    page = get_object_or_404(CoursePage.objects.live(), slug=course_slug)
    # Where Wagtail itself remembers, for one request, which page its address leads to.
    request._wagtail_route_for_request = RouteResult(page)  # type: ignore[attr-defined]
    response: HttpResponse = serve(request, request.path)
    return response


@require_safe
def lesson(request: HttpRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """A lesson from the release that the learner follows; the first one also as a taste."""
    enrolment = _own_enrolment(request, course_slug)
    release = enrolment.release if enrolment else _open_release(course_slug)
    route = route_of(release)
    station = route.by_slug.get(lesson_slug)
    if station is None:
        # A module has no page of its own.
        raise Http404
    if enrolment is None and not is_taste(station):
        return redirect(f"/cursus/{course_slug}/?les={station.number}#meedoen")
    read = read_lesson(release, station)
    progress = _progress(enrolment)
    if enrolment and station.uuid not in progress:
        open_lesson(enrolment=enrolment, lesson=read.lesson)
    return render(
        request,
        "courses/lesson.html",
        lesson_context(request, course=release.course, read=read, route=route, station=station, enrolment=enrolment, progress=progress),
    )


def lesson_context(
    request: HttpRequest,
    *,
    course: CoursePage,
    read: ReadLesson,
    route: Route,
    station: Station,
    enrolment: Enrolment | None,
    progress: dict[uuid.UUID, LessonProgress],
    preview: bool = False,
) -> dict[str, Any]:
    """What the page of a lesson shows; in a preview nothing can be recorded."""
    viewed = {uid for uid, row in progress.items() if row.viewed_at}
    mine = progress.get(station.uuid)
    saved_at = mine.viewed_at if mine else None
    unmet = unmet_among(viewed, enrolment=enrolment, route=route) if enrolment else frozenset()
    shown_route = show_route(route, viewed=viewed, unmet=unmet, current=station, only_a_taste=enrolment is None and not preview)
    parts = [_shown(part, request=request, enrolment=enrolment) for part in read.parts]
    return {
        "course": course,
        "read": read,
        "station": station,
        "parts": parts,
        "to_send": any(part.get("to_send") for part in parts),
        "says_itself": any(part.get("says_itself") for part in parts),
        "shown_route": shown_route,
        "route_html": draw_beside(shown_route),
        "next": route.after(station),
        "previous": route.stations[station.number - 2] if station.number > 1 else None,
        "count": len(route.stations),
        "enrolment": enrolment,
        "saved_at": saved_at,
        "saved_today": saved_at is not None and timezone.localdate(saved_at) == timezone.localdate(),
        "preview": preview,
    }


def _shown(part: Part, *, request: HttpRequest, enrolment: Enrolment | None) -> dict[str, Any]:
    activity = part.activity
    if activity is None:
        return {"html": part.html}
    kind = kind_of(activity)
    template = kind.template if kind else "courses/activities/unknown.html"
    context = kind.context(request, activity=activity, enrolment=enrolment) if kind else {}
    html = render_to_string(template, {"activity": activity, "enrolment": enrolment, **context}, request=request)
    # An evaluation is nobody's until it is sent as a whole. What somebody writes has buttons of its own and says when it was saved; a file
    # is saved by those alone. All else is saved as it is made.
    to_send = activity.kind == "evaluation" and not context.get("done")
    says_itself = activity.kind in {"assignment", "reflection"}
    return {
        "activity": activity,
        "intro": activity.settings.get("intro", ""),
        "html": html,
        "to_send": to_send,
        "says_itself": says_itself,
    }


def _own_enrolment(request: HttpRequest, course_slug: str) -> Enrolment | None:
    if not request.user.is_authenticated:
        return None
    rows = Enrolment.objects.select_related("course", "release").filter(learner=request.user, course__slug=course_slug, withdrawn_at=None)
    enrolment = rows.first()
    if enrolment:
        enrolment.learner = request.user
        enrolment.release.course = enrolment.course
    return enrolment


def _open_release(course_slug: str) -> Release:
    course = CoursePage.objects.live().public().filter(slug=course_slug).first()
    release = latest_release(course) if course else None
    if release is None:
        raise Http404
    return release


def _progress(enrolment: Enrolment | None) -> dict[uuid.UUID, LessonProgress]:
    return {row.lesson: row for row in LessonProgress.objects.filter(enrolment=enrolment)} if enrolment else {}


@login_required
@require_POST
def finish(request: PersonRequest, enrolment: uuid.UUID, lesson: uuid.UUID) -> HttpResponse:
    """The learner goes on: what was read is kept, and the next lesson opens."""
    mine = get_object_or_404(
        Enrolment.objects.select_related("course", "release__course", "learner"), uuid=enrolment, learner=request.user, withdrawn_at=None
    )
    route = route_of(mine.release)
    station = route.by_uuid.get(lesson)
    if station is None:
        raise Http404
    finish_lesson(enrolment=mine, lesson=read_lesson(mine.release, station).lesson)
    after = route.after(station)
    return redirect(route.lesson_url(after) if after else f"{mine.course.get_url(request)}#klaar")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: PersonRequest, course: uuid.UUID) -> HttpResponse:
    """Join a course, after a look at what one joins."""
    page = get_object_or_404(CoursePage.objects.live().public(), uuid=course)
    if request.method != "POST":
        if open_enrolment(learner=request.user, course=page):
            return redirect(page.get_url(request))
        return render(request, "courses/join.html", {"course": page, "release": latest_release(page)})
    try:
        enrolment = enrol(learner=request.user, course=page)
    except EnrolmentRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(page.get_url(request))
    messages.success(
        request, _("Je doet mee met %(course)s. Je kunt op elk moment stoppen; wat je deed blijft bewaard.") % {"course": page.title}
    )
    first = next(iter(route_of(enrolment.release).stations), None)
    return redirect(f"/cursus/{page.slug}/{first.slug}/" if first else page.get_url(request))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: PersonRequest, enrolment: uuid.UUID) -> HttpResponse:
    """Leave a course, after saying what that means."""
    mine = get_object_or_404(Enrolment.objects.select_related("course", "release__course", "learner"), uuid=enrolment, learner=request.user)
    if request.method == "POST":
        withdraw(enrolment=mine)
        messages.success(
            request, _("Je doet niet meer mee met %(course)s. Wat je deed staat nog in je leerrecords.") % {"course": mine.course.title}
        )
        return redirect(mine.course.get_url(request))
    return render(request, "courses/leave.html", {"enrolment": mine, "course": mine.course})


@login_required
@require_safe
def due_for_review(request: PersonRequest) -> HttpResponse:
    """The lessons whose facts the owner of a course must check again, soonest first."""
    return render(request, "courses/due_for_review.html", {"lessons": lessons_due_for_review(request.user)})
