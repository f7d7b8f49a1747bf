"""What is drawn is also said, and stands where it should."""

from datetime import date

from cms import charts, route


def a_period(today: date, *events: route.Event) -> route.PeriodRoute:
    return route.period(identifier="p", title="t", start=date(2024, 1, 1), end=date(2028, 12, 31), today=today, events=events)


def test_the_route_says_in_words_what_it_draws():
    drawn = a_period(date(2026, 7, 1), route.Event(date(2025, 3, 3), "Scholing, 12 punten", 12))

    assert drawn.text == "Periode van 1 januari 2024 tot 31 december 2028; vandaag is 1 juli 2026. 3 maart 2025: Scholing, 12 punten."


def test_an_empty_period_says_so():
    assert a_period(date(2026, 7, 1)).text.endswith("Er staat nog niets in.")


def test_the_first_and_last_day_are_the_ends_of_the_line():
    assert a_period(date(2024, 1, 1)).today_x == "4.00"
    assert a_period(date(2028, 12, 31)).today_x == "96.00"


def test_a_day_outside_the_period_stays_on_the_line():
    assert a_period(date(2031, 1, 1)).today_x == "96.00"


def test_a_bar_is_as_long_as_its_largest_norm():
    chart = charts.bar(identifier="b", title="t", unit="punten", parts=[charts.Part("a", 92)], rules=[charts.Rule(184, "184", "nodig")])

    assert chart.parts[0]["width"] == "50.00"
    assert chart.ticks[0]["x"] == "100.00"


def test_a_bar_of_nothing_is_empty_and_whole():
    assert charts.bar(identifier="b", title="t", unit="punten", parts=[charts.Part("a", 0)]).parts[0]["width"] == "0.00"
