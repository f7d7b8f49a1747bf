"""App configuration."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"

    def ready(self) -> None:
        # ruff: noqa: PLC0415 - a kind needs its models, which are there only now
        from courses.activities import register
        from courses.h5p.kind import H5PKind
        from courses.meetings.kind import SessionKind
        from courses.questions.kind import QuestionsKind
        from courses.work.kinds import AssignmentKind, EvaluationKind, ReflectionKind

        for kind in (H5PKind(), QuestionsKind(), SessionKind(), AssignmentKind(), ReflectionKind(), EvaluationKind()):
            register(kind)
