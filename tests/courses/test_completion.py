import uuid

import pytest
from hypothesis import given, strategies as st

from courses.completion import ActivityFacts, Facts, RuleMalformed, evaluate, requirements

LESSONS = [uuid.UUID(int=n) for n in range(1, 5)]
KEYS = ["a", "b", "c", "d"]


def facts(*, viewed=(), **activities):
    return Facts(lessons=LESSONS, viewed=frozenset(viewed), activities=activities)


@pytest.mark.parametrize(("score", "met"), [(None, False), (0.6999, False), (0.7, True), (0.29 + 0.41, True), (1.0, True)])
def test_a_test_is_passed_from_exactly_the_mark(score, met):
    rule = {"passed": {"activity": "toets", "at_least": 70}}

    assert evaluate(rule, facts(toets=ActivityFacts(answered=True, best_score=score))).met is met


def test_a_mark_of_29_percent_is_met_by_a_score_of_29_percent():
    assert evaluate({"passed": {"activity": "a", "at_least": 29}}, facts(a=ActivityFacts(best_score=0.29))).met


def test_what_a_browser_reports_never_passes():
    rule = {"passed": {"activity": "a", "at_least": 70}}

    assert not evaluate(rule, facts(a=ActivityFacts(answered=True, reported_score=1.0))).met


def test_all_lessons_means_every_lesson_of_the_release():
    assert not evaluate({"lessons_viewed": "all"}, facts(viewed=LESSONS[:3])).met
    assert evaluate({"lessons_viewed": "all"}, facts(viewed=LESSONS)).met
    assert evaluate({"lessons_viewed": [str(LESSONS[1])]}, facts(viewed=[LESSONS[1]])).met


def test_of_a_choice_that_is_made_nothing_stands_open():
    rule = {
        "all_of": [
            {"one_of": [{"answered": "a"}, {"answered": "b"}]},
            {"n_of": {"n": 2, "rules": [{"attended": "c"}, {"evaluated": "d"}, {"answered": "a"}]}},
        ]
    }

    outcome = evaluate(rule, facts(a=ActivityFacts(answered=True)))

    assert [(open_.name, open_.key) for open_ in outcome.unmet()] == [("attended", "c"), ("evaluated", "d")]


def test_an_empty_rule_is_never_met():
    assert not evaluate({"all_of": []}, facts()).met
    assert not evaluate({"one_of": []}, facts()).met
    assert not evaluate({"lessons_viewed": "all"}, Facts(lessons=[])).met


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"all_of": "x"},
        {"n_of": {"n": 0, "rules": []}},
        {"passed": "a"},
        {"seen": "a"},
        {"answered": 3},
        {"answered": "a", "attended": "b"},
        [],
    ],
)
def test_a_rule_that_is_not_one_is_refused(rule):
    with pytest.raises(RuleMalformed):
        evaluate(rule, facts())


def test_requirements_are_listed_through_all_groups():
    rule = {"all_of": [{"lessons_viewed": "all"}, {"n_of": {"n": 1, "rules": [{"one_of": [{"answered": "a"}]}]}}]}

    assert list(requirements(rule)) == [("lessons_viewed", "all"), ("answered", "a")]


leaf = st.one_of(
    st.sampled_from([{"lessons_viewed": "all"}]),
    st.tuples(st.sampled_from(["answered", "attended", "judged_sufficient", "evaluated"]), st.sampled_from(KEYS)).map(
        lambda pair: {pair[0]: pair[1]}
    ),
    st.tuples(st.sampled_from(KEYS), st.integers(0, 100)).map(lambda pair: {"passed": {"activity": pair[0], "at_least": pair[1]}}),
)
rules = st.recursive(
    leaf,
    lambda child: st.one_of(
        st.lists(child, max_size=4).map(lambda inside: {"all_of": inside}),
        st.lists(child, max_size=4).map(lambda inside: {"one_of": inside}),
        st.tuples(st.integers(1, 4), st.lists(child, max_size=4)).map(lambda pair: {"n_of": {"n": pair[0], "rules": pair[1]}}),
    ),
    max_leaves=12,
)
done = st.builds(
    ActivityFacts,
    answered=st.booleans(),
    best_score=st.one_of(st.none(), st.floats(0, 1)),
    attended=st.booleans(),
    judged_sufficient=st.booleans(),
    evaluated=st.booleans(),
)
some_facts = st.builds(
    lambda viewed, activities: Facts(lessons=LESSONS, viewed=frozenset(viewed), activities=activities),
    st.sets(st.sampled_from(LESSONS)),
    st.dictionaries(st.sampled_from(KEYS), done),
)


@given(rules, some_facts)
def test_the_share_is_whole_exactly_when_the_rule_is_met(rule, known):
    outcome = evaluate(rule, known)

    assert 0 <= outcome.share <= 1
    assert (outcome.share == 1) == outcome.met
    assert outcome.met == (not list(outcome.unmet()) and bool(outcome.met))


def more(one: Facts, other: Facts) -> Facts:
    def both(key):
        a, b = one.activity(key), other.activity(key)
        scores = [score for score in (a.best_score, b.best_score) if score is not None]
        return ActivityFacts(
            answered=a.answered or b.answered,
            best_score=max(scores) if scores else None,
            attended=a.attended or b.attended,
            judged_sufficient=a.judged_sufficient or b.judged_sufficient,
            evaluated=a.evaluated or b.evaluated,
        )

    return Facts(lessons=LESSONS, viewed=one.viewed | other.viewed, activities={key: both(key) for key in KEYS})


@given(rules, some_facts, some_facts)
def test_doing_more_never_takes_anything_away(rule, known, extra):
    before, after = evaluate(rule, known), evaluate(rule, more(known, extra))

    assert after.share >= before.share - 1e-9
    assert after.met or not before.met


@given(rules, some_facts)
def test_whoever_does_what_stands_open_is_done(rule, known):
    everything = Facts(
        lessons=LESSONS,
        viewed=frozenset(LESSONS),
        activities={
            key: ActivityFacts(answered=True, best_score=1.0, attended=True, judged_sufficient=True, evaluated=True) for key in KEYS
        },
    )

    assert evaluate(rule, more(known, everything)).met == evaluate(rule, everything).met
