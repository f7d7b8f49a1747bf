"""Two tabs at once, on PostgreSQL: one attempt, one result, no answer lost."""

import threading

import pytest
from django.db import connection, connections

from courses.models import Answer, Attempt
from courses.questions.attempts import hand_in, save_answer, start
from lrs.models import Statement
from lrs.profiles import adl
from tests.factories.questions import enrolled, posted, released_test

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.fixture(autouse=True)
def _needs_postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("Row locks and real concurrency need PostgreSQL.")


def at_once(*acts):
    """Run each in its own connection, released together; answers what they returned or raised."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        barrier.wait()
        try:
            results[place] = act()
        except Exception as error:  # noqa: BLE001 - the test judges what came of each
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_tabs_that_hand_in_at_once_give_one_result():
    activity = released_test("true_false")
    attempt = start(enrolment=enrolled(activity), activity=activity)
    save_answer(attempt=attempt, position=1, data={"antwoord": ["waar"]})

    results = at_once(*[lambda: hand_in(attempt=Attempt.objects.get(pk=attempt.pk))] * 4)

    assert {(result.submitted_at, result.passed) for result in results} == {(results[0].submitted_at, True)}
    assert Statement.objects.with_verb(adl.PASSED).count() == 1


def test_two_starts_at_once_give_one_open_attempt():
    activity = released_test("true_false", "single_choice")
    enrolment = enrolled(activity)

    results = at_once(*[lambda: start(enrolment=enrolment, activity=activity)] * 4)

    assert {result.pk for result in results} == {Attempt.objects.get().pk}
    assert Attempt.objects.get().questions.count() == 2


def test_answers_to_one_question_from_many_tabs_leave_one_row():
    activity = released_test("single_choice")
    attempt = start(enrolment=enrolled(activity), activity=activity)
    question = attempt.questions.select_related("version").get()

    at_once(
        *[
            lambda choice=choice: save_answer(attempt=Attempt.objects.get(pk=attempt.pk), position=1, data=posted(question, choice))
            for choice in (0, 1, 2, 1)
        ]
    )

    assert Answer.objects.get().response in (0, 1, 2)


def test_an_answer_that_races_the_hand_in_is_either_counted_or_refused():
    activity = released_test("true_false")
    enrolment = enrolled(activity)
    attempt = start(enrolment=enrolment, activity=activity)

    saved, __ = at_once(
        lambda: save_answer(attempt=Attempt.objects.get(pk=attempt.pk), position=1, data={"antwoord": ["waar"]}),
        lambda: hand_in(attempt=Attempt.objects.get(pk=attempt.pk)),
    )

    attempt.refresh_from_db()
    assert attempt.passed is isinstance(saved, Answer)
