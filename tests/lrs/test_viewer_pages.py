"""The pages on which administrators read the record: what stands there, for whom, and what is written down about who looked."""

import csv
import hashlib
import io
import json
import time
import tracemalloc
import uuid
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEvent, Organisation, Role
from lrs import viewer
from lrs.models import Mention, PendingProjection, Source, Statement
from lrs.profiles import adl
from lrs.realms import realm_of
from lrs.store import append
from lrs.viewer import Search
from lrs.viewer_export import export
from lrs.viewer_people import sight_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import a_credential, a_kept_file, a_statement

pytestmark = pytest.mark.django_db
LIST = "/beheer/leerrecords/"
NAMED = {"id": "https://a.example/toets", "definition": {"name": {"nl": "Eindtoets", "en": "Final test"}}}


@pytest.fixture(autouse=True)
def _no_projections(settings):
    settings.LRS_PROJECTIONS = []


@pytest.fixture
def here():
    return OrganisationFactory(name="Vereniging Hier")


@pytest.fixture
def member(here):
    return MembershipFactory(organisation=here, user=UserFactory(first_name="Sanne", last_name="Jansen", email="sanne@hier.example")).user


@pytest.fixture
def stranger():
    return MembershipFactory(user=UserFactory(first_name="Quirine", last_name="Vreemd", email="quirine@elders.example")).user


@pytest.fixture
def reader(here):
    return MembershipFactory(organisation=here, role=Role.ASSOCIATION_ADMIN).user


@pytest.fixture
def client(reader):
    return logged_in(reader)


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def said(person, *, credential=None, source=Source.SERVER, **parts):
    return append([a_statement(person.pseudonym, **parts)], source=Source.TOOL if credential else source, credential=credential)[0]


def text_of(client, address=LIST, **params):
    answer = client.get(address, params)
    assert answer.status_code == 200
    return answer.content.decode()


# --- The list -----------------------------------------------------------------------------------------------------------------


def test_a_statement_stands_there_as_a_sentence_about_someone_with_a_name(client, member):
    said(member, verb={"id": adl.PASSED}, object=NAMED, result={"score": {"scaled": 0.8}, "success": True})

    page = text_of(client)

    assert "Sanne Jansen haalde ‘Eindtoets’" in page
    assert "score 80%, goed" in page
    assert "vastgelegd door onze server" in page


def test_someone_of_another_organisation_has_no_name_here(client, here, stranger):
    tool, _ = a_credential(organisation=here)
    statement = said(stranger, credential=tool, object=NAMED)
    page = text_of(client) + text_of(client, f"{LIST}{statement}/")
    assert "Quirine" in text_of(logged_in(UserFactory(is_superuser=True)))

    assert "Iemand van een andere organisatie opende ‘Eindtoets’" in page
    assert "Quirine" not in page
    assert "quirine@" not in page


def test_people_are_found_by_name_by_address_and_by_part_of_a_name_but_only_members(client, member, stranger):
    said(member, object=NAMED)
    said(stranger, object=NAMED)

    for words in ("Jansen", "sanne@hier.example", "Sanne Jansen, sanne@hier.example", str(member.pseudonym)):
        assert "Sanne Jansen opende" in text_of(client, persoon=words)
    for words in ("Vreemd", "quirine"):
        assert "We kennen niemand met de naam" in text_of(client, persoon=words)
    for words in ("quirine@elders.example", str(stranger.pseudonym)):
        page = text_of(client, persoon=words)
        assert "Niets gevonden" in page
        assert "Quirine" not in page


def test_two_people_of_one_name_are_asked_about(client, here, member):
    other = MembershipFactory(organisation=here, user=UserFactory(first_name="Sara", last_name="Jansen")).user

    page = text_of(client, persoon="jansen")

    assert "Wie bedoel je?" in page
    assert f"persoon={member.pseudonym}" in page
    assert f"persoon={other.pseudonym}" in page


def test_verbs_and_activities_are_chosen_by_what_people_call_them(client, member):
    said(member, object=NAMED)
    said(member, verb={"id": adl.PASSED}, object=NAMED)
    said(member, verb={"id": adl.PASSED})

    assert text_of(client, activiteit="eindtoets", werkwoord="halen").count("vw-found__link") == 1
    assert text_of(client, activiteit="https://a.example/toets").count("vw-found__link") == 2
    assert text_of(client, werkwoord="passed").count("vw-found__link") == 2
    assert "Geen les of activiteit gevonden" in text_of(client, activiteit="zwemles")
    assert "Kies uit de lijst wat er gebeurde" in text_of(client, werkwoord="zwemmen")


