"""Attachments pass through: in one temporary file, under their hash, never in memory whole."""

import hashlib
import http.client
import io
import json
import os
import random
import socket
import time
import tracemalloc
import uuid
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from hypothesis import given, settings as hypothesis_settings, strategies as st

from lrs import attachments, exporting, importing, launch
from lrs.attachments import Limits, MessageRefused, keep_parts, message_of, received, sent_with
from lrs.exporting import Selection
from lrs.models import Attachment, AttachmentSender, Mention, Source, Statement
from lrs.multipart import Reader
from lrs.profiles.adl import SIGNATURE
from lrs.realms import realm_of
from lrs.store import append
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.lrs import Tool, a_credential, a_statement
from tests.lrs.serving import served
from tests.lrs.test_clients import KIND, attached, message

ANN = {"mbox": "mailto:ann@voorbeeld.example"}
ROOMY = Limits(statements=10_000_000, attachment=1_000_000_000, message=1_000_000_000)


@pytest.fixture
def store_at(settings, tmp_path):
    """Private files of this test only."""
    settings.LRS_PROJECTIONS = []
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    return tmp_path


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class Trickle:
    """A stream that gives as little as it likes."""

    def __init__(self, body: bytes, sizes: Iterator[int]) -> None:
        self._body, self._sizes = io.BytesIO(body), sizes

    def read(self, size: int) -> bytes:
        return self._body.read(min(size, next(self._sizes)))


# --- Reading a message ------------------------------------------------------------------------------------------------

TRAPS = [b"", b"\r\n", b"--grens", b"\r", b"\n--grens", b"\r\n--gren", b"\r\n-", b"\0\xff", b"\r\n\r\n", b"x" * 200]


@given(
    st.lists(
        st.lists(st.sampled_from(TRAPS), max_size=4).map(b"".join).filter(lambda part: b"\r\n--grens" not in b"\r\n" + part), max_size=4
    ),
    st.integers(min_value=1, max_value=70_000),
    st.booleans(),
)
@hypothesis_settings(max_examples=300)
def test_a_message_is_read_the_same_in_whatever_pieces_it_comes(contents, size, preamble):
    body = (b"hier begint het\r\n" if preamble else b"") + message({"a": 1}, *contents) + b"en nog wat"

    stream = Trickle(body, iter(lambda: size, 0))
    parts = [(headers, b"".join(content)) for headers, content in Reader(stream, boundary=b"grens")]

    assert [content for _, content in parts] == [b'{"a": 1}', *contents]
    assert [headers.get("x-experience-api-hash") for headers, _ in parts[1:]] == [hashlib.sha256(part).hexdigest() for part in contents]


def test_parts_that_nobody_reads_are_passed_over():
    parts = [headers["content-type"] for headers, _ in Reader(io.BytesIO(message({}, b"x" * 200_000, b"y")), boundary=b"grens")]

    assert parts == ["application/json", "text/plain", "text/plain"]


@pytest.mark.parametrize(
    "body",
    [
        b"x" * 70_000 + message({}),
        b"--grens\r\nA: " + b"x" * 20_000 + b"\r\n\r\n\r\n--grens--",
        b"--grens\r\nzonder dubbele punt\r\n\r\nx\r\n--grens--",
        b"--grens\r\nA: 1\r\na: 2\r\n\r\nx\r\n--grens--",
        b"--grens\r\nA: 1\r\n--grens\r\nB: 2\r\n\r\nx\r\n--grens--",
        b"--grens" + b" " * 100_000 + b"\r\n\r\nx\r\n--grens--",
        b"--grensX\r\n\r\nx\r\n--grens--",
        b"--grens-\r\n\r\nx\r\n--grens--",
        b"--grens\n\nx\n--grens--",
    ],
    ids=["preamble", "head", "no colon", "twice", "no empty line", "padding", "another boundary", "half an end", "bare line ends"],
)
def test_a_message_that_is_not_put_together_well_is_refused(body):
    with pytest.raises(MessageRefused):
        [list(content) for _headers, content in Reader(io.BytesIO(body), boundary=b"grens")]


