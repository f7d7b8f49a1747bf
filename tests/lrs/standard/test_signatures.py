"""Signed statements: xAPI 1.0.3, Data 2.6."""

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from lrs.profiles.adl import SIGNATURE
from tests.lrs.standard.shapes import BOUNDARY, a_new, a_part, an_attachment, message
from tests.lrs.test_clients import KEY, certificate, encoded

ALGORITHMS = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}


def signed(statement, *, algorithm="RS256", **header):
    body = encoded(json.dumps({"alg": algorithm, **header}).encode()) + b"." + encoded(json.dumps(statement).encode())
    return body + b"." + encoded(KEY.sign(body, padding.PKCS1v15(), ALGORITHMS.get(algorithm, hashes.SHA256())))


def send(tool, statement, token, **fields):
    entry = an_attachment(token, **{"usageType": SIGNATURE, "contentType": "application/octet-stream", **fields})
    with_it = json.dumps({**statement, "attachments": [entry]}).encode()
    body = message(({"Content-Type": "application/json"}, with_it), a_part(token, content_type="application/octet-stream"))
    return tool.send("POST", "statements", body, content_type=f"multipart/mixed; boundary={BOUNDARY}").status_code


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_three_algorithms_are_accepted_with_and_without_certificate(either, store_at, algorithm):
    one, other, third = a_new(), a_new(), a_new()

    assert send(either, one, signed(one, algorithm=algorithm)) == 200
    assert send(either, other, signed(other, algorithm=algorithm, x5c=[certificate()])) == 200
    assert send(either, third, signed(third, algorithm=algorithm, x5c=[certificate()])[:-8] + b"AAAAAAAA") == 400


@pytest.mark.parametrize("algorithm", ["HS256", "ES256", "PS256", "none", "rs256", ""])
def test_another_algorithm_is_refused(either, store_at, algorithm):
    statement = a_new()

    assert send(either, statement, signed(statement, algorithm=algorithm)) == 400


def test_what_is_signed_is_this_statement(either, store_at):
    statement = a_new()
    for another in (
        a_new(),
        {**statement, "verb": {"id": "https://voorbeeld.example/anders"}},
        {**statement, "result": {"success": True}},
        [],
        1,
    ):
        assert send(either, statement, signed(another)) == 400
    assert send(either, statement, b"geen.handtekening") == 400
    assert send(either, statement, signed(statement), contentType="text/plain") == 400