def test_what_a_tool_elsewhere_calls_an_activity_is_not_offered(client, here, stranger):
    talk = {"id": "https://b.example/gesprek", "definition": {"name": {"nl": "Gesprek met mevrouw De Boer"}}}
    theirs, _ = a_credential(organisation=OrganisationFactory())
    said(stranger, credential=theirs, object=talk)
    choices = f"{LIST}keuzes/"
    assert "De Boer" in text_of(logged_in(UserFactory(is_superuser=True)), choices, soort="activiteiten", activiteit="gesprek")

    assert "De Boer" not in text_of(client, choices, soort="activiteiten", activiteit="gesprek")
    assert "De Boer" not in text_of(client, activiteit="gesprek")

    ours, _ = a_credential(organisation=here)
    said(stranger, credential=ours, object=talk)
    assert "De Boer" in text_of(client, choices, soort="activiteiten", activiteit="gesprek")


def test_the_lists_under_the_fields_hold_only_members(client, member, stranger):
    page = text_of(client, f"{LIST}keuzes/", soort="personen", persoon="e")
    assert page.strip() == ""
    page = text_of(client, f"{LIST}keuzes/", soort="personen", persoon="hier.ex")

    assert "Sanne Jansen, sanne@hier.example" in page
    assert "quirine" not in text_of(client, f"{LIST}keuzes/", soort="personen", persoon="elders")


def test_the_number_of_a_statement_leads_to_it_and_a_strange_number_to_nothing(client, member, stranger):
    mine, theirs = said(member), said(stranger)

    assert client.get(LIST, {"registratie": str(mine)}).headers["Location"] == f"{LIST}{mine}/"
    assert "Niets gevonden" in text_of(client, registratie=str(theirs))
    assert "Plak het in zijn geheel" in text_of(client, registratie="abc")


def test_pages_of_older_and_newer_keep_the_filters(client, member, monkeypatch):
    monkeypatch.setattr(viewer.find, "__kwdefaults__", {**viewer.find.__kwdefaults__, "size": 2})
    for _ in range(5):
        said(member)

    first = client.get(LIST, {"persoon": "jansen"})
    older = client.get(LIST + first.context["older"])
    back = client.get(LIST + older.context["newer"])

    assert f"persoon={member.pseudonym}" in first.context["older"]
    numbers = [[row["statement"].sequence for row in answer.context["rows"]] for answer in (first, older, back)]
    assert numbers[0] == numbers[2]
    assert max(numbers[1]) < min(numbers[0])


def test_a_page_costs_as_many_queries_for_three_people_as_for_one(client, here, member, django_assert_max_num_queries):
    said(member, object=NAMED)
    counts = []
    for _ in range(2):
        client.get(LIST)
        with django_assert_max_num_queries(45) as queries:
            client.get(LIST)
        counts.append(len(queries))
        for _ in range(2):
            said(MembershipFactory(organisation=here).user, object=NAMED)

    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "address", ["?voor=x", "?na=99999999999999999999999", "?live=x", "?persoon=%00", "?cursus=x", "?sleutel=9", "?vanaf=x"]
)
def test_nonsense_in_the_address_is_no_error(client, member, address):
    said(member)

    assert client.get(LIST + address).status_code == 200


# --- Following live -----------------------------------------------------------------------------------------------------------


