"""Everything about a person as one ZIP: complete, readable, theirs alone, and gone after a week."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import storages
from django.utils import timezone

from accounts.models import AuditEvent
from lrs import access_export
from lrs.access_export import expire, make_now, make_waiting, order, write
from lrs.actors import actor_of
from lrs.models import AccessExport, Source
from lrs.realms import realm_of
from lrs.store import append
from lrs.subjects import subject_of, subject_outside
from tests.factories.accounts import UserFactory
from tests.factories.lrs import Tool, a_kept_file, a_statement
from tests.lrs.test_erasure import MBOX, with_attachment
from tests.lrs.test_pages import logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alone(settings):
    settings.LRS_PROJECTIONS = []


def unzipped(export: AccessExport) -> dict[str, bytes]:
    with export.file.open("rb") as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_has_everything_about_me_and_of_others_only_that_they_named_me():
    me, other = UserFactory(first_name="Sanne", last_name="de Wit"), UserFactory()
    mine = actor_of(me.pseudonym)
    lesson = {"id": "https://a.example/les", "definition": {"name": {"nl": "Werk doet ertoe"}}}
    append([a_statement(me.pseudonym, object=lesson)], source=Source.SERVER)
    taught = a_statement(other.pseudonym, context={"instructor": mine, "platform": "X"}, result={"response": "Woorden van een ander"})
    append([taught], source=Source.SERVER)
    append([a_statement(other.pseudonym, result={"response": "Niet over mij"})], source=Source.SERVER)
    tool = Tool()
    with_attachment(tool, b"mijn verslag", actor=mine)
    with_attachment(tool, b"verslag van een ander", actor=actor_of(other.pseudonym), context={"instructor": mine})
    tool.send("POST", "activities/state", {"plek": 3}, activityId="https://a.example/", agent=mine, stateId="s")
    tool.send("PUT", "agents/profile", {"kleur": "groen"}, agent=mine, profileId="p", headers={"If-None-Match": "*"})

    export = order(subject=subject_of(me), person=me, by=me)

    export.refresh_from_db()
    files = unzipped(export)
    lines = [json.loads(line) for line in files["uitspraken.ndjson"].splitlines()]
    assert len(lines) == 4
    assert lines[0]["kept"] == {"source": "server", "voided": False}
    assert lines[1]["statement"]["context"] == {"instructor": mine}
    everything = b"".join(files.values())
    for of_others in ("Woorden van een ander", "Niet over mij", str(other.pseudonym), "verslag van een ander"):
        assert of_others.encode() not in everything
    assert "Je opende ‘Werk doet ertoe’" in files["uitspraken-001.html"].decode()
    assert 'href="uitspraken-001.html"' in files["index.html"].decode()
    assert [content for name, content in files.items() if name.startswith("bijlagen/")] == [b"mijn verslag"]
    assert json.loads(files["toestanden/00001.json"]) == {"plek": 3}
    assert json.loads(files["toestanden/lijst.json"])[0]["name"] == "s"
    assert json.loads(files["profielen/00001.json"]) == {"kleur": "groen"}
    assert export.counts == {"statements": 2, "named": 2, "states": 1, "profiles": 1, "files": 1}


def test_a_file_of_which_a_tool_only_knew_the_hash_is_not_in_it():
    person, content = UserFactory(), b"van een ander"
    kept, tool = a_kept_file(content, realm="organisation/0"), Tool()
    borrowed = {"usageType": "https://a.example/u", "display": {"nl": "Bijlage"}, "contentType": "text/plain", "length": len(content)}
    tool.post(a_statement(person.pseudonym, attachments=[{**borrowed, "sha2": kept.sha2, "fileUrl": "https://b.example/x"}]))

    def files() -> list[bytes]:
        export = order(subject=subject_of(person), person=person, by=person)
        export.refresh_from_db()
        return [found for name, found in unzipped(export).items() if name.startswith("bijlagen/")]

    assert files() == []
    a_kept_file(content, realm=realm_of(tool.credential))
    assert files() == [content]


def test_for_somebody_outside_and_for_nobody_at_all():
    Tool().post(a_statement(actor=MBOX))

    some, none = io.BytesIO(), io.BytesIO()
    assert write(subject_outside(MBOX), into=some)["statements"] == 1
    assert write(subject_outside({"mbox": "mailto:niemand@elders.example"}), into=none)["statements"] == 0
    assert "Er zijn geen uitspraken" in zipfile.ZipFile(none).read("index.html").decode()


def test_each_statement_stands_on_one_line_however_it_came_in():
    tool = Tool()
    tool.send("POST", "statements", json.dumps(a_statement(actor=MBOX), indent=2).encode(), content_type="application/json")

    into = io.BytesIO()
    write(subject_outside(MBOX), into=into)

    [line] = zipfile.ZipFile(into).read("uitspraken.ndjson").splitlines()
    assert json.loads(line)["statement"]["actor"] == MBOX


def test_pages_hold_so_many_sentences_each(monkeypatch):
    monkeypatch.setattr(access_export, "PER_PAGE", 2)
    me = UserFactory()
    append([a_statement(me.pseudonym) for _ in range(5)], source=Source.SERVER)

    into = io.BytesIO()
    write(subject_of(me), into=into)

    archive = zipfile.ZipFile(into)
    assert [len(re.findall("Je opende", archive.read(f"uitspraken-00{n}.html").decode())) for n in (1, 2, 3)] == [2, 2, 1]


def test_it_lies_ready_for_a_week_for_who_asked_and_for_nobody_else():
    me, officer = UserFactory(), UserFactory(is_superuser=True)
    export = order(subject=subject_of(me), person=me, by=me)
    address = f"/beheer/privacy/export/{export.uuid}.zip"

    answer = logged_in(me).get(address)
    assert answer.status_code == 200
    assert zipfile.ZipFile(io.BytesIO(answer.getvalue())).namelist()
    assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.filter(event="records_export_downloaded", dossier_owner=me).exists()
    for other in (UserFactory(), officer):
        assert logged_in(other).get(address).status_code == 404

    export.refresh_from_db()
    name = export.file.name
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert logged_in(me).get(address).status_code == 404
        assert expire() == 1
    assert not storages["private"].exists(name)
    export.refresh_from_db()
    assert (export.state, export.subject, export.file.name) == ("expired", {}, "")


def test_made_twice_it_lies_there_once_and_what_a_crash_left_is_made():
    me = UserFactory()
    export = AccessExport.objects.create(person=me, subject=subject_of(me).kept(), asked_by=me)

    assert make_waiting() == 1
    assert not make_now(export.pk)
    assert make_waiting() == 0


def test_a_hundred_times_as_much_takes_no_more_memory(monkeypatch):
    import tracemalloc  # noqa: PLC0415 - only here

    monkeypatch.setattr(access_export, "PER_PAGE", 100)
    few, many = UserFactory(), UserFactory()
    append([a_statement(few.pseudonym, result={"response": "x" * 2000}) for _ in range(150)], source=Source.SERVER)
    for _ in range(20):
        append([a_statement(many.pseudonym, result={"response": "x" * 2000}) for _ in range(150)], source=Source.SERVER)

    def peak(person) -> int:
        import tempfile  # noqa: PLC0415 - only here

        with tempfile.TemporaryFile() as into:
            tracemalloc.start()
            write(subject_of(person), into=into)
            _now, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    peak(few)
    assert peak(many) < peak(few) * 2 + 2_000_000
