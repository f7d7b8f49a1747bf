"""Item statistics against values worked out by hand."""

import pytest

from courses.questions.attempts import hand_in, save_answer, start
from courses.questions.statistics import Observation, correlation, item_statistics, statistics_of
from tests.factories.questions import enrolled, make_question, posted, released_test


def test_the_corrected_item_total_correlation_is_as_worked_out_by_hand():
    # item 1,1,0,0,1 against the rest .8,.6,.4,.2,.5: covariance sum .4, spreads 1.2 and .2, so .4 / sqrt(.24).
    assert correlation([(1, 0.8), (1, 0.6), (0, 0.4), (0, 0.2), (1, 0.5)]) == pytest.approx(0.816497, abs=1e-6)
    assert correlation([(1, 0.2), (0, 0.8), (1, 0.4), (0, 0.6)]) == pytest.approx(-0.894427, abs=1e-6)


def test_where_nothing_varies_there_is_no_discrimination_to_speak_of():
    assert correlation([(1, 0.5), (1, 0.7), (1, 0.9)]) is None
    assert correlation([(1, 0.5), (0, 0.5), (1, 0.5)]) is None
    assert correlation([(1, 0.2), (0, 0.1)]) is None


@pytest.mark.django_db
def test_choices_are_counted_with_how_those_who_made_them_did_on_the_rest():
    version = make_question("single_choice").versions.get()

    figures = item_statistics(version, [Observation(1, 0.9, 0), Observation(1, 0.7, 0), Observation(0, 0.2, 1), Observation(0, 0.4, None)])

    assert (figures.n, figures.p, figures.unanswered, figures.is_small, figures.weak) == (4, 0.5, 1, True, False)
    assert [(row.count, row.correct, row.rest and round(row.rest, 6)) for row in figures.distractors] == [
        (2, True, 0.8),
        (1, False, 0.2),
        (0, False, None),
    ]


@pytest.mark.django_db(transaction=True)
def test_only_first_attempts_that_have_a_result_count():
    activity = released_test("single_choice", "true_false", "numeric", shuffle=False)
    question = activity.release.activities.get()
    answers = [(0, "waar", "9812,5"), (0, "waar", "1"), (1, "niet-waar", "1"), (1, "waar", "1")]
    for choice, truth, number in answers:
        enrolment = enrolled(activity)
        attempt = start(enrolment=enrolment, activity=activity)
        first = attempt.questions.get(position=1)
        save_answer(attempt=attempt, position=1, data=posted(first, choice))
        save_answer(attempt=attempt, position=2, data={"antwoord": [truth]})
        save_answer(attempt=attempt, position=3, data={"antwoord": [number]})
        if hand_in(attempt=attempt).passed is False:
            hand_in(attempt=start(enrolment=enrolment, activity=question))  # an empty second attempt
    start(enrolment=enrolled(activity), activity=activity)  # still open

    (figures,) = statistics_of(first.version.question)

    # Shares 1,1,0,0 against rests 1, .5, 0, .5: r = .5 / sqrt(1 * .5).
    assert (figures.n, figures.p) == (4, 0.5)
    assert figures.discrimination == pytest.approx(0.707107, abs=1e-6)
