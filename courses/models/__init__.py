"""Courses, their releases, who follows them and how far they are."""

from courses.models.enrolment import Enrolment
from courses.models.h5p import H5PContent, H5PLibrary, H5PState, H5PVersion, H5PVersionLibrary, VersionIsFixed
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
    "H5PContent",
    "H5PLibrary",
    "H5PState",
    "H5PVersion",
    "H5PVersionLibrary",
    "LessonPage",
    "LessonProgress",
    "ModulePage",
    "Question",
    "QuestionVersion",
    "Release",
    "ReleaseActivity",
    "ReleaseLesson",
    "Theme",
    "VersionIsFixed",
]