def test_an_empty_part_may_be_nothing_but_headers():
    body = b"--grens\r\nA: 1\r\n\r\n--grens\r\n\r\nx\r\n--grens--"

    assert [b"".join(content) for _, content in Reader(io.BytesIO(body), boundary=b"grens")] == [b"", b"x"]


def test_each_hash_of_the_sha2_family_is_known(store_at, db):
    tool, content = Tool(), b"inhoud"
    for name in ("sha224", "sha256", "sha384", "sha512"):
        sha2 = hashlib.new(name, content).hexdigest()
        body = message(a_statement(actor=ANN, attachments=[attached(content, sha2=sha2.upper())]), content, X_Experience_API_Hash=sha2)

        assert tool.send("POST", "statements", body, content_type=KIND).status_code == 200

    assert Attachment.objects.count() == 4


# --- What is kept, and what is not ------------------------------------------------------------------------------------


def test_the_same_bytes_are_one_file_under_their_hash(store_at, db):
    tool, content = Tool(), b"een\r\ntwee"
    sha2 = hashlib.sha256(content).hexdigest()
    nested = {
        "objectType": "SubStatement",
        "actor": ANN,
        "verb": {"id": "https://a.example/v"},
        "object": {"id": "https://a.example/"},
        "attachments": [attached(content)],
    }
    for statement in (a_statement(actor=ANN, attachments=[attached(content), attached(content)]), a_statement(actor=ANN, object=nested)):
        assert tool.send("POST", "statements", message(statement, content, content), content_type=KIND).status_code == 200

    [kept] = files_in(store_at)
    assert kept.startswith(f"lrs/attachments/{sha2[:2]}/{sha2}.")
    body = b"".join(tool.get("statements", attachments="true").streaming_content)
    assert body.count(content) == 1


def test_bytes_that_got_lost_come_back_when_they_are_sent_again(store_at, db):
    tool, content = Tool(), b"inhoud"
    body = lambda: message(a_statement(actor=ANN, attachments=[attached(content)]), content)  # noqa: E731
    tool.send("POST", "statements", body(), content_type=KIND)
    [kept] = files_in(store_at)
    (store_at / kept).unlink()

    without = b"".join(tool.get("statements", attachments="true").streaming_content)
    assert (content in without, b'"statements"' in without) == (False, True)
    assert tool.send("POST", "statements", body(), content_type=KIND).status_code == 200
    assert content in b"".join(tool.get("statements", attachments="true").streaming_content)
    assert Attachment.objects.count() == 1


def test_a_message_that_breaks_off_leaves_nothing(store_at, db):
    tool, chance = Tool(), random.Random(3)
    whole = message(a_statement(actor=ANN, attachments=[attached(b"x" * 900), attached(b"y")]), b"x" * 900, b"y")
    ends = sorted(
        {
            0,
            1,
            len(whole) - 3,
            *(at for at in range(len(whole) - 4) if whole[at:].startswith(b"--grens")),
            *chance.sample(range(len(whole) - 4), 25),
        }
    )

    for end in ends:
        assert tool.send("POST", "statements", whole[:end], content_type=KIND).status_code == 400, end

    assert not Statement.objects.exists()
    assert files_in(store_at) == []
    assert tool.send("POST", "statements", whole, content_type=KIND).status_code == 200, "it could have been stored"
    assert len(files_in(store_at)) == 2


