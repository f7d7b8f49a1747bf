from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from accreditation.evaluation import Category, Counted, Reason, Row, Rule, amsterdam_date, evaluate

FIRST, LAST = date(2022, 1, 1), date(2026, 12, 31)
# Accredited points of which some must be section-specific; other development is capped as a whole and per kind.
RULE = Rule(
    total=Decimal(184),
    categories=(
        Category("geaccrediteerd", minimum=Decimal(80)),
        Category("deelregister", minimum=Decimal(40), part_of="geaccrediteerd"),
        Category("elders", maximum=Decimal(25), part_of="geaccrediteerd"),
        Category("oda", maximum=Decimal(60)),
        Category("zelfstudie", maximum=Decimal(20), part_of="oda"),
        Category("intervisie", maximum=Decimal(50), part_of="oda"),
    ),
)
CODES = [category.code for category in RULE.categories]


def row(number, category, points, on=date(2025, 3, 1), reverses=None):
    return Row(id=number, category=category, points=Decimal(points), on=on, reverses=reverses)


def judged(*rows, rule=RULE, day=date(2026, 1, 1)):
    return evaluate(rows, rule=rule, first_day=FIRST, last_day=LAST, day=day)


def test_points_in_a_category_count_in_the_category_around_it_too():
    result = judged(row(1, "deelregister", 30), row(2, "geaccrediteerd", 20))

    assert (result.of("deelregister").reached, result.of("deelregister").missing) == (30, 10)
    assert (result.of("geaccrediteerd").reached, result.of("geaccrediteerd").missing) == (50, 30)
    assert (result.total, result.missing, result.complete) == (50, 134, False)


def test_above_a_maximum_the_rest_does_not_count_and_says_why():
    result = judged(
        row(1, "zelfstudie", 15, date(2024, 1, 1)), row(2, "zelfstudie", 15, date(2024, 2, 1)), row(3, "zelfstudie", 5, date(2024, 3, 1))
    )

    assert [(c.counted, c.reason) for c in result.rows] == [(15, None), (5, Reason.CAP_REACHED), (0, Reason.CAP_REACHED)]
    assert result.of("zelfstudie").left_out == 15
    assert result.total == 20


def test_a_maximum_around_categories_bounds_them_together():
    result = judged(row(1, "zelfstudie", 20), row(2, "intervisie", 50))

    assert result.of("oda").reached == 60
    assert result.total == 60
    assert [c.counted for c in result.rows] == [20, 40]


def test_an_undone_award_does_not_count_and_its_counter_row_takes_nothing_else_away():
    result = judged(row(1, "geaccrediteerd", 10), row(2, "geaccrediteerd", 4), row(3, "geaccrediteerd", -10, reverses=1))

    assert result.total == 4
    assert {c.row.id: c.reason for c in result.rows} == {1: Reason.UNDONE, 2: None, 3: Reason.UNDOES}


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (date(2021, 12, 31), Reason.BEFORE_PERIOD),
        (date(2022, 1, 1), None),
        (date(2026, 12, 31), None),
        (date(2027, 1, 1), Reason.AFTER_PERIOD),
    ],
)
def test_the_first_and_the_last_day_of_the_period_count(on, reason):
    (counted,) = judged(row(1, "geaccrediteerd", 4, on)).rows

    assert counted == Counted(row(1, "geaccrediteerd", 4, on), Decimal(0 if reason else 4), reason)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), date(2026, 6, 30)),  # summer time
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_the_day_is_that_of_amsterdam(moment, day):
    assert amsterdam_date(moment) == day


def test_a_category_the_rule_does_not_know_is_named_as_such():
    assert judged(row(1, "iets-anders", 9)).rows[0].reason is Reason.UNKNOWN_CATEGORY


def test_a_rule_with_a_category_in_itself_is_refused():
    with pytest.raises(ValueError, match="part of itself"):
        evaluate(
            [], rule=Rule(Decimal(1), (Category("a", part_of="b"), Category("b", part_of="a"))), first_day=FIRST, last_day=LAST, day=FIRST
        )


def test_the_period_is_closed_from_the_day_after_its_last():
    assert not judged(day=LAST).closed
    assert judged(day=LAST + timedelta(days=1)).closed


rows_of_a_ledger = st.lists(
    st.builds(
        row,
        st.just(0),
        st.sampled_from([*CODES, "onbekend"]),
        st.decimals(min_value=0, max_value=90, places=2),
        st.dates(date(2021, 6, 1), date(2027, 6, 1)),
    ),
    max_size=25,
).map(lambda rows: [Row(i, r.category, r.points, r.on) for i, r in enumerate(rows)])


@given(rows_of_a_ledger, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))

    assert judged(*shuffled) == judged(*rows)


@given(rows_of_a_ledger, st.sampled_from(CODES), st.decimals(min_value=0, max_value=90, places=2), st.dates(FIRST, LAST))
def test_a_further_row_never_lowers_anything(rows, category, points, on):
    before, after = judged(*rows), judged(*rows, Row(999, category, points, on))

    assert after.total >= before.total
    assert all(after.of(code).reached >= before.of(code).reached for code in CODES)


@given(rows_of_a_ledger)
def test_outer_categories_and_counted_rows_both_add_up_to_the_total(rows):
    result = judged(*rows)

    assert sum(r.reached for r in result.categories if r.category.part_of is None) == result.total
    assert sum(c.counted for c in result.rows) == result.total


@given(rows_of_a_ledger)
def test_nothing_counts_beyond_its_maximum_and_every_row_is_answered(rows):
    result = judged(*rows)

    assert all(r.category.maximum is None or r.reached <= r.category.maximum for r in result.categories)
    assert sorted(c.row.id for c in result.rows) == sorted(r.id for r in rows)
    assert all((c.counted == c.row.points) == (c.reason is None) or c.row.points == 0 for c in result.rows)


@given(rows_of_a_ledger.filter(bool), st.data())
def test_undoing_a_row_is_as_if_it_had_never_been(rows, data):
    gone = data.draw(st.sampled_from(rows))
    counter = Row(1000, gone.category, -gone.points, LAST, reverses=gone.id)

    with_counter, without = judged(*rows, counter), judged(*(r for r in rows if r.id != gone.id))

    assert with_counter.total == without.total
    assert with_counter.categories == without.categories
