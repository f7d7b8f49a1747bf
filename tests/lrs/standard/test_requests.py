"""How requests and answers are put: xAPI 1.0.3, Communication 1 and 3."""

import json
import uuid

import pytest
from django.test import Client

from tests.factories.lrs import Tool
from tests.lrs.standard.shapes import ANN, BOUNDARY, IRI, LESSON, a_new, a_part, an_attachment, kept, message

STATE = {"activityId": LESSON["id"], "agent": ANN, "stateId": "plek"}
PLACES = {
    "statements": {},
    "activities": {"activityId": LESSON["id"]},
    "agents": {"agent": ANN},
    "activities/state": STATE,
    "activities/profile": {"activityId": LESSON["id"], "profileId": "p"},
    "agents/profile": {"agent": ANN, "profileId": "p"},
}
STATEMENT = {"Content-Type": "application/json"}
MIXED = f"multipart/mixed; boundary={BOUNDARY}"


@pytest.mark.parametrize("resource", PLACES)
def test_a_parameter_that_is_unknown_or_in_another_case_is_refused(either, resource):
    for params in ({"foo": "bar"}, {"Since": "2026-01-01T00:00:00Z"}, {"AGENT": "x"}, {"activityid": IRI}, {"StateId": "x"}):
        assert either.get(resource, **PLACES[resource], **params).status_code == 400


@pytest.mark.parametrize("resource", PLACES)
def test_a_request_names_a_version_that_the_store_knows(old, resource):
    for version in ("", "0.9", "0.95", "1.1.0", "3.0", "x"):
        for method in ("GET", "PUT", "POST") if resource not in ("activities", "agents") else ("GET",):
            answer = old.send(method, resource, {}, headers={"X-Experience-API-Version": version}, **PLACES[resource])
            assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (400, "1.0.3")


@pytest.mark.parametrize("resource", [*PLACES, "about"])
def test_every_answer_says_its_version_also_one_that_refuses(old, resource):
    for params in (PLACES.get(resource, {}), {"onbekend": "1"}):
        assert old.get(resource, **params).headers["X-Experience-API-Version"] == "1.0.3"


