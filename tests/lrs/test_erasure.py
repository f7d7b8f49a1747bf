"""Erasing a person from the record: everything about them goes, nothing about others does, and stopping half-way loses nothing."""

import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from lrs import access_export, erasure, holds, importing
from lrs.actors import actor_key, actor_of
from lrs.digests import digest
from lrs.erasure import ErasureRefused, Standing, begin, preview, run
from lrs.forwarding.sending import forward
from lrs.launch import make as make_launch
from lrs.models import (
    AccessExport,
    ActivityVersion,
    Attachment,
    Erasure,
    ErasureAlias,
    ErasureRequest,
    ForwardedErasure,
    Import,
    ImportedStatement,
    ImportProblem,
    LegalHold,
    Mention,
    OriginalAuthority,
    PendingProjection,
    PrivacyCase,
    ProfileDocument,
    Source,
    StateDocument,
    Statement,
)
from lrs.privacy_cases import open_case
from lrs.profiles import adl
from lrs.redaction import ERASED_HOME
from lrs.rows import mentions_of
from lrs.store import StatementConflict, append
from lrs.subjects import subject_of, subject_outside
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.forwarding import PaperStore, a_target
from tests.factories.lrs import Tool, a_statement
from tests.lrs import projecting

MAIL = "joris.van-veen@elders.example"
SHA1 = hashlib.sha1(f"mailto:{MAIL}".encode()).hexdigest()
MBOX = {"mbox": f"mailto:{MAIL}", "name": "Joris van Veen"}


@pytest.fixture(autouse=True)
def _alone(settings):
    """No projections, no rooms above, no erasure that was before, and no waiting for what is on its way in."""
    settings.LRS_PROJECTIONS = []
    settings.LRS_ERASURE_STANDING = []
    settings.LRS_ERASURE_FORGET = []
    settings.LRS_ERASURE_GRACE = timedelta(0)
    settings.OUTGOING_LOOPBACK = True
    storage = storages["private"]
    for name in storage.listdir("lrs/erased")[1] if storage.exists("lrs/erased") else ():
        storage.delete(f"lrs/erased/{name}")


@pytest.fixture
def officer(db):
    return UserFactory(is_superuser=True)


def learner_with_everything(officer: User | None = None) -> User:
    """One of our people, who stands in every kind of place that the record has."""
    me, other = UserFactory(first_name="Sanne", last_name="de Wit"), UserFactory()
    EmailAddress.objects.create(user=me, email=me.email, verified=True, primary=True)
    mine, theirs = actor_of(me.pseudonym), actor_of(other.pseudonym)
    run_id = str(uuid.uuid4())
    append(
        [a_statement(me.pseudonym, context={"registration": run_id}, result={"response": "In mijn eigen woorden"})], source=Source.SERVER
    )
    append([a_statement(me.pseudonym, context={"registration": run_id}, verb={"id": adl.COMPLETED})], source=Source.SERVER)
    append([a_statement(me.pseudonym)], source=Source.LEARNER_SESSION)
    append([a_statement(other.pseudonym, context={"instructor": mine})], source=Source.SERVER)
    append([a_statement(other.pseudonym, context={"team": {"objectType": "Group", "member": [mine, theirs]}})], source=Source.SERVER)
    append([a_statement(other.pseudonym, object={**mine, "objectType": "Agent"}, result={"response": "Over haar"})], source=Source.SERVER)
    sub = {"objectType": "SubStatement", "actor": mine, "verb": {"id": adl.COMPLETED}, "object": {"id": "https://a.example/x"}}
    append([a_statement(other.pseudonym, object=sub)], source=Source.SERVER)
    append([a_statement(other.pseudonym, result={"response": f"Zie {me.pseudonym} en {me.email}"})], source=Source.SERVER)
    append([a_statement(other.pseudonym, context={"extensions": {"https://a.example/wie": [mine]}})], source=Source.SERVER)
    about = {"id": "https://a.example/gesprek", "definition": {"name": {"nl": f"Gesprek met {me.email}"}}}
    append([a_statement(other.pseudonym, object=about)], source=Source.SERVER)
    agents = [{"objectType": "contextAgent", "agent": mine}]
    append([a_statement(other.pseudonym, context={"contextAgents": agents})], source=Source.SERVER)
    tool = Tool()
    tool.send("POST", "activities/state", {"plek": 3}, activityId="https://a.example/", agent=mine, stateId="s")
    tool.send("PUT", "agents/profile", {"kleur": "groen"}, agent=mine, profileId="p", headers={"If-None-Match": "*"})
    tool.send(
        "POST",
        "activities/profile",
        {"laatste": me.email},
        activityId="https://a.example/",
        profileId="wie",
        headers={"If-None-Match": "*"},
    )
    tool.send("POST", "activities/state", {"samen met": str(me.pseudonym)}, activityId="https://a.example/", agent=theirs, stateId="s")
    tool.post(a_statement(actor={"mbox": f"mailto:{me.email}"}))
    tool.post(a_statement(actor={"mbox_sha1sum": hashlib.sha1(f"mailto:{me.email}".encode()).hexdigest()}))
    make_launch(learner=me.pseudonym, application="Simulator", activity_prefix="https://a.example/", registration=uuid.UUID(run_id))
    if officer:
        access_export.order(subject=subject_of(me), person=me, by=officer)
    return me


