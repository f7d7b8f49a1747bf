"""The last two requirements of a course at the same moment, on two connections: everything that follows happens once."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from accreditation.models import Certificate, PointAward
from courses import progress
from courses.models import CourseProgress
from courses.questions import attempts
from lrs.models import PendingProjection, Source, Statement
from lrs.profiles import adl
from tests.accreditation.racing import at_once
from tests.factories.accounts import RegisterFactory
from tests.journeys.story import Story, accredit, begin_story, publish_course

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROUNDS = 3


@pytest.fixture(autouse=True)
def slow_weighing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever weighs the rule takes its time over it, so that two who do not wait for each other miss each other's row."""
    facts_of = progress.facts_of

    def slowly(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.03)
        return facts_of(*args, **kwargs)

    monkeypatch.setattr(progress, "facts_of", slowly)


def _hand_in_and_evaluate(story: Story) -> list[Callable[[], object]]:
    story.read()
    story.play()
    story.attend()
    story.hand_in_plan()
    attempt = story.begin_test(right=True)
    return [lambda: attempts.hand_in(attempt=attempt), story.evaluate]


def _attend_and_finish_the_lesson(story: Story) -> list[Callable[[], object]]:
    story.play()
    story.hand_in_plan()
    story.take_test(right=True)
    story.evaluate()
    return [story.attend, story.read]


def _all_at_once(story: Story) -> list[Callable[[], object]]:
    attempt = story.begin_test(right=True)
    return [story.read, story.play, story.attend, story.hand_in_plan, lambda: attempts.hand_in(attempt=attempt), story.evaluate]


@pytest.mark.parametrize("last_acts", [_hand_in_and_evaluate, _attend_and_finish_the_lesson, _all_at_once])
def test_the_last_requirements_at_once_complete_the_course_exactly_once(last_acts):
    release = publish_course()
    registers = [RegisterFactory(), RegisterFactory()]
    accredit(release, *registers)

    for _round in range(ROUNDS):
        story = begin_story(release, *registers)
        acts = last_acts(story)
        assert not Certificate.objects.filter(enrolment=story.enrolment).exists()

        at_once(*acts)

        satisfied = Statement.objects.with_verb(adl.SATISFIED).get(registration=story.enrolment.uuid)
        assert satisfied.source == Source.SERVER
        assert CourseProgress.objects.get(enrolment=story.enrolment).share == 1
        awards = PointAward.objects.filter(learner=story.enrolment.learner).order_by("register_id")
        assert [award.register_id for award in awards] == sorted(register.pk for register in registers)
        certificate = Certificate.objects.get(learner=story.enrolment.learner)
        assert [event.kind for event in certificate.events.all()] == ["issued"]
        assert len(certificate.snapshot["lines"]) == len(registers)
    assert not PendingProjection.objects.exists()