def test_the_charset_is_utf_8(either):
    statement = a_new(verb={"id": IRI, "display": {"ja": "出席した", "ar": "حضر", "nl": "één €"}})
    body = json.dumps(statement, ensure_ascii=False).encode()

    assert either.send("POST", "statements", body, content_type="application/json; charset=utf-8").status_code == 200
    assert kept(either, statement)["verb"] == statement["verb"]
    in_another = json.dumps({**statement, "id": str(uuid.uuid4())}, ensure_ascii=False).encode("utf-16")
    assert either.send("POST", "statements", in_another, content_type="application/json").status_code == 400
    assert either.send("POST", "statements", b'{"a": "\xff"}', content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_statements_come_as_json_or_in_a_message(either, kind):
    assert either.send("POST", "statements", json.dumps(a_new()).encode(), content_type=kind or "x").status_code == 400


def test_a_message_begins_with_the_statements_and_has_each_attachment_once(old, store_at):
    one, other, third = b"een", b"twee", b"drie"
    first = ({"Content-Type": "application/json"}, json.dumps(a_new(attachments=[an_attachment(one), an_attachment(other)])).encode())
    attached = [a_part(one), a_part(other)]

    def sent(*parts, kind=MIXED):
        return old.send("POST", "statements", message(*parts), content_type=kind).status_code

    assert sent(attached[0], first, attached[1]) == 400, "the statements are not first"
    assert sent(first, attached[0]) == 400, "a part too few"
    assert sent(first, *attached, a_part(third)) == 400, "a part too many"
    assert sent(first, first, *attached) == 400, "the statements twice"
    assert sent(first, attached[0], a_part(other, x_experience_api_hash="")) == 400, "no hash"
    assert sent(first, attached[0], a_part(other, content_transfer_encoding="base64")) == 400
    assert sent(first, *attached, kind="multipart/mixed") == 400, "no boundary"
    assert sent(first, *attached) == 200
    without = ({"Content-Type": "application/json"}, json.dumps(a_new(attachments=[an_attachment(b"x", fileUrl=IRI)])).encode())
    assert sent(without) == 200, "its bytes are elsewhere"


def test_attachments_are_given_when_they_are_asked_for(old, store_at):
    content = b"een\r\ntwee"
    statement = a_new(attachments=[an_attachment(content)])
    old.send("POST", "statements", message((STATEMENT, json.dumps(statement).encode()), a_part(content)), content_type=MIXED)

    with_them = old.get("statements", statementId=statement["id"], attachments="true")
    body = b"".join(with_them.streaming_content)
    head, _, raw = body.split(b"\r\n--")[1].partition(b"\r\n\r\n")
    assert with_them.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    assert json.loads(body.split(b"\r\n\r\n")[1].split(b"\r\n--")[0])["id"] == statement["id"]
    assert (b"Content-Transfer-Encoding: binary" in head, raw) == (True, content)
    for params in ({}, {"attachments": "false"}):
        assert old.get("statements", statementId=statement["id"], **params).headers["Content-Type"] == "application/json"


FORM = "application/x-www-form-urlencoded"


def test_the_method_of_a_form_stands_in_the_query_of_a_post(old):
    """1.3: only as POST, with the method alone in the query, and the rest as fields of a form."""
    sent = json.dumps(a_new()).encode()
    assert old.send("PUT", "statements", sent, content_type="application/json", method="POST").status_code == 400
    assert old.send("POST", "statements", b"limit=1", content_type=FORM, method="GET").json().keys() == {"statements", "more"}
    assert old.send("POST", "statements", b"limit=1", content_type=FORM, method="GET", ascending="true").status_code == 400
    assert old.send("POST", "statements", sent, content_type=FORM, method="POST").status_code == 400
    assert old.send("POST", "statements", b"X-Experience-API-Version=0.8&limit=1", content_type=FORM, method="GET").status_code == 400


def test_a_document_can_be_written_and_read_with_a_form(old):
    form = "&".join(["activityId=" + IRI, "agent=" + json.dumps(ANN).replace(" ", ""), "stateId=x"])
    put = old.send("POST", "activities/state", f'{form}&content={{"a":1}}'.encode(), content_type=FORM, method="PUT")
    got = old.send("POST", "activities/state", form.encode(), content_type=FORM, method="GET")

    assert (put.status_code, got.json()) == (204, {"a": 1})


@pytest.mark.parametrize("header", ["", "Basic", "Basic:eDp5", "Basic eDp5", "Bearer x", "Basic %%%"])
@pytest.mark.parametrize("resource", PLACES)
def test_who_is_not_known_gets_401(old, resource, header):
    assert old.send("GET", resource, headers={"Authorization": header}, **PLACES[resource]).status_code == 401


@pytest.mark.parametrize(
    ("resource", "methods"),
    [
        ("statements", ["DELETE", "PATCH"]),
        ("activities", ["PUT", "POST", "DELETE"]),
        ("agents", ["PUT", "POST", "DELETE"]),
        ("about", ["PUT", "POST", "DELETE"]),
    ],
)
def test_a_method_that_a_resource_does_not_have_is_405_whoever_asks(db, resource, methods):
    for method in methods:
        for headers in ({}, Tool(version="1.0.3").headers):
            assert Client().generic(method, f"/xapi/1.0.3/{resource}", headers=headers).status_code == 405


def test_nothing_of_a_batch_is_stored_when_one_of_it_is_refused(either):
    good = a_new()
    assert either.post(good, a_new(verb={"id": "deed"})).status_code == 400
    assert either.post(good, {**good, "verb": {"id": IRI}}).status_code == 400

    assert either.get("statements", statementId=good["id"]).status_code == 404
