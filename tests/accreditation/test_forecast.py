from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings, strategies as st

from accreditation.evaluation import Category, Row, Rule, evaluate
from accreditation.forecast import Outlook, forecast
from accreditation.forecast_picture import sentence

FIRST, LAST = date(2022, 1, 1), date(2026, 12, 31)
RULE = Rule(
    total=Decimal(100),
    categories=(
        Category("geaccrediteerd", minimum=Decimal(40)),
        Category("zelfstudie", maximum=Decimal(20)),
        Category("visitatie", part_of="geaccrediteerd", times=1),
    ),
)


def the_forecast(*rows, day=date(2024, 6, 30), rule=RULE):
    ledger = [Row(("award", n), category, Decimal(points), on) for n, (category, points, on) in enumerate(rows)]
    return forecast(evaluate(ledger, rule=rule, first_day=FIRST, last_day=LAST, day=day))


def half_way(*categories):
    """Two rows of each category in the first half of the period."""
    return [row for category, points in categories for row in ((category, points, date(2022, 6, 1)), (category, points, date(2023, 6, 1)))]


def test_who_goes_on_as_they_did_is_told_the_day_on_which_they_have_enough():
    found = the_forecast(*half_way(("geaccrediteerd", 25)), day=date(2024, 6, 30))  # 50 in 912 days: 100 after 912 more

    assert (found.outlook, found.on) == (Outlook.ON_TIME, date(2024, 6, 30) + timedelta(days=912))
    assert found.slowest is None


def test_too_slow_is_told_with_what_there_will_be_on_the_last_day():
    found = the_forecast(*half_way(("geaccrediteerd", 20)))

    assert found.outlook is Outlook.TOO_LATE
    assert found.on > LAST
    assert round(found.at_end) == 80
    assert round(found.missing_at_end) == 20


@pytest.mark.parametrize(
    ("rows", "tail"),
    [
        (half_way(("geaccrediteerd", 20)), "je voldoet pas op "),
        (half_way(("zelfstudie", 30)), "ook tien jaar later voldoe je niet"),
    ],
)
def test_who_is_too_slow_reads_what_there_will_be_and_when_it_is_enough(rows, tail):
    ledger = [Row(("award", n), category, Decimal(points), on) for n, (category, points, on) in enumerate(rows)]
    evaluation = evaluate(ledger, rule=RULE, first_day=FIRST, last_day=LAST, day=date(2024, 6, 30))
    found = forecast(evaluation)
    said = sentence(found, standing=SimpleNamespace(evaluation=evaluation, rule=SimpleNamespace(total=RULE.total, unit="points")))

    assert f"op 31 december 2026, je laatste dag, {round(found.at_end)} van de 100 punten; " in said
    assert tail in said


def test_a_maximum_stays_a_maximum_in_the_future():
    found = the_forecast(*half_way(("zelfstudie", 30)))

    assert (found.outlook, found.on, found.at_end) == (Outlook.NEVER, None, 20)


def test_what_is_missing_longest_is_named():
    found = the_forecast(*half_way(("geaccrediteerd", 5), ("zelfstudie", 5)), rule=Rule(Decimal(15), RULE.categories))

    assert found.outlook is Outlook.TOO_LATE
    assert found.slowest.code == "geaccrediteerd"


def test_what_counts_once_is_not_earned_twice():
    rows = half_way(("geaccrediteerd", 10))

    with_visit = the_forecast(*rows, ("visitatie", 25, date(2023, 1, 1)))

    assert round(with_visit.at_end) == 40 + 25


@pytest.mark.parametrize(
    ("rows", "day"),
    [
        ([], date(2024, 6, 30)),
        (half_way(("geaccrediteerd", 25))[:1], date(2024, 6, 30)),
        (half_way(("geaccrediteerd", 1)), date(2022, 3, 1)),
    ],
)
def test_too_little_to_go_by_is_said(rows, day):
    assert the_forecast(*rows, day=day).outlook is Outlook.TOO_LITTLE


def test_who_has_enough_needs_no_forecast_and_a_period_that_is_over_has_none():
    assert the_forecast(*half_way(("geaccrediteerd", 50))).outlook is Outlook.COMPLETE
    assert the_forecast(*half_way(("geaccrediteerd", 25)), day=date(2027, 1, 1)).outlook is Outlook.CLOSED


def test_what_is_dated_after_today_counts_on_its_day_and_makes_no_pace():
    without = the_forecast(*half_way(("geaccrediteerd", 20)))
    planned = the_forecast(*half_way(("geaccrediteerd", 20)), ("geaccrediteerd", 10, date(2026, 1, 1)))

    assert round(planned.at_end - without.at_end) == 10


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(["geaccrediteerd", "zelfstudie", "visitatie"]), st.integers(0, 30), st.dates(FIRST, date(2024, 6, 30))),
        min_size=2,
        max_size=12,
    ),
    st.integers(1, 30),
)
def test_more_points_never_bring_the_day_later(rows, more):
    before, after = the_forecast(*rows), the_forecast(*rows, ("geaccrediteerd", more, date(2024, 6, 30)))

    if before.on is not None:
        assert after.outlook is Outlook.COMPLETE or after.on <= before.on