def test_what_is_too_large_is_413(store_at, db, settings):
    tool = Tool()
    body = message(a_statement(actor=ANN, attachments=[attached(b"x" * 100)]), b"x" * 100)

    for name, limit in (("LRS_LARGEST_ATTACHMENT", 99), ("LRS_LARGEST_MESSAGE", len(body) - 1), ("LRS_LARGEST_BODY", 50)):
        before = getattr(settings, name, 64 * 1024 * 1024)
        setattr(settings, name, limit)
        answer = tool.send("POST", "statements", body, content_type=KIND)
        assert (answer.status_code, str(limit) in answer.content.decode()) == (413, True), name
        setattr(settings, name, before)

    assert files_in(store_at) == []
    settings.LRS_LARGEST_ATTACHMENT, settings.LRS_LARGEST_MESSAGE = 100, len(body)
    assert tool.send("POST", "statements", body, content_type=KIND).status_code == 200


class Unreachable(FileSystemStorage):
    """A storage that fails from the second file on."""

    def _save(self, name, content):
        if files_in(Path(self.location)):
            raise ConnectionError("geen verbinding")
        return super()._save(name, content)


def test_without_storage_nothing_is_stored_and_the_sender_may_try_again(settings, store_at, db):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": f"{__name__}.Unreachable", "OPTIONS": {"location": store_at}},
    }
    tool = Tool()
    body = message(a_statement(actor=ANN, attachments=[attached(b"x"), attached(b"y")]), b"x", b"y")

    answer = tool.send("POST", "statements", body, content_type=KIND)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert not Statement.objects.exists()
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": store_at}},
    }
    assert tool.send("POST", "statements", body, content_type=KIND).status_code == 200
    assert len(files_in(store_at)) == 2


def suspicious(file: Any) -> str | None:
    return "Eicar-Test" if b"virus" in file.read() else None


def broken(file: Any) -> str | None:
    raise ConnectionRefusedError("geen scanner")


def test_what_the_scanner_refuses_is_400_and_nothing_of_the_message_is_kept(settings, store_at, db):
    settings.LRS_VIRUS_SCANNER = f"{__name__}.suspicious"
    tool = Tool()
    body = message(a_statement(actor=ANN, attachments=[attached(b"schoon"), attached(b"een virus")]), b"schoon", b"een virus")

    answer = tool.send("POST", "statements", body, content_type=KIND)

    assert answer.status_code == 400
    assert hashlib.sha256(b"een virus").hexdigest() in answer.content.decode()
    assert "Eicar-Test" in answer.content.decode()
    assert (files_in(store_at), Statement.objects.count()) == ([], 0)
    clean = message(a_statement(actor=ANN, attachments=[attached(b"schoon")]), b"schoon")
    assert tool.send("POST", "statements", clean, content_type=KIND).status_code == 200


def test_a_scanner_that_does_not_answer_is_503(settings, store_at, db):
    settings.LRS_VIRUS_SCANNER = f"{__name__}.broken"
    body = message(a_statement(actor=ANN, attachments=[attached(b"x")]), b"x")

    assert Tool().send("POST", "statements", body, content_type=KIND).status_code == 503
    assert (files_in(store_at), Statement.objects.count()) == ([], 0)


def test_head_says_how_long_the_message_is_and_sends_none_of_it(store_at, db):
    tool = Tool()
    tool.send("POST", "statements", message(a_statement(actor=ANN, attachments=[attached(b"x" * 500)]), b"x" * 500), content_type=KIND)

    got, head = tool.get("statements", attachments="true"), tool.send("HEAD", "statements", attachments="true")

    assert int(got.headers["Content-Length"]) == len(b"".join(got.streaming_content)) == int(head.headers["Content-Length"])
    assert b"".join(head.streaming_content) == b""
    assert head.headers["Last-Modified"] == got.headers["Last-Modified"]


def test_a_signature_is_read_with_a_bound(store_at, db):
    token = b"x" * (attachments.LARGEST_SIGNATURE + 1)
    entry = attached(token, usageType=SIGNATURE, contentType="application/octet-stream")

    answer = Tool().send("POST", "statements", message(a_statement(actor=ANN, attachments=[entry]), token), content_type=KIND)

    assert (answer.status_code, "larger than" in answer.content.decode()) == (400, True)


# --- Who gets the bytes -----------------------------------------------------------------------------------------------

