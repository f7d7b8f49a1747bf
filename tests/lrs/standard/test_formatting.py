"""How a statement is written: xAPI 1.0.3, Data 2.1, 2.2 and 4.2."""

import json
import uuid

import pytest

from tests.lrs.standard.shapes import (
    ANN,
    DID,
    EITHER,
    IDENTIFIERS,
    IRI,
    LESSON,
    a_new,
    a_reference,
    accepts,
    an_attachment,
    placed,
    refuses,
)

WHOLE = a_new(
    object={**LESSON, "definition": {"name": {"nl": "Les"}, "moreInfo": IRI, "type": IRI, "extensions": {IRI: 1}}},
    result={"score": {"raw": 1}, "success": True, "completion": True, "response": "ja", "duration": "PT1S", "extensions": {IRI: 1}},
    context={"registration": str(uuid.uuid4()), "language": "nl", "statement": a_reference(str(uuid.uuid4())), "extensions": {IRI: 1}},
    timestamp="2026-03-01T10:00:00Z",
    stored="2026-03-01T10:00:00Z",
    authority=ANN,
    version="1.0.0",
    attachments=[an_attachment(b"x", fileUrl=IRI)],
)


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize("key", ["actor", "verb", "object"])
def test_a_statement_needs_its_actor_verb_and_object(either, sub, key):
    statement = placed(f"{sub}actor", ANN)
    del (statement["object"] if sub else statement)[key]

    assert refuses(either, statement)


@pytest.mark.parametrize("body", ["", "{", "[{}", '{"actor": Ann}', "{'actor': 1}", '"statement"', "1", "null", "[1]"])
def test_what_is_not_well_formed_json_is_refused(either, body):
    assert either.send("POST", "statements", body.encode(), content_type="application/json").status_code == 400


def test_the_order_of_properties_is_free(either):
    assert accepts(either, dict(reversed(WHOLE.items())))


@pytest.mark.parametrize("key", [key for key in WHOLE if key != "id"])
def test_null_is_refused(either, key):
    assert refuses(either, {**WHOLE, key: None})


@pytest.mark.parametrize(
    "path", ["actor/name", "verb/display", "object/definition", "result/score", "context/registration", "sub/verb/display", "sub/result"]
)
def test_null_is_refused_deeper_down_too(either, path):
    assert refuses(either, placed(path, None))


@pytest.mark.parametrize("path", ["object/definition/extensions", "result/extensions", "context/extensions", "sub/result/extensions"])
def test_null_is_allowed_inside_extensions(either, path):
    assert accepts(either, placed(path, {IRI: None}))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("result/score", {"max": "honderd"}),
        ("result/score", {"max": "100"}),
        ("result/success", "goed gedaan"),
        ("result/completion", "false"),
        ("result/success", 1),
        ("attachments", [an_attachment(b"x", fileUrl=IRI, length="1")]),
    ],
)
def test_a_string_is_no_number_and_no_boolean(either, path, value):
    assert refuses(either, placed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((path, "") for path in ("id", "verb/id", "actor", "context/registration", "timestamp", "result/duration", "context/language")),
        *(("actor", {name: ""}) for name in IDENTIFIERS),
        ("actor", {"account": {"homePage": "", "name": "x"}}),
        ("object", {"id": ""}),
    ],
)
def test_an_empty_string_has_no_format(either, path, value):
    assert refuses(either, placed(path, value))


@pytest.mark.parametrize("key", [key for key in WHOLE if key != "id"])
def test_a_key_in_another_case_is_refused(either, key):
    for other in (key.upper(), key.capitalize(), key[0] + key[1:].upper()):
        statement = {name: value for name, value in WHOLE.items() if name != key}
        assert refuses(either, {**statement, other: WHOLE[key]})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("object/objectType", "activity"),
        ("actor", {**ANN, "objectType": "agent"}),
        ("actor", {"objectType": "GROUP", "member": [ANN]}),
        ("object", {"objectType": "Substatement", "actor": ANN, "verb": DID, "object": LESSON}),
        ("object", {**a_reference(str(uuid.uuid4())), "objectType": "statementRef"}),
        *(
            ("object/definition/interactionType", kind)
            for kind in (
                "True-false",
                "choiCe",
                "fill-In",
                "LONG-fill-in",
                "Matching",
                "perFormance",
                "sequencinG",
                "liKert",
                "Numeric",
                "Other",
            )
        ),
    ],
)
def test_a_fixed_value_in_another_case_is_refused(either, path, value):
    assert refuses(either, placed(path, value))


