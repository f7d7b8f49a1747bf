"""Verbs, courses and activities are called by their names in forms; what may be several things is asked; an IRI may be pasted."""

import io
import json
import zipfile

import pytest
from django.test import Client

from accounts.models import Role
from lrs.activities import IRI, LOOKED_AT
from lrs.forwarding import waking
from lrs.models import ForwardingTarget, LegalHold, RetentionRule, Source
from lrs.named_fields import VerbField
from lrs.places import Place
from lrs.profiles import adl, video
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import a_credential, a_statement
from tests.lrs.forwarding.test_pages import form as target_form

pytestmark = pytest.mark.django_db
HOLDS = "/beheer/privacy/bewaarplichten/"
COURSE, OTHER = "https://vakwijs.example/xapi/activities/cursus/1", "https://vakwijs.example/xapi/activities/cursus/2"
DRAFT = "https://vakwijs.example/xapi/activities/cursus/3"
FIRST, SECOND = f"{COURSE}/toets", f"{OTHER}/toets"


def courses(*, organisations):
    """One is not published, and of no organisation of who asks."""
    return [(COURSE, "Arbeidsanamnese"), (OTHER, "Longzorg"), *([(DRAFT, "Geheim plan")] if organisations is None else [])]


def places(*, iris):
    titles = dict(courses(organisations=None))
    ours = {iri: next(course for course in titles if iri.startswith(course)) for iri in iris if iri.startswith(tuple(titles))}
    return {iri: Place(course=course, course_title=titles[course], title=titles.get(iri, ""), url="") for iri, course in ours.items()}


@pytest.fixture(autouse=True)
def _courses(settings):
    settings.LRS_PROJECTIONS = []
    settings.LRS_COURSE_CHOICES, settings.LRS_PLACES = f"{__name__}.courses", f"{__name__}.places"


@pytest.fixture
def here():
    return OrganisationFactory()


@pytest.fixture
def client(here):
    return logged_in(MembershipFactory(organisation=here, role=Role.ASSOCIATION_ADMIN).user)


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def about(iri, name, **parts):
    return a_statement(object={"id": iri, "definition": {"name": {"nl": name}}}, **parts)


def page_of(answer):
    return answer.content.decode()


def test_a_hold_is_put_on_a_course_by_its_name_also_before_anybody_began_it(client):
    page = page_of(client.post(HOLDS, {"kind": "activity", "reason": "Onderzoek", "activity": "anamnese"}))
    assert f'value="{COURSE}"' in page
    assert not LegalHold.objects.exists(), "part of a name is no choice yet, whoever else is called so"
    client.post(HOLDS, {"kind": "activity", "reason": "Onderzoek", "activity": "arbeidsanamnese"})

    assert LegalHold.objects.get().activity == COURSE
    page = page_of(client.get(HOLDS))
    assert COURSE in page
    offered = page_of(client.get("/beheer/leerrecords/keuzes/", {"soort": "cursussen", "activity": "anam"}))
    assert '<option value="Arbeidsanamnese">' in offered