def test_following_live_answers_only_when_there_is_something_new(client, member):
    said(member, object=NAMED)
    page = client.get(LIST, {"live": int(time.time())})
    assert "elke 5 seconden" in page.content.decode()
    poll = LIST + page.context["poll_url"]

    assert client.get(poll, headers={"HX-Request": "true"}).status_code == 204
    said(member, object=NAMED)
    answer = client.get(poll, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert answer.context["fresh"] == 1
    assert "1 nieuwe uitspraak" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_following_live_also_shows_what_was_voided_meanwhile(client, member):
    statement = said(member, object=NAMED)
    poll = LIST + client.get(LIST, {"live": int(time.time())}).context["poll_url"]

    Statement.objects.with_id(statement).update(voided=True)

    assert "herroepen" in client.get(poll, headers={"HX-Request": "true"}).content.decode()


def test_following_live_ends_after_half_an_hour(client, member):
    said(member)
    poll = LIST + client.get(LIST, {"live": int(time.time())}).context["poll_url"]

    with time_machine.travel(time.time() + 31 * 60):
        client.force_login(client.get(LIST).wsgi_request.user)
        page = client.get(poll, headers={"HX-Request": "true"}).content.decode()

    assert "na een half uur gestopt" in page
    assert "hx-trigger" not in page


def test_following_live_fills_the_audit_trail_once(client, member):
    page = client.get(LIST, {"live": int(time.time())})
    for _ in range(3):
        said(member)
        client.get(LIST + page.context["poll_url"], headers={"HX-Request": "true"})

    assert AuditEvent.objects.filter(event="records_searched").count() == 1


# --- One statement --------------------------------------------------------------------------------------------------------------


def test_a_statement_says_how_we_know_it_and_stands_there_as_json(client, member):
    statement = said(member, object=NAMED, source=Source.LEARNER_SESSION)

    page = text_of(client, f"{LIST}{statement}/")

    assert "Gemeld door de browser van de deelnemer" in page
    assert "nooit het bewijs van een toets" in page
    assert "&quot;nl&quot;: &quot;Eindtoets&quot;" in page
    raw = client.get(f"{LIST}{statement}/tekst.json")
    assert raw.content.decode() == Statement.objects.with_id(statement).get().exact


def test_a_voided_statement_and_what_voided_it_lead_to_each_other(client, member):
    statement = said(member, object=NAMED)
    voiding = said(member, verb={"id": adl.VOIDED}, object={"objectType": "StatementRef", "id": str(statement)})

    page, other = text_of(client, f"{LIST}{statement}/"), text_of(client, f"{LIST}{voiding}/")

    assert "Herroepen: dit telt niet meer mee" in page
    assert f"{LIST}{voiding}/" in page
    assert "Een eerdere vastlegging over Sanne Jansen is herroepen" in other
    by_a_tool = said(member, verb={"id": adl.VOIDED}, object={"objectType": "StatementRef", "id": str(uuid.uuid4())}, source=Source.TOOL)
    assert "Sanne Jansen herriep een eerdere vastlegging" in text_of(client, f"{LIST}{by_a_tool}/"), "whose it was nobody says"
    assert f"{LIST}{statement}/" in other


def test_what_refers_to_it_but_may_not_be_seen_is_not_told(client, member, stranger):
    statement = said(member, object=NAMED)
    reference = said(stranger, object={"objectType": "StatementRef", "id": str(statement)})
    assert "Quirine" in text_of(logged_in(UserFactory(is_superuser=True)), f"{LIST}{statement}/")

    page = text_of(client, f"{LIST}{statement}/")

    assert "Een uitspraak die je niet mag zien." in page
    assert str(reference) not in page


def test_a_statement_that_got_stuck_says_why_and_when_it_is_tried_again(client, member):
    statement = said(member, object=NAMED)
    row = Statement.objects.with_id(statement).get()
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    pending, _ = PendingProjection.objects.update_or_create(
        statement_id=row.sequence,
        defaults={"learner_key": member.pseudonym, "set_aside_at": at, "retry_at": at, "attempts": 3, "error": "KeyError: les"},
    )

    page = text_of(client, f"{LIST}{statement}/")
    assert "Bewaard, maar nog niet verwerkt" in page
    assert "KeyError: les" in page
    assert "terzijde gelegd" in text_of(client)

    pending.set_aside_at = None
    pending.save()
    assert "Wacht op verwerking" in text_of(client, f"{LIST}{statement}/")


def test_who_else_another_organisations_tool_names_is_left_out(client, here, member):
    theirs, _ = a_credential(organisation=OrganisationFactory(), name="Simulator van de buren")
    context = {
        "instructor": {"mbox": "mailto:docent@buren.example", "name": "Dokter Buur"},
        "extensions": {"https://buren.example/begeleider": "Dokter Buur"},
    }
    statement = said(member, credential=theirs, object=NAMED, context=context)
    everything = logged_in(UserFactory(is_superuser=True))
    assert "Dokter Buur" in text_of(everything, f"{LIST}{statement}/")

    shown = text_of(client, f"{LIST}{statement}/") + client.get(f"{LIST}{statement}/tekst.json").content.decode()
    shown += b"".join(client.get(f"{LIST}export.ndjson")).decode() + b"".join(client.get(f"{LIST}export.csv")).decode()

    assert "Simulator van de buren" in shown
    assert "is hier weggelaten" in shown
    assert "Buur" not in shown.replace("Simulator van de buren", "")
    assert "docent@" not in shown


def test_attachments_are_given_to_who_may_see_the_whole_statement(client, here, member):
    content = b"Mijn verslag"
    sha2 = hashlib.sha256(content).hexdigest()
    entry = {
        "usageType": "https://a.example/verslag",
        "display": {"nl": "Verslag"},
        "contentType": "text/plain",
        "length": 12,
        "sha2": sha2,
    }
    a_kept_file(content)
    theirs, _ = a_credential(organisation=OrganisationFactory())
    ours, foreign, without = said(member, attachments=[entry]), said(member, credential=theirs, attachments=[entry]), said(member)

    answer = client.get(f"{LIST}{ours}/bijlagen/{sha2}/")

    assert b"".join(answer) == content
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "Verslag" in text_of(client, f"{LIST}{ours}/")
    for statement in (foreign, without):
        assert client.get(f"{LIST}{statement}/bijlagen/{sha2}/").status_code == 404
    assert sha2 not in text_of(client, f"{LIST}{foreign}/")


def test_who_may_see_a_statement_gets_no_file_of_which_its_tool_only_knew_the_hash(client, here, member):
    content = b"Het verslag van de buren"
    sha2 = hashlib.sha256(content).hexdigest()
    entry = {
        "usageType": "https://a.example/verslag",
        "display": {"nl": "Verslag"},
        "contentType": "text/plain",
        "length": 24,
        "sha2": sha2,
    }
    a_kept_file(content, realm="organisation/0")
    tool, _ = a_credential(organisation=here)
    borrowed = said(member, credential=tool, attachments=[{**entry, "fileUrl": "https://a.example/x"}])

    shown = text_of(client, f"{LIST}{borrowed}/")
    assert ("staat niet bij ons" in shown, f"/bijlagen/{sha2}/" in shown) == (True, False)
    assert client.get(f"{LIST}{borrowed}/bijlagen/{sha2}/").status_code == 404

    a_kept_file(content, realm=realm_of(tool))
    assert b"".join(client.get(f"{LIST}{borrowed}/bijlagen/{sha2}/")) == content


# --- Who looked at whom -----------------------------------------------------------------------------------------------------------


def test_who_looks_someone_up_is_seen_by_them(client, reader, here, member):
    statement = said(member, object=NAMED)

    client.get(LIST, {"persoon": "jansen", "werkwoord": "openen"})
    client.get(f"{LIST}{statement}/")
    client.get(f"{LIST}{statement}/tekst.json")

    events = AuditEvent.objects.filter(dossier_owner=member).order_by("pk")
    assert [(one.event, one.actor, one.on_behalf_of) for one in events] == [
        ("records_viewed", reader, here),
        ("record_viewed", reader, here),
        ("record_viewed", reader, here),
    ]
    assert events[0].subject == "openen"
    assert "Leerrecords bekeken" in logged_in(member).get("/mijn/inzage/").content.decode()


def test_a_search_about_everyone_is_in_the_trail_of_each_organisation(client, reader, here):
    other = MembershipFactory(user=reader, role=Role.AUDITOR).organisation

    client.get(LIST, {"werkwoord": "openen"})

    events = AuditEvent.objects.filter(event="records_searched")
    assert {one.on_behalf_of for one in events} == {here, other}


def test_looking_at_ones_own_records_is_nobodys_business(client, reader):
    statement = said(reader, object=NAMED)

    client.get(LIST, {"persoon": str(reader.pseudonym)})
    client.get(f"{LIST}{statement}/")

    assert not AuditEvent.objects.filter(dossier_owner=reader).exists()


# --- Taking along ------------------------------------------------------------------------------------------------------------------


def test_the_file_holds_exactly_what_the_search_shows(client, member, stranger):
    shown = [said(member, verb={"id": adl.PASSED}, object=NAMED), said(member, verb={"id": adl.PASSED}, object=NAMED)]
    said(member, object=NAMED)
    said(stranger, verb={"id": adl.PASSED}, object=NAMED)

    table = b"".join(client.get(f"{LIST}export.csv", {"werkwoord": "halen"})).decode("utf-8-sig")
    lines = b"".join(client.get(f"{LIST}export.ndjson", {"werkwoord": "halen"})).decode().splitlines()

    rows = list(csv.DictReader(io.StringIO(table), delimiter=";"))
    assert [row["nummer"] for row in rows] == [str(one) for one in shown[::-1]]
    assert rows[0]["wie"] == "Sanne Jansen"
    assert rows[0]["waarover"] == "Eindtoets"
    assert [json.loads(line)["id"] for line in lines] == [str(one) for one in shown[::-1]]


def test_a_cell_is_never_a_formula(client, member):
    said(member, object={"id": "https://a.example/x", "definition": {"name": {"nl": "=HYPERLINK(1)"}}})

    assert "'=HYPERLINK(1)" in b"".join(client.get(f"{LIST}export.csv")).decode()


def test_who_took_what_along_is_written_down_with_how_many_rows(client, reader, here, member):
    for _ in range(3):
        said(member, object=NAMED)

    b"".join(client.get(f"{LIST}export.csv", {"persoon": "jansen", "activiteit": "Eindtoets"}))

    begun, done = AuditEvent.objects.filter(event__startswith="records_export").order_by("pk")
    assert (begun.event, done.event) == ("records_export_begun", "records_exported")
    assert (done.actor, done.dossier_owner, done.on_behalf_of) == (reader, member, here)
    assert done.details["rows"] == 3
    assert "Eindtoets" in done.subject
    assert begun.details["export"] == done.details["export"]


def test_what_is_downloaded_of_one_tool_stands_in_the_trail_of_its_organisation(client, reader):
    for name in ("Aa", "Zz"):
        MembershipFactory(organisation=OrganisationFactory(name=name), user=reader, role=Role.ASSOCIATION_ADMIN)
    credential, _secret = a_credential(organisation=Organisation.objects.get(name="Zz"))
    append([a_statement()], source=Source.TOOL, credential=credential)

    b"".join(client.get(f"{LIST}export.csv", {"sleutel": credential.pk}))

    assert {event.on_behalf_of.name for event in AuditEvent.objects.filter(event="records_exported")} == {"Zz"}


def test_a_download_that_is_broken_off_says_how_far_it_came(reader, member, monkeypatch):
    for _ in range(6):
        said(member)
    counted = []
    monkeypatch.setattr(viewer.everything, "__kwdefaults__", {**viewer.everything.__kwdefaults__, "size": 2})

    pieces = export(Search(), sight=sight_of(reader), kind="ndjson", finished=counted.append)
    next(pieces)
    next(pieces)
    pieces.close()

    assert counted == [2]


def test_an_unclear_search_is_not_downloaded(client, here, member):
    MembershipFactory(organisation=here, user=UserFactory(last_name="Jansen"))

    answer = client.get(f"{LIST}export.csv", {"persoon": "jansen"})

    assert answer.status_code == 302
    assert not AuditEvent.objects.filter(event="records_export_begun").exists()


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_a_download_takes_the_same_memory_for_many_rows_as_for_few(reader, member, kind, monkeypatch):
    monkeypatch.setattr(viewer, "CHUNK", 200)
    monkeypatch.setattr(viewer.everything, "__kwdefaults__", {**viewer.everything.__kwdefaults__, "size": 200})
    [first] = append([a_statement(member.pseudonym, object=NAMED)], source=Source.SERVER)
    original = Statement.objects.with_id(first).get()
    peaks = []
    for count in (800, 4_000):
        _copies(original, count)
        tracemalloc.start()
        size = sum(len(piece) for piece in export(Search(), sight=sight_of(reader), kind=kind, finished=lambda rows: None))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > count * 200

    assert peaks[1] < peaks[0] * 1.3, peaks


def _copies(original, count):
    """So many more statements that look like it, without their ids: nobody asks for them by id here."""
    last = Statement.objects.order_by("-sequence").values_list("sequence", flat=True)[0]
    names = [field.attname for field in Statement._meta.concrete_fields if field.attname not in ("sequence", "uuid")]
    values = {name: getattr(original, name) for name in names}
    rows = [Statement(sequence=last + number, uuid=uuid.uuid4(), **values) for number in range(1, count + 1)]
    Statement.objects.bulk_create(rows, batch_size=1000)


def test_an_export_passes_over_what_is_only_named(client, member):
    """A mention whose statement is gone must not end a search for its course early."""
    course = "https://a.example/cursus"
    context = {"contextActivities": {"grouping": [{"id": course}]}}
    kept = [said(member, context=context) for _ in range(3)]
    gone = Statement.objects.with_id(kept[2]).get()
    Statement.objects.filter(sequence=gone.sequence).delete()
    assert Mention.objects.filter(statement_id=gone.sequence).exists()

    portions = list(viewer.everything(Search(course=course), sight=sight_of(UserFactory(is_superuser=True)), size=1))

    assert [one.uuid for portion in portions for one in portion] == kept[1::-1]