FILE = b"het verslag van een ander"
BORROWED = attached(FILE, fileUrl="https://b.example/verslag")


def an_organisation_and_another(content: bytes = FILE) -> tuple[Tool, Tool]:
    """Tools of two organisations; the first has sent the bytes, the second has only named their hash."""
    theirs, ours = Tool(organisation=OrganisationFactory()), Tool(organisation=OrganisationFactory())
    sent = message(a_statement(actor=ANN, attachments=[attached(content)]), content)
    assert theirs.send("POST", "statements", sent, content_type=KIND).status_code == 200
    assert ours.post(a_statement(actor=ANN, attachments=[{**attached(content), "fileUrl": "https://b.example/verslag"}])).status_code == 200
    return theirs, ours


def given_to(tool: Tool) -> bytes:
    return b"".join(tool.get("statements", attachments="true").streaming_content)


def test_who_knows_the_hash_of_somebody_elses_file_does_not_get_its_bytes(store_at, db):
    theirs, ours = an_organisation_and_another()

    assert FILE in given_to(theirs), "they are there to be given"
    assert (hashlib.sha256(FILE).hexdigest().encode() in given_to(ours), FILE in given_to(ours)) == (True, False)

    AttachmentSender.objects.create(attachment=Attachment.objects.get(), realm=realm_of(ours.credential))
    assert FILE in given_to(ours), "nothing else kept them back"


def test_who_sends_the_bytes_that_were_there_already_gets_them_back(store_at, db):
    theirs, ours = an_organisation_and_another()

    again = message(a_statement(actor=ANN, attachments=[BORROWED]), FILE)
    assert ours.send("POST", "statements", again, content_type=KIND).status_code == 200

    assert (Attachment.objects.count(), given_to(ours).count(FILE), given_to(theirs).count(FILE)) == (1, 1, 1)


def test_tools_of_one_organisation_share_what_they_sent(store_at, db):
    theirs, _ours = an_organisation_and_another()
    colleague = Tool(organisation=theirs.credential.organisation)
    one = a_statement(actor=ANN, attachments=[BORROWED])
    colleague.post(one)

    answer = colleague.get("statements", attachments="true", statementId=one["id"])

    assert FILE in b"".join(answer.streaming_content)


def test_a_key_that_reads_everything_gets_bytes_only_with_statements_of_who_sent_them(store_at, db):
    theirs, ours = an_organisation_and_another()
    reader = Tool()
    given = lambda tool: b"".join(  # noqa: E731
        reader.get("statements", attachments="true", statementId=tool.ids()[0]).streaming_content
    )

    assert (FILE in given(theirs), FILE in given(ours)) == (True, False)
    assert given_to(reader).count(FILE) == 1


def test_what_a_learners_session_sent_is_not_for_tools_nor_our_servers(store_at, db):
    learner = UserFactory()
    asked = {"activity_prefix": "https://a.example/les", "registration": uuid.uuid4()}
    tokens = launch.make(learner=learner.pseudonym, application="lessen", **asked)
    session = launch.authenticate_pair(tokens.launch.key, tokens.secret)
    content, sha2 = b"uit de les", hashlib.sha256(b"uit de les").hexdigest()
    with received(io.BytesIO(message({}, content)), content_type=KIND, limits=ROOMY) as (_, parts):
        own = append(
            [a_statement(learner.pseudonym, attachments=[attached(content)])],
            source=Source.LEARNER_SESSION,
            credential=session,
            parts=parts,
        )
    named = append([a_statement(learner.pseudonym, attachments=[attached(content, fileUrl="https://b.example/")])], source=Source.SERVER)

    held = sent_with(Statement.objects.with_ids([*own, *named]))

    assert AttachmentSender.objects.get().realm == "session/lessen"
    assert held == {
        Statement.objects.with_ids(own).get().sequence: {sha2: Attachment.objects.get()},
        Statement.objects.with_ids(named).get().sequence: {},
    }