def test_a_name_of_two_things_is_asked_about_and_nothing_typed_is_lost(client):
    append([about(FIRST, "Eindtoets"), about(SECOND, "Eindtoets")], source=Source.SERVER)

    page = page_of(client.post(HOLDS, {"kind": "activity", "reason": "Onderzoek", "activity": "eindtoets"}))

    assert "‘eindtoets’ is niet precies. Kies eronder wat je bedoelt." in page
    assert all(words in page for words in ("Arbeidsanamnese", "Longzorg", 'value="eindtoets"', ">\nOnderzoek</textarea>"))
    assert not LegalHold.objects.exists()
    assert '<input type="hidden" name="activity_gevraagd_0" value="eindtoets">' in page
    answers = {"activity_gevraagd_0": "eindtoets", "activity_bedoeld_0": SECOND}
    chosen = {"kind": "activity", "reason": "Onderzoek", "activity": "eindtoets", **answers}
    page = page_of(client.post(HOLDS, {**chosen, "reason": ""}))
    assert f'value="{SECOND}"' in page, "chosen, and something else has to be mended"
    client.post(HOLDS, {**chosen, "activity": "arbeidsanamnese"})
    assert LegalHold.objects.get().activity == COURSE, "the words were changed after the choice"
    LegalHold.objects.all().delete()
    client.post(HOLDS, chosen)
    assert LegalHold.objects.get().activity == SECOND
    assert "Eindtoets (Longzorg)<br>" in page_of(client.get(HOLDS))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("zwemles", "We kennen geen cursus, les of activiteit met ‘zwemles’ in de naam."),
        ("Thema:Longzorg", "We kennen geen cursus, les of activiteit met ‘Thema:Longzorg’ in de naam."),
        ("https://a.example/met%spatie", "is geen volledig adres (IRI)"),
        ("https://a.example/" + "a" * 500, "is geen volledig adres (IRI)"),
        ("", "Vul in waarop de bewaarplicht rust."),
    ],
)
def test_what_cannot_be_found_is_told(client, typed, says):
    page = page_of(client.post(HOLDS, {"kind": "activity", "reason": "Onderzoek", "activity": typed}))

    assert says in page
    assert not LegalHold.objects.exists()


def test_what_is_called_exactly_so_is_found_among_many_that_hold_the_word(client):
    append([about(FIRST, "Thema:toets")], source=Source.SERVER)
    append([about(f"{COURSE}/{number}", f"Arts en thema:toets {number}") for number in range(LOOKED_AT + 1)], source=Source.SERVER)
    asked = {"kind": "activity", "reason": "Onderzoek", "activity": "thema:toets"}

    client.post(HOLDS, asked)
    assert LegalHold.objects.get().activity == FIRST
    append([about(SECOND, "Thema:toets")], source=Source.SERVER)
    page = page_of(client.post(HOLDS, asked))

    assert f'value="{FIRST}"' in page
    assert f'value="{SECOND}"' in page
    assert LegalHold.objects.count() == 1, "two are called so now"


def test_an_address_of_an_unusual_kind_can_be_chosen_when_the_record_knows_it(client):
    append([about("zorg:1", "Eindtoets"), about(FIRST, "Eindtoets")], source=Source.SERVER)
    asked = {"kind": "activity", "reason": "Onderzoek", "activity": "zorg:1"}

    assert "We kennen geen" in page_of(client.post(HOLDS, {**asked, "activity": "zorg:2"}))
    client.post(HOLDS, asked)

    assert LegalHold.objects.get().activity == "zorg:1"


def test_the_title_of_a_course_that_is_not_published_is_read_by_nobody_elsewhere(client):
    append([about(f"{DRAFT}/toets", "Geheime toets")], source=Source.SERVER)
    boss = logged_in(UserFactory(is_superuser=True))
    boss.post(HOLDS, {"kind": "activity", "reason": "Onderzoek", "activity": "geheim plan"})
    assert "Geheim plan" in page_of(boss.get(HOLDS))

    pages = page_of(client.get(HOLDS)) + page_of(client.post(HOLDS, {"kind": "activity", "reason": "Onderzoek", "activity": "toets"}))

    assert DRAFT in pages
    assert "Geheim plan" not in pages
    assert "Geheime toets" not in pages


def test_what_a_tool_elsewhere_calls_its_activity_is_found_by_nobody_here(client):
    talk = "https://b.example/gesprek"
    theirs, _ = a_credential(organisation=OrganisationFactory())
    append([about(talk, "Gesprek met mevrouw De Boer")], source=Source.TOOL, credential=theirs)
    asked = {"kind": "activity", "reason": "Onderzoek", "activity": "gesprek"}
    boss = logged_in(UserFactory(is_superuser=True))
    boss.post(HOLDS, asked)
    assert not LegalHold.objects.exists()
    boss.post(HOLDS, {**asked, "activity_gevraagd_0": "gesprek", "activity_bedoeld_0": talk})
    assert "De Boer" in page_of(boss.get(HOLDS))

    pages = page_of(client.post(HOLDS, asked)) + page_of(client.post(HOLDS, {**asked, "activity": talk, "reason": ""}))
    pages += page_of(client.get(HOLDS)) + page_of(client.get("/beheer/leerrecords/keuzes/", {"soort": "cursussen", "activity": "gesprek"}))

    assert talk in pages
    assert "De Boer" not in pages