def with_attachment(tool: Tool, content: bytes, **parts: Any) -> dict[str, Any]:
    sha2 = hashlib.sha256(content).hexdigest()
    entry = {
        "usageType": "https://a.example/verslag",
        "display": {"nl": "Verslag"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2,
    }
    statement = a_statement(attachments=[entry], **parts)
    body = (
        (
            f"--b\r\nContent-Type: application/json\r\n\r\n{json.dumps(statement)}\r\n--b\r\nContent-Type: text/plain\r\n"
            f"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n"
        ).encode()
        + content
        + b"\r\n--b--\r\n"
    )
    assert tool.send("POST", "statements", body, content_type="multipart/mixed; boundary=b").status_code == 200
    return statement


def erase(person: User | None, *, by: User, subject: Any = None, **more: Any) -> Erasure:
    made = begin(subject=subject or subject_of(person), person=person, by=by, reason="Op verzoek", **more)
    run(made.pk)
    made.refresh_from_db()
    return made


# What of the person stays by decision: the account itself, and what points at it.
ACCOUNTS = {"accounts_user", "account_emailaddress"}


def where_it_stands(*needles: str) -> list[str]:
    """Every table and every private file in which one of these texts stands, however it is written."""
    found = []
    wanted = [variant.lower() for needle in needles for variant in (needle, needle.replace("-", "") if len(needle) == 36 else needle)]
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.db_table in ACCOUNTS or model._meta.proxy:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
            for row in cursor.fetchall():
                text = " ".join(
                    bytes(cell).decode("utf-8", "replace") if isinstance(cell, bytes | memoryview) else str(cell) for cell in row
                ).lower()
                found += [f"{model._meta.db_table}: {text[:200]}" for needle in wanted if needle in text]
    storage = storages["private"]
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        folders, files = storage.listdir(folder) if storage.exists(folder or ".") else ([], [])
        waiting += [f"{folder}/{name}" if folder else name for name in folders]
        for name in files:
            path = f"{folder}/{name}"
            with storage.open(path) as file:
                content = file.read().decode("utf-8", "replace").lower()
            found += [path for needle in wanted if needle in content or needle in path.lower()]
    return found


# --- Everything goes ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_no_trace_of_a_learner_is_left_in_any_table_or_file(officer):
    me = learner_with_everything(officer)
    pseudonym = me.pseudonym
    before = {row.uuid: row.sequence for row in Statement.objects.all()}
    needles = (str(pseudonym), me.email, digest(actor_key(actor_of(pseudonym))).hex)
    assert len({line.partition(":")[0] for line in where_it_stands(*needles)}) >= 6, "it could leak"

    report = erase(me, by=officer)

    assert where_it_stands(*needles) == []
    assert (report.state, report.subject, report.person) == ("done", {}, None)
    assert {row.uuid: row.sequence for row in Statement.objects.all()} == before, "ids and order stay"
    assert report.counts["actor"] == 6, "three of ours, two of a tool, and one as the actor of a sub-statement"
    assert report.counts["named"] == 7
    assert (report.counts["states"], report.counts["profiles"], report.counts["other_documents"]) == (1, 1, 2)
    assert report.counts["exports"] == 1
    assert "woorden" not in "".join(Statement.objects.values_list("exact", flat=True))
    assert "Over haar" not in "".join(Statement.objects.values_list("exact", flat=True))
    me.refresh_from_db()
    assert me.pseudonym != pseudonym
    for row in Statement.objects.all():
        assert row.actor_digest == digest(row.actor_key)
        assert {mention.key for mention in Mention.objects.filter(statement_id=row.pk)} == set(mentions_of(row.document))


@pytest.mark.django_db(transaction=True)
def test_the_file_of_the_database_holds_no_bytes_of_them_either(officer):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL writes over old rows in its own time; its tables are searched above")
    me = learner_with_everything(officer)
    names = [str(me.pseudonym).encode(), me.pseudonym.hex.encode(), b"eigen woorden"]
    path = str(connection.settings_dict["NAME"])

    def bytes_on_disk() -> bytes:
        from pathlib import Path  # noqa: PLC0415 - only here

        return b"".join(one.read_bytes() for one in (Path(path), Path(f"{path}-wal")) if one.exists())

    assert any(name in bytes_on_disk() for name in names), "it could leak"

    erase(me, by=officer)

    assert [name for name in names if name in bytes_on_disk()] == []


@pytest.mark.django_db(transaction=True)
def test_somebody_whom_only_other_systems_know_goes_too(officer):
    tool = Tool()
    hers = a_statement(actor={"mbox": "mailto:an.joris.van-veen@elders.example"}, result={"response": "Ik ben An"})
    tool.post(a_statement(actor=MBOX, result={"response": "Ik ben Joris"}))
    tool.post(a_statement(actor={"mbox_sha1sum": SHA1}))
    tool.post(a_statement(actor={"mbox": "mailto:iemand@elders.example"}, context={"instructor": MBOX, "platform": "Joris van Veen TV"}))
    tool.post(hers)
    tool.send("POST", "activities/state", {"plek": 3}, activityId="https://a.example/", agent=MBOX, stateId="s")
    assert where_it_stands(f"mailto:{MAIL}", SHA1), "it could leak"

    report = erase(None, by=officer, subject=subject_outside(MBOX))

    assert where_it_stands(f"mailto:{MAIL}", SHA1) == []
    assert report.counts == {"actor": 2, "named": 1, "states": 1}
    assert not report.of_learner
    assert "TV" in "".join(Statement.objects.values_list("exact", flat=True)), "what another said stays"
    left = Statement.objects.with_id(hers["id"]).get().document
    assert (left["actor"], left["result"]) == (hers["actor"], hers["result"]), "an address that only looks like it is somebody else's"


@pytest.mark.django_db(transaction=True)
def test_what_stayed_behind_of_an_import_goes_too(officer, tmp_path):
    theirs = {"objectType": "Agent", "mbox": "mailto:iemand@elders.example"}
    lines = [
        a_statement(actor=theirs, authority=MBOX),
        a_statement(actor=theirs, authority=theirs),
        a_statement(actor=MBOX, verb={}),
        a_statement(actor=theirs, verb={}),
    ]
    (tmp_path / "in").write_text("\n".join(json.dumps(line) for line in lines))
    imported = importing.from_path(tmp_path / "in", name="Elders", organisation=None)
    importing.go_on(imported)
    imported.file.save("in", ContentFile(json.dumps(lines[0]).encode()))
    name = imported.file.name
    assert where_it_stands(f"mailto:{MAIL}"), "it could leak"
    assert storages["private"].exists(name)

    report = erase(None, by=officer, subject=subject_outside(MBOX))

    assert where_it_stands(f"mailto:{MAIL}") == []
    assert not storages["private"].exists(name)
    assert report.counts == {"refused": 1}
    assert imported.problems.count() == 1, "what is about another stays"
    assert ImportedStatement.objects.filter(authority=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_address_that_is_written_in_escapes_goes_as_well(officer):
    tool = Tool()
    text = json.dumps(a_statement(result={"response": "MAIL"})).replace("MAIL", MAIL.replace("@", "\\u0040").replace("j", "\\u006a"))
    tool.send("POST", "statements", text.encode(), content_type="application/json")
    tool.post(a_statement(actor=MBOX))
    assert "joris" not in Statement.objects.order_by("pk").first().exact

    erase(None, by=officer, subject=subject_outside(MBOX))

    assert MAIL not in json.dumps(Statement.objects.order_by("pk").first().document)


@pytest.mark.django_db(transaction=True)
def test_an_account_elsewhere_is_found_also_where_no_index_knows_it(officer):
    account = {"account": {"homePage": "https://lms.example", "name": "4711"}}
    tool = Tool()
    tool.post(a_statement(actor=account), a_statement(context={"extensions": {"https://a.example/wie": {"agent": account}}}))
    tool.post(a_statement(result={"response": "4711 keer geklikt"}))

    erase(None, by=officer, subject=subject_outside(account))

    texts = list(Statement.objects.order_by("pk").values_list("exact", flat=True))
    assert [text for text in texts if "lms.example" in text] == []
    assert "4711 keer geklikt" in texts[-1], "a number means nobody by itself"


@pytest.mark.django_db(transaction=True)
def test_files_go_unless_somebody_elses_statement_has_the_same_bytes(officer):
    tool = Tool()
    with_attachment(tool, b"alleen van mij", actor=MBOX)
    with_attachment(tool, b"van ons beiden", actor=MBOX)
    with_attachment(tool, b"van ons beiden", actor={"mbox": "mailto:iemand@elders.example"})
    names = {content_of(row): str(row.file.name) for row in Attachment.objects.all()}

    report = erase(None, by=officer, subject=subject_outside(MBOX))

    assert [content_of(row) for row in Attachment.objects.all()] == [b"van ons beiden"]
    assert not storages["private"].exists(names[b"alleen van mij"])
    assert storages["private"].exists(names[b"van ons beiden"])
    assert (report.counts["files"], report.counts["shared_files"]) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_who_only_names_the_hash_of_my_file_does_not_keep_it(officer):
    with_attachment(Tool(), b"mijn verslag", actor=MBOX)
    [kept] = Attachment.objects.all()
    borrowed = {"usageType": "https://a.example/verslag", "display": {"nl": "Verslag"}, "contentType": "text/plain", "length": 12}
    Tool(organisation=OrganisationFactory()).post(
        a_statement(attachments=[{**borrowed, "sha2": kept.sha2, "fileUrl": "https://b.example/verslag"}])
    )

    report = erase(None, by=officer, subject=subject_outside(MBOX))

    assert not Attachment.objects.exists()
    assert not storages["private"].exists(str(kept.file))
    assert (report.counts["files"], report.counts.get("shared_files", 0)) == (1, 0)


def content_of(attachment: Attachment) -> bytes:
    with attachment.file.open("rb") as file:
        return bytes(file.read())


@pytest.mark.django_db(transaction=True)
def test_what_was_forwarded_is_asked_back_and_stands_in_the_report(officer):
    other = PaperStore()
    target = a_target(other.address)
    me = learner_with_everything()
    theirs = set(Statement.objects.of_learner(me.pseudonym).values_list("uuid", flat=True))
    forward(target.pk)
    assert str(me.pseudonym) in json.dumps(other.arrivals), "it could leak"
    assert preview(subject_of(me), person=me).elsewhere == [{"name": "Andere opslag", "count": 10}]

    report = erase(me, by=officer)

    tasks = list(ForwardedErasure.objects.filter(target=target))
    assert theirs <= {uuid.UUID(one) for task in tasks for one in task.id_list}
    assert sum(row["count"] for row in report.elsewhere) == 10
    assert {row["name"] for row in report.elsewhere} == {"Andere opslag"}
    assert where_it_stands(str(me.pseudonym)) == []
    other.close()


@pytest.mark.django_db(transaction=True)
def test_what_an_import_left_lying_goes_as_well(officer):
    credential = Tool().credential
    done = Import.objects.create(name="Oude opslag", credential=credential, state=Import.State.DONE)
    ImportProblem.objects.create(
        run=done, kind="refused", line=1, reason="$.verb: required", text=json.dumps({"actor": MBOX, "result": {"response": "Ik"}})
    )
    ImportProblem.objects.create(
        run=done, kind="refused", line=2, reason="$.verb: required", text='{"actor": {"mbox": "mailto:iemand@elders.example"}}'
    )
    OriginalAuthority.objects.create(digest=digest(json.dumps(MBOX)), authority=json.dumps(MBOX))
    waits = Import.objects.create(name="Nog te lezen", credential=credential)
    waits.file.save("x.ndjson", ContentFile(json.dumps({"actor": MBOX}).encode()))
    other = Import.objects.create(name="Van anderen", credential=credential)
    other.file.save("y.ndjson", ContentFile(b'{"actor": {"mbox": "mailto:iemand@elders.example"}}'))
    name = str(waits.file.name)
    assert len(where_it_stands(f"mailto:{MAIL}")) == 3, "it could leak"

    report = erase(None, by=officer, subject=subject_outside(MBOX))

    assert where_it_stands(f"mailto:{MAIL}") == []
    assert not storages["private"].exists(name)
    assert [row.line for row in ImportProblem.objects.all()] == [2]
    waits.refresh_from_db()
    other.refresh_from_db()
    assert (waits.state, bool(waits.file), bool(other.file)) == ("stopped", False, True)
    assert (report.counts["refused"], report.counts["import_files"]) == (1, 1)


# --- What stays as it was ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_name_within_a_course_and_another_outside_it(officer):
    me = UserFactory()
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    for registration in (one, one, two, None, None):
        append([a_statement(me.pseudonym, **({"context": {"registration": registration}} if registration else {}))], source=Source.SERVER)

    erase(me, by=officer)

    names = [row.document["actor"]["account"]["name"] for row in Statement.objects.order_by("pk")]
    assert names[0] == names[1]
    assert len(set(names)) == 4
    registrations = [row.registration for row in Statement.objects.order_by("pk")]
    assert registrations[0] == registrations[1] not in (None, uuid.UUID(one))
    assert registrations[2] not in (None, uuid.UUID(two), registrations[0])
    assert registrations[3:] == [None, None]
    assert not ErasureAlias.objects.exists(), "nothing leads back"
    assert {row.document["actor"]["account"]["homePage"] for row in Statement.objects.all()} == {ERASED_HOME}


@pytest.mark.django_db(transaction=True)
def test_readers_get_the_statement_without_the_person_and_a_tool_cannot_put_it_back(officer):
    tool = Tool()
    sent = a_statement(actor=MBOX, result={"score": {"scaled": 0.8}, "response": "Ik"})
    tool.post(sent)
    erase(None, by=officer, subject=subject_outside(MBOX))

    got = tool.get("statements", statementId=sent["id"]).json()

    assert got["actor"]["account"]["homePage"] == ERASED_HOME
    assert (got["id"], got["timestamp"], got["result"]) == (sent["id"], sent["timestamp"], {"score": {"scaled": 0.8}})
    assert tool.ids(agent=MBOX) == []
    assert tool.ids(agent=got["actor"]) == [sent["id"]]
    assert tool.post(sent).status_code == 409
    with pytest.raises(StatementConflict):
        append([sent], source=Source.TOOL, credential=tool.credential)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_projected_again_and_rebuilding_gives_what_is_there(officer, settings):
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.project"]
    projecting.seen.clear()
    projecting.rows.clear()
    me, other = UserFactory(), UserFactory()
    append([a_statement(me.pseudonym), a_statement(other.pseudonym)], source=Source.SERVER)
    seen = list(projecting.seen)
    old = me.pseudonym

    erase(me, by=officer)

    assert projecting.seen == seen
    assert old not in projecting.rows, "what was derived of the learner went"
    me.refresh_from_db()
    call_command("rebuild_projections")
    assert set(projecting.rows) == {other.pseudonym}
    assert not PendingProjection.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_statement_of_another_that_still_waits_is_projected_all_the_same(officer, settings):
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.project"]
    me, other = UserFactory(), UserFactory()
    [waiting] = append(
        [a_statement(other.pseudonym, context={"instructor": actor_of(me.pseudonym)})], source=Source.TOOL, credential=Tool().credential
    )
    PendingProjection.objects.get_or_create(statement=Statement.objects.with_id(waiting).get(), learner_key=other.pseudonym)

    erase(me, by=officer)

    assert PendingProjection.objects.get().learner_key == other.pseudonym


# --- Looking first, and being refused ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_preview_counts_by_kind_and_changes_nothing(officer):
    me = learner_with_everything()
    texts = list(Statement.objects.order_by("pk").values_list("exact", flat=True))

    seen = preview(subject_of(me), person=me)

    assert seen.counts == {"actor": 5, "named": 5, "files": 0, "states": 1, "profiles": 1, "waiting": 0, "exports": 0}
    assert list(Statement.objects.order_by("pk").values_list("exact", flat=True)) == texts


@pytest.mark.django_db(transaction=True)
def test_a_hold_stops_an_erasure_whatever_is_said(officer):
    me = UserFactory()
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    hold = holds.place(kind=LegalHold.Kind.PERSON, reason="Klacht", by=officer, person=me)

    with pytest.raises(ErasureRefused, match="bewaarplicht"):
        begin(subject=subject_of(me), person=me, by=officer, reason="Op verzoek", overruled="Toch")
    assert not Erasure.objects.exists()

    holds.lift(hold, by=officer, because="Klacht afgehandeld")
    assert erase(me, by=officer).state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_comes_after_the_order_is_refused_and_one_that_came_just_before_it_counts(officer, monkeypatch):
    me = UserFactory()
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    hold = {"kind": LegalHold.Kind.PERSON, "reason": "Klacht bij de tuchtrechter", "by": officer, "person": me, "subject": subject_of(me)}
    with transaction.atomic():  # no worker sees the order
        made = begin(subject=subject_of(me), person=me, by=officer, reason="Op verzoek")
        with pytest.raises(holds.HoldRefused, match="al opdracht gegeven"):
            holds.place(**hold)
    run(made.pk)
    assert not LegalHold.objects.exists()

    seen = erasure.preview

    def placed_meanwhile(*args, **options):
        found = seen(*args, **options)
        holds.place(**{**hold, "subject": subject_of(me)})
        return found

    me.refresh_from_db()
    monkeypatch.setattr(erasure, "preview", placed_meanwhile)
    with pytest.raises(erasure.ErasureRefused, match="bewaarplicht"):
        begin(subject=subject_of(me), person=me, by=officer, reason="Op verzoek")
    assert Erasure.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_that_something_is_kept_while_it_is_being_erased(officer, settings):
    settings.LRS_ERASURE_GRACE = timedelta(hours=1)
    tool = Tool()
    tool.post(a_statement(actor=MBOX))
    begin(subject=subject_outside(MBOX), person=None, by=officer, reason="Op verzoek")

    with pytest.raises(holds.HoldRefused, match="al opdracht gegeven"):
        holds.place(kind=LegalHold.Kind.PERSON, reason="Klacht", by=officer, subject=subject_outside(MBOX))

    assert not LegalHold.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["activity", "period", "outside"])
def test_a_hold_on_a_course_or_a_period_or_an_outside_actor_stops_it_too(officer, kind):
    tool = Tool()
    tool.post(a_statement(actor=MBOX, object={"id": "https://a.example/cursus/les"}))
    subject = subject_outside(MBOX)
    today = timezone.localdate()
    on: dict[str, Any] = {
        "activity": {"kind": LegalHold.Kind.ACTIVITY, "activity": "https://a.example/cursus"},
        "period": {"kind": LegalHold.Kind.PERIOD, "period_start": today, "period_end": today},
        "outside": {"kind": LegalHold.Kind.PERSON, "subject": subject},
    }[kind]
    holds.place(reason="Onderzoek", by=officer, **on)

    with pytest.raises(ErasureRefused, match="bewaarplicht"):
        begin(subject=subject, person=None, by=officer, reason="Op verzoek")
    other = {"mbox": "mailto:iemand@elders.example"}
    append([a_statement(actor=other, timestamp="2020-01-01T00:00:00Z")], source=Source.SERVER)
    if kind != "period":
        assert erase(None, by=officer, subject=subject_outside(other)).state == "done"


def a_duty(learner: uuid.UUID) -> list[Standing]:
    return [Standing("Er rusten punten op.", duty=True), Standing("De punten blijven.")]


@pytest.mark.django_db(transaction=True)
def test_a_duty_to_keep_stops_it_until_somebody_overrules_it_in_writing(officer, settings):
    settings.LRS_ERASURE_STANDING = ["tests.lrs.test_erasure.a_duty"]
    me = UserFactory()

    with pytest.raises(ErasureRefused, match="Er rusten punten op"):
        begin(subject=subject_of(me), person=me, by=officer, reason="Op verzoek")

    report = erase(me, by=officer, overruled="De deelnemer weet dat het bewijs weg is.")
    assert report.overruled == "De deelnemer weet dat het bewijs weg is."
    assert report.stays == ["Er rusten punten op.", "De punten blijven."]


@pytest.mark.django_db(transaction=True)
def test_the_same_person_is_not_erased_twice_at_once(officer, settings):
    settings.LRS_ERASURE_GRACE = timedelta(hours=1)
    me = UserFactory()
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    subject = subject_of(me)
    begin(subject=subject, person=me, by=officer, reason="Op verzoek")

    with pytest.raises(ErasureRefused, match="al gewist"):
        begin(subject=subject, person=me, by=officer, reason="Op verzoek")


# --- Stopped and taken up --------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.django_db(transaction=True)
def test_killed_at_each_commit_it_goes_on_and_ends_the_same(officer, monkeypatch):
    """Walks every point at which a transaction begins or ends: the process is killed there, once, and another takes over."""
    monkeypatch.setattr(erasure, "BATCH", 2)
    monkeypatch.setattr(erasure, "WINDOW", 5)
    atomic, advance = transaction.atomic, erasure._advance
    assert atomic is not None
    kills = 0
    for when in range(200):
        me = learner_with_everything()
        needles = (str(me.pseudonym), me.email)
        made = begin_without_worker(me, officer)
        done_pieces = 0

        def killed_in_piece(pk: int) -> str:
            nonlocal done_pieces
            here, before_commit = divmod(when, 2)  # noqa: B023 - called within this very round
            if done_pieces != here:
                done_pieces += 1
                return advance(pk)
            done_pieces += 1
            if not before_commit:
                advance(pk)
                raise Killed
            with atomic():
                advance(pk)
                raise Killed

        monkeypatch.setattr(erasure, "_advance", killed_in_piece)
        try:
            run(made.pk)
        except Killed:
            kills += 1
        monkeypatch.setattr(erasure, "_advance", advance)
        erasure.go_on()
        made.refresh_from_db()
        assert made.state == "done"
        assert where_it_stands(*needles) == [], f"killed at {when}"
        assert (made.counts["actor"], made.counts["named"], made.counts["states"]) == (6, 7, 1), "each counted once"
        if done_pieces <= when // 2:
            break
        for model in (Statement, Mention, StateDocument, ProfileDocument, ActivityVersion):
            model.objects.all().delete()
    assert kills >= 30


def begin_without_worker(me: User, officer: User) -> Erasure:
    """As ordered, before any worker took it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(erasure.erase), "enqueue", lambda *_args, **_kwargs: None)
        return begin(subject=subject_of(me), person=me, by=officer, reason="Op verzoek")


@pytest.mark.django_db(transaction=True)
def test_while_it_waits_for_what_is_on_its_way_in_a_late_statement_goes_as_well(officer, settings):
    settings.LRS_ERASURE_GRACE = timedelta(minutes=15)
    me = UserFactory()
    late = me.pseudonym  # a page that was open still knows the old one
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    made = begin(subject=subject_of(me), person=me, by=officer, reason="Op verzoek")
    made.refresh_from_db()
    assert (made.state, made.step) == ("running", "look_after")
    append([a_statement(late)], source=Source.LEARNER_SESSION)
    assert erasure.go_on() == 0, "not yet"
    assert where_it_stands(str(late))

    settings.LRS_ERASURE_GRACE = timedelta(0)
    assert erasure.go_on() == 1

    assert where_it_stands(str(late)) == []
    made.refresh_from_db()
    assert (made.state, made.counts["actor"]) == ("done", 2)


@pytest.mark.postgresql
def test_erased_while_the_learner_is_writing(at_once, officer):
    me = UserFactory()
    stale = me.pseudonym
    subject = subject_of(me)

    def write() -> str:
        for _ in range(40):
            append([a_statement(stale)], source=Source.LEARNER_SESSION)
        return "written"

    def forget() -> str:
        return begin(subject=subject, person=me, by=officer, reason="Op verzoek").state

    answers = at_once(lambda what: what(), (write,), (write,), (forget,))
    assert answers[:2] == ["written", "written"]
    assert not isinstance(answers[2], Exception)
    # What was written after the last look is what the waiting time is for: here there is none, so it is found again by its mark.
    me.refresh_from_db()
    assert me.pseudonym != stale
    erase(None, by=officer, subject=subject)

    assert where_it_stands(str(stale)) == []
    assert Statement.objects.count() == 80


@pytest.mark.postgresql
def test_two_workers_on_one_erasure_do_everything_once(at_once, officer, monkeypatch):
    me = UserFactory()
    for _ in range(30):
        append([a_statement(me.pseudonym)], source=Source.SERVER)
    monkeypatch.setattr(erasure, "BATCH", 3)
    made = begin_without_worker(me, officer)

    answers = at_once(run, (made.pk,), (made.pk,), (made.pk,))

    assert sorted(answers) == [False, False, True]
    made.refresh_from_db()
    assert made.counts["actor"] == 30


@pytest.mark.django_db(transaction=True)
def test_an_error_is_kept_without_what_it_was_about_and_tried_again(officer, monkeypatch):
    me = UserFactory()
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    made = begin_without_worker(me, officer)
    monkeypatch.setitem(erasure.STEPS, "documents", broken)

    with pytest.raises(RuntimeError):
        run(made.pk)

    made.refresh_from_db()
    assert (made.state, made.step, made.problem) == ("running", "documents", "RuntimeError")
    monkeypatch.undo()
    assert erasure.go_on() == 1
    made.refresh_from_db()
    assert (made.state, made.problem) == ("done", "")


def broken(work: Any) -> str:
    raise RuntimeError(f"kapot bij {work.subject}")


# --- After it -----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_trail_and_the_report_stay_and_the_request_is_answered(officer):
    me = UserFactory()
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    asked = ErasureRequest.objects.create(person=me, due_on=timezone.localdate())
    open_case(by=officer, person=me)

    report = erase(me, by=officer)

    asked.refresh_from_db()
    assert (asked.outcome, asked.answered_by) == ("erased", officer)
    assert [event.dossier_owner for event in AuditEvent.objects.filter(event="records_erased")] == [me]
    assert AuditEvent.objects.get(event="records_erased").subject == str(report.uuid)
    assert not PrivacyCase.objects.exists()
    assert not AccessExport.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_request_that_wished_for_more_still_waits_for_its_answer(officer):
    me = UserFactory()
    append([a_statement(me.pseudonym)], source=Source.SERVER)
    asked = ErasureRequest.objects.create(person=me, due_on=timezone.localdate(), wish="Ook mijn account")

    erase(me, by=officer)

    asked.refresh_from_db()
    assert asked.answered_at is None


@pytest.mark.django_db(transaction=True)
def test_after_an_old_backup_is_restored_they_are_erased_again(officer):
    me, other = UserFactory(), UserFactory()
    old = me.pseudonym
    mine, outside = a_statement(me.pseudonym), a_statement(actor=MBOX)
    append([mine, outside, a_statement(other.pseudonym)], source=Source.SERVER)
    kept = list(Statement.objects.values("pk", "exact", "actor_digest"))
    erase(me, by=officer)
    erase(None, by=officer, subject=subject_outside(MBOX))
    # The back-up: the rows as they were, the account as it was, and no word of any erasure.
    for row in kept:
        Statement.objects.filter(pk=row["pk"]).update(exact=row["exact"], actor_digest=row["actor_digest"])
    User.objects.filter(pk=me.pk).update(pseudonym=old)
    Erasure.objects.all().delete()
    assert len(where_it_stands(str(old), f"mailto:{MAIL}")) >= 2, "they are back"

    call_command("erase_again")

    assert where_it_stands(str(old), f"mailto:{MAIL}") == []
    assert Statement.objects.of_learner(other.pseudonym).count() == 1
    call_command("erase_again")
    assert Erasure.objects.count() == 2, "once is enough"


@pytest.mark.django_db
def test_nobody_can_tell_from_a_mark_whose_it_is(officer, settings):
    erase(None, by=officer, subject=subject_outside(MBOX))
    marks = erasure.known_marks()

    guess = digest(actor_key({"mbox": MBOX["mbox"]}))
    assert guess.hex not in marks
    assert erasure.all_marks_of(guess) & marks
    settings.SECRET_KEY = "een andere installatie"
    assert not erasure.all_marks_of(guess) & marks
