"""The pages on which an administrator takes records along and in."""

import io
import json
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEvent, Role
from lrs import importing
from lrs.importing import go_on
from lrs.models import Import, Source, Statement
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import a_credential, a_statement

pytestmark = pytest.mark.django_db
PAGE = "/beheer/leerrecords/uitwisselen/"
ANN = {"mbox": "mailto:ann@voorbeeld.example"}


@pytest.fixture(autouse=True)
def _no_projections(settings):
    settings.LRS_PROJECTIONS = []


@pytest.fixture
def organisation():
    return OrganisationFactory()


@pytest.fixture
def client(organisation):
    client = Client()
    client.force_login(MembershipFactory(organisation=organisation, role=Role.ASSOCIATION_ADMIN).user)
    return client


def an_import(organisation, tmp_path, *lines: bytes, name: str = "Oud systeem") -> Import:
    path = tmp_path / f"{name}.ndjson"
    path.write_bytes(b"\n".join(lines))
    run = importing.from_path(path, name=name, organisation=organisation)
    go_on(run)
    return run


def uploaded(*lines: object) -> SimpleUploadedFile:
    return SimpleUploadedFile("in.ndjson", "\n".join(json.dumps(line) for line in lines).encode())


def test_a_file_is_read_in_for_my_organisation_and_its_page_tells_how_it_went(client, organisation):
    statement, wrong = a_statement(actor=ANN), a_statement(actor={"mbox": "ann"})

    answer = client.post(
        f"{PAGE}bestand/", {"name": "Oude omgeving", "organisation": organisation.pk, "file": uploaded(statement, wrong)}, follow=True
    )

    run = Import.objects.get()
    assert answer.request["PATH_INFO"] == f"{PAGE}{run.pk}/"
    text = answer.content.decode()
    assert "<dd>1</dd>" in text
    said = "dit is geen e-mailadres met ‘mailto:’ ervoor (xAPI 2.4.2.3)."
    assert f"Bij ‘actor.mbox’: {said}" in text
    assert said in b"".join(client.get(f"{PAGE}{run.pk}/niet-overgenomen.csv")).decode()
    client.cookies["django_language"] = "en"
    assert "this is not an e-mail address" in client.get(f"{PAGE}{run.pk}/").content.decode()
    del client.cookies["django_language"]
    assert (run.state, Statement.objects.get().source, Statement.objects.get().credential.organisation) == (
        Import.State.DONE,
        Source.OUTSIDE,
        organisation,
    )
    assert list(AuditEvent.objects.order_by("pk").values_list("event", "subject")) == [
        ("import_begun", "Oude omgeving"),
        *[("import_report_seen", "Oude omgeving")] * 3,
    ]
    assert client.get(f"{PAGE}{run.pk}/stand/").headers["HX-Refresh"] == "true"
    a_credential(organisation=organisation, name="Simulator")
    keys = client.get("/beheer/toegangssleutels/").content.decode()
    assert "Simulator" in keys
    assert "Ingelezen" not in keys, "nobody can log in with it"


@pytest.mark.parametrize(
    ("where", "data", "says"),
    [
        ("bestand/", {"name": "Oude omgeving"}, "Bestand"),
        ("opslag/", {"name": "Oude omgeving", "address": "https://a.example/xapi?x=1", "key": "sleutel", "secret": "geheim"}, "Dit adres"),
        ("opslag/", {"name": "Oude omgeving", "address": "http://10.0.0.1/xapi", "key": "sleutel", "secret": "geheim"}, "Dit adres"),
        ("meenemen/", {"since": "2026-03-02", "until": "2026-03-01", "verb": "Oude omgeving"}, "op of na de eerste dag"),
    ],
)
def test_a_form_that_cannot_be_carried_out_says_why_and_keeps_what_was_typed(client, organisation, where, data, says):
    answer = client.post(PAGE + where, {"organisation": organisation.pk, **data})

    text = answer.content.decode()
    assert (answer.status_code, says in text) == (200, True)
    assert 'value="Oude omgeving"' in text
    assert "geheim" not in text, "a secret is not sent back"
    assert not Import.objects.exists()


def test_a_file_that_is_too_large_is_refused_with_the_way_out(client, organisation, settings):
    settings.LRS_IMPORT_LARGEST_FILE = 10

    answer = client.post(f"{PAGE}bestand/", {"name": "x", "organisation": organisation.pk, "file": uploaded(a_statement())})

    assert "manage.py import_statements" in answer.content.decode()


def test_its_page_tells_how_many_were_recognised_and_why_not_all(client, organisation):
    member, unconfirmed = (MembershipFactory(organisation=organisation).user for _ in range(2))
    for user in (member, unconfirmed):
        user.emailaddress_set.update_or_create(email=user.email, defaults={"verified": user == member, "primary": True})
    file = uploaded(*(a_statement(actor={"mbox": f"mailto:{user.email}"}) for user in (member, member, unconfirmed)))

    data = {"name": "Oude omgeving", "organisation": organisation.pk, "joins_people": "on", "file": file}
    page = client.post(f"{PAGE}bestand/", data, follow=True).content.decode()

    assert re.search(r"Daarvan over leden</dt>\s*<dd>2\. We herkennen alleen wie lid is", page)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n\xff\xfe\n", b"naam;cursus\nDemo;x\n"], ids=["image", "CSV"])
