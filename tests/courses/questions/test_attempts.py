"""Starting, answering, handing in: what a learner can rely on, whatever the connection does."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from courses.models import ActivityProgress, Answer, Attempt, CourseProgress
from courses.questions.attempts import (
    AttemptClosed,
    AttemptRefused,
    TooLate,
    check_answer,
    hand_in,
    hand_in_all_overdue,
    save_answer,
    standing,
    start,
)
from courses.questions.types import TYPES
from lrs.models import Source, Statement
from lrs.profiles import adl
from tests.factories.questions import enrolled, make_question, posted, released_test

pytestmark = pytest.mark.django_db(transaction=True)

ALL_BUT_OPEN = [kind for kind in TYPES if kind != "open"]


def answer_all(attempt, *, right=True):
    for question in attempt.questions.select_related("version"):
        kind, definition = TYPES[question.version.type], question.version.definition
        response = kind.right(definition)
        if kind.step_by_step:
            for step in range(len(response)) if right else []:
                save_answer(attempt=attempt, position=question.position, data=posted(question, response[: step + 1]))
        elif right:
            save_answer(attempt=attempt, position=question.position, data=posted(question, response))


def test_all_right_in_every_type_is_a_pass_that_completes_the_course():
    activity = released_test(*ALL_BUT_OPEN)
    enrolment = enrolled(activity)
    attempt = start(enrolment=enrolment, activity=activity)

    answer_all(attempt)
    hand_in(attempt=attempt)

    assert (attempt.scaled_score, attempt.raw_score, attempt.max_score, attempt.passed) == (1, 9, 9, True)
    progress = ActivityProgress.objects.get(enrolment=enrolment)
    assert (progress.best_score, progress.activity) == (1, activity.uuid)
    assert CourseProgress.objects.get(enrolment=enrolment).satisfied_at


def test_an_answer_in_someones_own_words_stays_out_of_the_record():
    activity = released_test("open", "single_choice", shuffle=False)
    attempt = start(enrolment=enrolled(activity), activity=activity)
    texts = [question.version.type for question in attempt.questions.all()]
    save_answer(attempt=attempt, position=texts.index("open") + 1, data={"antwoord": ["Mijn naam is Jan"]})

    hand_in(attempt=attempt)

    assert Answer.objects.exclude(response=None).get().response, "it is kept where it is judged"
    assert Statement.objects.with_verb(adl.ANSWERED).exists()
    assert not Statement.objects.filter(exact__contains="Mijn naam is Jan").exists()


def test_the_record_holds_the_start_each_answer_and_the_result_from_our_own_server():
    activity = released_test("single_choice", "matching")
    enrolment = enrolled(activity)
    attempt = start(enrolment=enrolment, activity=activity)
    answer_all(attempt)
    before = [statement.verb for statement in Statement.objects.all()]

    hand_in(attempt=attempt)

    assert before == [adl.ATTEMPTED]
    ours = Statement.objects.filter(exact__contains=str(activity.uuid)).order_by("sequence")
    assert {statement.source for statement in ours} == {Source.SERVER}
    assert sorted(statement.verb.rsplit("/")[-1] for statement in ours) == ["answered", "answered", "attempted", "passed"]
    iri = ours.with_verb(adl.PASSED).get().activity
    assert {statement.activity for statement in ours.with_verb(adl.ANSWERED)} == {
        f"{iri}/{question.version.question.uuid}" for question in attempt.questions.all()
    }
    result = ours.with_verb(adl.PASSED).get().document["result"]
    assert result["score"] == {"scaled": 1, "raw": 2, "min": 0, "max": 2}
    assert result["success"] is True
    assert result["duration"].startswith("PT")
    assert "correctResponsesPattern" not in f"{[statement.document for statement in ours]}"


def test_nothing_answered_is_a_fail_and_completes_nothing():
    activity = released_test("single_choice")
    enrolment = enrolled(activity)

    attempt = hand_in(attempt=start(enrolment=enrolment, activity=activity))

    assert (attempt.scaled_score, attempt.passed) == (0, False)
    assert Statement.objects.with_verb(adl.FAILED).count() == 1
    assert CourseProgress.objects.get(enrolment=enrolment).satisfied_at is None


def test_the_pass_mark_itself_is_a_pass_and_just_below_is_not():
    for pass_mark, passed in ((50, True), (51, False)):
        activity = released_test("single_choice", "true_false", pass_mark=pass_mark)
        attempt = start(enrolment=enrolled(activity), activity=activity)
        question = attempt.questions.select_related("version").first()
        save_answer(
            attempt=attempt,
            position=question.position,
            data=posted(question, TYPES[question.version.type].right(question.version.definition)),
        )

        assert hand_in(attempt=attempt).passed is passed


def test_handing_in_twice_gives_one_result():
    activity = released_test("single_choice")
    attempt = start(enrolment=enrolled(activity), activity=activity)
    answer_all(attempt)

    first = hand_in(attempt=attempt).submitted_at
    second = hand_in(attempt=Attempt.objects.get(pk=attempt.pk))

    assert second.submitted_at == first
    assert Statement.objects.with_verb(adl.PASSED).count() == 1
    with pytest.raises(AttemptClosed):
        save_answer(attempt=attempt, position=1, data={})


def test_starting_again_finds_the_open_attempt_with_its_answers():
    activity = released_test("single_choice", "ordering")
    enrolment = enrolled(activity)
    attempt = start(enrolment=enrolment, activity=activity)
    answer_all(attempt)

    again = start(enrolment=enrolment, activity=activity)

    assert again == attempt
    assert Answer.objects.filter(question__attempt=again).count() == 2


def test_an_answer_that_waited_for_a_connection_does_not_undo_a_later_one():
    activity = released_test("true_false")
    attempt = start(enrolment=enrolled(activity), activity=activity)

    save_answer(attempt=attempt, position=1, data={"antwoord": ["waar"]})
    kept = save_answer(attempt=attempt, position=1, data={"antwoord": ["niet-waar"]}, age=timedelta(minutes=10))

    assert kept.response is True
    assert Answer.objects.get().revision == 1


def test_answers_come_in_until_the_time_is_up_and_late_ones_are_refused_but_the_earlier_ones_count():
    activity = released_test("true_false", "single_choice", time_limit=30, pass_mark=50)
    with time_machine.travel(datetime(2026, 3, 1, 12, 0, tzinfo=UTC), tick=False) as clock:
        attempt = start(enrolment=enrolled(activity), activity=activity)
        first, second = attempt.questions.select_related("version")
        right = {
            question.position: posted(question, TYPES[question.version.type].right(question.version.definition))
            for question in (first, second)
        }
        clock.move_to(datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC))  # the last moment of the grace
        save_answer(attempt=attempt, position=1, data=right[1])
        clock.move_to(datetime(2026, 3, 1, 12, 30, 5, 1, tzinfo=UTC))
        with pytest.raises(TooLate):
            save_answer(attempt=attempt, position=2, data=right[2])
        with pytest.raises(TooLate):
            save_answer(attempt=attempt, position=2, data=right[2], age=timedelta(minutes=5))  # saying that it is old does not help

        hand_in(attempt=attempt)

    assert attempt.submitted_at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert (attempt.scaled_score, attempt.passed) == (0.5, True)


def test_who_never_comes_back_is_handed_in_when_time_is_up():
    activity = released_test("true_false", time_limit=30)
    with time_machine.travel(datetime(2026, 3, 1, 12, 0, tzinfo=UTC), tick=False) as clock:
        attempt = start(enrolment=enrolled(activity), activity=activity)
        clock.shift(timedelta(minutes=30))
        assert hand_in_all_overdue() == 0
        clock.shift(timedelta(minutes=1))
        assert hand_in_all_overdue() == 1
        assert hand_in_all_overdue() == 0

    attempt.refresh_from_db()
    assert attempt.submitted_at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert attempt.passed is False


def test_no_more_attempts_than_allowed_and_no_sooner_than_after_the_wait():
    activity = released_test("true_false", attempts=2, wait_hours=24)
    enrolment = enrolled(activity)
    with time_machine.travel(datetime(2026, 3, 1, 12, 0, tzinfo=UTC), tick=False) as clock:
        hand_in(attempt=start(enrolment=enrolment, activity=activity))
        clock.shift(timedelta(hours=23, minutes=59, seconds=59))
        with pytest.raises(AttemptRefused, match="2 maart om 13:00"):
            start(enrolment=enrolment, activity=activity)
        clock.shift(timedelta(seconds=1))
        assert not standing(enrolment=enrolment, activity=activity).reveals
        hand_in(attempt=start(enrolment=enrolment, activity=activity))
        clock.shift(timedelta(days=9))
        with pytest.raises(AttemptRefused, match="alle 2 pogingen"):
            start(enrolment=enrolment, activity=activity)

    assert standing(enrolment=enrolment, activity=activity).reveals


def test_leaving_the_course_and_coming_back_gives_no_fresh_attempts():
    activity = released_test("true_false", attempts=1)
    enrolment = enrolled(activity)
    hand_in(attempt=start(enrolment=enrolment, activity=activity))
    enrolment.withdrawn_at = timezone.now()
    enrolment.save()
    again = type(enrolment).objects.create(learner=enrolment.learner, course=enrolment.course, release=enrolment.release)

    with pytest.raises(AttemptRefused):
        start(enrolment=again, activity=activity)
    with pytest.raises(AttemptRefused, match="Schrijf je opnieuw in"):
        start(enrolment=enrolment, activity=activity)


def test_a_pass_needs_no_further_attempt():
    activity = released_test("true_false")
    enrolment = enrolled(activity)
    attempt = start(enrolment=enrolment, activity=activity)
    answer_all(attempt)
    hand_in(attempt=attempt)

    with pytest.raises(AttemptRefused, match="geslaagd"):
        start(enrolment=enrolment, activity=activity)


def test_a_draw_takes_so_many_of_the_pinned_pool_and_differs_between_attempts():
    pool = [make_question("true_false", title=f"V{n}").versions.get() for n in range(12)]
    activity = released_test(versions=pool[:1], draws=[{"tag": "toets", "count": 5, "pool": [version.pk for version in pool]}])
    enrolment = enrolled(activity)

    draws = []
    for _number in range(4):
        attempt = start(enrolment=enrolment, activity=activity)
        draws.append(frozenset(attempt.questions.values_list("version_id", flat=True)))
        hand_in(attempt=attempt)

    assert {len(draw) for draw in draws} == {6}
    assert all(pool[0].pk in draw for draw in draws)
    assert len(set(draws)) > 1


def test_practising_marks_each_answer_at_once_and_completes_with_the_last():
    activity = released_test("single_choice", "open", "case", mode="practice", shuffle=False)
    enrolment = enrolled(activity)
    attempt = start(enrolment=enrolment, activity=activity)
    choice, text, case = attempt.questions.select_related("version")

    assert check_answer(attempt=attempt, position=1, data=posted(choice, 1)).share == 0
    assert check_answer(attempt=attempt, position=1, data=posted(choice, 0)).share == 1
    assert check_answer(attempt=attempt, position=2, data=posted(text, "Vragen")).share is None
    assert check_answer(attempt=attempt, position=3, data=posted(case, [0])).checked_at is None
    assert check_answer(attempt=attempt, position=3, data=posted(case, [0, 1])).share == 0.5

    attempt.refresh_from_db()
    assert (attempt.is_open, attempt.scaled_score, attempt.passed) == (False, 0.75, None)
    assert Statement.objects.with_verb(adl.COMPLETED).count() == 1
    assert ActivityProgress.objects.get(enrolment=enrolment).answered_at


def test_a_forged_statement_from_the_browser_earns_nothing():
    activity = released_test("true_false")
    enrolment = enrolled(activity)
    from courses.recording import record  # noqa: PLC0415 - stands in for what a browser posts

    record(
        enrolment=enrolment,
        verb=adl.PASSED,
        subject=activity,
        source=Source.LEARNER_SESSION,
        result={"success": True, "score": {"scaled": 1}},
    )

    assert CourseProgress.objects.get(enrolment=enrolment).satisfied_at is None
    assert not Attempt.objects.exists()
