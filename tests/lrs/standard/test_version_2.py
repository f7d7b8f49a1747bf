"""What xAPI 2.0 (IEEE 9274.1.1) asks of a store beyond 1.0.3, over HTTP. The clauses are those of the IEEE standard."""

import uuid
from typing import Any

import pytest

from lrs.validation import to_hundredths
from tests.factories.lrs import Tool, a_statement
from tests.lrs.test_clients import send_signed, signature_of

pytestmark = pytest.mark.django_db
ANN = {"objectType": "Agent", "mbox": "mailto:ann@voorbeeld.example"}
BEA = {"objectType": "Agent", "mbox": "mailto:bea@voorbeeld.example"}
TEAM = {"objectType": "Group", "mbox": "mailto:team@voorbeeld.example", "member": [ANN]}
ANONYMOUS = {"objectType": "Group", "member": [ANN, BEA]}
ACTIVITY = "https://voorbeeld.example/les"


@pytest.fixture
def tool(settings) -> Tool:
    settings.LRS_PROJECTIONS = []
    return Tool()


@pytest.fixture
def old(settings) -> Tool:
    settings.LRS_PROJECTIONS = []
    return Tool(version="1.0.3", address="/xapi/1.0.3")


@pytest.mark.parametrize(
    "part", [{"actor": TEAM}, {"actor": ANONYMOUS}, {"object": TEAM}, {"object": ANONYMOUS}], ids=lambda part: str(part)[:40]
)
def test_who_asks_for_an_agent_finds_the_groups_that_it_is_a_member_of(tool, part):
    """4.1.6.1, the parameter agent; the same words stand in 1.0.3, Part Three, 2.1.3."""
    statement = a_statement(**{"actor": BEA, **part})
    tool.post(statement)

    assert tool.ids(agent=ANN) == [statement["id"]]
    assert tool.ids(agent={"mbox": "mailto:cas@voorbeeld.example"}) == []


def test_members_of_a_team_are_only_found_among_related_agents(tool):
    statement = a_statement(actor=BEA, context={"team": TEAM})
    tool.post(statement)

    assert tool.ids(agent=ANN) == []
    assert tool.ids(agent=ANN, related_agents="true") == [statement["id"]]


@pytest.mark.parametrize("key", ["contextAgents", "contextGroups"])
def test_context_agents_and_groups_are_related_agents(tool, key):
    """4.1.6.1, related_agents: "Context Agent, Context Group"."""
    entry = {"objectType": "contextAgent", "agent": ANN} if key == "contextAgents" else {"objectType": "contextGroup", "group": TEAM}
    statement = a_statement(actor=BEA, context={key: [{**entry, "relevantTypes": ["https://voorbeeld.example/rol"]}]})
    nested = {"objectType": "SubStatement", **{name: statement[name] for name in ("actor", "verb", "object", "context")}}
    around = a_statement(actor=BEA, object=nested)
    tool.post(statement, around)

    assert tool.ids(agent=ANN) == []
    assert set(tool.ids(agent=ANN, related_agents="true")) == {statement["id"], around["id"]}
    assert tool.get("statements", statementId=statement["id"]).json()["context"] == statement["context"]


def test_1_0_3_neither_takes_nor_gives_what_only_2_0_has(tool, old):
    statement = a_statement(actor=BEA, context={"platform": "x", "contextAgents": [{"objectType": "contextAgent", "agent": ANN}]})

    assert old.post(statement).status_code == 400
    assert tool.post(statement).status_code == 200
    seen = old.get("statements", statementId=statement["id"]).json()
    assert (seen["context"], seen["version"]) == ({"platform": "x"}, "1.0.0")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2023-05-04T12:00:00-05:00", "2023-05-04T17:00:00.000Z"),
        ("2008-09-15 15:53:00.601+00:00", "2008-09-15T15:53:00.601Z"),
        ("2026-01-01T00:30:00.125+02:00", "2025-12-31T22:30:00.125Z"),
        ("2026-01-01T00:30:00.1256789Z", "2026-01-01T00:30:00.1256789Z"),
    ],
)
def test_a_moment_is_kept_in_utc(tool, sent, kept):
    """4.2.7: converted rather than refused."""
    statement = a_statement(timestamp=sent)

    assert tool.post(statement).status_code == 200
    assert tool.get("statements", statementId=statement["id"]).json()["timestamp"] == kept


