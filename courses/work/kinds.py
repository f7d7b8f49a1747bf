"""The kinds `assignment`, `reflection` and `evaluation` in a lesson."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from courses.models import CoursePage, Enrolment, Reflection, ReleaseActivity
from courses.work.evaluating import SCALE, has_evaluated
from courses.work.files import ACCEPT
from courses.work.handing_in import standing, takes_file, takes_text
from courses.work.judging import rubric_of


class AssignmentKind:
    """Work to hand in, judged along a rubric."""

    code: ClassVar[str] = "assignment"
    template: ClassVar[str] = "courses/work/assignment.html"
    answers: ClassVar[frozenset[str]] = frozenset({"answered", "judged_sufficient"})

    def freeze(self, value: dict[str, Any], *, course: CoursePage) -> dict[str, Any]:
        instructions = value.get("instructions")
        return {
            "accept": value.get("accept") or "text_and_file",
            "instructions": instructions.source if instructions else "",
            "rubric": [
                {
                    "criterion": criterion["criterion"],
                    "levels": [
                        {"label": level["label"], "points": level["points"], "description": level["description"]}
                        for level in criterion["levels"]
                    ],
                }
                for criterion in value.get("rubric") or []
            ],
            "sufficient_from": value.get("sufficient_from") or 0,
        }

    def problems(self, value: dict[str, Any], *, course: CoursePage) -> list[str]:
        found = []
        rubric = list(value.get("rubric") or [])
        if not value.get("instructions"):
            found.append(_("De opdracht heeft geen tekst."))
        most = sum(max((level["points"] for level in criterion["levels"]), default=0) for criterion in rubric)
        needed = value.get("sufficient_from") or 0
        if rubric and not needed:
            found.append(_("Vul in vanaf hoeveel punten het werk voldoende is; nu is alles voldoende."))
        elif rubric and needed > most:
            found.append(
                _("Voldoende vanaf %(needed)s punten kan niemand halen; er zijn er %(most)s te verdienen.")
                % {"needed": needed, "most": most}
            )
        found += [
            _("Het criterium ‘%(criterion)s’ heeft minder dan twee niveaus.") % {"criterion": c["criterion"]}
            for c in rubric
            if len(c["levels"]) < 2
        ]
        return found

    def context(self, request: HttpRequest, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        present = standing(enrolment=enrolment, activity=activity) if enrolment else None
        text = ""
        if present:
            text = present.draft.text if present.draft else present.last.submission.text if present.last and present.insufficient else ""
        rubric = rubric_of(activity)
        return {
            "activity": activity,
            "enrolment": enrolment,
            "instructions": activity.settings.get("instructions", ""),
            "rubric": rubric,
            "standing": present,
            "text": text,
            "takes_text": takes_text(activity),
            "takes_file": takes_file(activity),
            "accept": ACCEPT,
            "max_mb": settings.WORK_MAX_FILE_BYTES // 1_000_000,
        }


class ReflectionKind:
    """A question to oneself."""

    code: ClassVar[str] = "reflection"
    template: ClassVar[str] = "courses/work/reflection.html"
    answers: ClassVar[frozenset[str]] = frozenset({"answered"})

    def freeze(self, value: dict[str, Any], *, course: CoursePage) -> dict[str, Any]:
        prompt = value.get("prompt")
        return {"prompt": prompt.source if prompt else "", "shared_with_teacher": bool(value.get("shared_with_teacher"))}

    def problems(self, value: dict[str, Any], *, course: CoursePage) -> list[str]:
        return [] if value.get("prompt") else [_("De reflectie heeft geen vraag.")]

    def context(self, request: HttpRequest, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        own = Reflection.objects.filter(enrolment=enrolment, activity=activity.uuid).first() if enrolment else None
        return {
            "activity": activity,
            "enrolment": enrolment,
            "prompt": activity.settings.get("prompt", ""),
            "shared": bool(activity.settings.get("shared_with_teacher")),
            "reflection": own,
        }


class EvaluationKind:
    """What learners think of the course."""

    code: ClassVar[str] = "evaluation"
    template: ClassVar[str] = "courses/work/evaluation.html"
    answers: ClassVar[frozenset[str]] = frozenset({"evaluated"})

    def freeze(self, value: dict[str, Any], *, course: CoursePage) -> dict[str, Any]:
        return {
            "questions": [
                {"text": question["text"], "type": question["type"], "options": [str(option) for option in question.get("options") or []]}
                for question in value.get("questions") or []
            ]
        }

    def problems(self, value: dict[str, Any], *, course: CoursePage) -> list[str]:
        questions = list(value.get("questions") or [])
        found = [] if questions else [_("De evaluatie heeft geen vragen.")]
        found += [
            _("De vraag ‘%(text)s’ heeft minder dan twee keuzes.") % {"text": question["text"]}
            for question in questions
            if question["type"] == "choice" and len(question.get("options") or []) < 2
        ]
        texts = [question["text"] for question in questions]
        return found + [
            _("De vraag ‘%(text)s’ staat er twee keer.") % {"text": text} for text in dict.fromkeys(texts) if texts.count(text) > 1
        ]

    def context(self, request: HttpRequest, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        return {
            "activity": activity,
            "enrolment": enrolment,
            "done": bool(enrolment and has_evaluated(enrolment, activity.uuid)),
            "questions": asked(activity),
        }


def asked(
    activity: ReleaseActivity, *, answers: dict[int, str] | None = None, errors: dict[int, str] | None = None
) -> list[dict[str, Any]]:
    """The questions with what was answered so far, for the form."""
    steps = [{"value": step} for step in SCALE]
    return [
        {
            **question,
            "name": f"vraag-{number}",
            "steps": steps,
            "value": (answers or {}).get(number, ""),
            "error": (errors or {}).get(number, ""),
        }
        for number, question in enumerate(activity.settings.get("questions", []))
    ]
