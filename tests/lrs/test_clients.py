"""A client that others wrote, attachments, signatures, and names that no database likes. Fuzzing: test_fuzz.py."""

import base64
import hashlib
import json
from typing import Any

import pytest
import tincan
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.utils import timezone

from lrs.credentials import create
from lrs.models import Attachment, Statement
from tests.factories.lrs import Tool, a_statement

pytestmark = pytest.mark.django_db
ANN = {"objectType": "Agent", "mbox": "mailto:ann@voorbeeld.example"}


@pytest.fixture(autouse=True)
def _no_projections(settings):
    settings.LRS_PROJECTIONS = []


# --- An independent client ---------------------------------------------------------------------------------------------


def test_tincan_writes_reads_asks_and_keeps_state(live_server):
    """`tincan` from PyPI, over a real connection."""
    credential, secret = create(name="tincan", scopes=["all"])
    lrs = tincan.RemoteLRS(
        version=tincan.Version.latest, endpoint=f"{live_server.url}/xapi/1.0.3/", username=credential.key, password=secret
    )
    agent = tincan.Agent(mbox="mailto:ann@voorbeeld.example", name="Ann")
    activity = tincan.Activity(id="https://voorbeeld.example/les", definition=tincan.ActivityDefinition(name=tincan.LanguageMap(nl="Les")))

    about = lrs.about()
    assert about.success
    assert "1.0.3" in about.content.version

    statement = tincan.Statement(
        actor=agent,
        verb=tincan.Verb(id="http://adlnet.gov/expapi/verbs/passed"),
        object=activity,
        result=tincan.Result(score=tincan.Score(scaled=0.8)),
    )
    saved = lrs.save_statement(statement)
    assert saved.success, saved.data
    read = lrs.retrieve_statement(str(saved.content.id))
    assert read.success
    assert read.content.result.score.scaled == 0.8

    batch = lrs.save_statements(
        [tincan.Statement(actor=agent, verb=tincan.Verb(id="https://voorbeeld.example/v"), object=activity) for _ in range(3)]
    )
    assert batch.success, batch.data
    found = lrs.query_statements({"agent": agent, "activity": activity, "limit": 2})
    assert found.success
    assert len(found.content.statements) == 2
    more = lrs.more_statements(found.content)
    assert more.success, more.data
    assert len(more.content.statements) == 2

    state = tincan.StateDocument(id="plek", agent=agent, activity=activity, content=bytearray(b"bladzij 3"))
    assert lrs.save_state(state).success
    kept = lrs.retrieve_state(activity, agent, "plek")
    assert bytes(kept.content.content) == b"bladzij 3"
    assert lrs.retrieve_state_ids(activity, agent).content == ["plek"]
    assert lrs.delete_state(kept.content).success
    assert lrs.save_state(state).success
    assert lrs.clear_state(activity, agent).success
    assert lrs.retrieve_state_ids(activity, agent).content == []


def test_tincan_voids_a_statement(live_server):
    lrs = a_tincan(live_server)
    saved = lrs.save_statement(a_tincan_statement())
    verb = tincan.Verb(id="http://adlnet.gov/expapi/verbs/voided")
    voiding = tincan.Statement(actor=AGENT, verb=verb, object=tincan.StatementRef(id=saved.content.id))

    assert lrs.save_statement(voiding).success

    assert lrs.retrieve_statement(str(saved.content.id)).response.status == 404
    assert str(lrs.retrieve_voided_statement(str(saved.content.id)).content.id) == str(saved.content.id)


@pytest.mark.parametrize("kind", ["agent", "activity"])
def test_tincan_keeps_profiles(live_server, kind):
    """Its save_…_profile cannot say that there is none yet, which 1.0.3 (3.1) has a sender say: the first one comes from elsewhere."""
    lrs = a_tincan(live_server)
    whose = AGENT if kind == "agent" else LESSON
    document = getattr(tincan, f"{kind.capitalize()}ProfileDocument")(id="voorkeur", content=bytearray(b"{}"), **{kind: whose})
    assert getattr(lrs, f"save_{kind}_profile")(document).response.status == 400
    name = {"agent": {"agent": json.loads(AGENT.to_json())}, "activity": {"activityId": LESSON.id}}[kind]
    first = Tool(version="1.0.3", address="/xapi/1.0.3").send(
        "PUT",
        "agents/profile" if kind == "agent" else "activities/profile",
        {"taal": "nl"},
        headers={"If-None-Match": "*"},
        profileId="voorkeur",
        **name,
    )
    assert first.status_code == 204

    answer = getattr(lrs, f"retrieve_{kind}_profile")(whose, "voorkeur")
    read = answer.content
    assert json.loads(bytes(read.content)) == {"taal": "nl"}
    read.etag = answer.response.getheader("ETag")  # it looks for it among pairs, and so never finds it
    read.content = bytearray(b'{"taal":"en"}')
    assert getattr(lrs, f"save_{kind}_profile")(read).success
    assert getattr(lrs, f"retrieve_{kind}_profile_ids")(whose).content == ["voorkeur"]
    again = getattr(lrs, f"retrieve_{kind}_profile")(whose, "voorkeur")
    last = again.content
    assert json.loads(bytes(last.content)) == {"taal": "en"}
    last.etag = again.response.getheader("ETag")
    assert getattr(lrs, f"delete_{kind}_profile")(last).success
    assert getattr(lrs, f"retrieve_{kind}_profile_ids")(whose).content == []