def test_a_page_of_attachments_takes_as_many_queries_as_one(store_at, db, django_assert_num_queries):
    def some(number: int) -> list[Statement]:
        for at in range(number):
            an_organisation_and_another(b"%d van %d" % (at, number))
        return list(Statement.objects.all())

    one, many = some(1), some(4)

    for page in (one, many):
        with django_assert_num_queries(2):
            sent_with(page)
    with django_assert_num_queries(0):
        sent_with([Statement(sequence=1, exact="{}")])


def test_no_way_out_gives_bytes_to_who_only_knows_their_hash(store_at, db, tmp_path_factory):
    theirs, ours = an_organisation_and_another()
    sha2 = hashlib.sha256(FILE).hexdigest()
    folder = tmp_path_factory.mktemp("uit")
    for tool, held in ((theirs, [sha2]), (ours, [])):
        selection = Selection(organisation=tool.credential.organisation)
        name = str(tool.credential.pk)

        archive = zipfile.ZipFile(io.BytesIO(b"".join(exporting.zipped(selection))))
        told = exporting.to_file(folder / name, selection=selection, attachments=folder / f"{name}.bijlagen")

        assert [entry.rpartition("/")[2] for entry in archive.namelist() if entry.startswith("attachments/")] == held
        assert (told["statements"], told["attachments"]["count"]) == (1, len(held))


def test_a_hash_of_somebody_else_does_not_pass_for_bytes_in_an_import(store_at, db, tmp_path):
    theirs, ours = an_organisation_and_another()
    path = tmp_path / "in.ndjson"
    path.write_text(json.dumps(a_statement(actor=ANN, attachments=[attached(FILE)])))

    for organisation, taken in ((theirs.credential.organisation, 1), (ours.credential.organisation, 0)):
        run = importing.from_path(path, name="In", organisation=organisation)
        while importing.go_on(run, take_over=True):
            pass
        run.refresh_from_db()
        assert (run.new, run.refused) == (taken, 1 - taken)


def test_bytes_go_with_the_statements_of_who_sent_them_though_others_name_their_hash(store_at, db):
    theirs, ours = an_organisation_and_another()
    sha2 = hashlib.sha256(FILE).hexdigest()
    AttachmentSender.objects.create(attachment=Attachment.objects.get(), realm=realm_of(ours.credential))
    forget = lambda tool: Mention.objects.filter(  # noqa: E731
        key=Mention.key_of(Mention.Kind.ATTACHMENT, sha2), statement__credential=tool.credential
    ).delete()

    forget(ours)
    assert attachments.let_go(sha2) == "", "who sent them has them still"
    assert [one.realm for one in AttachmentSender.objects.all()] == [realm_of(theirs.credential)]
    ours.post(a_statement(actor=ANN, attachments=[BORROWED]))
    forget(theirs)
    [name] = Attachment.objects.values_list("file", flat=True)
    assert attachments.let_go(sha2) == name
    assert (Attachment.objects.count(), AttachmentSender.objects.count()) == (0, 0)


def test_who_sent_what_was_there_already_is_told_by_the_statements_that_name_it(store_at, db):
    sure, _maybe = an_organisation_and_another()
    alone, later = Tool(organisation=OrganisationFactory()), Tool()
    elsewhere = b"staat ook elders"
    entry = attached(elsewhere, fileUrl="https://a.example/x")
    alone.send("POST", "statements", message(a_statement(actor=ANN, attachments=[entry]), elsewhere), content_type=KIND)
    later.post(a_statement(actor=ANN, attachments=[entry]))
    before = set(AttachmentSender.objects.values_list("attachment__sha2", "realm"))
    assert before == {
        (hashlib.sha256(FILE).hexdigest(), realm_of(sure.credential)),
        (hashlib.sha256(elsewhere).hexdigest(), realm_of(alone.credential)),
    }
    AttachmentSender.objects.all().delete()

    import_module("lrs.migrations.0012_attachment_senders").carry_over(apps, None)

    assert set(AttachmentSender.objects.values_list("attachment__sha2", "realm")) == before


