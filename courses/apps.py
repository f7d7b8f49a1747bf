"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"

    def ready(self) -> None:
        # ruff: noqa: PLC0415 - a kind needs its models, which are there only now
        from courses.activities import register
        from courses.h5p.kind import H5PKind
        from courses.launched.kind import LaunchKind
        from courses.meetings.kind import SessionKind
        from courses.questions.kind import QuestionsKind
        from courses.work.kinds import AssignmentKind, EvaluationKind, ReflectionKind

        for kind in (H5PKind(), LaunchKind(), QuestionsKind(), SessionKind(), AssignmentKind(), ReflectionKind(), EvaluationKind()):
            register(kind)
        _name_events()


def _name_events() -> None:
    """The words in which an auditor and a learner read what was done in courses."""
    from accounts import audit

    audit.name_events(
        {
            "progress-opened": _("Voortgang bekeken"),
            "enrolled-by-another": _("Door een ander ingeschreven voor een cursus"),
            "attendance-marked": _("Aanwezigheid vastgelegd"),
            "attendance-corrected": _("Aanwezigheid verbeterd"),
            "meeting-called-off": _("Bijeenkomst afgelast"),
            "enrolment-moved": _("Overgezet naar een andere uitgave"),
            "move-previewed": _("Proef van overzetten bekeken"),
            "h5p_uploaded": _("H5P geüpload"),
            "h5p_library_chosen": _("H5P-bibliotheek gekozen"),
            "h5p_library_removed": _("H5P-bibliotheek verwijderd"),
            "open-answer-read": _("Open antwoord gelezen"),
            "work-opened": _("Werk geopend"),
            "work-file-opened": _("Bestand bij werk geopend"),
            "work-judged": _("Werk beoordeeld"),
            "release-published": _("Uitgave uitgebracht"),
        }
    )
