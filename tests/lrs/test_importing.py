"""Imports: each statement once, the bad ones told apart, on exactly where it stopped."""

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from lrs import exporting, importing, importing_lines
from lrs.actors import actor_of
from lrs.attachments import bytes_of
from lrs.exporting import Selection
from lrs.importing import ImportRefused, go_on
from lrs.importing_lines import lines_of
from lrs.models import (
    Attachment,
    Import,
    ImportedStatement,
    ImportProblem,
    Mention,
    OriginalAuthority,
    PendingProjection,
    Source,
    Statement,
    StatementId,
)
from lrs.profiles.adl import PASSED, VOIDED
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import Tool, a_statement
from tests.lrs.serving import database_url, served
from tests.lrs.test_clients import KIND, attached, message, signature_of

ANN = {"objectType": "Agent", "mbox": "mailto:ann@voorbeeld.example"}


@pytest.fixture(autouse=True)
def _store_at(settings, tmp_path):
    settings.LRS_PROJECTIONS = []
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private"}},
    }


def a_file(tmp_path: Path, *lines: Any, name: str = "in.ndjson") -> Path:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    (tmp_path / name).write_bytes(b"".join(line + b"\n" for line in raw))
    return tmp_path / name


def read(path: Path, **options: Any) -> Import:
    folder = options.pop("folder", None)
    run = importing.from_path(path, **{"name": "Proef", "organisation": None, **options})
    go_on(run, folder=folder)
    return run


def counts(run: Import) -> tuple[int, int, int, int]:
    return (run.new, run.there, run.refused, run.conflicting)


def forget_everything() -> None:
    """From here on this is another store."""
    for model in (ImportedStatement, ImportProblem, Import, PendingProjection, Mention, StatementId, Statement, Attachment):
        model.objects.all().delete()


# --- Lines ------------------------------------------------------------------------------------------------------------


def test_lines_are_read_whatever_stands_between_them():
    raw = b'\xef\xbb\xbf{"a":1}\r\n\n  \r\n{"b":"\xc3\xa9"}\n\xff\xfe{"c":3}\n{"d":4}'

    lines = list(lines_of(io.BytesIO(raw), octet=0, line=0))

    assert [(line.number, line.text, bool(line.problem)) for line in lines] == [
        (1, '{"a":1}', False),
        (4, '{"b":"é"}', False),
        (5, '\ufffd\ufffd{"c":3}', True),
        (6, '{"d":4}', False),
    ]
    for place, line in enumerate(lines[:-1], start=1):
        again = list(lines_of(io.BytesIO(raw), octet=line.end, line=line.number))
        assert [(one.number, one.end, one.text) for one in again] == [(one.number, one.end, one.text) for one in lines[place:]]


def test_a_line_without_end_is_passed_over_in_little_memory(monkeypatch):
    monkeypatch.setattr(importing_lines, "LONGEST", 1000)
    monkeypatch.setattr(importing_lines, "PIECE", 64)
    raw = b"[" * 5_000 + b"\n" + b"{}" + b"\n" + b"x" * 3000

    lines = list(lines_of(io.BytesIO(raw), octet=0, line=0))

    assert [(line.number, line.end, bool(line.problem)) for line in lines] == [(1, 5001, True), (2, 5004, False), (3, 8004, True)]


def test_a_pipe_is_read_up_to_where_it_was():
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    assert [line.text for line in lines_of(Pipe(b"1\n22\n333\n"), octet=5, line=2)] == ["333"]
    with pytest.raises(importing_lines.FileRefused):
        list(lines_of(Pipe(b"1\n"), octet=5, line=2))


