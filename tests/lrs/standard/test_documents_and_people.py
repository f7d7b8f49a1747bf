"""Documents, persons, activities and what the store says of itself: xAPI 1.0.3, Communication 2.2 to 2.8 and 3.1."""

import hashlib
import json
import uuid

import pytest

from tests.factories.lrs import Tool
from tests.lrs.standard.shapes import ANN, BEA, IDENTIFIERS, IRI, LESSON, a_new

PLACES = {
    "activities/state": {"activityId": LESSON["id"], "agent": ANN, "stateId": "d"},
    "activities/profile": {"activityId": LESSON["id"], "profileId": "d"},
    "agents/profile": {"agent": ANN, "profileId": "d"},
}
each = pytest.mark.parametrize(("resource", "place"), PLACES.items(), ids=PLACES.keys())
NEW = {"If-None-Match": "*"}


def without(place, *names):
    return {key: value for key, value in place.items() if key not in names}


@each
@pytest.mark.parametrize("method", ["PUT", "POST", "GET", "DELETE"])
def test_a_document_has_its_place(old, resource, place, method):
    for name in place:
        rest = without(place, name)
        answers_a_list = name.endswith("Id") and name != "activityId" and (method == "GET" or (method == "DELETE" and name == "stateId"))
        assert (old.send(method, resource, {}, headers=NEW, **rest).status_code == 400) is not answers_a_list
    for name, wrong in (("activityId", "les"), ("agent", "ann"), ("agent", "{}"), ("agent", '{"name":"Ann"}'), ("registration", "x")):
        if name in place or (name == "registration" and resource == "activities/state"):
            assert old.send(method, resource, {}, headers=NEW, **{**place, name: wrong}).status_code == 400


@each
def test_names_are_listed_and_since_narrows_them(old, resource, place):
    old.send("POST", resource, {}, **place)
    some = without(place, "stateId", "profileId")

    listed = old.get(resource, **some)
    assert (listed.json(), "Last-Modified" in listed.headers) == (["d"], True)
    assert old.get(resource, **some, since="2020-01-01T00:00:00Z").json() == ["d"]
    assert old.get(resource, **some, since="2100-01-01T00:00:00Z").json() == []
    assert old.get(resource, **some, since="gisteren").status_code == 400


@each
def test_a_document_of_json_is_laid_over_at_its_first_level(old, resource, place):
    old.send("POST", resource, {"a": {"b": 1, "c": 2}, "d": 1}, **place)
    assert old.send("POST", resource, {"a": {"b": 3}, "e": None}, **place).status_code == 204

    assert old.get(resource, **place).json() == {"a": {"b": 3}, "d": 1, "e": None}


@each
def test_what_is_no_json_object_is_not_laid_over(old, resource, place):
    for first, kind, second, other in (
        (b"{}", "application/json", b"[1]", "application/json"),
        (b"{}", "application/json", b"{", "application/json"),
        (b"{}", "application/json", b"x", "text/plain"),
        (b"x", "text/plain", b"{}", "application/json"),
        (b"[1]", "application/json", b"{}", "application/json"),
    ):
        old.send("DELETE", resource, **place)
        assert old.send("POST", resource, first, content_type=kind, **place).status_code == 204
        assert old.send("POST", resource, second, content_type=other, **place).status_code == 400
        assert old.get(resource, **place).content == first


@each
def test_the_etag_is_the_sha1_of_the_content_in_quotes(old, resource, place):
    old.send("POST", resource, b"inhoud", content_type="text/plain", **place)

    assert old.get(resource, **place).headers["ETag"] == f'"{hashlib.sha1(b"inhoud", usedforsecurity=False).hexdigest()}"'


@each
def test_a_condition_that_does_not_hold_changes_nothing(old, resource, place):
    old.send("POST", resource, b"een", content_type="text/plain", **place)
    for method in ("PUT", "POST", "DELETE"):
        for headers in ({"If-Match": f'"{"1" * 40}"'}, *([NEW] if method == "PUT" else [])):
            answer = old.send(method, resource, b"twee", content_type="text/plain", headers=headers, **place)
            assert (answer.status_code, old.get(resource, **place).content) == (412, b"een")
    etag = old.get(resource, **place).headers["ETag"]
    assert old.send("PUT", resource, b"twee", content_type="text/plain", headers={"If-Match": etag}, **place).status_code == 204
    assert old.get(resource, **place).content == b"twee"


@pytest.mark.parametrize("resource", ["activities/profile", "agents/profile"])
def test_a_profile_is_not_overwritten_unseen(old, resource):
    place = PLACES[resource]
    assert old.send("PUT", resource, {}, **place).status_code == 400
    assert old.send("PUT", resource, {"a": 1}, headers=NEW, **place).status_code == 204
    refused = old.send("PUT", resource, {}, **place)

    assert (refused.status_code, bool(refused.content)) == (409, True)
    assert old.get(resource, **place).json() == {"a": 1}


def test_states_of_other_people_activities_and_registrations_are_apart(old):
    place = PLACES["activities/state"]
    others = [{**place, "agent": BEA}, {**place, "activityId": IRI}, {**place, "registration": str(uuid.uuid4())}]
    for number, other in enumerate([place, *others]):
        assert old.send("PUT", "activities/state", {"n": number}, **other).status_code == 204

    assert [old.get("activities/state", **other).json()["n"] for other in [place, *others]] == [0, 1, 2, 3]
    assert old.send("DELETE", "activities/state", **without(others[2], "stateId")).status_code == 204
    assert [old.get("activities/state", **other).status_code for other in [place, *others]] == [200, 200, 200, 404]
    assert old.send("DELETE", "activities/state", **without(place, "stateId")).status_code == 204
    assert [old.get("activities/state", **other).status_code for other in [place, *others]] == [404, 200, 200, 404]


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_a_person_is_lists_of_what_is_known(either, name):
    who = {"objectType": "Agent", "name": "Ann", name: IDENTIFIERS[name]}
    either.post(a_new(actor=who))

    assert either.get("agents", agent=who).json() == {"objectType": "Person", "name": ["Ann"], name: [IDENTIFIERS[name]]}


def test_a_person_is_asked_for_by_an_agent(either):
    assert either.get("agents").status_code == 400
    for wrong in ("ann", "{}", json.dumps({"name": "Ann", "objectType": "Agent"}), json.dumps({"objectType": "Group", "member": [ANN]})):
        assert either.get("agents", agent=wrong).status_code == 400
    assert either.get("agents", agent=BEA).json() == {"objectType": "Person", "mbox": [BEA["mbox"]]}


def test_people_are_told_of_to_a_key_that_may_read_them(db):
    for scopes, status in ((["statements/write"], 403), (["state"], 403), (["profile"], 200), (["all/read"], 200)):
        assert Tool(version="1.0.3", address="/xapi/1.0.3", scopes=scopes).get("agents", agent=ANN).status_code == status


def test_an_activity_is_asked_for_by_its_id_and_is_there_even_when_nothing_is_known(either):
    assert either.get("activities").status_code == 400
    assert either.get("activities", activityId="les").status_code == 400
    assert either.get("activities", activityId=IRI).json() == {"objectType": "Activity", "id": IRI}


def test_the_store_says_which_versions_it_speaks_to_anybody(old):
    about = old.client.get("/xapi/1.0.3/about")

    assert (about.status_code, about.json()["version"]) == (200, ["1.0.3"])
