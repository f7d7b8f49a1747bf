"""State and profiles as a tool sees them. Numbers are clauses of xAPI 1.0.3, Part Three, unless they say otherwise."""

import hashlib
import json
import uuid
from unittest.mock import patch

import pytest

from lrs import writing
from lrs.models import StateDocument
from tests.factories.accounts import OrganisationFactory
from tests.factories.lrs import Tool

pytestmark = pytest.mark.django_db
ANN = {"mbox": "mailto:ann@voorbeeld.example"}
STATE = {"activityId": "https://voorbeeld.example/les", "agent": ANN, "stateId": "plek"}
OLD, NEW = ("1.0.3", "/xapi/1.0.3"), ("2.0.0", "/xapi")


@pytest.fixture(params=[OLD, NEW], ids=["1.0.3", "2.0"])
def tool(request):
    return Tool(version=request.param[0], address=request.param[1])


RESOURCES = [
    ("activities/state", STATE, "stateId"),
    ("activities/profile", {"activityId": "https://voorbeeld.example/les", "profileId": "uitleg"}, "profileId"),
    ("agents/profile", {"agent": ANN, "profileId": "voorkeur"}, "profileId"),
]
each_resource = pytest.mark.parametrize(("resource", "place", "name"), RESOURCES, ids=[row[0] for row in RESOURCES])


@each_resource
def test_a_document_is_stored_read_listed_and_deleted(tool, resource, place, name):
    content = b'{"pagina": 3}'

    assert tool.send("PUT", resource, content, content_type="application/json", headers={"If-None-Match": "*"}, **place).status_code == 204

    read = tool.get(resource, **place)
    assert (read.status_code, read.content, read.headers["Content-Type"]) == (200, content, "application/json")
    assert read.headers["ETag"] == f'"{hashlib.sha1(content).hexdigest()}"'
    assert read.headers["Last-Modified"]
    rest = {key: value for key, value in place.items() if key != name}
    assert tool.get(resource, **rest).json() == [place[name]]
    assert tool.get(resource, **rest, since="2020-01-01T00:00:00Z").json() == [place[name]]
    assert tool.get(resource, **rest, since="2099-01-01T00:00:00Z").json() == []
    assert tool.send("DELETE", resource, **place).status_code == 204
    assert tool.get(resource, **place).status_code == 404


@each_resource
def test_bytes_of_any_kind_come_back_with_their_type(tool, resource, place, name):
    tool.send("POST", resource, bytes(range(256)), content_type="application/octet-stream", **place)

    read = tool.get(resource, **place)

    assert (read.content, read.headers["Content-Type"]) == (bytes(range(256)), "application/octet-stream")


@each_resource
def test_post_lays_json_objects_over_each_other(tool, resource, place, name):
    """2.2: only the top level is merged."""
    for document in ({"a": {"x": 1}, "b": 1}, {"a": {"y": 2}, "c": None}):
        assert tool.send("POST", resource, document, **place).status_code == 204

    assert tool.get(resource, **place).json() == {"a": {"y": 2}, "b": 1, "c": None}


@each_resource
@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"abc", "text/plain"), (b"[1]", "application/json"), (b"{", "application/json"), (b'{"a":' * 9999, "application/json")],
)
def test_what_cannot_be_merged_is_400_and_changes_nothing(tool, resource, place, name, content, kind):
    tool.send("POST", resource, {"a": 1}, **place)

    assert tool.send("POST", resource, content, content_type=kind, **place).status_code == 400
    assert tool.get(resource, **place).json() == {"a": 1}


@each_resource
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_wrong_etag_is_412_and_changes_nothing(tool, resource, place, name, method):
    """3.1."""
    tool.send("POST", resource, {"a": 1}, **place)

    for headers in ({"If-Match": '"' + "1" * 40 + '"'}, {"If-Match": "1234"}, {"If-None-Match": "*"}):
        assert tool.send(method, resource, {"a": 2}, headers=headers, **place).status_code == 412
    assert tool.get(resource, **place).json() == {"a": 1}


@each_resource
@pytest.mark.parametrize(("method", "left"), [("PUT", {"b": 2}), ("POST", {"a": 1, "b": 2}), ("DELETE", None)])
def test_the_right_etag_is_accepted(tool, resource, place, name, method, left):
    tool.send("POST", resource, {"a": 1}, **place)
    etag = tool.get(resource, **place).headers["ETag"]

    assert tool.send(method, resource, {"b": 2}, headers={"If-Match": etag}, **place).status_code == 204
    read = tool.get(resource, **place)
    assert (read.json() if left else read.status_code) == (left or 404)


@each_resource
def test_an_unseen_overwrite_is_409_save_for_state_in_1_0_3(tool, resource, place, name):
    """3.1; 2.0: 4.1.4."""
    tool.send("POST", resource, {"a": 1}, **place)
    allowed = resource == "activities/state" and tool.address == OLD[1]

    answer = tool.send("PUT", resource, {"a": 2}, **place)

    assert answer.status_code == (204 if allowed else 409)
    assert tool.get(resource, **place).json() == {"a": 2 if allowed else 1}
    if not allowed:
        assert "If-Match" in answer.content.decode()