def test_a_file_of_another_kind_is_refused_as_a_whole(client, organisation, content):
    data = {"name": "Oud LMS", "organisation": organisation.pk, "file": SimpleUploadedFile("oud.ndjson", content)}

    page = client.post(f"{PAGE}bestand/", data, follow=True).content.decode()

    assert "op elke regel één uitspraak in JSON" in page
    assert "Ga verder waar het was" not in page
    assert (Import.objects.get().state, Import.objects.get().refused) == (Import.State.FAILED, 0)


def test_members_are_recognised_only_within_an_organisation():
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    answer = client.post(f"{PAGE}bestand/", {"name": "x", "joins_people": "on", "file": uploaded(a_statement())})

    assert "Kies een organisatie" in answer.content.decode()


def test_a_zip_holds_what_the_keys_of_my_organisation_wrote_and_nothing_else(client, organisation):
    mine, theirs, ours = a_statement(actor=ANN), a_statement(actor=ANN), a_statement(actor=ANN)
    append([mine], source=Source.TOOL, credential=a_credential(organisation=organisation)[0])
    append([theirs], source=Source.TOOL, credential=a_credential(organisation=OrganisationFactory())[0])
    append([ours], source=Source.SERVER)

    answer = client.post(f"{PAGE}meenemen/", {"organisation": organisation.pk})

    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert [json.loads(line)["id"] for line in archive.read("statements.ndjson").splitlines()] == [mine["id"]]
    assert AuditEvent.objects.get().event == "records_taken_along"
    boss = Client()
    boss.force_login(UserFactory(is_superuser=True, is_staff=True))
    everything = zipfile.ZipFile(io.BytesIO(b"".join(boss.post(f"{PAGE}meenemen/").streaming_content)))
    assert len(everything.read("statements.ndjson").splitlines()) == 3


def test_another_organisation_cannot_be_chosen(client):
    elsewhere = OrganisationFactory()

    assert client.post(f"{PAGE}meenemen/", {"organisation": elsewhere.pk}).headers["Content-Type"].startswith("text/html")
    client.post(f"{PAGE}bestand/", {"name": "x", "organisation": elsewhere.pk, "file": uploaded(a_statement())})
    assert not Import.objects.exists()


def test_i_see_the_imports_of_my_organisations_only(client, organisation, tmp_path):
    an_import(organisation, tmp_path, name="Van ons")
    an_import(OrganisationFactory(), tmp_path, name="Van hen")

    page = client.get(PAGE).content.decode()

    assert "Van ons" in page
    assert "Van hen" not in page


def test_the_report_is_a_list_to_mend_with_harmless_cells(client, organisation, tmp_path):
    run = an_import(organisation, tmp_path, b"=HYPERLINK(1)", json.dumps(a_statement(actor={"mbox": "ann"})).encode())

    report = b"".join(client.get(f"{PAGE}{run.pk}/niet-overgenomen.csv").streaming_content).decode()

    rows = report.splitlines()
    assert len(rows) == 3
    assert rows[1].endswith(";'=HYPERLINK(1)")
    assert rows[2].startswith("2;")


def test_stopping_keeps_what_came_in_and_going_on_takes_the_rest(client, organisation, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 1)
    monkeypatch.setattr(importing, "SLICE", 0.000001)
    monkeypatch.setattr(importing, "queue", lambda run: None)
    statements = [a_statement(actor=ANN) for _ in range(3)]
    client.post(f"{PAGE}bestand/", {"name": "x", "organisation": organisation.pk, "file": uploaded(*statements)})
    run = Import.objects.get()
    assert go_on(run, seconds=0.000001), "there is more"
    page = client.get(f"{PAGE}{run.pk}/").content.decode()
    assert 'hx-trigger="every 3s"' in page
    assert "Stop het inlezen" in page

    client.post(f"{PAGE}{run.pk}/stoppen/")
    run.refresh_from_db()
    assert (run.state, run.new, run.finished_at is None) == (Import.State.STOPPED, 1, False)
    assert not go_on(run)

    assert "Ga verder waar het was" in client.get(f"{PAGE}{run.pk}/").content.decode()
    client.post(f"{PAGE}{run.pk}/verder/")
    run.refresh_from_db()
    assert not go_on(run)
    assert (run.state, run.new) == (Import.State.DONE, 3)


def test_the_list_asks_as_much_of_the_database_for_three_imports_as_for_one(client, organisation, tmp_path, django_assert_max_num_queries):
    an_import(organisation, tmp_path, name="een")
    client.get(PAGE)
    with django_assert_max_num_queries(30) as one:
        client.get(PAGE)
    for name in ("twee", "drie"):
        an_import(organisation, tmp_path, name=name)
    with django_assert_max_num_queries(30) as three:
        client.get(PAGE)

    assert len(three) == len(one)