AGENT = tincan.Agent(mbox="mailto:ann@voorbeeld.example", name="Ann")
LESSON = tincan.Activity(id="https://voorbeeld.example/les", definition=tincan.ActivityDefinition(name=tincan.LanguageMap(nl="Les")))


def a_tincan_statement() -> tincan.Statement:
    return tincan.Statement(actor=AGENT, verb=tincan.Verb(id="http://adlnet.gov/expapi/verbs/passed"), object=LESSON)


def a_tincan(live_server: Any) -> tincan.RemoteLRS:
    credential, secret = create(name="tincan", scopes=["all"])
    endpoint = f"{live_server.url}/xapi/1.0.3/"
    return tincan.RemoteLRS(version=tincan.Version.latest, endpoint=endpoint, username=credential.key, password=secret)


def test_tincan_gets_401_with_a_wrong_secret(live_server):
    credential, _ = create(name="tincan", scopes=["all"])
    lrs = tincan.RemoteLRS(
        version=tincan.Version.latest, endpoint=f"{live_server.url}/xapi/1.0.3/", username=credential.key, password="fout"
    )

    answer = lrs.save_statement(a_statement(actor=ANN))

    assert (answer.success, answer.response.status) == (False, 401)


# --- Attachments -------------------------------------------------------------------------------------------------------


def message(statements: Any, *parts: bytes, boundary: str = "grens", **changes: str | None) -> bytes:
    lines = [f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode() + json.dumps(statements).encode() + b"\r\n"]
    for part in parts:
        headers = {
            "Content-Type": "text/plain",
            "Content-Transfer-Encoding": "binary",
            "X-Experience-API-Hash": hashlib.sha256(part).hexdigest(),
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        head = "\r\n".join(f"{name}: {value}" for name, value in headers.items() if value is not None)
        lines.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + part + b"\r\n")
    return b"".join([*lines, f"--{boundary}--\r\n".encode()])


def attached(content: bytes, **changes: Any) -> dict[str, Any]:
    entry = {
        "usageType": "https://voorbeeld.example/bijlage",
        "display": {"nl": "Bijlage"},
        "contentType": "text/plain",
        "length": len(content),
    }
    return {**entry, "sha2": hashlib.sha256(content).hexdigest(), **changes}


KIND = "multipart/mixed; boundary=grens"
CONTENT = b"Hoe gaat het op uw werk?\r\n--grens lijkt erop\r\n"