# --- A file -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_good_statements_come_in_and_bad_ones_are_told_with_line_and_reason(tmp_path):
    good, other = a_statement(actor=ANN), a_statement(actor=ANN)
    known = a_statement(actor=ANN)
    append([known], source=Source.SERVER)
    conflicting = {**known, "verb": {"id": PASSED}}
    nul = a_statement(actor={"mbox": "ann"}, result={"response": "\0\ud800"})
    path = a_file(
        tmp_path,
        good,
        b"",
        b"{nee",
        known,
        conflicting,
        good,
        a_statement(actor={"mbox": "ann"}),
        nul,
        b"[1]",
        b'"x"',
        b"[" * 100_000,
        b'{"id":1,"id":2}',
        {**good, "id": "x"},
        b"\xff",
        other,
    )

    run = read(path)

    assert (run.state, counts(run)) == (Import.State.DONE, (2, 2, 9, 1))
    told = [(one.line, one.kind, one.reason.partition(" (")[0][:46]) for one in run.problems.order_by("line")]
    assert told == [
        (3, "refused", "the line is not JSON from character 2 on: Expe"),
        (5, "conflict", f"a different statement with id {known['id']}"[:46]),
        (7, "refused", "$.actor.mbox: must be a mailto IRI with an e-m"),
        (8, "refused", "$.actor.mbox: must be a mailto IRI with an e-m"),
        (9, "refused", "this is not an object"),
        (10, "refused", "this is not an object"),
        (11, "refused", "this is not an object"),
        (12, "refused", "the key 'id' stands there twice"),
        (13, "refused", "$.id: must be a UUID of RFC 4122 in its standa"),
        (14, "refused", "the line is not UTF-8"),
    ]
    assert [one.why for one in run.problems.filter(line__in=(3, 5, 7, 9, 12, 14)).order_by("line")] == [
        "De regel is geen JSON: vanaf teken 2 is hij niet te lezen.",
        f"Er is al een andere uitspraak met het kenmerk {known['id']}.",
        "Bij ‘actor.mbox’: dit is geen e-mailadres met ‘mailto:’ ervoor (xAPI 2.4.2.3).",
        "Hier staat geen uitspraak: die staat tussen { en }.",
        "Het veld ‘id’ staat er twee keer.",
        "De regel is geen tekst in UTF-8 (vanaf byte 1).",
    ]
    assert run.problems.get(line=5).statement_id == known["id"]
    assert '"mailto' not in run.problems.get(line=7).text
    assert '"ann"' in run.problems.get(line=7).text
    assert {str(one) for one in StatementId.objects.values_list("uuid", flat=True)} == {good["id"], other["id"], known["id"]}


@pytest.mark.django_db
def test_reading_a_file_twice_takes_nothing_twice_also_without_ids(tmp_path):
    nameless = a_statement(actor=ANN)
    del nameless["id"]
    path = a_file(tmp_path, nameless, a_statement(actor=ANN))

    assert counts(read(path)) == (2, 0, 0, 0)
    assert counts(read(path)) == (0, 2, 0, 0)
    assert Statement.objects.count() == 2


@pytest.mark.django_db
def test_what_comes_in_is_outside_and_the_authority_is_ours_with_the_old_one_kept(tmp_path):
    organisation = OrganisationFactory()
    theirs = {"objectType": "Agent", "account": {"homePage": "https://elders.example/", "name": "sleutel"}}
    text = json.dumps(a_statement(actor=ANN, authority=theirs, stored="2020-01-02T03:04:05.678Z", version="1.0.3"))
    path = a_file(tmp_path, text.replace('"timestamp"', '"result":{"score":{"raw":1.50}}, "timestamp"').encode())

    run = read(path, organisation=organisation, name="Oude omgeving")

    statement = Statement.objects.get()
    assert (statement.source, statement.credential, run.credential.organisation) == (Source.OUTSIDE, run.credential, organisation)
    assert statement.document["authority"]["name"] == "Ingelezen: Oude omgeving"
    assert statement.stored > timezone.now() - timedelta(minutes=1)
    assert '"raw":1.50' in statement.exact, "the text of what is kept stays as it was"
    kept = ImportedStatement.objects.select_related("authority").get()
    assert (kept.statement_id, kept.stored.isoformat()) == (statement.sequence, "2020-01-02T03:04:05.678000+00:00")
    assert json.loads(kept.authority.authority) == theirs
    assert run.credential.revoked_at is not None, "nobody can log in with it"


@pytest.mark.django_db
def test_each_statement_is_validated_as_of_its_own_version(tmp_path):
    agents = {"contextAgents": [{"objectType": "contextAgent", "agent": ANN}]}
    run = read(
        a_file(
            tmp_path,
            a_statement(actor=ANN, context=agents, version="2.0.0"),
            a_statement(actor=ANN, context=agents, version="1.0.3"),
            a_statement(actor=ANN, context=agents),
            a_statement(actor=ANN, version="1.0.9"),
            a_statement(actor=ANN, version="3.0.0"),
        )
    )

    assert counts(run) == (2, 0, 3, 0)
    assert sorted(one.document["version"] for one in Statement.objects.all()) == ["1.0.9", "2.0.0"]


