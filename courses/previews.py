"""A lesson as a learner would see it, from what stands in the editor. Nothing is stored and nothing is recorded."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from courses.drafts import DraftLesson, activities_in, published_lessons
from courses.lessons import compose
from courses.models import CoursePage, LessonPage, ModulePage, Release, ReleaseActivity, ReleaseLesson
from courses.route import Route, station_of
from courses.views import lesson_context


def preview_lesson(page: LessonPage, *, request: HttpRequest) -> HttpResponse:
    """The page of this lesson as it stands in the editor, among the published lessons of its course."""
    course = page.course
    release = Release(course=course, number=0, title=course.title, completion={})
    drafts = published_lessons(course)
    if page.pk not in {draft.page.pk for draft in drafts}:
        module = ModulePage.objects.parent_of(page).get()
        drafts.append(DraftLesson(page=page, module=module, module_number=0, order=len(drafts) + 1, course=course))
    unsaved = {}
    for draft in drafts:
        here = draft.page.pk == page.pk
        unsaved[draft.page.pk] = _unsaved(page if here else draft.page, draft=draft, release=release, course=course, frozen=here)
    stations = {
        pk: station_of(lesson, activities, number=number) for number, (pk, (lesson, activities)) in enumerate(unsaved.items(), start=1)
    }
    route = Route(course_slug=course.slug, completion={}, stations=tuple(stations.values()))
    context = lesson_context(
        request,
        course=course,
        read=compose(*unsaved[page.pk]),
        route=route,
        station=stations[page.pk],
        enrolment=None,
        progress={},
        preview=True,
    )
    return render(request, "courses/lesson.html", context)


def _unsaved(
    page: LessonPage, *, draft: DraftLesson, release: Release, course: CoursePage, frozen: bool
) -> tuple[ReleaseLesson, list[ReleaseActivity]]:
    lesson = ReleaseLesson(
        release=release,
        uuid=page.uuid,
        slug=page.slug,
        title=page.title,
        module_title=draft.module.title,
        module_summary=draft.module.summary,
        module_number=draft.module_number,
        order=draft.order,
        minutes=page.minutes or 0,
        objectives=[dict(child.value) for child in page.objectives],
        sources=[dict(child.value) for child in page.sources],
        review_by=page.review_by,
        body=page.body,
    )
    activities = [
        ReleaseActivity(
            release=release,
            lesson=lesson,
            uuid=uuid.UUID(activity.uuid),
            key=activity.key,
            kind=activity.kind,
            title=activity.title,
            minutes=activity.value.get("minutes") or 0,
            order=order,
            settings=activity.settings() if frozen else {},
        )
        for order, activity in enumerate(activities_in(page, course=course), start=1)
        if activity.uuid
    ]
    return lesson, activities