def test_an_attachment_is_kept_once_and_given_back_with_its_statements(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    tool = Tool()
    content = b"een\r\ntwee"
    for _ in range(2):
        statement = a_statement(actor=ANN, attachments=[attached(content)])
        assert tool.send("POST", "statements", message(statement, content), content_type=KIND).status_code == 200

    assert Attachment.objects.count() == 1
    with_parts = tool.get("statements", attachments="true")
    assert with_parts.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    body = b"".join(with_parts.streaming_content)
    assert int(with_parts.headers["Content-Length"]) == len(body)
    assert body.count(content) == 1
    assert hashlib.sha256(content).hexdigest().encode() in body
    assert tool.get("statements", attachments="false").headers["Content-Type"] == "application/json"


WRONG = {
    "another hash": message(a_statement(actor=ANN, attachments=[attached(b"x")]), b"x", X_Experience_API_Hash="a" * 64),
    "no hash": message(a_statement(actor=ANN, attachments=[attached(b"x")]), b"x", X_Experience_API_Hash=None),
    "another encoding": message(a_statement(actor=ANN, attachments=[attached(b"x")]), b"x", Content_Transfer_Encoding="base64"),
    "no encoding": message(a_statement(actor=ANN, attachments=[attached(b"x")]), b"x", Content_Transfer_Encoding=None),
    "a part too many": message(a_statement(actor=ANN, attachments=[attached(b"x")]), b"x", b"y"),
    "a part too few": message(a_statement(actor=ANN, attachments=[attached(b"x"), attached(b"y")]), b"x"),
    "another boundary": message(a_statement(actor=ANN), boundary="anders"),
    "nothing": b"",
    "only a boundary": b"--grens--\r\n",
    "not closed": message(a_statement(actor=ANN))[:-6],
    "statements not first": message(a_statement(actor=ANN)).replace(b"application/json", b"text/plain"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_message_that_is_not_what_it_says_is_400(wrong):
    """1.5.2."""
    assert Tool().send("POST", "statements", WRONG[wrong], content_type=KIND).status_code == 400
    assert not Statement.objects.exists()
    assert not Attachment.objects.exists()


def test_the_hash_of_an_attachment_counts_and_not_its_length(settings, tmp_path):
    """Nothing in the standard makes a store refuse a length that the sender got wrong, and the public tests send one."""
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    body = message(a_statement(actor=ANN, attachments=[attached(b"xyz", length=2)]), b"xyz")

    assert Tool().send("POST", "statements", body, content_type=KIND).status_code == 200
    assert Attachment.objects.get().size == 3


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/mixed;", "multipart/form-data; boundary=grens"])
def test_a_message_needs_its_boundary_and_its_type(kind):
    assert Tool().send("POST", "statements", message(a_statement(actor=ANN)), content_type=kind).status_code == 400


def test_without_its_bytes_an_attachment_says_where_they_are():
    tool = Tool()

    assert tool.post(a_statement(actor=ANN, attachments=[attached(b"x")])).status_code == 400
    half = tool.post(a_statement(actor=ANN, attachments=[attached(b"x", sha2="\ud800")]))
    assert (half.status_code, "\\ud800" in half.content.decode()) == (400, True), "what is no character is told as it was written"
    assert tool.post(a_statement(actor=ANN, attachments=[attached(b"x", fileUrl="https://voorbeeld.example/x")])).status_code == 200


# --- Signed statements -------------------------------------------------------------------------------------------------

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    now = timezone.now()
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(1)
    signed = made.not_valid_before(now).not_valid_after(now).sign(KEY, hashes.SHA256())
    return base64.b64encode(signed.public_bytes(serialization.Encoding.DER)).decode()


def signature_of(statement: Any, *, algorithm: str = "RS256", **header: Any) -> bytes:
    signed = encoded(json.dumps({"alg": algorithm, **header}).encode()) + b"." + encoded(json.dumps(statement).encode())
    return signed + b"." + encoded(KEY.sign(signed, padding.PKCS1v15(), hashes.SHA256()))


def send_signed(statement: dict[str, Any], token: bytes, **changes: Any) -> int:
    entry = attached(
        token, **{"usageType": "http://adlnet.gov/expapi/attachments/signature", "contentType": "application/octet-stream", **changes}
    )
    body = message({**statement, "attachments": [entry]}, token, Content_Type="application/octet-stream")
    return Tool().send("POST", "statements", body, content_type=KIND).status_code


def test_a_signature_has_to_be_of_this_statement(settings, tmp_path):
    """Data 2.6."""
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    statement = a_statement(actor=ANN)

    assert send_signed(statement, signature_of(statement)) == 200
    assert send_signed(statement, signature_of(statement, x5c=[certificate()])) == 200, "attachments are no part of a statement"
    other = a_statement(actor=ANN)
    assert send_signed(other, signature_of(other, x5c=[certificate()])) == 200
    for token in (
        signature_of(statement),
        signature_of({**other, "verb": {"id": "https://a.example/"}}),
        signature_of(other, algorithm="HS256"),
        signature_of(other, algorithm="none"),
        signature_of(other, x5c=["bm9wZQ=="]),
        signature_of(other, x5c=[]),
        signature_of(other, x5c=[certificate()], extra=1)[:-4] + b"AAAA",
        b"geen jws",
        b"a.b.c",
        signature_of([1]),
        signature_of({**other, "attachments": 5}),
        signature_of({**other, "attachments": None}),
    ):
        assert send_signed(other, token) == 400, token[:40]
    assert send_signed(a_statement(actor=ANN), signature_of(statement), contentType="application/json") == 400


# --- Names that no database likes -----------------------------------------------------------------------------------------

NASTY = [
    "\x00",
    "\ud800",
    "😀" * 50,
    "a" * 5000,
    "é" * 3000,
    "' OR 1=1 --",
    "%s",
    "../../etc/passwd",
    "http://x/" + "é" * 1500,
    "mailto:" + "é" * 700 + "@x.example",
    -(10**30),
    10**4000,
    1e308,
    None,
    [],
    {},
    "",
    " ",
    "\r\n",
]


@pytest.mark.parametrize("nasty", [value for value in NASTY if isinstance(value, str)], ids=lambda value: repr(value[:12]))
def test_names_that_a_database_cannot_index_are_kept_and_found(nasty):
    """Long names, NUL and half characters: in extensions and in account names the standard forbids none of them."""
    tool = Tool()
    actor = {"account": {"homePage": "https://voorbeeld.example", "name": nasty}}
    statement = a_statement(actor=actor, result={"extensions": {"https://voorbeeld.example/x": nasty}})

    assert tool.post(statement).status_code == 200
    assert tool.ids(agent=actor) == [statement["id"]]
    assert tool.get("statements", statementId=statement["id"]).json()["result"]["extensions"]["https://voorbeeld.example/x"] == nasty
    assert tool.get("statements", statementId=statement["id"], format="canonical").json()["actor"] == actor