def test_a_moment_inside_a_sub_statement_is_kept_in_utc_too(tool, old):
    inner = {"objectType": "SubStatement", "actor": ANN, "verb": {"id": "https://voorbeeld.example/v"}, "object": {"id": ACTIVITY}}
    inner["timestamp"] = "2023-05-04T12:00:00-05:00"
    new, before = a_statement(object=inner), a_statement(object=inner)

    tool.post(new)
    old.post(before)

    assert tool.get("statements", statementId=new["id"]).json()["object"]["timestamp"] == "2023-05-04T17:00:00.000Z"
    assert old.get("statements", statementId=before["id"]).json()["object"]["timestamp"] == inner["timestamp"], "1.0.3 keeps it"


@pytest.mark.parametrize(
    ("full", "counts"),
    [
        ("PT1.129S", "PT1.12S"),
        ("PT1,5S", "PT1.5S"),
        ("PT1.500S", "PT1.5S"),
        ("PT1.004S", "PT1S"),
        ("P1DT12H36M0.1237S", "P1DT12H36M0.12S"),
        ("PT0.5M", "PT0.5M"),
        ("P4W", "P4W"),
        ("PT20S", "PT20S"),
    ],
)
def test_a_duration_counts_to_a_hundredth_of_a_second(full, counts):
    """4.2.7."""
    assert to_hundredths(full) == counts


def test_a_signature_is_compared_without_finer_time_than_hundredths(tool, settings, tmp_path):
    """4.2.7: "as a part of the statement signing process"."""
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }

    def sent(signed: str, received: str) -> int:
        statement = a_statement(actor=ANN, result={"duration": signed})
        token = signature_of(statement)
        return send_signed({**statement, "result": {"duration": received}}, token)

    assert sent("P1DT12H36M0.12S", "P1DT12H36M0.1237S") == 200
    assert sent("P1DT12H36M0.12S", "P1DT12H36M0.13S") == 400


def test_a_moment_does_not_go_with_the_name_of_one_document(tool, old):
    """4.1.6.2, since: "If the stateId parameter is included, Not Allowed". 1.0.3 leaves it open."""
    place: dict[str, Any] = {"activityId": ACTIVITY, "agent": ANN, "stateId": "plek"}
    tool.send("PUT", "activities/state", {"x": 1}, **place)
    since = "2020-01-01T00:00:00Z"

    assert tool.get("activities/state", **place, since=since).status_code == 400
    assert old.get("activities/state", **place, since=since).status_code == 200
    assert tool.get("activities/state", activityId=ACTIVITY, agent=ANN, since=since).json() == ["plek"]


def test_last_modified_is_the_latest_that_was_stored(tool):
    """4.1.6.1: "the most recent (maximum) stored property of any of the returned statement(s)"."""
    first, second = a_statement(), a_statement()
    tool.post(first)
    tool.post(second)

    page = tool.get("statements", ascending="true")
    assert page.headers["Last-Modified"] == tool.get("statements", statementId=second["id"]).headers["Last-Modified"]
    assert "Last-Modified" not in tool.get("statements", registration=str(uuid.uuid4()))


def test_a_batch_with_the_same_id_twice_is_refused_whole(tool):
    """4.1.6.1, POST."""
    one = a_statement()

    assert tool.post(one, one).status_code == 400
    assert tool.get("statements", statementId=one["id"]).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "GET"])
def test_there_is_no_alternate_request_syntax(tool, method):
    body = f"statementId={uuid.uuid4()}&content=%7B%7D".encode()

    answer = tool.send("POST", "statements", body, content_type="application/x-www-form-urlencoded", method=method)

    assert answer.status_code == 400
