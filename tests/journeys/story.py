"""A course with one activity of every kind that counts, and somebody who does all of it by the functions that the views call."""

import io
import tempfile
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.models import Register, User
from competencies import reference as frameworks
from courses.blocks import blocks_of
from courses.enrolment import enrol
from courses.h5p.embed import content_iri
from courses.h5p.install import import_package
from courses.h5p.results import record_result
from courses.h5p.seed import build_package
from courses.lessons import finish_lesson, open_lesson
from courses.meetings import attendance
from courses.meetings.booking import add_participant
from courses.models import Attempt, CoursePage, Enrolment, H5PContent, H5PVersion, Meeting, Release
from courses.questions import attempts
from courses.releases import publish_release
from courses.work.evaluating import fill_in
from courses.work.handing_in import hand_in, save_draft
from courses.work.judging import Verdict, judge
from lrs.profiles import adl
from tests.factories.accounts import RegisterEntryFactory, UserFactory
from tests.factories.accreditation import accredited
from tests.factories.courses import CourseFactory, LessonFactory, ModuleFactory
from tests.factories.meetings import MeetingFactory, teacher_of
from tests.factories.questions import make_question, posted
from tests.factories.work import LEVELS

EXERCISE = """
type: choice
title: Wat vraag je het eerst
intro: Kies het beste antwoord.
questions:
  - prompt: Wat vraag je het eerst?
    options:
      - {text: "Hoe gaat het met je werk?", correct: true, feedback: Open en vriendelijk.}
      - {text: "Waarom werk je niet?", feedback: Dat klinkt als een verwijt.}
  - prompt: Wat noteer je?
    options:
      - {text: Het beroep, correct: true, feedback: Ja.}
      - {text: Het salaris, feedback: Niet nodig.}
"""
RULE: list[dict[str, Any]] = [
    {"lessons_viewed": "all"},
    {"answered": "oefening"},
    {"passed": {"activity": "eindtoets", "at_least": 70}},
    {"attended": "bijeenkomst"},
    {"judged_sufficient": "plan"},
    {"evaluated": "evaluatie"},
]
TAG = "eindtoets-werk"
OPINIONS = [
    {"text": "Past bij mijn werk", "type": "scale", "options": []},
    {"text": "Wat kan beter", "type": "open", "options": []},
]


def exercise_file() -> bytes:
    """An H5P package of our own, as `manage.py build_h5p` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "oefening.yaml"
        path.write_text(EXERCISE, encoding="utf-8")
        return build_package(path)


def fill_bank(course: CoursePage, *, count: int = 6) -> None:
    """Questions with the tag that the test draws from; each has its own title, and its first option is right."""
    for number in range(1, count + 1):
        definition = {"prompt": f"Vraag {number}: wie spreekt over terugkeer naar werk?"}
        make_question("single_choice", course=course, title=f"Vraag {number}", tags=(TAG,), definition=definition)


def activity_blocks(content: H5PContent) -> list[dict[str, Any]]:
    """The activities of the last lesson, as the author's StreamField holds them."""

    def block(kind: str, key: str, title: str, **value: Any) -> dict[str, Any]:
        return {
            "type": f"activity_{kind}",
            "id": str(uuid.uuid4()),
            "value": {"key": key, "title": title, "minutes": 5, "intro": "", **value},
        }

    return [
        block("h5p", "oefening", "Oefening", content=content.pk),
        block("session", "bijeenkomst", "Bijeenkomst", programme="<p>Kennismaken.</p>"),
        block(
            "assignment",
            "plan",
            "Werkbehoudplan",
            accept="text",
            instructions="<p>Maak een plan.</p>",
            rubric=[{"criterion": "Knelpunten", "levels": LEVELS}],
            sufficient_from=1,
        ),
        block("questions", "eindtoets", "Eindtoets", mode="test", questions=[], draw=[{"tag": TAG, "count": 3}], pass_mark=70),
        block("evaluation", "evaluatie", "Evaluatie", questions=OPINIONS),
    ]


