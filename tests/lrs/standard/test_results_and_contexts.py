"""How it went and in what circumstances: xAPI 1.0.3, Data 2.4.5 and 2.4.6."""

import uuid

import pytest

from tests.lrs.standard.shapes import ANN, EITHER, IRI, LESSON, a_new, a_reference, accepts, kept, placed, refuses

KINDS = ["parent", "grouping", "category", "other"]


@pytest.mark.parametrize("sub", EITHER)
def test_a_result_keeps_to_its_types(either, sub):
    right = {"score": {"raw": 1}, "success": False, "completion": True, "response": "", "duration": "PT1S", "extensions": {IRI: None}}
    assert accepts(either, placed(f"{sub}result", right))
    assert accepts(either, placed(f"{sub}result", {}))
    for key, wrong in (
        ("score", 1),
        ("success", "true"),
        ("success", 1),
        ("completion", "yes"),
        ("response", 1),
        ("response", {}),
        ("duration", 1),
        ("extensions", []),
        ("extensions", {"x": 1}),
        ("cijfer", 10),
    ):
        assert refuses(either, placed(f"{sub}result", {key: wrong}))


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize(
    "score",
    [{"scaled": -1}, {"scaled": 1.0}, {"raw": -5}, {"min": 0, "max": 10, "raw": 10}, {"min": -1, "max": 0, "raw": -1}, {}, {"raw": 1e30}],
    ids=str,
)
def test_a_score_within_its_bounds_is_accepted(either, sub, score):
    assert accepts(either, placed(f"{sub}result", {"score": score}))


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize(
    "score",
    [
        {"scaled": 1.01},
        {"scaled": -1.01},
        {"scaled": "1"},
        {"raw": "1"},
        {"raw": 11, "max": 10},
        {"raw": -1, "min": 0},
        {"min": 10, "max": 10},
        {"min": 11, "max": 10},
        {"min": "0"},
        {"max": True},
        {"cijfer": 1},
    ],
    ids=str,
)
def test_a_score_beyond_its_bounds_is_refused(either, sub, score):
    assert refuses(either, placed(f"{sub}result", {"score": score}))


@pytest.mark.parametrize("sub", EITHER)
def test_a_context_keeps_to_its_types(either, sub):
    right = {
        "registration": str(uuid.uuid4()),
        "instructor": ANN,
        "team": {"objectType": "Group", "member": [ANN]},
        "contextActivities": {"parent": [LESSON]},
        "revision": "2",
        "platform": "Vakwijs",
        "language": "nl",
        "statement": a_reference(str(uuid.uuid4())),
        "extensions": {IRI: [1]},
    }
    assert accepts(either, placed(f"{sub}context", right))
    assert accepts(either, placed(f"{sub}context", {}))
    for key, wrong in (
        ("registration", "x"),
        ("registration", 1),
        ("registration", uuid.uuid4().hex),
        ("instructor", "ann"),
        ("team", ANN),
        ("contextActivities", []),
        ("revision", 2),
        ("platform", {}),
        ("language", "taal"),
        ("language", 1),
        ("statement", str(uuid.uuid4())),
        ("extensions", "x"),
        ("plaats", "x"),
    ):
        assert refuses(either, placed(f"{sub}context", {key: wrong}))


@pytest.mark.parametrize("key", ["revision", "platform"])
@pytest.mark.parametrize("sub", EITHER)
def test_revision_and_platform_go_with_an_activity(either, sub, key):
    sub_statement = placed("sub/actor", ANN)["object"]
    for thing in (ANN, {"objectType": "Group", "member": [ANN]}, a_reference(str(uuid.uuid4())), *([] if sub else [sub_statement])):
        statement = placed(f"{sub}object", thing)
        (statement["object"] if sub else statement)["context"] = {key: "1"}
        assert refuses(either, statement)
    assert accepts(either, placed(f"{sub}context", {key: "1"}))


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize("kind", KINDS)
def test_one_context_activity_is_taken_alone_or_in_a_list_and_given_back_in_a_list(either, sub, kind):
    for value in (LESSON, [LESSON], [LESSON, {"id": IRI}]):
        statement = placed(f"{sub}context", {"contextActivities": {kind: value}})
        either.post(statement)
        back = kept(either, statement)
        part = back["object"] if sub else back
        assert part["context"]["contextActivities"] == {kind: value if isinstance(value, list) else [value]}


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize(
    "wrong", [{"ouder": LESSON}, {"Parent": LESSON}, {"parent": ANN}, {"parent": "les"}, {"parent": [IRI]}, {}, LESSON], ids=str
)
def test_context_activities_are_activities_of_a_known_kind(either, sub, wrong):
    assert refuses(either, placed(f"{sub}context", {"contextActivities": wrong}))


def test_every_kind_of_context_activity_may_be_there_at_once(either):
    assert accepts(either, a_new(context={"contextActivities": {kind: [LESSON] for kind in KINDS}}))
