"""What was done, and with what: xAPI 1.0.3, Data 2.4.3 and 2.4.4."""

import uuid

import pytest

from tests.lrs.standard.shapes import ACTIVITIES, ANN, DID, EITHER, IDENTIFIERS, IRI, LESSON, a_new, a_reference, accepts, placed, refuses

TEXTS = {"nl": "Les", "en-GB": "Lesson"}
PARTS = [{"id": "a", "description": {"nl": "A"}}, {"id": "b", "description": {"nl": "B"}}]
INTERACTIONS = {
    "true-false": [],
    "choice": ["choices"],
    "fill-in": [],
    "long-fill-in": [],
    "matching": ["source", "target"],
    "performance": ["steps"],
    "sequencing": ["choices"],
    "likert": ["scale"],
    "numeric": [],
    "other": [],
}
LISTS = ["choices", "source", "target", "steps", "scale"]


def activity(**definition):
    return {**LESSON, "definition": definition}


@pytest.mark.parametrize("sub", EITHER)
def test_a_verb_has_an_iri_and_perhaps_a_display(either, sub):
    assert accepts(either, placed(f"{sub}verb", {"id": IRI}))
    assert accepts(either, placed(f"{sub}verb", {"id": "urn:vakwijs:deed", "display": TEXTS}))
    for wrong in ({"display": TEXTS}, {"id": "deed"}, {"id": 1}, {"id": IRI, "display": "deed"}, {"id": IRI, "display": {}}, "deed", []):
        assert refuses(either, placed(f"{sub}verb", wrong))


@pytest.mark.parametrize("path", ["object", "sub/object"])
@pytest.mark.parametrize("kind", ["activity", "Activiteit", "agent", "group", "substatement", "Statement", "statementref", "Person", 1, {}])
def test_the_type_of_an_object_is_one_that_the_standard_knows(either, path, kind):
    assert refuses(either, placed(path, {"id": IRI, "objectType": kind}))


@pytest.mark.parametrize("path", ACTIVITIES)
def test_an_activity_has_an_iri_and_may_leave_its_type_out(either, path):
    assert accepts(either, placed(path, {"id": IRI}))
    for wrong in ({"objectType": "Activity"}, {"id": "les"}, {"id": 1}, {"id": IRI, "naam": 1}, {"id": IRI, "definition": "les"}):
        assert refuses(either, placed(path, wrong))


@pytest.mark.parametrize("path", ACTIVITIES)
def test_a_definition_keeps_to_its_types(either, path):
    assert accepts(either, placed(path, activity(name=TEXTS, description=TEXTS, type=IRI, moreInfo=IRI, extensions={IRI: {"a": [1]}})))
    assert accepts(either, placed(path, activity()))
    for wrong in (
        {"name": "Les"},
        {"description": "Les"},
        {"name": {"taal": "x"}},
        {"type": "les"},
        {"moreInfo": "les"},
        {"extensions": []},
        {"extensions": {"x": 1}},
        {"titel": TEXTS},
    ):
        assert refuses(either, placed(path, activity(**wrong)))


@pytest.mark.parametrize("path", ACTIVITIES)
def test_an_interaction_has_the_lists_that_belong_to_its_type(old, path):
    for kind, names in INTERACTIONS.items():
        lists = dict.fromkeys(names, PARTS)
        assert accepts(old, placed(path, activity(interactionType=kind, correctResponsesPattern=["a"], **lists)))
        for name in set(LISTS) - set(lists):
            assert refuses(old, placed(path, activity(interactionType=kind, **{name: PARTS})))


@pytest.mark.parametrize("path", ["object", "sub/object"])
def test_what_belongs_to_an_interaction_needs_its_type(either, path):
    assert refuses(either, placed(path, activity(correctResponsesPattern=["a"])))
    for name in LISTS:
        assert refuses(either, placed(path, activity(**{name: PARTS})))
    for kind in ("Choice", "keuze", 1, {}):
        assert refuses(either, placed(path, activity(interactionType=kind)))
    for wrong in ("a", {"a": 1}, [1]):
        assert refuses(either, placed(path, activity(interactionType="other", correctResponsesPattern=wrong)))


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in INTERACTIONS.items() for name in names])
def test_each_part_of_an_interaction_has_its_own_id(either, kind, name):
    assert accepts(either, placed("object", activity(interactionType=kind, **{name: [{"id": "a"}, {"id": "b"}]})))
    for wrong in (
        [*PARTS, PARTS[0]],
        [{"description": {"nl": "A"}}],
        [{"id": 1}],
        [{"id": "a", "description": "A"}],
        [{"id": "a", "x": 1}],
        ["a"],
        PARTS[0],
    ):
        assert refuses(either, placed("object", activity(interactionType=kind, **{name: wrong})))


def test_a_response_or_pattern_may_be_anything_that_is_text(either):
    """Data 2.4.4.1.s8: whether a response fits its interaction is for whoever reports, never a reason to refuse."""
    statement = a_new(
        object=activity(interactionType="numeric", correctResponsesPattern=["vier[:]vijf", ""]), result={"response": "drie[,]"}
    )
    assert accepts(either, statement)


@pytest.mark.parametrize("path", ["object", "sub/object"])
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_agent_as_object_says_that_it_is_one(either, path, name):
    who = {name: IDENTIFIERS[name]}
    assert accepts(either, placed(path, {"objectType": "Agent", **who}))
    assert accepts(either, placed(path, {"objectType": "Group", **who}))
    assert refuses(either, placed(path, who))


@pytest.mark.parametrize("path", ["object", "sub/object", "context/statement", "sub/context/statement"])
def test_a_reference_is_the_id_of_a_statement_that_need_not_be_there(either, path):
    assert accepts(either, placed(path, a_reference(str(uuid.uuid4()))))
    for wrong in (
        {"objectType": "StatementRef"},
        {"id": str(uuid.uuid4())},
        a_reference("x"),
        a_reference(IRI),
        {**a_reference(str(uuid.uuid4())), "x": 1},
    ):
        assert refuses(either, placed(path, wrong))


def test_a_sub_statement_has_neither_what_the_store_adds_nor_another_inside(either):
    inner = {"objectType": "SubStatement", "actor": ANN, "verb": DID, "object": LESSON}
    assert accepts(either, a_new(object={**inner, "timestamp": "2026-03-01T10:00:00Z", "result": {"success": True}, "context": {}}))
    for extra in (
        {"id": str(uuid.uuid4())},
        {"stored": "2026-03-01T10:00:00Z"},
        {"version": "1.0.0"},
        {"authority": ANN},
        {"object": inner},
    ):
        assert refuses(either, a_new(object={**inner, **extra}))
    assert refuses(either, a_new(object={key: value for key, value in inner.items() if key != "objectType"}))