# --- How much memory it takes -----------------------------------------------------------------------------------------

MEGABYTE = 1024 * 1024
SIZE = 200 * MEGABYTE
BLOCK = random.Random(1).randbytes(MEGABYTE)


def large_message() -> tuple[Iterator[bytes], int, str]:
    """A message with an attachment of 200 MB, piece by piece; how long it is, and the hash of the attachment."""
    digest = hashlib.sha256()
    for _ in range(SIZE // MEGABYTE):
        digest.update(BLOCK)
    sha2 = digest.hexdigest()
    around = message(a_statement(actor=ANN, attachments=[attached(b"", length=SIZE, sha2=sha2)]), b"", X_Experience_API_Hash=sha2)
    end = around.index(b"\r\n--grens--")

    def pieces() -> Iterator[bytes]:
        yield around[:end]
        for _ in range(SIZE // MEGABYTE):
            yield BLOCK
        yield around[end:]

    return pieces(), len(around) + SIZE, sha2


class Pieces:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int) -> bytes:
        if not self._rest:
            self._rest = next(self._pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def test_two_hundred_megabytes_pass_without_staying_in_memory(store_at, db):
    pieces, _length, sha2 = large_message()
    tracemalloc.start()
    try:
        with received(Pieces(pieces), content_type=KIND, limits=ROOMY) as (content, parts):
            keep_parts(parts.values(), realm="server")
        answer = message_of(b"{}", statements=[Statement(sequence=1, exact=content.decode())])
        sent = sum(len(piece) for piece in answer.pieces)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert sent == answer.length > SIZE
    assert Attachment.objects.get().sha2 == sha2
    assert peak < 20 * MEGABYTE


def test_the_server_takes_in_and_gives_back_two_hundred_megabytes_in_little_memory(transactional_db, tmp_path):
    _credential, headers = a_credential()
    headers |= {"X-Experience-API-Version": "2.0.0"}
    pieces, length, sha2 = large_message()
    with served(PRIVATE_ROOT=str(tmp_path), LRS_LARGEST_ATTACHMENT_MB="300") as server:
        http_client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        small = message(a_statement(actor=ANN, attachments=[attached(b"x")]), b"x")
        for method, body in (("POST", small), ("GET", None)):  # whatever is imported at the first request is not what we measure
            http_client.request(
                method,
                "/xapi/statements?attachments=true" if method == "GET" else "/xapi/statements",
                body,
                {**headers, "Content-Type": KIND},
            )
            answer = http_client.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
        before = server.peak()

        http_client.request("POST", "/xapi/statements", pieces, {**headers, "Content-Type": KIND, "Content-Length": str(length)})
        posted = http_client.getresponse()
        assert posted.status == 200, posted.read()
        [statement_id] = json.loads(posted.read())
        after_upload = server.peak()

        http_client.request("GET", f"/xapi/statements?attachments=true&statementId={statement_id}", headers=headers)
        got = http_client.getresponse()
        digests = []
        boundary = got.headers["Content-Type"].partition("boundary=")[2].encode()
        for part_headers, content in Reader(got, boundary=boundary):
            digest = hashlib.sha256()
            for piece in content:
                digest.update(piece)
            digests.append((part_headers.get("x-experience-api-hash"), digest.hexdigest()))
        after_download = server.peak()
        http_client.close()

    assert digests[1] == (sha2, sha2)
    assert after_upload - before < 20 * MEGABYTE
    assert after_download - before < 20 * MEGABYTE


def test_who_hangs_up_half_way_leaves_nothing(transactional_db, tmp_path, monkeypatch):
    _credential, headers = a_credential()
    body = message(a_statement(actor=ANN, attachments=[attached(b"x" * 90_000), attached(b"y" * 90_000)]), b"x" * 90_000, b"y" * 90_000)
    head = "\r\n".join(
        ["POST /xapi/statements HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {KIND}", f"Content-Length: {len(body)}"]
        + [f"{name}: {value}" for name, value in {**headers, "X-Experience-API-Version": "2.0.0"}.items()]
    )
    spools = tmp_path / "tijdelijk"
    spools.mkdir()
    with served(PRIVATE_ROOT=str(tmp_path / "bewaard"), TMPDIR=str(spools)) as server:
        for end in (
            0,
            40,
            body.index(b"xxx"),
            body.index(b"xxx") + 80_000,
            body.index(b"yyy") - 10,
            body.index(b"yyy") + 80_000,
            len(body) - 4,
        ):
            with socket.create_connection(("127.0.0.1", server.port)) as visitor:
                visitor.sendall(f"{head}\r\n\r\n".encode() + body[:end])
                time.sleep(0.1)
        time.sleep(0.5)
        assert (Statement.objects.count(), Attachment.objects.count()) == (0, 0)
        assert files_in(tmp_path) == []
        for process in [
            server.process.pid,
            *map(int, Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()),
        ]:
            held = [os.readlink(path) for path in Path(f"/proc/{process}/fd").iterdir() if path.exists()]
            assert not [path for path in held if path.startswith(str(spools))], "a temporary file is still open"

        with socket.create_connection(("127.0.0.1", server.port)) as visitor:
            visitor.sendall(f"{head}\r\n\r\n".encode() + body)
            assert visitor.recv(100).startswith(b"HTTP/1.1 200"), "it could have been stored"
    assert len(files_in(tmp_path / "bewaard")) == 2


# --- Sweeping ---------------------------------------------------------------------------------------------------------


def test_what_no_statement_names_is_swept_away_after_a_day_and_nothing_else(store_at, db):
    tool = Tool()
    named, refused, late = b"genoemd", b"geweigerd", b"pas net"
    tool.send("POST", "statements", message(a_statement(actor=ANN, attachments=[attached(named)]), named), content_type=KIND)
    taken = a_statement(actor=ANN)
    tool.post(taken)
    for content in (refused, late):  # kept before it turned out that the statement is in conflict
        conflict = {**taken, "verb": {"id": "https://a.example/anders"}, "attachments": [attached(content)]}
        assert tool.send("POST", "statements", message(conflict, content), content_type=KIND).status_code == 409
    folder = store_at / "lrs" / "attachments" / "ab"
    folder.mkdir()
    (folder / "ab00").write_bytes(b"van voor een crash")
    (folder / "ab01").write_bytes(b"wordt net geschreven")
    assert len(files_in(store_at)) == 5
    two_days_ago = timezone.now() - timedelta(days=2)
    Attachment.objects.exclude(sha2=hashlib.sha256(late).hexdigest()).update(last_sent_at=two_days_ago)
    os.utime(folder / "ab00", (two_days_ago.timestamp(), two_days_ago.timestamp()))

    cache.clear()
    assert attachments.sweep() == 2

    kept = {hashlib.sha256(content).hexdigest() for content in (named, late)}
    assert {Path(name).stem for name in files_in(store_at)} == {*kept, "ab01"}
    assert set(Attachment.objects.values_list("sha2", flat=True)) == kept
    Attachment.objects.update(last_sent_at=two_days_ago)
    assert attachments.sweep() == 0, "once a day: the files are gone through"
    cache.clear()
    assert attachments.sweep() == 1


def test_bytes_that_are_sent_again_are_not_swept_from_under_their_statement(store_at, db):
    content = b"inhoud"
    with received(io.BytesIO(message({}, content)), content_type=KIND, limits=ROOMY) as (_, parts):
        keep_parts(parts.values(), realm="server")
        Attachment.objects.update(last_sent_at=timezone.now() - timedelta(days=2))
        keep_parts(parts.values(), realm="server")

    cache.clear()
    assert attachments.sweep() == 0
    assert len(files_in(store_at)) == 1
