"""Courses, their releases, who follows them and how far they are."""

from courses.models.enrolment import Enrolment
from courses.models.h5p import H5PContent, H5PLibrary, H5PState, H5PVersion, H5PVersionLibrary, VersionIsFixed
from courses.models.meetings import Attendance, Booking, Meeting
from courses.models.pages import CourseIndexPage, CoursePage, LessonPage, ModulePage, ReviewTask, Theme
from courses.models.progress import ActivityProgress, CourseProgress, LessonProgress
from courses.models.questions import Answer, Attempt, AttemptQuestion, Question, QuestionVersion
from courses.models.releases import Release, ReleaseActivity, ReleaseLesson
from courses.models.work import EvaluationAnswers, Judgement, Reflection, Submission

__all__ = [
    "ActivityProgress",
    "Answer",
    "Attempt",
    "AttemptQuestion",
    "Attendance",
    "Booking",
    "CourseIndexPage",
    "CoursePage",
    "CourseProgress",
    "Enrolment",
    "EvaluationAnswers",
    "H5PContent",
    "H5PLibrary",
    "H5PState",
    "H5PVersion",
    "H5PVersionLibrary",
    "Judgement",
    "LessonPage",
    "LessonProgress",
    "Meeting",
    "ModulePage",
    "Question",
    "QuestionVersion",
    "Reflection",
    "Release",
    "ReleaseActivity",
    "ReleaseLesson",
    "ReviewTask",
    "Submission",
    "Theme",
    "VersionIsFixed",
]