@pytest.mark.django_db
def test_members_are_recognised_only_where_their_organisation_said_so(tmp_path):
    organisation = OrganisationFactory()
    member, stranger = MembershipFactory(organisation=organisation).user, UserFactory()
    for user in (member, stranger):
        user.emailaddress_set.update_or_create(email=user.email, defaults={"verified": True, "primary": True})
    lines = [a_statement(actor={"mbox": f"mailto:{user.email}"}) for user in (member, stranger)]

    read(a_file(tmp_path, *lines), organisation=organisation, joins_people=True)
    assert [one.learner for one in Statement.objects.order_by("sequence")] == [member.pseudonym, None]

    forget_everything()
    read(a_file(tmp_path, *lines), organisation=organisation)
    assert [one.learner for one in Statement.objects.order_by("sequence")] == [None, None]


@pytest.mark.django_db
@pytest.mark.parametrize("pack", [lambda raw: raw, gzip.compress, "zip"], ids=["plain", "gzip", "zip"])
def test_an_import_that_stops_at_any_batch_goes_on_exactly_there(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(importing, "BATCH", 4)
    statements = [a_statement(actor=ANN) for _ in range(19)]
    raw = b"".join(json.dumps(one).encode() + b"\n\n" for one in statements)
    path = tmp_path / "in"
    if pack == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("statements.ndjson", raw)
    else:
        path.write_bytes(pack(raw))
    keep = importing._keep_what_they_said
    stops = []

    def dies(rows: Any, run: Import) -> None:
        keep(rows, run)
        stops.append(len(rows))
        if len(stops) in (1, 3, 6):
            raise KeyboardInterrupt  # what the transaction wrote is lost with it, the position too

    monkeypatch.setattr(importing, "_keep_what_they_said", dies)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            read_over(path)
    run = read_over(path)

    assert (run.state, counts(run)) == (Import.State.DONE, (19, 0, 0, 0))
    assert [str(one.uuid) for one in Statement.objects.order_by("sequence")] == [one["id"] for one in statements]
    assert Import.objects.count() == 1


def read_over(path: Path) -> Import:
    run = importing.from_path(path, name="Proef", organisation=None)
    go_on(run, take_over=True)
    return run


@pytest.mark.django_db
def test_who_is_taken_over_lets_go_and_nothing_comes_in_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    path = a_file(tmp_path, *(a_statement(actor=ANN) for _ in range(10)))
    run = importing.from_path(path, name="Proef", organisation=None)
    second: list[Import] = []

    def told(first: Import) -> None:
        if first.line == 4 and not second:
            assert not go_on(Import.objects.get(pk=run.pk)), "it is being worked on"
            assert first.line == 4
            second.append(read_over(path))

    assert go_on(run, told=told) is False

    assert counts(second[0]) == (10, 0, 0, 0)
    assert Statement.objects.count() == 10


@pytest.mark.django_db
def test_the_bytes_of_attachments_come_from_beside_the_file(tmp_path):
    content, other = b"inhoud", b"iets anders"
    folder = tmp_path / "bijlagen"
    for sha2, raw in ((hashlib.sha256(content).hexdigest(), content), (hashlib.sha256(other).hexdigest(), b"vervalst")):
        (folder / sha2[:2]).mkdir(parents=True, exist_ok=True)
        (folder / sha2[:2] / sha2).write_bytes(raw)
    path = a_file(
        tmp_path,
        a_statement(actor=ANN, attachments=[attached(content)]),
        a_statement(actor=ANN, attachments=[attached(other)]),
        a_statement(actor=ANN, attachments=[attached(b"weg")]),
        a_statement(actor=ANN, attachments=[attached(b"weg", fileUrl="https://a.example/x")]),
        a_statement(actor=ANN, attachments=[attached(b"x", sha2="../../../etc/passwd")]),
    )

    run = read(path, folder=folder)

    assert counts(run) == (2, 0, 3, 0)
    assert [(one.line, one.reason.partition(" (")[0].partition(" attachment ")[0]) for one in run.problems.order_by("line")] == [
        (2, "the bytes beside the file are not those of the"),
        (3, "the bytes of the"),
        (5, "$.attachments[0].sha2: must be a SHA-2 hash in hexadecimal digits"),
    ]
    assert Attachment.objects.get().sha2 == hashlib.sha256(content).hexdigest()
    forget_everything()
    assert counts(read(path, folder=folder, keeps_without_bytes=True)) == (3, 0, 2, 0)


@pytest.mark.django_db
def test_all_that_goes_out_comes_back_the_same_in_another_store(tmp_path):
    """The round trip by file: texts, voiding, attachments, signatures."""
    new, old = Tool(), Tool(version="1.0.3", address="/xapi/1.0.3")
    signed = a_statement(actor=ANN)
    token = signature_of(signed)
    entry = attached(token, usageType="http://adlnet.gov/expapi/attachments/signature", contentType="application/octet-stream")
    content = b"inhoud" * 1000
    voided = a_statement(actor=ANN)
    text = (
        json.dumps(a_statement(actor=ANN))[:-1]
        + ', "result" : {"score":{"raw":1.50},"extensions":{"https://a.example/x":"\\u0000\\ud800"}}}'
    )
    learner = uuid.uuid4()
    assert new.send("POST", "statements", text.encode()).status_code == 200
    assert new.send("POST", "statements", message({**signed, "attachments": [entry]}, token), content_type=KIND).status_code == 200
    assert (
        old.send(
            "POST", "statements", message(a_statement(actor=ANN, attachments=[attached(content)]), content), content_type=KIND
        ).status_code
        == 200
    )
    new.post(voided)
    new.post(a_statement(actor=ANN, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": voided["id"]}))
    append([a_statement(actor=actor_of(learner))], source=Source.SERVER)
    before = everything()
    (tmp_path / "uit.zip").write_bytes(b"".join(exporting.zipped(Selection())))
    told = exporting.to_file(tmp_path / "uit.ndjson.gz", selection=Selection(), attachments=tmp_path / "bijlagen")
    assert told["statements"] == len(before) == 6

    for path, folder in ((tmp_path / "uit.zip", None), (tmp_path / "uit.ndjson.gz", tmp_path / "bijlagen")):
        forget_everything()
        run = read(path, folder=folder)
        assert counts(run) == (6, 0, 0, 0), list(run.problems.values())
        assert everything() == before
        assert {one.sha2: b"".join(bytes_of(one)) for one in Attachment.objects.all()} == {
            hashlib.sha256(raw).hexdigest(): raw for raw in (token, content)
        }
        assert '"raw":1.50' in Statement.objects.order_by("sequence")[0].exact


def everything() -> list[Any]:
    """Each statement in its order, without what is of this store alone."""
    return [
        ({key: value for key, value in one.document.items() if key not in ("stored", "authority")}, one.voided)
        for one in Statement.objects.order_by("sequence")
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("raw", "says"),
    [(b"PK\x03\x04kapot", "ZIP"), (gzip.compress(b"{}\n" * 10_000)[:60], "EOF"), (b"\x1f\x8b\xffkapot en nog wat meer", "gzip")],
    ids=["zip", "half a gzip", "gzip"],
)
def test_a_file_that_is_damaged_stops_the_import_and_says_so(tmp_path, raw, says):
    path = tmp_path / "in"
    path.write_bytes(raw)

    run = read(path)

    assert (run.state, run.trouble) == (Import.State.FAILED, Import.Trouble.FILE)
    assert says.lower() in run.error.lower()


@pytest.mark.django_db
def test_a_line_of_ten_megabytes_comes_in(tmp_path):
    run = read(a_file(tmp_path, a_statement(actor=ANN, result={"response": "x" * 10_000_000}), a_statement(actor=ANN)))

    assert counts(run) == (2, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_an_uploaded_file_is_read_by_the_worker_and_then_forgotten(monkeypatch):
    queued: list[int] = []
    monkeypatch.setattr(importing, "queue", lambda run: queued.append(run.pk))
    upload = ContentFile(json.dumps(a_statement(actor=ANN)).encode(), name="../x.ndjson")

    run = importing.from_file(upload, name="Proef", organisation=OrganisationFactory(), made_by=UserFactory())
    name, storage = run.file.name, run.file.storage
    assert (queued, storage.exists(name), ".." in name) == ([run.pk], True, False)
    importing.read_on.func(run.pk)

    run.refresh_from_db()
    assert (run.state, counts(run), run.file.name, storage.exists(name)) == (Import.State.DONE, (1, 0, 0, 0), "", False)


@pytest.mark.django_db
def test_what_a_crash_left_is_queued_again_and_only_when_nobody_is_at_work(tmp_path):
    path = a_file(tmp_path, a_statement(actor=ANN))
    run = importing.from_path(path, name="Proef", organisation=None)
    run.file.save("x.ndjson", ContentFile(path.read_bytes()))
    run.path = ""
    run.save()
    Import.objects.filter(pk=run.pk).update(
        state=Import.State.RUNNING, claim=uuid.uuid4(), claimed_until=timezone.now() + timedelta(minutes=1)
    )
    assert importing.continue_waiting() == 0

    Import.objects.filter(pk=run.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert importing.continue_waiting() == 1

    run.refresh_from_db()
    assert run.state == Import.State.DONE


@pytest.mark.django_db
def test_what_an_import_left_behind_is_forgotten_after_a_month(tmp_path):
    run = read(a_file(tmp_path, b"{}"))
    stopped = importing.from_store(name="x", address="https://a.example", key="a", secret="b", organisation=None, made_by=None)
    stopped.file.save("x.ndjson", ContentFile(b"{}"))
    name, storage = stopped.file.name, stopped.file.storage
    importing.stop(stopped)

    assert (importing.forget_old(), run.problems.count()) == (0, 1)
    Import.objects.update(finished_at=timezone.now() - timedelta(days=31))
    assert storage.exists(name)
    assert (importing.forget_old(), run.problems.count()) == (2, 0)
    stopped.refresh_from_db()
    assert (stopped.secret_locked, stopped.file.name, storage.exists(name)) == ("", "", False)
    assert importing.forget_old() == 0


@pytest.mark.django_db
def test_the_command_reports_and_ends_with_an_error_when_it_is_not_ready(tmp_path, capsys):
    path = a_file(tmp_path, a_statement(actor=ANN), b"{nee")

    call_command("import_statements", str(path), name="Proef")

    out = capsys.readouterr().out
    assert "2 read: 1 new, 0 there already, 1 refused, 0 in conflict" in out
    assert "line 2 " in out
    (tmp_path / "kapot").write_bytes(b"PK\x03\x04kapot")
    for wrong in (
        [str(tmp_path / "kapot")],
        [str(tmp_path / "niet")],
        [],
        ["x", "--from-store", "https://a.example"],
        [str(path), "--joins-people"],
    ):
        with pytest.raises(CommandError):
            call_command("import_statements", *wrong)


# --- Another store ----------------------------------------------------------------------------------------------------

Answer = tuple[int, dict[str, str], bytes]


class Other:
    """A store that answers as it is told, and remembers what it was asked."""

    def __init__(self, answers: Callable[["Other", str, dict[str, str]], Answer]) -> None:
        self.asked: list[str] = []
        other = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                other.asked.append(self.path)
                status, headers, body = answers(other, parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()})
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def other():
    made: list[Other] = []

    def make(answers: Callable[[Other, str, dict[str, str]], Answer]) -> Other:
        made.append(Other(answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


def json_answer(value: Any, **headers: str) -> Answer:
    return 200, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def pages_of(*pages: list[Any]) -> Callable[[Other, str, dict[str, str]], Answer]:
    """A store of 1.0.3 with these pages, behind relative links."""

    def answers(_other: Other, path: str, asked: dict[str, str]) -> Answer:
        if path.endswith("/about"):
            return json_answer({"version": ["1.0.3", "1.0.0"]})
        number = int(asked.get("bladzijde", "0"))
        more = f"/lrs/statements?bladzijde={number + 1}" if number + 1 < len(pages) else ""
        return json_answer({"statements": pages[number], "more": more})

    return answers


def a_run(store: Other, **options: Any) -> Import:
    return importing.from_store(
        name="Elders", address=f"{store.url}/lrs", key="sleutel", secret="geheim", organisation=None, made_by=None, **options
    )


@pytest.mark.django_db
def test_a_store_is_paged_from_its_oldest_statement_on(other):
    statements = [a_statement(actor=ANN, stored=f"2020-01-01T00:00:0{number}.000Z") for number in range(5)]
    store = other(pages_of(statements[:2], statements[2:4], statements[4:]))

    run = a_run(store)
    assert go_on(run) is False

    assert (run.state, run.version, counts(run)) == (Import.State.DONE, "1.0.3", (5, 0, 0, 0))
    assert [str(one.uuid) for one in Statement.objects.order_by("sequence")] == [one["id"] for one in statements]
    assert "ascending=true" in store.asked[1]
    assert "attachments=true" in store.asked[1]
    assert (run.key_locked, run.secret_locked) == ("", ""), "what is not needed any more is not kept"


@pytest.mark.django_db
def test_the_secret_of_another_store_is_locked_while_it_is_needed(other):
    run = a_run(other(pages_of([])))

    assert run.secret_locked
    assert "geheim" not in run.secret_locked


@pytest.mark.django_db
def test_a_store_that_asks_to_wait_is_asked_again_when_it_said(other):
    statement = a_statement(actor=ANN)

    def answers(store: Other, path: str, _asked: dict[str, str]) -> Answer:
        if path.endswith("/about"):
            return json_answer({"version": ["2.0.0"]})
        if len(store.asked) == 2:
            return 429, {"Retry-After": "90"}, b"te druk"
        return json_answer({"statements": [statement], "more": ""})

    run = a_run(other(answers))

    assert go_on(run) is True
    assert (run.state, run.trouble) == (Import.State.WAITING, Import.Trouble.BUSY)
    assert timedelta(seconds=80) < run.next_try_at - timezone.now() < timedelta(seconds=91)
    assert importing.continue_waiting() == 0
    Import.objects.filter(pk=run.pk).update(next_try_at=timezone.now())
    assert importing.continue_waiting() == 1
    run.refresh_from_db()
    assert (run.state, counts(run)) == (Import.State.DONE, (1, 0, 0, 0))


@pytest.mark.django_db
def test_a_link_that_has_expired_is_replaced_by_the_moment_that_was_reached(other):
    first, second = (a_statement(actor=ANN, stored=f"2020-01-01T00:00:0{number}.000Z") for number in (3, 4))

    def answers(store: Other, path: str, asked: dict[str, str]) -> Answer:
        if path.endswith("/about"):
            return json_answer({"version": ["2.0.0"]})
        if "verlopen" in asked:
            return 404, {}, b""
        if asked.get("since"):
            assert asked["since"] == "2020-01-01T00:00:02.000Z", "a second before, because since leaves out its own moment"
            return json_answer({"statements": [first, second], "more": ""})
        return json_answer({"statements": [first], "more": "/lrs/statements?verlopen=1"})

    run = a_run(other(answers))
    go_on(run)

    assert (run.state, counts(run)) == (Import.State.DONE, (2, 1, 0, 0))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "trouble", "why"),
    [
        ((401, {}, b"wie ben je"), Import.Trouble.KEY, "antwoordt met code 401: wie ben je"),
        ((403, {}, b"nee"), Import.Trouble.KEY, "antwoordt met code 403: nee"),
        ((404, {}, b"hier niet"), Import.Trouble.ADDRESS, "antwoordt met code 404: hier niet"),
        ((302, {"Location": "http://elders.example/"}, b""), Import.Trouble.ADDRESS, "antwoordt met code 302: "),
        ((200, {"Content-Type": "application/json"}, b"<html>"), Import.Trouble.ANSWER, "Het antwoord is geen JSON."),
        ((200, {"Content-Type": "application/json"}, b"\xff"), Import.Trouble.ANSWER, "Het antwoord is geen JSON."),
        ((200, {"Content-Type": "application/json"}, b'{"more":""}'), Import.Trouble.ANSWER, "staan geen uitspraken."),
        ((200, {"Content-Type": "multipart/mixed; boundary=x"}, b"--x\r\n"), Import.Trouble.ANSWER, "Het bericht brak af."),
        (
            json_answer({"statements": [], "more": "http://elders.example/xapi/statements?x=1"}),
            Import.Trouble.ANSWER,
            "wijst naar een ander systeem.",
        ),
    ],
)
def test_an_answer_that_leads_nowhere_stops_the_import_and_says_why(other, answer, trouble, why):
    def answers(_store: Other, path: str, _asked: dict[str, str]) -> Answer:
        return json_answer({"version": ["2.0.0"]}) if path.endswith("/about") else answer

    run = a_run(other(answers))
    go_on(run)

    assert (run.state, run.trouble) == (Import.State.FAILED, trouble), run.error
    assert why in run.why


@pytest.mark.django_db
def test_a_store_that_is_not_there_is_tried_again_later():
    run = importing.from_store(name="Elders", address="http://127.0.0.1:1/xapi", key="a", secret="b", organisation=None, made_by=None)

    assert go_on(run) is True
    assert (run.state, run.trouble, run.tries) == (Import.State.WAITING, Import.Trouble.BUSY, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["ftp://a.example", "http://a.example/xapi", "https://a:b@c.example/", "geen adres"])
def test_an_address_that_is_never_called_is_refused_at_once(address):
    with pytest.raises(ImportRefused):
        importing.from_store(name="x", address=address, key="", secret="", organisation=None, made_by=None)
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_an_address_in_our_own_network_is_not_called():
    run = importing.from_store(name="x", address="https://10.0.0.1/xapi", key="", secret="", organisation=None, made_by=None)

    go_on(run)

    assert (run.state, run.trouble) == (Import.State.FAILED, Import.Trouble.ADDRESS)


# --- Two stores, and a process that is killed -------------------------------------------------------------------------


@contextmanager
def second_database(tmp_path: Path) -> Iterator[str]:
    """A copy of the test's database, for a store of its own."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        path = tmp_path / "tweede.sqlite3"
        connection.ensure_connection()
        with sqlite3.connect(path) as copy:
            connection.connection.backup(copy)
        copy.close()
        yield f"sqlite:///{path}"
        return
    name = f"{values['NAME']}_second"
    url = database_url()
    connections.close_all()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        # A thread of an earlier test may not have let go yet, and nothing is copied while somebody is connected.
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [values["NAME"]])
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{values["NAME"]}"')
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def test_a_live_store_is_paged_and_the_process_killed_twice_and_nothing_is_lost_or_twice(transactional_db, tmp_path):
    tool = Tool()
    headers = {**tool.headers}
    statements = [a_statement(actor=ANN) for _ in range(800)]
    voided = statements[3]
    content = b"inhoud" * 20_000
    for start in range(0, len(statements), 100):
        assert tool.post(*statements[start : start + 100]).status_code == 200
    tool.send("POST", "statements", message(a_statement(actor=ANN, attachments=[attached(content)]), content), content_type=KIND)
    tool.post(a_statement(actor=ANN, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": voided["id"]}))
    expected = {str(one.uuid): (one.document, one.voided) for one in Statement.objects.all()}
    assert len(expected) == 802

    with second_database(tmp_path) as their_url:
        shutil.copytree(tmp_path / "private", tmp_path / "hun-bestanden")
        forget_everything()
        with served(DATABASE_URL=their_url, PRIVATE_ROOT=str(tmp_path / "hun-bestanden")) as server:
            key, secret = secret_of(headers)
            command = [sys.executable, "manage.py", "import_statements", "--from-store", f"{server.url}/xapi", "--key", key]
            environment = {
                **os.environ,
                "DATABASE_URL": database_url(),
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
                "IMPORT_SECRET": secret,
                "PRIVATE_ROOT": str(tmp_path / "private"),
            }
            lines = [0]
            for _ in range(2):
                process = subprocess.Popen(command, env=environment, cwd=django_settings.BASE_DIR, stdout=subprocess.DEVNULL)
                lines.append(_wait_past(lines[-1], process))
                process.send_signal(signal.SIGKILL)
                process.wait()
            done = subprocess.run(command, env=environment, cwd=django_settings.BASE_DIR, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    run = Import.objects.get()
    assert 0 < lines[1] < lines[2] < 802, "it was killed in the middle, twice"
    assert (run.state, counts(run)) == (Import.State.DONE, (802, 0, 0, 0)), list(run.problems.values())
    found = {str(one.uuid): (one.document, one.voided) for one in Statement.objects.all()}
    own = ("stored", "authority")
    assert {key: ({name: value for name, value in doc.items() if name not in own}, void) for key, (doc, void) in found.items()} == {
        key: ({name: value for name, value in doc.items() if name not in own}, void) for key, (doc, void) in expected.items()
    }
    attachment = Attachment.objects.get()
    assert (tmp_path / "private" / str(attachment.file)).read_bytes() == content
    said = ImportedStatement.objects.select_related("statement")
    assert {str(one.statement.uuid): one.stored for one in said} == {
        key: importing.moment(document["stored"]) for key, (document, _void) in expected.items()
    }
    assert OriginalAuthority.objects.count() == 1


def secret_of(headers: dict[str, str]) -> tuple[str, str]:
    import base64  # noqa: PLC0415 - only here

    key, _, secret = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
    return key, secret


def _wait_past(line: int, process: "subprocess.Popen[bytes]") -> int:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        reached = Import.objects.order_by("-pk").values_list("line", flat=True).first() or 0
        if reached > line:
            return reached
        time.sleep(0.01)
    raise AssertionError("the import ended or never began")
