"""The statements resource: xAPI 1.0.3, Communication 2.1 and Data 2.5."""

import json
import uuid

import pytest

from tests.factories.lrs import Tool
from tests.lrs.standard.shapes import ANN, BEA, DID, IRI, LESSON, a_new, a_reference, kept

FILTERS = {
    "agent": ANN,
    "verb": DID["id"],
    "activity": LESSON["id"],
    "registration": str(uuid.uuid4()),
    "related_activities": "true",
    "related_agents": "true",
    "since": "2026-01-01T00:00:00Z",
    "until": "2026-01-01T00:00:00Z",
    "limit": "1",
    "ascending": "true",
}


def test_put_needs_the_id_and_it_is_that_of_the_statement(either):
    statement = a_new()
    without = {key: value for key, value in statement.items() if key != "id"}

    assert either.send("PUT", "statements", statement).status_code == 400
    assert either.send("PUT", "statements", statement, statementId="x").status_code == 400
    assert either.send("PUT", "statements", statement, statementId=str(uuid.uuid4())).status_code == 400
    assert either.send("PUT", "statements", [statement], statementId=statement["id"]).status_code == 400
    assert either.send("PUT", "statements", without, statementId=statement["id"]).status_code == 204
    assert kept(either, statement)["id"] == statement["id"]


def test_post_answers_the_ids_in_the_order_of_the_statements(either):
    statements = [a_new() for _ in range(3)]

    assert either.post(statements[0]).json() == [statements[0]["id"]]
    assert either.post(*statements).json() == [statement["id"] for statement in statements]
    assert either.send("POST", "statements", []).status_code in (200, 400)


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize("beside", FILTERS)
def test_one_statement_is_asked_for_without_filters(old, name, beside):
    assert old.get("statements", **{name: str(uuid.uuid4()), beside: FILTERS[beside]}).status_code == 400


def test_one_statement_is_asked_for_in_any_format(old):
    statement = a_new()
    old.post(statement)
    for params in ({"format": "ids"}, {"format": "canonical"}, {"format": "exact"}, {"attachments": "false"}):
        assert old.get("statements", statementId=statement["id"], **params).json()["id"] == statement["id"]
    assert old.get("statements", statementId=statement["id"], voidedStatementId=statement["id"]).status_code == 400


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_answers_a_list_and_where_it_goes_on(either, name):
    either.post(a_new())
    answer = either.get("statements", **{name: FILTERS[name]})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json().keys() == {"statements", "more"}
    assert answer.headers["X-Experience-API-Consistent-Through"]


def test_what_nothing_matches_is_an_empty_list(either):
    assert either.get("statements", verb=IRI).json() == {"statements": [], "more": ""}


def test_more_is_an_address_on_this_server_that_goes_on_with_the_same_question(either):
    statements = [a_new() for _ in range(5)]
    either.post(*statements, a_new(verb={"id": IRI}))
    seen, address = [], f"{either.address}/statements?limit=2&format=ids&verb={DID['id']}"
    while address:
        assert address.startswith("/")
        page = either.client.get(address, headers=either.headers).json()
        assert len(page["statements"]) <= 2
        assert all("display" not in one["verb"] for one in page["statements"])
        seen += [one["id"] for one in page["statements"]]
        address = page["more"]

    assert seen == [statement["id"] for statement in reversed(statements)]


def test_a_limit_of_nothing_is_the_servers_own(either, monkeypatch):
    monkeypatch.setattr("lrs.queries.MOST", 2)
    either.post(*[a_new() for _ in range(3)])

    assert [len(either.ids(**params)) for params in ({}, {"limit": 0}, {"limit": 1}, {"limit": 9})] == [2, 2, 1, 2]


NEAR = {"objectType": "Agent", "mbox": "mailto:cas@voorbeeld.example"}
THING = {"id": "https://voorbeeld.example/ding"}
RELATED = {
    "parent": {"context": {"contextActivities": {"parent": [THING]}}},
    "grouping": {"context": {"contextActivities": {"grouping": [THING]}}},
    "category": {"context": {"contextActivities": {"category": [THING]}}},
    "other": {"context": {"contextActivities": {"other": [THING]}}},
    "object of the sub-statement": {"object": {"objectType": "SubStatement", "actor": BEA, "verb": DID, "object": THING}},
    "instructor": {"context": {"instructor": NEAR}},
    "team": {"context": {"team": {"objectType": "Group", "mbox": NEAR["mbox"]}}},
    "member of the team": {"context": {"team": {"objectType": "Group", "member": [NEAR]}}},
    "actor of the sub-statement": {"object": {"objectType": "SubStatement", "actor": NEAR, "verb": DID, "object": LESSON}},
    "instructor in the sub-statement": {
        "object": {"objectType": "SubStatement", "actor": BEA, "verb": DID, "object": LESSON, "context": {"instructor": NEAR}}
    },
    "parent in the sub-statement": {
        "object": {
            "objectType": "SubStatement",
            "actor": BEA,
            "verb": DID,
            "object": LESSON,
            "context": {"contextActivities": {"parent": [THING]}},
        }
    },
}


