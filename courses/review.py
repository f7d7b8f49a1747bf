"""Facts grow old: which lessons have to be checked again, and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Action, organisations_where
from courses.models import CoursePage, LessonPage

SOON = timedelta(days=60)


@dataclass(frozen=True)
class Due:
    """A lesson with the day before which it must be checked."""

    lesson: LessonPage
    course: CoursePage
    today: date

    @property
    def state(self) -> str:
        if self.lesson.review_by is None:
            return "missing"
        if self.lesson.review_by < self.today:
            return "late"
        return "soon" if self.lesson.review_by <= self.today + SOON else "later"


def lessons_due_for_review(user: User) -> Sequence[Due]:
    """The lessons of the courses that this person owns or makes, those without a date and the soonest first."""
    courses = list(
        CoursePage.objects.filter(Q(course_owner=user) | Q(organisation__in=organisations_where(user, Action.AUTHOR_COURSES))).distinct()
    )
    by_path = {course.path: course for course in courses}
    if not by_path:
        return []
    within = Q()
    for path in by_path:
        within |= Q(path__startswith=path)
    lessons = LessonPage.objects.live().filter(within).order_by(F("review_by").asc(nulls_first=True), "path")
    length = len(next(iter(by_path)))
    today = timezone.localdate()
    return [Due(lesson=lesson, course=by_path[lesson.path[:length]], today=today) for lesson in lessons]