@pytest.mark.parametrize(("resource", "place", "name"), RESOURCES[1:])
def test_a_first_put_of_a_profile_without_a_condition_is_400_in_1_0_3(resource, place, name):
    """3.1.s3.b1; 2.0 does not ask it."""
    old, new = Tool(version=OLD[0], address=OLD[1]), Tool()

    assert old.send("PUT", resource, {}, **place).status_code == 400
    assert new.send("PUT", resource, {}, **place).status_code == 204


def test_states_differ_by_registration_and_are_cleared_together(tool):
    """2.3."""
    registration = str(uuid.uuid4())
    tool.send("POST", "activities/state", {"zonder": 1}, **STATE)
    tool.send("POST", "activities/state", {"met": 1}, **STATE, registration=registration)
    tool.send("POST", "activities/state", {"ander": 1}, **STATE | {"stateId": "tweede"}, registration=registration)
    rest = {key: value for key, value in STATE.items() if key != "stateId"}

    assert tool.get("activities/state", **STATE).json() == {"zonder": 1}
    assert tool.get("activities/state", **STATE, registration=registration).json() == {"met": 1}
    assert tool.get("activities/state", **rest).json() == ["plek", "tweede"]
    assert tool.get("activities/state", **rest, registration=registration).json() == ["plek", "tweede"]
    assert tool.send("DELETE", "activities/state", **rest, registration=registration).status_code == 204
    assert tool.get("activities/state", **rest).json() == ["plek"]
    assert tool.send("DELETE", "activities/state", **rest).status_code == 204
    assert not StateDocument.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    "change",
    [
        {"activityId": "les"},
        {"activityId": None},
        {"agent": None},
        {"agent": "ann"},
        {"agent": "true"},
        {"agent": {"objectType": "Group", "mbox": "mailto:a@b.example"}},
        {"registration": "1"},
        {"StateId": "x"},
        {"foo": "bar"},
    ],
    ids=str,
)
def test_a_wrong_parameter_is_400(tool, method, change):
    params = {key: value for key, value in {**STATE, **change}.items() if value is not None}

    assert tool.send(method, "activities/state", {} if method in ("PUT", "POST") else None, **params).status_code == 400


def test_put_and_post_need_the_name_of_the_document(tool):
    rest = {key: value for key, value in STATE.items() if key != "stateId"}

    assert tool.send("PUT", "activities/state", {}, **rest).status_code == 400
    assert tool.send("POST", "activities/state", {}, **rest).status_code == 400
    assert tool.send("DELETE", "activities/profile", activityId="https://a.example/").status_code == 400


def test_tools_of_one_organisation_share_documents_and_see_no_others():
    organisation = OrganisationFactory()
    one, colleague = Tool(organisation=organisation), Tool(organisation=organisation)
    stranger, general = Tool(organisation=OrganisationFactory()), Tool()

    one.send("POST", "activities/state", {"geheim": 1}, **STATE)

    assert colleague.get("activities/state", **STATE).json() == {"geheim": 1}
    assert stranger.get("activities/state", **STATE).status_code == 404
    assert general.get("activities/state", **STATE).status_code == 404
    stranger.send("DELETE", "activities/state", **STATE)
    assert one.get("activities/state", **STATE).status_code == 200


def test_of_many_that_replace_the_same_version_one_succeeds(at_once):
    tool = Tool()
    tool.send("POST", "activities/state", {"teller": 0}, **STATE)
    etag = tool.get("activities/state", **STATE).headers["ETag"]

    def put(number: int) -> int:
        return tool.send("PUT", "activities/state", {"teller": number}, headers={"If-Match": etag}, **STATE).status_code

    assert sorted(at_once(put, (1,), (2,), (3,), (4,))) == [204, 412, 412, 412]


def test_many_that_merge_at_once_lose_nothing(at_once):
    tool = Tool()

    def post(number: int) -> int:
        return tool.send("POST", "activities/state", {str(number): number}, **STATE).status_code

    assert at_once(post, (0,), (1,), (2,), (3,)) == [204] * 4
    assert json.loads(bytes(StateDocument.objects.get().content)) == {"0": 0, "1": 1, "2": 2, "3": 3}


def test_a_document_that_nothing_has_to_be_weighed_for_is_one_statement_of_sql():
    tool = Tool(version=OLD[0], address=OLD[1])
    tool.send("PUT", "activities/state", {"plek": 1}, **STATE)

    with patch("lrs.writing.ask", wraps=writing.ask) as ask:
        tool.send("PUT", "activities/state", {"plek": 2}, **STATE)

    assert [call.args[0].split()[0] for call in ask.call_args_list] == ["INSERT"]
    assert tool.get("activities/state", **STATE).json() == {"plek": 2}
    assert StateDocument.objects.count() == 1


def test_writers_of_one_new_document_leave_one_and_in_2_0_all_but_one_hear_of_a_conflict(at_once):
    tool = Tool()

    answers = at_once(lambda number: tool.send("PUT", "activities/state", {"plek": number}, **STATE).status_code, *[(n,) for n in range(6)])

    assert sorted(answers) == [204, 409, 409, 409, 409, 409]
    assert StateDocument.objects.count() == 1