@pytest.mark.parametrize("path", ["", "actor", "verb", "object", "object/definition", "result", "result/score", "context", "attachments/0"])
def test_a_key_that_the_standard_does_not_know_is_refused(either, path):
    statement = json.loads(json.dumps(WHOLE))
    place = statement
    for step in filter(None, path.split("/")):
        place = place[int(step)] if step.isdigit() else place[step]
    place["eigen"] = 1

    assert refuses(either, statement)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("verb/id", "voorbeeld.example/deed"),
        ("object/id", "/les"),
        ("object/definition/type", "les"),
        ("object/definition/moreInfo", "//voorbeeld.example"),
        ("object/definition/extensions", {"voorbeeld.example/x": 1}),
        ("context/extensions", {"x": 1}),
        ("result/extensions", {"x y": 1}),
        ("actor", {"openid": "ann.example"}),
        ("actor", {"account": {"homePage": "voorbeeld.example", "name": "ann"}}),
        ("context/contextActivities/parent", [{"id": "les"}]),
        ("attachments", [an_attachment(b"x", fileUrl="voorbeeld.example/x")]),
        ("attachments", [an_attachment(b"x", fileUrl=IRI, usageType="diploma")]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_iri_has_a_scheme(either, path, value):
    assert refuses(either, placed(path, value))


LANGUAGE_MAPS = (
    "verb/display",
    "object/definition/name",
    "object/definition/description",
    "sub/verb/display",
    "sub/object/definition/name",
)
RIGHT = ("nl", "de-DE", "zh-Hant", "zh-Hans-CN", "sr-Latn-RS", "cmn", "es-419", "sl-nedis", "de-CH-1996", "x-eigen", "en-a-bbb-x-a")
WRONG = ("taal", "iets-langs", "something", "a12345678", "nl_NL", "n", "zh-something-ccc", "zh-z-aaa-z-bbb", "nl--NL", "123")


@pytest.mark.parametrize("path", LANGUAGE_MAPS)
def test_the_keys_of_a_language_map_are_language_tags(either, path):
    assert [tag for tag in RIGHT if not accepts(either, placed(path, {tag: "x"}))] == []
    assert [tag for tag in WRONG if not refuses(either, placed(path, {tag: "x"}))] == []


@pytest.mark.parametrize("path", ["context/language", "sub/context/language"])
def test_the_language_of_a_context_is_a_language_tag(either, path):
    assert [tag for tag in RIGHT if not accepts(either, placed(path, tag))] == []
    assert [tag for tag in WRONG if not refuses(either, placed(path, tag))] == []


@pytest.mark.parametrize("value", [1, "x", [], {"nl": 1}, {"nl": {"tekst": "x"}}])
@pytest.mark.parametrize("path", LANGUAGE_MAPS)
def test_a_language_map_holds_texts_by_tag(either, path, value):
    assert refuses(either, placed(path, value))


def test_numbers_keep_the_precision_they_came_with(either):
    score = {"min": 0.12123434, "raw": 12.125, "max": 45.45, "scaled": 0.1234567890123}
    statement = a_new(result={"score": score})
    either.post(statement)

    assert either.get("statements", statementId=statement["id"]).json()["result"]["score"] == score


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "x") for name in ("statementId", "voidedStatementId", "registration", "since", "until", "limit", "format")),
        *((name, "yes") for name in ("related_activities", "related_agents", "attachments", "ascending")),
        *(
            ("agent", value)
            for value in ("ann", "{}", "[]", "true", '{"mbox":"ann"}', '{"objectType":"agent","mbox":"mailto:a@b.example"}')
        ),
        *((name, value) for name in ("verb", "activity") for value in ("x", "voorbeeld.example/x", "")),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("since", "2026-13-01T00:00:00Z"),
    ],
)
def test_a_parameter_keeps_to_the_rules_of_its_type(either, name, value):
    assert either.send("GET", "statements", **{name: value}).status_code == 400