@pytest.mark.parametrize("parts", RELATED.values(), ids=RELATED.keys())
def test_what_is_related_is_found_only_when_it_is_asked_for(either, parts):
    statement = a_new(**parts)
    either.post(statement, a_new())
    filters = ("activity", THING["id"], "related_activities") if THING["id"] in json.dumps(parts) else ("agent", NEAR, "related_agents")
    name, value, related = filters

    assert either.ids(**{name: value}) == []
    assert either.ids(**{name: value, related: "false"}) == []
    assert either.ids(**{name: value, related: "true"}) == [statement["id"]]


@pytest.mark.parametrize(
    ("who", "asked"),
    [
        (ANN, {"mbox": ANN["mbox"]}),
        (ANN, {**ANN, "name": "Een andere naam"}),
        ({"account": {"homePage": IRI, "name": "ann"}}, {"account": {"homePage": IRI, "name": "ann"}}),
        (
            {"objectType": "Group", "mbox": "mailto:team@voorbeeld.example"},
            {"objectType": "Group", "mbox": "mailto:team@voorbeeld.example"},
        ),
    ],
    ids=str,
)
def test_an_agent_is_found_by_its_identifier_as_actor_and_as_object(either, who, asked):
    done, about = a_new(actor=who), a_new(actor=BEA, object={"objectType": "Agent", **who})
    either.post(done, about, a_new(actor=BEA))

    assert either.ids(agent=asked) == [about["id"], done["id"]]


def test_filters_reach_through_every_reference_in_a_chain_but_time_and_limit_do_not(either):
    """2.1.3.s3: who refers to a match matches, however far away; since, until and limit are about the statement itself."""
    chain = [a_new(verb={"id": IRI})]
    for _ in range(4):
        chain.append(a_new(object=a_reference(chain[-1]["id"])))
    either.post(*chain, a_new())

    assert either.ids(verb=IRI) == [statement["id"] for statement in reversed(chain)]
    assert either.ids(verb=IRI, limit=1) == [chain[-1]["id"]]
    assert either.ids(verb=IRI, until="2020-01-01T00:00:00Z") == []
    assert either.ids(verb=IRI, activity=LESSON["id"], agent=ANN) == [statement["id"] for statement in reversed(chain)]


def test_one_statement_of_a_chain_has_to_say_all_that_is_asked(either):
    """2.1.3.s3: the referring statement matches when the conditions match for a statement that it leads to, not each for another."""
    one = a_new(actor=BEA, verb={"id": IRI})
    two = a_new(object=a_reference(one["id"]))
    three = a_new(object=a_reference(two["id"]))
    either.post(one, two, three)
    assert three["id"] in either.ids(verb=IRI)
    assert three["id"] in either.ids(agent=ANN)

    assert either.ids(verb=IRI, agent=ANN) == []
    assert either.ids(verb=IRI, agent=BEA) == [three["id"], two["id"], one["id"]]
    assert either.ids(verb=DID["id"], agent=ANN) == [three["id"], two["id"]]


def test_who_vouches_for_a_statement_is_one_of_its_related_agents_also_through_a_reference(either):
    one = a_new()
    either.post(one)
    two = a_new(object=a_reference(one["id"]))
    Tool().post(two)
    authority = either.get("statements", statementId=one["id"]).json()["authority"]

    assert either.ids(agent=authority) == []
    assert either.ids(agent=authority, related_agents="true") == [two["id"], one["id"]]


def test_references_that_go_round_end_somewhere(either):
    one, other = a_new(), a_new()
    either.post({**one, "object": a_reference(other["id"])}, {**other, "object": a_reference(one["id"])})

    assert set(either.ids(agent=ANN)) == {one["id"], other["id"]}
    assert either.ids(verb=IRI) == []


def test_the_moment_of_an_answer_is_its_newest_statement(either):
    either.post(a_new())

    assert either.get("statements").headers["Last-Modified"].endswith("GMT")


def test_canonical_definitions_join_what_statements_said_of_an_activity(either):
    definitions = ({"name": {"nl": "Les"}}, {"name": {"fr": "Leçon"}, "type": IRI}, {"name": {"nl": "De les"}})
    for definition in definitions:
        either.post(a_new(object={**LESSON, "definition": definition}))

    known = either.get("activities", activityId=LESSON["id"]).json()
    assert known == {**LESSON, "definition": {"name": {"nl": "De les", "fr": "Leçon"}, "type": IRI}}
    shown = either.send("GET", "statements", limit="1", format="canonical", headers={"Accept-Language": "fr"}).json()["statements"][0]
    assert shown["object"]["definition"] == {"name": {"fr": "Leçon"}, "type": IRI}


def test_an_activity_that_became_another_kind_of_question_has_only_what_belongs_to_it_now(either):
    """Data 2.4.4.1: what is given out has to be what the standard lets in."""
    matching = {"interactionType": "matching", "source": [{"id": "a"}], "target": [{"id": "1"}], "correctResponsesPattern": ["a[.]1"]}
    choice = {"interactionType": "choice", "choices": [{"id": "ja"}]}
    for definition in ({"name": {"nl": "Vraag"}, **matching}, choice, {"name": {"en": "Question"}}):
        either.post(a_new(object={**LESSON, "definition": definition}))

    shown = either.send("GET", "statements", limit="1", format="canonical").json()["statements"][0]["object"]["definition"]
    assert shown == {"name": {"nl": "Vraag"}, **choice}
    assert either.get("activities", activityId=LESSON["id"]).json()["definition"] == {"name": {"nl": "Vraag", "en": "Question"}, **choice}