def test_statements_are_taken_along_by_the_name_of_the_verb_and_the_activity(client, here):
    tool, _ = a_credential(organisation=here)
    passed, failed = about(FIRST, "Eindtoets", verb={"id": adl.PASSED}), about(FIRST, "Eindtoets", verb={"id": adl.FAILED})
    append([passed, failed, a_statement(verb={"id": adl.PASSED})], source=Source.TOOL, credential=tool)

    answer = client.post("/beheer/leerrecords/uitwisselen/meenemen/", {"organisation": here.pk, "verb": "halen", "activity": "Eindtoets"})

    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert [json.loads(line)["id"] for line in archive.read("statements.ndjson").splitlines()] == [passed["id"]]


def test_a_retention_rule_names_what_it_is_for(client):
    boss = logged_in(UserFactory(is_superuser=True))
    data = {"name": "Klikken weg", "months": "12", "source": "", "activity_type": "Video", "verb": "op pauze zetten"}

    assert "We kennen ‘film’ niet als soort activiteit." in page_of(
        boss.post("/beheer/privacy/bewaartermijnen/", {**data, "activity_type": "film"})
    )
    boss.post("/beheer/privacy/bewaartermijnen/", data)

    rule = RetentionRule.objects.get()
    assert (rule.activity_type, rule.verb) == (video.VIDEO, video.PAUSED)
    assert f'<span title="{video.VIDEO}">video</span>' in page_of(client.get("/beheer/privacy/bewaartermijnen/"))


def test_a_destination_gets_several_verbs_and_activities_which_read_as_names_when_it_is_changed(client, here, monkeypatch):
    monkeypatch.setattr(waking, "wake_one", lambda target: None)
    verb = "https://a.example/verbs/geoefend"
    append([about(FIRST, "Eindtoets"), about(SECOND, "Eindtoets")], source=Source.SERVER)
    chosen = {"verbs": ["halen", verb, "", "halen"], "activities": ["longzorg", "eindtoets"]}
    asked = target_form(here, "https://lrs.example/xapi", **chosen)
    page = page_of(client.post("/beheer/doorsturen/nieuw/", asked))
    assert "activities_bedoeld_1" in page
    assert not ForwardingTarget.objects.exists()

    client.post("/beheer/doorsturen/nieuw/", {**asked, "activities_gevraagd_1": "eindtoets", "activities_bedoeld_1": FIRST})

    target = ForwardingTarget.objects.get()
    assert (target.verbs, target.activities) == ([adl.PASSED, verb], [OTHER, FIRST])
    page = page_of(client.get(f"/beheer/doorsturen/{target.pk}/wijzigen/"))
    assert all(f'value="{shown}"' in page for shown in ("halen", verb, "Longzorg", FIRST))
    assert "halen</span>, <span" in page_of(client.get(f"/beheer/doorsturen/{target.pk}/"))


@pytest.mark.parametrize(("typed", "iri"), [("Halen", adl.PASSED), ("passed", adl.PASSED), ("https://a.example/v", "https://a.example/v")])
def test_a_verb_is_known_by_our_word_by_its_own_and_by_its_iri(typed, iri):
    field = VerbField()

    assert field.clean(typed) == iri
    assert field.prepare_value(adl.PASSED) == "halen"


@pytest.mark.parametrize("text", ["https://a.example/x", "HTTP://a.example/x", "urn:uuid:1", "tag:a.example,2026:x", "app://x"])
def test_an_address_is_an_iri(text):
    assert IRI.match(text)


@pytest.mark.parametrize("text", ["Thema:Longzorg", "Module:1", "tag:longzorg", "http: begin", "urn:x"])
def test_a_name_with_a_colon_is_no_iri(text):
    assert not IRI.match(text)