def publish_course(**fields: Any) -> Release:
    """A course of two lessons with all of the activities, released."""
    frameworks.load()
    course = CourseFactory(title="Werk in de behandeling", slug="werk-in-de-behandeling", completion=blocks_of(RULE), **fields)
    fill_bank(course)
    content = import_package(
        io.BytesIO(exercise_file()), filename="oefening.h5p", organisation=course.organisation, may_install=True
    ).content
    module = ModuleFactory(parent=course, title="Het gesprek")
    objectives = [{"type": "objective", "value": {"text": "Je opent het gesprek.", "competencies": ["canmeds-vpk:communicator"]}}]
    LessonFactory(parent=module, title="Vragen naar werk", slug="vragen-naar-werk", objectives=objectives)
    last = LessonFactory(parent=module, title="Zelf aan de slag", slug="zelf-aan-de-slag", objectives=objectives)
    last.body = [*last.body.get_prep_value(), *activity_blocks(content)]
    last.save()
    return publish_release(course, by=UserFactory(is_superuser=True), note="Eerste uitgave")


@dataclass
class Story:
    """A learner in the course, with the acts that complete it, each by its own function."""

    enrolment: Enrolment
    teacher: User
    meeting: Meeting

    def activity(self, key: str) -> Any:
        return self.enrolment.release.activities.select_related("release", "lesson").get(key=key)

    def read(self) -> None:
        for lesson in self.enrolment.release.lessons.order_by("order"):
            open_lesson(enrolment=self.enrolment, lesson=lesson)
            finish_lesson(enrolment=self.enrolment, lesson=lesson)

    def play(self) -> None:
        """What the browser reports of the exercise, and what a forger would add to it."""
        activity = self.activity("oefening")
        version = H5PVersion.objects.get(pk=activity.settings["version"])
        for verb, scaled in [(adl.ATTEMPTED, None), (adl.COMPLETED, 0.5), (adl.PASSED, 1.0)]:
            statement: dict[str, Any] = {"verb": {"id": verb}, "object": {"objectType": "Activity", "id": content_iri(version)}}
            if scaled is not None:
                statement["result"] = {"score": {"raw": scaled * 2, "min": 0, "max": 2, "scaled": scaled}}
            record_result(enrolment=self.enrolment, activity=activity, version=version, statement=statement, report_id=uuid.uuid4())

    def begin_test(self, *, right: bool) -> Attempt:
        """An attempt with every question answered, not handed in yet."""
        attempt = attempts.start(enrolment=self.enrolment, activity=self.activity("eindtoets"))
        for question in attempt.questions.select_related("version"):
            attempts.save_answer(attempt=attempt, position=question.position, data=posted(question, 0 if right else 1))
        return attempt

    def take_test(self, *, right: bool) -> None:
        attempts.hand_in(attempt=self.begin_test(right=right))

    def attend(self) -> None:
        add_participant(enrolment=self.enrolment, meeting=self.meeting)
        attendance.mark(meeting=self.meeting, enrolment=self.enrolment, present=True, by=self.teacher)

    def hand_in_plan(self) -> None:
        activity = self.activity("plan")
        save_draft(enrolment=self.enrolment, activity=activity, text="Mijn plan")
        work = hand_in(enrolment=self.enrolment, activity=activity)
        judge(submission=work, judge=self.teacher, verdict=Verdict(levels=[1], feedback="Helder."))

    def evaluate(self) -> None:
        fill_in(enrolment=self.enrolment, activity=self.activity("evaluatie"), answers={0: "4", 1: "Meer voorbeelden."})

    def complete(self) -> None:
        self.read()
        self.play()
        self.attend()
        self.hand_in_plan()
        self.take_test(right=False)
        self.take_test(right=True)
        self.evaluate()


def accredit(release: Release, *registers: Register) -> None:
    """Worth four points in each of these registers, this year and the next."""
    today = timezone.localdate()
    for register in registers:
        accredited(release=release, register=register, valid_from=today - timedelta(days=1), valid_until=date(today.year + 1, 12, 31))


def begin_story(release: Release, *registers: Register, learner: User | None = None) -> Story:
    """Somebody, new unless given, who follows the release and stands in these registers; the meeting has been."""
    learner = learner or UserFactory()
    for register in registers:
        RegisterEntryFactory(user=learner, register=register)
    begun = timezone.now() - timedelta(hours=5)
    meeting = Meeting.objects.filter(course=release.course).first() or MeetingFactory(release=release, starts_at=begun)
    return Story(enrolment=enrol(learner=learner, course=release.course), teacher=teacher_of(release.course.organisation), meeting=meeting)
