"""Courses, their releases, who follows them and how far they are."""

from courses.models.enrolment import Enrolment
from courses.models.pages import CourseIndexPage, CoursePage, LessonPage, ModulePage, Theme
from courses.models.progress import ActivityProgress, CourseProgress, LessonProgress
from courses.models.questions import Answer, Attempt, AttemptQuestion, Question, QuestionVersion
from courses.models.releases import Release, ReleaseActivity, ReleaseLesson

__all__ = [
    "ActivityProgress",
    "Answer",
    "Attempt",
    "AttemptQuestion",
    "CourseIndexPage",
    "CoursePage",
    "CourseProgress",
    "Enrolment",
    "LessonPage",
    "LessonProgress",
    "ModulePage",
    "Question",
    "QuestionVersion",
    "Release",
    "ReleaseActivity",
    "ReleaseLesson",
    "Theme",
]
