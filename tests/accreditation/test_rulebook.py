from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from accreditation.evaluation import Category, Row, Rule, amsterdam_date
from accreditation.rulebook import Away, DatedRule, LeaveTerm, Place, choose, extension, judge, period_of

RULE = Rule(total=Decimal(10), categories=(Category("geaccrediteerd", minimum=Decimal(4)),))


def a_rule(key=1, *, section="", profession="", applies_from=None, applies_until=None, years=5, leave=(), rule=RULE):
    return DatedRule(key, section, profession, applies_from, applies_until, years, rule, tuple(leave))


def place(*, section="", professions=(), start=date(2022, 1, 1), end=date(2026, 12, 31), away=()):
    return Place(section, frozenset(professions), start, end, tuple(away))


RELIEF = a_rule(1, applies_until=date(2027, 6, 30))
AFTER = a_rule(2, applies_from=date(2027, 7, 1))


@pytest.mark.parametrize(("end", "key"), [(date(2027, 6, 30), 1), (date(2027, 7, 1), 2)])
def test_the_rule_follows_from_the_last_day_of_the_period(end, key):
    assert choose([RELIEF, AFTER], section="", professions=frozenset(), period_end=end).key == key


def test_the_rule_of_a_section_goes_before_a_general_one_and_that_of_a_profession_before_one_for_all():
    general, section, profession = a_rule(1), a_rule(2, section="verzorgende"), a_rule(3, profession="bedrijfsarts")

    def key(code, *professions):
        return choose([general, section, profession], section=code, professions=frozenset(professions), period_end=date(2027, 1, 1)).key

    assert key("") == 1
    assert key("verzorgende") == 2
    assert key("", "bedrijfsarts") == 3
    assert key("verzorgende", "bedrijfsarts") == 2
    assert key("iets-anders", "arts") == 1


def test_without_a_rule_for_them_nobody_is_judged():
    assert judge([], place=place(), rules=[a_rule(applies_from=date(2030, 1, 1))], day=date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("start", "end", "period"),
    [
        (date(2022, 3, 1), date(2027, 2, 28), (date(2022, 3, 1), date(2027, 2, 28), False)),
        (None, date(2027, 2, 28), (date(2022, 3, 1), date(2027, 2, 28), False)),
        (date(2024, 2, 29), None, (date(2024, 2, 29), date(2029, 2, 27), True)),
        (None, None, (date(2021, 6, 16), date(2026, 6, 15), True)),
    ],
)
def test_an_end_that_is_not_known_is_worked_out_and_called_assumed(start, end, period):
    assert period_of(place(start=start, end=end), day=date(2026, 6, 15)) == period


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        (datetime(2021, 12, 31, 22, 59, tzinfo=UTC), False),
        (datetime(2021, 12, 31, 23, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), False),
    ],
)
def test_a_period_begins_and_ends_at_midnight_in_amsterdam(moment, counts):
    row = Row(("award", 1), "geaccrediteerd", Decimal(4), amsterdam_date(moment))

    judgement = judge([row], place=place(), rules=[a_rule()], day=date(2026, 6, 1))

    assert (judgement.evaluation.total == 4) is counts


BIRTH = LeaveTerm("birth", minimum_days=28, share=100, maximum_days=None)
HALF = LeaveTerm("parental", minimum_days=1, share=50, maximum_days=30)
YEAR = {"first_day": date(2022, 1, 1), "last_day": date(2026, 12, 31)}


@pytest.mark.parametrize(
    ("away", "days"),
    [
        ([], 0),
        ([Away("birth", date(2024, 3, 1), date(2024, 3, 27), 100)], 0),  # 27 days: too short
        ([Away("birth", date(2024, 3, 1), date(2024, 3, 28), 100)], 28),
        ([Away("birth", date(2024, 3, 1), date(2024, 3, 29), 50)], 14),  # half the hours of 29 days, whole days only
        ([Away("birth", date(2021, 12, 1), date(2022, 1, 31), 100)], 31),  # what lies before the period does not lengthen it
        ([Away("birth", date(2026, 12, 1), date(2027, 2, 1), 100)], 31),
        ([Away("parental", date(2024, 1, 1), date(2024, 1, 10), 100)], 5),
        ([Away("parental", date(2024, 1, 1), date(2024, 12, 31), 100)], 30),  # no more than its maximum
        ([Away("care", date(2024, 1, 1), date(2024, 12, 31), 100)], 0),  # the rule does not know it
        ([Away("birth", date(2024, 1, 1), date(2024, 1, 31), 100), Away("parental", date(2024, 1, 1), date(2024, 1, 31), 100)], 31),
        ([Away("birth", date(2024, 1, 1), date(2024, 1, 31), 100)] * 2, 31),
    ],
)
def test_leave_lengthens_the_period_as_the_rule_says(away, days):
    assert extension(away, terms=[BIRTH, HALF], **YEAR) == days


def test_leave_moves_the_deadline_and_not_the_rule():
    away = [Away("birth", date(2027, 1, 1), date(2027, 3, 31), 100)]
    rules = [a_rule(1, applies_until=date(2027, 6, 30), leave=[BIRTH]), AFTER]
    late = Row(("award", 1), "geaccrediteerd", Decimal(4), date(2027, 9, 27))

    judgement = judge([late], place=place(start=date(2022, 7, 1), end=date(2027, 6, 30), away=away), rules=rules, day=date(2027, 9, 28))

    assert (judgement.rule.key, judgement.added, judgement.evaluation.last_day) == (1, 90, date(2027, 9, 28))
    assert (judgement.evaluation.total, judgement.evaluation.closed) == (4, False)


def test_leave_does_not_lengthen_a_period_that_is_only_assumed():
    away = [Away("birth", date(2024, 1, 1), date(2024, 3, 31), 100)]

    judgement = judge([], place=place(start=None, end=None, away=away), rules=[a_rule(leave=[BIRTH])], day=date(2026, 6, 1))

    assert (judgement.added, judgement.assumed) == (0, True)


stretches = st.lists(
    st.builds(
        lambda kind, first, days, percentage: Away(kind, first, first + timedelta(days=days), percentage),
        st.sampled_from(["birth", "parental", "care"]),
        st.dates(date(2021, 1, 1), date(2027, 6, 1)),
        st.integers(0, 400),
        st.integers(1, 100),
    ),
    max_size=5,
)


@given(stretches, st.randoms())
def test_the_order_of_leave_does_not_matter_and_it_never_adds_more_days_than_there_were(away, random):
    days = extension(away, terms=[BIRTH, HALF], **YEAR)

    assert extension(random.sample(away, len(away)), terms=[BIRTH, HALF], **YEAR) == days
    assert 0 <= days <= (YEAR["last_day"] - YEAR["first_day"]).days + 1
