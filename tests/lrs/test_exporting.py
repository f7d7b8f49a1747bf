"""Exports: every statement once, in order, also when they are cut off; in the memory of a portion."""

import gzip
import hashlib
import io
import json
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEvent
from lrs import exporting
from lrs.exporting import ExportRefused, Selection
from lrs.models import Source, Statement
from lrs.profiles.adl import PASSED
from lrs.store import append
from tests.factories.accounts import OrganisationFactory
from tests.factories.lrs import Tool, a_credential, a_statement
from tests.lrs.test_clients import KIND, attached, message

pytestmark = pytest.mark.django_db
ANN = {"mbox": "mailto:ann@voorbeeld.example"}


@pytest.fixture(autouse=True)
def _store_at(settings, tmp_path):
    settings.LRS_PROJECTIONS = []
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private"}},
    }


def stored(count: int, **parts: Any) -> list[str]:
    return [str(one) for one in append([a_statement(actor=ANN, **parts) for _ in range(count)], source=Source.SERVER)]


def ids_in(text: str) -> list[str]:
    return [json.loads(line)["id"] for line in text.splitlines()]


def test_every_statement_is_one_line_in_the_order_of_arrival(tmp_path):
    tool = Tool()
    text = json.dumps(a_statement(actor=ANN, result={"response": "a\nb\u2028c"}), indent=2)
    tool.send("POST", "statements", text.encode())
    expected = [json.loads(text)["id"], *stored(3)]

    told = exporting.to_file(tmp_path / "uit.ndjson", selection=Selection())

    raw = (tmp_path / "uit.ndjson").read_bytes()
    assert [json.loads(line)["id"] for line in raw.split(b"\n")[:-1]] == expected
    assert json.loads(raw.split(b"\n")[0])["result"]["response"] == "a\nb\u2028c"
    assert told["statements"] == 4
    assert told["files"]["uit.ndjson"] == {"octets": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    assert json.loads((tmp_path / "uit.ndjson.manifest.json").read_text()) == told
    assert sorted(path.name for path in tmp_path.glob("uit*")) == ["uit.ndjson", "uit.ndjson.manifest.json"]


def test_each_filter_leaves_out_what_it_does_not_name(tmp_path):
    organisation = OrganisationFactory()
    theirs, _headers = a_credential(organisation=organisation)
    [early] = stored(1)
    time.sleep(0.01)  # the database gives the moment
    between = timezone.now()
    time.sleep(0.01)
    [late] = stored(1)
    learner = a_statement()
    append([learner], source=Source.SERVER)
    [passed] = stored(1, verb={"id": PASSED}, object={"id": "https://a.example/toets"})
    tools = a_statement(actor=ANN)
    append([tools], source=Source.TOOL, credential=theirs)

    def found(**filters: Any) -> list[str]:
        return ids_in("".join(exporting.lines(Selection(**filters))))

    assert found() == [early, late, learner["id"], passed, tools["id"]]
    assert found(until=between) == [early]
    assert found(since=between) == [late, learner["id"], passed, tools["id"]]
    assert found(verb=PASSED) == found(activity="https://a.example/toets") == [passed]
    assert found(learner=Statement.objects.with_id(learner["id"]).get().learner) == [learner["id"]]
    assert found(organisation=organisation) == [tools["id"]]


@pytest.mark.parametrize("name", ["uit.ndjson", "uit.ndjson.gz"])
def test_an_export_that_is_cut_off_goes_on_without_a_line_twice(tmp_path, monkeypatch, name):
    expected = stored(30)
    monkeypatch.setattr(exporting, "NUMBERS", 7)
    path = tmp_path / name
    walk, calls = exporting.walk, []

    def dies(selection: Selection, **where: Any) -> Any:
        for number, portion in enumerate(walk(selection, **where)):
            if number == 2 and len(calls) < 2:
                calls.append(1)
                raise KeyboardInterrupt
            yield portion

    monkeypatch.setattr(exporting, "walk", dies)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            exporting.to_file(path, selection=Selection())
        with path.open("ab") as file:  # what a crash leaves behind the cursor
            file.write(b'{"id": "half een re')
        stored(1)  # comes after the moment at which the export began
    told = exporting.to_file(path, selection=Selection())

    assert ids_in((gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes()).decode()) == expected
    assert (told["statements"], len(calls)) == (30, 2)
    assert exporting.to_file(tmp_path / "verder.ndjson", selection=Selection(), after=told["last"])["statements"] == 2


def test_an_export_overwrites_nothing_and_mixes_nothing(tmp_path, monkeypatch):
    stored(1)
    path = tmp_path / "uit.ndjson"
    exporting.to_file(path, selection=Selection())
    with pytest.raises(ExportRefused):
        exporting.to_file(path, selection=Selection())
    path.with_name("uit.ndjson.cursor").write_text(json.dumps({"asked": {"selection": {}, "after": 0}, "through": 1}))
    with pytest.raises(ExportRefused):
        exporting.to_file(path, selection=Selection(verb=PASSED))


def test_attachments_lie_once_under_their_hash(tmp_path):
    tool, content = Tool(), b"inhoud"
    sha2 = hashlib.sha256(content).hexdigest()
    for _ in range(2):
        tool.send("POST", "statements", message(a_statement(actor=ANN, attachments=[attached(content)]), content), content_type=KIND)
    tool.post(a_statement(actor=ANN, attachments=[attached(b"elders", fileUrl="https://a.example/x")]))

    told = exporting.to_file(tmp_path / "uit.ndjson", selection=Selection(), attachments=tmp_path / "bijlagen")

    assert (tmp_path / "bijlagen" / sha2[:2] / sha2).read_bytes() == content
    assert told["attachments"] == {"folder": str(tmp_path / "bijlagen"), "count": 1, "octets": len(content), "lost": 0}
    whole = zipfile.ZipFile(io.BytesIO(b"".join(exporting.zipped(Selection()))))
    assert whole.testzip() is None
    assert sorted(whole.namelist()) == [f"attachments/{sha2[:2]}/{sha2}", "manifest.json", "statements.ndjson"]
    assert whole.read(f"attachments/{sha2[:2]}/{sha2}") == content
    manifest = json.loads(whole.read("manifest.json"))
    assert (manifest["statements"], manifest["attachments"]) == (3, {"count": 1, "octets": len(content), "lost": 0})
    assert manifest["files"]["statements.ndjson"]["sha256"] == hashlib.sha256(whole.read("statements.ndjson")).hexdigest()


def test_the_memory_of_an_export_does_not_grow_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "PORTION", 1_000_000)
    for _ in range(40):
        append([a_statement(actor=ANN, result={"response": "x" * 1_000_000}) for _ in range(2)], source=Source.SERVER)

    def peak(kind: str) -> int:
        tracemalloc.start()
        try:
            if kind == "file":
                exporting.to_file(tmp_path / "uit.ndjson", selection=Selection())
            else:
                for _piece in exporting.zipped(Selection()):
                    pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert max(peak("file"), peak("zip")) < 16_000_000, "80 MB of statements went through"


def test_the_command_writes_to_a_file_or_to_the_output_and_leaves_a_trail(tmp_path, capsys):
    expected = stored(2)

    call_command("export_statements", str(tmp_path / "uit.ndjson"))
    capsys.readouterr()
    call_command("export_statements", "-", verb="http://adlnet.gov/expapi/verbs/experienced")

    out, err = capsys.readouterr()
    assert ids_in(out) == expected == ids_in(Path(tmp_path / "uit.ndjson").read_text())
    assert json.loads(err)["statements"] == 2
    assert [event.details for event in AuditEvent.objects.filter(event="records_taken_along").order_by("pk")] == [
        {"selection": {}},
        {"selection": {"verb": "http://adlnet.gov/expapi/verbs/experienced"}},
    ]
    with pytest.raises(CommandError):
        call_command("export_statements", "-", organisation="bestaat-niet")
    with pytest.raises(CommandError):
        call_command("export_statements", str(tmp_path / "uit.ndjson"))
