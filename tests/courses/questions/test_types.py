"""What each type of question accepts as a definition, and what answers earn."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from courses.questions.types import TYPES, DefinitionRefused
from courses.questions.types.fill_in import fold
from courses.questions.types.numeric import read_number
from tests.factories.questions import DEFINITIONS

KINDS = sorted(TYPES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 40) | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from(["0", "1", "2", "antwoord", "n1"]) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=12,
)


def cleaned(kind: str) -> dict[str, Any]:
    return TYPES[kind].clean({**DEFINITIONS[kind], **({"image": 1} if kind == "hotspot" else {})})


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_answer_earns_everything(kind):
    definition = cleaned(kind)

    if not TYPES[kind].marked_by_teacher:
        assert TYPES[kind].share(definition, TYPES[kind].right(definition)) == 1
        assert TYPES[kind].complete(definition, TYPES[kind].right(definition))


@pytest.mark.parametrize("kind", KINDS)
@given(response=JSON)
@settings(max_examples=120, deadline=None)
def test_no_answer_of_any_shape_crashes_or_leaves_the_scale(kind, response):
    definition = cleaned(kind)
    layout = TYPES[kind].lay_out(definition, seed="a" * 32, shuffled=True)

    assert 0 <= TYPES[kind].share(definition, response) <= 1
    TYPES[kind].complete(definition, response)
    TYPES[kind].shown(definition, layout, response)
    TYPES[kind].response_text(definition, response)
    for reveal in (False, True):
        TYPES[kind].review(definition, layout, response, reveal=reveal)


@pytest.mark.parametrize("kind", KINDS)
@given(
    data=st.dictionaries(
        st.sampled_from(["antwoord", "volgorde", "verplaats", "stap", "gat-1", "gat-2"]), st.lists(st.text(max_size=20), max_size=4)
    ),
    before=JSON,
)
@settings(max_examples=80, deadline=None)
def test_no_form_data_crashes_the_reader(kind, data, before):
    definition = cleaned(kind)
    layout = TYPES[kind].lay_out(definition, seed="b" * 32, shuffled=True)

    response = TYPES[kind].read(definition, layout, data, before)

    assert 0 <= TYPES[kind].share(definition, response) <= 1


@pytest.mark.parametrize("kind", KINDS)
@given(raw=JSON)
@settings(max_examples=80, deadline=None)
def test_a_definition_of_any_shape_is_cleaned_or_refused(kind, raw):
    for attempt in (
        raw,
        {
            "prompt": "Vraag",
            "options": raw,
            "pairs": raw,
            "items": raw,
            "gaps": raw,
            "text": "[[1]]",
            "nodes": raw,
            "start": "n1",
            "areas": raw,
            "answer": raw,
        },
    ):
        try:
            TYPES[kind].clean(attempt)
        except DefinitionRefused as refusal:
            assert refusal.problems  # both outcomes are fine; a crash is not


@pytest.mark.parametrize("kind", KINDS)
def test_cleaning_twice_changes_nothing(kind):
    assert TYPES[kind].clean(cleaned(kind)) == cleaned(kind)


def test_choosing_everything_earns_nothing():
    definition = cleaned("multiple_choice")

    shares = {
        tuple(chosen): TYPES["multiple_choice"].share(definition, list(chosen)) for chosen in [(0,), (0, 1), (0, 1, 2), (0, 1, 2, 3), (2,)]
    }

    assert shares == {(0,): 0.5, (0, 1): 1, (0, 1, 2): 0.5, (0, 1, 2, 3): 0, (2,): 0}


def test_a_swap_of_neighbours_costs_little_and_the_reverse_everything():
    definition = cleaned("ordering")

    shares = [round(TYPES["ordering"].share(definition, order), 3) for order in ([0, 1, 2, 3], [1, 0, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0])]

    assert shares == [1, 0.667, 0.333, 0]


def test_each_pair_and_each_gap_counts_the_same():
    assert TYPES["matching"].share(cleaned("matching"), {"0": 0, "1": 1, "2": 3}) == pytest.approx(2 / 3)
    assert TYPES["fill_in"].share(cleaned("fill_in"), {"1": "  CLIENTE ", "2": "iets anders"}) == 0.5


def test_capitals_and_accents_count_only_where_the_author_says_so():
    strict = TYPES["fill_in"].clean({**DEFINITIONS["fill_in"], "match_case": True, "match_accents": True})

    assert TYPES["fill_in"].hits(strict, {"1": "cliente", "2": "geheim-regie"}) == {"1": False, "2": False}
    assert TYPES["fill_in"].hits(strict, {"1": "cliënte", "2": "GEHEIM-regie"}) == {"1": True, "2": True}
    assert fold("  Auto\u2019s  op\u00a0rij ") == "auto's op rij"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12,5", "12.5"), ("12.5", "12.5"), ("1.250", "1250"), ("1.234,5", "1234.5"), ("0.125", "0.125"), ("€ 12", "12"), ("12,5 euro", "12.5"), ("-3", "-3"), ("\u22123", "-3"), ("1 000", "1000"),
        ("1,2,3", None), ("1.2.3", None), ("twaalf", None), ("", None), ("1e9", None), ("NaN", None), ("inf", None), ("9" * 60, None), ("12,5,", None), ("1.23,4", None), ("١٢", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_the_dutch_write_it(text, number):
    assert read_number(text, unit="euro") == (None if number is None else Decimal(number))


def test_the_margin_of_a_number_holds_to_its_last_decimal():
    definition = TYPES["numeric"].clean({"prompt": "Hoeveel?", "answer": 0.3, "tolerance": 0.1})

    assert [TYPES["numeric"].share(definition, text) for text in ("0,2", "0,4", "0,19", "0,41")] == [1, 1, 0, 0]


def test_the_best_path_through_a_case_earns_everything_and_a_worse_one_its_share():
    definition = cleaned("case")

    assert [TYPES["case"].share(definition, path) for path in ([0, 0], [0, 1], [1], [0], [9])] == [1, 0.5, 0, 0.5, 0]
    assert [TYPES["case"].complete(definition, path) for path in ([0, 0], [1], [0], None)] == [True, True, False, False]


def test_a_page_that_is_a_step_behind_does_not_lengthen_the_path():
    kind, definition = TYPES["case"], cleaned("case")
    layout = kind.lay_out(definition, seed="c" * 32, shuffled=True)
    first = layout["nodes"]["n1"]["ids"]

    assert kind.read(definition, layout, {"stap": ["0"], "antwoord": [first[0]]}, None) == [0]
    assert kind.read(definition, layout, {"stap": ["0"], "antwoord": [first[1]]}, [0]) == [0]


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("single_choice", {"options": [{"text": "a", "correct": True}, {"text": "b", "correct": True}]}, "Precies één"),
        ("single_choice", {"options": [{"text": "a", "correct": True}]}, "regels"),
        ("single_choice", {"vreemd": 1}, "Onbekende velden: vreemd"),
        ("multiple_choice", {"options": [{"text": "a"}, {"text": "a"}]}, "dezelfde tekst"),
        ("true_false", {"answer": None}, "answer"),
        ("matching", {"extra_right": ["Signaleren"]}, "afleider"),
        ("ordering", {"items": ["a", "b"]}, "regels"),
        ("fill_in", {"gaps": {"1": ["a"]}}, "Gat 2"),
        ("numeric", {"answer": "veel"}, "getal"),
        (
            "hotspot",
            {
                "areas": [
                    {"x": 90, "y": 0, "width": 20, "height": 5, "label": "a", "correct": True},
                    {"x": 0, "y": 0, "width": 5, "height": 5, "label": "b"},
                ]
            },
            "buiten",
        ),
        ("case", {"nodes": {"n1": {"text": "a", "choices": [{"text": "x", "next": "n1", "score": 1}]}, "n2": {"text": "b"}}}, "kring"),
        ("case", {"nodes": {"n1": {"text": "a", "choices": [{"text": "x", "next": "n9", "score": 1}]}, "n2": {"text": "b"}}}, "n9"),
    ],
)
def test_a_definition_that_cannot_work_is_refused_with_the_reason(kind, change, said):
    with pytest.raises(DefinitionRefused, match=said):
        TYPES[kind].clean({**DEFINITIONS[kind], **({"image": 1} if kind == "hotspot" else {}), **change})


@pytest.mark.parametrize("kind", ["ordering", "matching"])
def test_what_stands_in_the_right_order_is_never_shown_so_even_unshuffled(kind):
    definition = cleaned(kind)

    assert all(TYPES[kind].lay_out(definition, seed=f"{n:032d}", shuffled=False)["order"] != list(range(4)) for n in range(60))


def test_every_attempt_knows_the_options_by_other_ids():
    definition = cleaned("single_choice")

    ids = [key for n in range(40) for key in TYPES["single_choice"].lay_out(definition, seed=f"{n:032d}", shuffled=True)["ids"]]

    assert len(set(ids)) == len(ids)


def test_what_cannot_be_read_as_a_number_is_no_answer_yet():
    definition = TYPES["numeric"].clean({"prompt": "Hoeveel?", "answer": 10})

    assert [
        (TYPES["numeric"].unreadable(definition, text), TYPES["numeric"].complete(definition, text)) for text in ("tien", "10", None)
    ] == [
        (True, False),
        (False, True),
        (False, False),
    ]
