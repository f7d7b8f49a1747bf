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
        Category("visitatie", accredited=True, times=1),
    ),
)
CODES = [category.code for category in RULE.categories]


def row(number, category, points, on=date(2025, 3, 1), reverses=None, source="award", **more):
    return Row(id=(source, number), category=category, points=Decimal(points), on=on, reverses=reverses and ("award", reverses), **more)


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
    assert {c.row.id[1]: c.reason for c in result.rows} == {1: Reason.UNDONE, 2: None, 3: Reason.UNDOES}


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


def test_what_was_not_accredited_on_its_day_counts_only_where_that_is_not_asked():
    result = judged(row(1, "visitatie", 25, accredited=False), row(2, "oda", 3, accredited=False), row(3, "visitatie", 5))

    assert {c.row.id[1]: c.reason for c in result.rows} == {1: Reason.NOT_ACCREDITED, 2: None, 3: None}
    assert result.total == 8


def test_the_same_accreditation_twice_counts_once():
    result = judged(
        row(1, "geaccrediteerd", 4, date(2023, 1, 1), once="id:500", claim="accreditation:1"),
        row(2, "deelregister", 2, date(2023, 1, 1), once="id:500", claim="accreditation:1"),
        row(3, "geaccrediteerd", 4, date(2024, 1, 1), once="id:500", claim="accreditation:1"),
    )

    assert [(c.row.id[1], c.counted, c.reason) for c in result.rows] == [(1, 4, None), (2, 2, None), (3, 0, Reason.DUPLICATE)]


@pytest.mark.parametrize(("own", "kept"), [(3, "award"), (4, "award"), (9, "evidence")])
def test_evidence_that_doubles_a_course_counts_once_and_the_larger_claim_stands(own, kept):
    result = judged(
        row(1, "geaccrediteerd", 4, date(2024, 5, 1), once="id:500", claim="accreditation:1"),
        row(1, "geaccrediteerd", own, date(2023, 1, 1), source="evidence", once="id:500"),
        row(2, "geaccrediteerd", 1, date(2023, 1, 1), source="evidence", once="id:501"),
    )

    assert {c.row.source for c in result.rows if c.reason is None and c.row.id[1] == 1} == {kept}
    assert [c.reason for c in result.rows].count(Reason.DUPLICATE) == 1
    assert result.total == max(4, own) + 1


def test_a_duplicate_outside_the_period_takes_nothing_from_the_one_inside():
    result = judged(
        row(1, "geaccrediteerd", 9, date(2021, 12, 31), once="id:500", claim="a"),
        row(2, "geaccrediteerd", 4, once="id:500", claim="b"),
    )

    assert [c.reason for c in result.rows] == [Reason.BEFORE_PERIOD, None]


def test_what_counts_once_a_period_counts_with_its_largest_row():
    result = judged(row(1, "visitatie", 10, date(2023, 1, 1)), row(2, "visitatie", 25, date(2025, 1, 1)))

    assert [(c.counted, c.reason) for c in result.rows] == [(0, Reason.COUNTED_OFTEN_ENOUGH), (25, None)]


def test_the_gap_is_what_the_total_and_every_minimum_still_ask():
    result = judged(row(1, "deelregister", 30))

    assert result.gap == (184 - 30) + (80 - 30) + (40 - 30)
    assert result.needed == 184 - 30  # the same points meet the minima on the way
    assert not result.complete


rows_of_a_ledger = st.lists(
    st.builds(
        lambda category, points, on, source, accredited, thing, claim: Row(
            id=(source, 0), category=category, points=points, on=on, accredited=accredited, once=thing, claim=thing and claim
        ),
        st.sampled_from([*CODES, "onbekend"]),
        st.decimals(min_value=0, max_value=90, places=2),
        st.dates(date(2021, 6, 1), date(2027, 6, 1)),
        st.sampled_from(["award", "evidence"]),
        st.booleans(),
        st.sampled_from(["", "", "", "", "id:1", "id:2"]),
        st.sampled_from(["", "a", "b"]),
    ),
    max_size=25,
).map(lambda rows: [r._replace(id=(r.id[0], i)) for i, r in enumerate(rows)])


@given(rows_of_a_ledger, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))

    assert judged(*shuffled) == judged(*rows)


@given(rows_of_a_ledger, st.sampled_from(CODES), st.decimals(min_value=0, max_value=90, places=2), st.dates(FIRST, LAST))
def test_a_further_row_never_lowers_anything(rows, category, points, on):
    before, after = judged(*rows), judged(*rows, Row(("award", 999), category, points, on))

    assert after.total >= before.total
    assert all(after.of(code).reached >= before.of(code).reached for code in CODES)


@given(rows_of_a_ledger, st.sampled_from(CODES), st.decimals(min_value=0, max_value=90, places=2), st.dates(FIRST, LAST), st.randoms())
def test_a_further_claim_to_the_same_thing_never_lowers_anything(rows, category, points, on, random):
    """As long as the claims are of one category: of two categories the larger claim may be the one that a maximum cuts down."""
    rows = [r._replace(category=category) if r.once == "id:1" else r for r in rows]
    further = Row(("award", 999), category, points, on, once="id:1", claim=random.choice(["a", "b", "c"]))

    before, after = judged(*rows), judged(*rows, further)

    assert after.total >= before.total
    assert all(after.of(code).reached >= before.of(code).reached for code in CODES)


@given(rows_of_a_ledger)
def test_a_thing_counts_for_one_claim_only_and_within_it_once_per_category(rows):
    counted = [c.row for c in judged(*rows).rows if c.row.once and c.reason in (None, Reason.CAP_REACHED)]

    for thing in {r.once for r in counted}:
        claims = {r.claim or f"{r.id[0]}:{r.id[1]}" for r in counted if r.once == thing}
        categories = [r.category for r in counted if r.once == thing]
        assert len(claims) == 1
        assert len(categories) == len(set(categories))


@given(rows_of_a_ledger)
def test_nothing_that_was_not_accredited_counts_where_accreditation_is_asked(rows):
    assert all(c.counted == 0 for c in judged(*rows).rows if c.row.category == "visitatie" and not c.row.accredited)


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
    counter = Row(("award", 1000), gone.category, -gone.points, LAST, reverses=gone.id)

    with_counter, without = judged(*rows, counter), judged(*(r for r in rows if r.id != gone.id))

    assert with_counter.total == without.total
    assert with_counter.categories == without.categories
