"""What happens to a statement once it is stored: xAPI 1.0.3, Data 2.3."""

import uuid

import pytest

from lrs.profiles import adl
from tests.factories.lrs import Tool
from tests.lrs.standard.shapes import ANN, BEA, DID, IRI, LESSON, a_new, a_reference, an_attachment, kept

VOIDS = {"id": adl.VOIDED, "display": {"en": "voided"}}


def voiding(statement_id):
    return a_new(verb=VOIDS, object=a_reference(statement_id))


def put(tool, statement):
    return tool.send("PUT", "statements", statement, statementId=statement["id"])


WHOLE = a_new(
    actor={"objectType": "Group", "member": [ANN, BEA]},
    context={"contextActivities": {"parent": [LESSON, {"id": IRI}]}, "registration": str(uuid.uuid4())},
    result={"score": {"scaled": 0.5}, "success": True},
    timestamp="2026-03-01T10:00:00Z",
)
ALIKE = {
    "the display of the verb": {"verb": {**DID, "display": {"fr": "fait"}}},
    "the definition of the activity": {"object": {**LESSON, "definition": {"name": {"nl": "Een les"}}}},
    "the default objectType": {"object": {"id": LESSON["id"]}},
    "the order of a group without a name": {"actor": {"objectType": "Group", "member": [BEA, ANN]}},
    "the case of the domain in an address": {
        "actor": {"objectType": "Group", "member": [ANN, {**BEA, "mbox": "mailto:bea@Voorbeeld.EXAMPLE"}]}
    },
    "the moment in another offset": {"timestamp": "2026-03-01T11:00:00+01:00"},
    "an attachment": {"attachments": [{**an_attachment(b"een foto"), "fileUrl": "https://voorbeeld.example/foto.jpg"}]},
    "what the store decides": {"stored": "2020-01-01T00:00:00Z", "authority": BEA, "version": "1.0.0"},
}
ANOTHER = {
    "verb": {"verb": {**DID, "id": IRI}},
    "object": {"object": {"id": IRI}},
    "actor": {"actor": ANN},
    "result": {"result": {"success": False}},
    "context": {"context": {}},
    "members": {"actor": {"objectType": "Group", "member": [ANN]}},
}


@pytest.mark.parametrize("change", ALIKE.values(), ids=ALIKE.keys())
def test_the_same_statement_may_come_again_and_nothing_changes(old, change):
    statement = {**WHOLE, "id": str(uuid.uuid4())}
    assert put(old, statement).status_code == 204
    before = kept(old, statement)

    assert put(old, {**statement, **change}).status_code == 204
    assert old.post({**statement, **change}).status_code == 200
    assert kept(old, statement) == before


@pytest.mark.parametrize("change", ANOTHER.values(), ids=ANOTHER.keys())
@pytest.mark.parametrize("send", [put, Tool.post], ids=["PUT", "POST"])
def test_another_statement_under_the_same_id_is_a_conflict_and_changes_nothing(either, send, change):
    statement = {**WHOLE, "id": str(uuid.uuid4())}
    either.post(statement)
    before = kept(either, statement)

    assert send(either, {**statement, **change}).status_code == 409
    assert kept(either, statement) == before


def test_a_voided_statement_is_read_by_its_own_parameter_and_its_voiding_by_the_usual_one(either):
    statement = a_new()
    by = voiding(statement["id"])
    either.post(statement)
    assert either.post(by).status_code == 200

    assert either.get("statements", statementId=statement["id"]).status_code == 404
    assert either.get("statements", voidedStatementId=statement["id"]).json()["id"] == statement["id"]
    assert either.ids() == [by["id"]]
    assert kept(either, by)["object"] == by["object"]


def test_a_voiding_statement_is_accepted_whatever_it_points_at_and_is_never_voided_itself(either):
    statement = a_new()
    first, second = voiding(statement["id"]), voiding(statement["id"])
    nothing, itself = voiding(str(uuid.uuid4())), voiding(first["id"])
    for one in (statement, first, second, nothing, itself):
        assert either.post(one).status_code == 200

    assert either.get("statements", voidedStatementId=statement["id"]).status_code == 200
    assert kept(either, first)["id"] == first["id"]
    assert set(either.ids()) == {one["id"] for one in (first, second, nothing, itself)}


@pytest.mark.parametrize("thing", [LESSON, BEA, {"objectType": "SubStatement", "actor": ANN, "verb": DID, "object": LESSON}])
def test_voiding_needs_a_reference_to_a_statement(either, thing):
    assert either.post(a_new(verb=VOIDS, object=thing)).status_code == 400


def test_a_voided_statement_is_found_through_who_refers_to_it(either):
    verb = "https://voorbeeld.example/zeldzaam"
    statement = a_new(verb={"id": verb})
    reference, by = a_new(object=a_reference(statement["id"])), voiding(statement["id"])
    either.post(statement)
    either.post(reference)
    either.post(by)

    assert either.ids(verb=verb) == [by["id"], reference["id"]]
