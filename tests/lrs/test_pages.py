"""Pages about the record: one's own, and those of who manages an organisation's tools."""

import json
import re
import uuid

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role
from accounts.permissions import ALLOWED, Action
from lrs.actors import actor_key, actor_of
from lrs.credentials import authenticate
from lrs.models import Credential, PendingProjection, Source, StateDocument, Statement
from lrs.profiles import adl
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.lrs import Tool, a_credential, a_statement
from tests.lrs import projecting
from tests.lrs.test_credentials import basic

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings):
    settings.LRS_PROJECTIONS = []


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def manager(organisation):
    return MembershipFactory(organisation=organisation, role=Role.ASSOCIATION_ADMIN).user


# --- My records -----------------------------------------------------------------------------------------------------------


def test_i_read_my_own_records_in_plain_dutch_and_nobody_elses():
    me, other = UserFactory(), UserFactory()
    test = {"id": "https://a.example/toets", "definition": {"name": {"nl": "Eindtoets", "en": "Final test"}}}
    lesson = {"id": "https://a.example/les", "definition": {"name": {"nl": "Werk doet ertoe"}}}
    append(
        [a_statement(me.pseudonym, verb={"id": adl.PASSED}, object=test, result={"score": {"scaled": 0.8}, "success": True})],
        source=Source.SERVER,
    )
    append(
        [a_statement(me.pseudonym, verb={"id": "https://a.example/volgde", "display": {"nl": "volgde"}}, object=lesson)],
        source=Source.LEARNER_SESSION,
    )
    append(
        [a_statement(other.pseudonym, object={"id": "https://a.example/x", "definition": {"name": {"nl": "Van een ander"}}})],
        source=Source.SERVER,
    )

    page = logged_in(me).get("/mijn/leerrecords/").content.decode()

    assert "Je haalde ‘Eindtoets’" in page
    assert "score 80%, goed" in page
    assert "vastgelegd door onze server" in page
    assert "Volgde: ‘Werk doet ertoe’" in page
    assert "gemeld door je eigen browser" in page
    assert "Van een ander" not in page
    assert "Van een ander" in logged_in(other).get("/mijn/leerrecords/").content.decode()


def test_each_verb_of_ours_has_a_sentence():
    me = UserFactory()
    verbs = [value for name, value in vars(adl).items() if isinstance(value, str) and "/verbs/" in value and name != "VOIDED"]
    for verb in verbs:
        append(
            [a_statement(me.pseudonym, verb={"id": verb}, object={"id": "https://a.example/les", "definition": {"name": {"nl": "Les"}}})],
            source=Source.SERVER,
        )

    page = logged_in(me).get("/mijn/leerrecords/").content.decode()

    assert page.count("‘Les’") == len(verbs)
    assert page.count(": ‘Les’") == 0


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"result": {"score": {"raw": 1.5}}}, "1,5 punten"),
        ({"result": {"score": {"raw": 1}}}, "1 punt"),
        ({"result": {"score": {"raw": 0.5, "min": 0, "max": 1}}}, "0,5 van 1 punt"),
        ({"object": {"objectType": "StatementRef", "id": str(uuid.uuid4())}}, "‘een ander leerrecord’"),
        (
            {
                "object": {
                    "objectType": "SubStatement",
                    "actor": {"mbox": "mailto:ann@a.example"},
                    "verb": {"id": adl.PASSED},
                    "object": {"id": "https://a.example/les", "definition": {"name": {"nl": "Les"}}},
                }
            },
            "‘Les’",
        ),
    ],
)
def test_numbers_and_what_is_no_activity_are_told_in_words(parts, words):
    me = UserFactory()
    append([a_statement(me.pseudonym, **parts)], source=Source.SERVER)

    page = logged_in(me).get("/mijn/leerrecords/").content.decode()

    assert re.search(rf"{words}(?!\w)", page)


def test_a_voided_record_says_so():
    me = UserFactory()
    [statement] = append([a_statement(me.pseudonym)], source=Source.SERVER)
    append([a_statement(verb={"id": adl.VOIDED}, object={"objectType": "StatementRef", "id": str(statement)})], source=Source.SERVER)

    assert "herroepen" in logged_in(me).get("/mijn/leerrecords/").content.decode()


def test_the_download_has_everything_about_me_and_nothing_about_others():
    me, other = UserFactory(), UserFactory()
    mine, theirs = a_statement(me.pseudonym), a_statement(other.pseudonym)
    teacher = {"instructor": actor_of(me.pseudonym), "platform": "X"}
    taught = a_statement(other.pseudonym, context=teacher, result={"response": "Woorden van een ander"})
    append([mine, theirs, taught], source=Source.SERVER)
    EmailAddress.objects.create(user=me, email=me.email, verified=True, primary=True)
    elsewhere = a_statement(actor={"mbox": f"mailto:{me.email}"})
    append([elsewhere], source=Source.OUTSIDE)
    tool = Tool()
    tool.send("POST", "activities/state", {"plek": 3}, activityId="https://a.example/", agent=actor_of(me.pseudonym), stateId="s")
    assert StateDocument.objects.get().actor_key == actor_key(actor_of(me.pseudonym))

    answer = logged_in(me).get("/mijn/leerrecords/download.json")

    export = json.loads(answer.getvalue())
    assert [one["statement"]["id"] for one in export["statements"]] == [mine["id"], taught["id"], elsewhere["id"]]
    assert export["statements"][1]["statement"]["context"] == {"instructor": actor_of(me.pseudonym)}
    for of_others in ("Woorden van een ander", str(other.pseudonym)):
        assert of_others not in json.dumps(export, ensure_ascii=False)
    assert export["statements"][0]["kept"] == {"source": "server", "voided": False}
    assert [state["name"] for state in export["states"]] == ["s"]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert AuditEvent.objects.filter(event="records_downloaded", dossier_owner=me).exists()
    assert json.loads(logged_in(UserFactory()).get("/mijn/leerrecords/download.json").getvalue())["statements"] == []


def test_a_page_of_records_costs_the_same_for_one_as_for_many(django_assert_max_num_queries):
    one, many = UserFactory(), UserFactory()
    credential, _ = a_credential(source=Source.TOOL)
    append([a_statement(one.pseudonym)], source=Source.TOOL, credential=credential)
    append([a_statement(many.pseudonym) for _ in range(3)], source=Source.TOOL, credential=credential)
    counts = []
    for user in (one, many):
        client = logged_in(user)
        client.get("/mijn/leerrecords/")
        with django_assert_max_num_queries(30) as queries:
            client.get("/mijn/leerrecords/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


# --- Keys -----------------------------------------------------------------------------------------------------------------


def test_a_manager_makes_a_key_and_sees_the_secret_once():
    organisation = OrganisationFactory()
    client = logged_in(manager(organisation))

    page = client.post(
        "/beheer/toegangssleutels/",
        {"name": "Simulator", "organisation": organisation.pk, "source": "tool", "scopes": ["state"]},
        follow=True,
    )

    credential = Credential.objects.get()
    assert (credential.organisation, credential.source, credential.scopes) == (organisation, Source.TOOL, ["state"])
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert authenticate(basic(credential.key, secret)) == credential
    assert page.request["REQUEST_METHOD"] == "GET", "reloading the page makes no second key"
    assert secret not in client.get(page.request["PATH_INFO"]).content.decode()
    assert secret not in client.get("/beheer/toegangssleutels/").content.decode()
    assert AuditEvent.objects.get(event="lrs_credential_made").on_behalf_of == organisation


def test_a_manager_renews_and_revokes_a_key():
    organisation = OrganisationFactory()
    client = logged_in(manager(organisation))
    credential, headers = a_credential(organisation=organisation)

    renewed = client.post(reverse("lrs:credential_rotate", args=[credential.pk]), follow=True).context["secret"]
    assert authenticate(headers["Authorization"]) is None
    assert authenticate(basic(credential.key, renewed)) == credential

    client.post(reverse("lrs:credential_revoke", args=[credential.pk]))
    assert authenticate(basic(credential.key, renewed)) is None
    assert "ingetrokken" in client.get("/beheer/toegangssleutels/").content.decode()


def test_a_manager_reaches_no_key_of_another_organisation():
    mine, theirs = OrganisationFactory(), OrganisationFactory()
    client = logged_in(manager(mine))
    credential, headers = a_credential(organisation=theirs, name="Van de buren")
    general, _ = a_credential(name="Van allen")

    assert "Van de buren" in logged_in(manager(theirs)).get("/beheer/toegangssleutels/").content.decode()
    page = client.get("/beheer/toegangssleutels/").content.decode()
    assert "Van de buren" not in page
    assert "Van allen" not in page
    for one in (credential, general):
        assert client.post(reverse("lrs:credential_rotate", args=[one.pk])).status_code == 404
        assert client.post(reverse("lrs:credential_revoke", args=[one.pk])).status_code == 404
    assert authenticate(headers["Authorization"]) == credential
    for organisation in (theirs.pk, ""):
        client.post("/beheer/toegangssleutels/", {"name": "x", "organisation": organisation, "source": "tool", "scopes": ["all"]})
    assert Credential.objects.count() == 2


def test_a_superuser_can_make_a_key_for_everything():
    client = logged_in(UserFactory(is_superuser=True, is_staff=True))

    client.post("/beheer/toegangssleutels/", {"name": "Alles", "organisation": "", "source": "outside", "scopes": ["all"]})

    assert Credential.objects.get().organisation is None


def test_the_form_keeps_what_was_typed_and_refuses_a_day_that_has_passed():
    organisation = OrganisationFactory()
    data = {"name": "Simulator", "organisation": organisation.pk, "source": "tool", "scopes": ["state"], "expires_on": "2020-01-01"}

    page = logged_in(manager(organisation)).post("/beheer/toegangssleutels/", data).content.decode()

    assert 'value="Simulator"' in page
    assert "Kies vandaag of een latere dag." in page
    assert not Credential.objects.exists()


# --- Set aside --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stuck(settings):
    """A statement of a member that stuck, and one of somebody else."""
    settings.LRS_PROJECTIONS = ["tests.lrs.projecting.project"]
    projecting.broken.clear()
    organisation = OrganisationFactory()
    people = [MembershipFactory(organisation=organisation).user, MembershipFactory().user]
    statements = [
        a_statement(person.pseudonym, object={"id": "https://a.example/", "definition": {"name": {"nl": f"Les van {n}"}}})
        for n, person in enumerate(people)
    ]
    projecting.broken.update(statement["id"] for statement in statements)
    append(statements, source=Source.SERVER)
    yield organisation
    projecting.broken.clear()


def test_a_manager_sees_what_stuck_of_members_and_tries_it_again(stuck):
    client = logged_in(manager(stuck))
    page = client.get("/beheer/verwerkingen/").content.decode()
    assert "Les van 0" in page
    assert "RuntimeError: kapot" in page
    assert "Les van 1" not in page
    mine = PendingProjection.objects.order_by("pk").first()

    assert "liep weer vast" in client.post("/beheer/verwerkingen/opnieuw/", {"uitspraak": mine.pk}, follow=True).content.decode()
    projecting.broken.clear()
    assert "1 uitspraak is alsnog verwerkt." in client.post("/beheer/verwerkingen/opnieuw/", follow=True).content.decode()

    assert PendingProjection.objects.count() == 1, "that of the stranger is not mine to try"
    assert client.get("/beheer/verwerkingen/").status_code == 200


def test_a_manager_cannot_try_what_is_not_theirs(stuck):
    theirs = PendingProjection.objects.order_by("pk").last()
    projecting.broken.clear()

    logged_in(manager(stuck)).post("/beheer/verwerkingen/opnieuw/", {"uitspraak": theirs.pk})

    assert PendingProjection.objects.filter(pk=theirs.pk).exists()
    logged_in(UserFactory(is_superuser=True)).post("/beheer/verwerkingen/opnieuw/", {"uitspraak": theirs.pk})
    assert not PendingProjection.objects.filter(pk=theirs.pk).exists()


# --- Who must not ---------------------------------------------------------------------------------------------------------

PAGES = ["/mijn/leerrecords/", "/mijn/leerrecords/download.json", "/beheer/toegangssleutels/", "/beheer/verwerkingen/"]
ACTS = ["/beheer/toegangssleutels/1/vernieuwen/", "/beheer/toegangssleutels/1/intrekken/", "/beheer/verwerkingen/opnieuw/"]


@pytest.mark.parametrize("page", PAGES + ACTS)
def test_who_has_not_logged_in_goes_to_the_log_in_page(page):
    answer = Client().post(page) if page in ACTS else Client().get(page)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("role", [role for role in Role if role not in ALLOWED[Action.MANAGE_LRS_CREDENTIALS]])
def test_no_other_role_comes_near_keys_or_what_stuck(role):
    client = logged_in(MembershipFactory(role=role).user)

    for page in PAGES[2:]:
        assert client.get(page).status_code == 403
    for act in ACTS:
        assert client.post(act).status_code == 403


def test_statements_of_others_have_no_address():
    append([a_statement(uuid.uuid4())], source=Source.SERVER)

    assert logged_in(UserFactory()).get("/mijn/leerrecords/").context["page_obj"].paginator.count == 0
    assert Statement.objects.count() == 1


# --- The page of a key ------------------------------------------------------------------------------------------------------

UNCHANGED = {"name": "Simulator", "scopes": ["statements/write", "state"]}


def test_the_page_of_a_key_says_in_plain_words_what_it_may_do():
    organisation = OrganisationFactory(name="Ziekenhuis Zuid")
    credential, _ = a_credential(
        organisation=organisation,
        scopes=["statements/write", "statements/read"],
        activity_prefixes=["https://sim.example/"],
        learners_of_organisation=True,
        requests_a_minute=60,
        largest_body=20_000,
    )

    page = logged_in(manager(organisation)).get(f"/beheer/toegangssleutels/{credential.pk}/").content.decode()

    for sentence in (
        "Mag uitspraken toevoegen.",
        "Leest alleen wat hulpmiddelen van Ziekenhuis Zuid schreven.",
        "Alleen over activiteiten onder https://sim.example/.",
        "Alleen over leden van Ziekenhuis Zuid, onder hun pseudoniem.",
        "Er volgen geen punten uit.",
        "Hooguit 60 verzoeken per minuut.",
        "Een verzoek is hooguit 20 kB groot.",
    ):
        assert sentence in page
    assert "Mag alles" not in page


def test_a_manager_changes_the_limits_of_a_key_and_that_is_written_down():
    organisation = OrganisationFactory()
    client = logged_in(manager(organisation))
    credential, headers = a_credential(organisation=organisation, name="Simulator")
    data = {**UNCHANGED, "activity_prefixes": "https://a.example/\nhttps://b.example/", "requests_a_minute": "30", "largest_kilobytes": "5"}

    answer = client.post(
        f"/beheer/toegangssleutels/{credential.pk}/", {**data, "organisation": OrganisationFactory().pk, "source": "server"}
    )

    assert answer.status_code == 302
    credential.refresh_from_db()
    assert credential.activity_prefixes == ["https://a.example/", "https://b.example/"]
    assert (credential.requests_a_minute, credential.largest_body, credential.scopes) == (30, 5000, UNCHANGED["scopes"])
    assert (credential.organisation, credential.source) == (organisation, Source.OUTSIDE), "whose it is does not change"
    event = AuditEvent.objects.get(event="lrs_credential_changed")
    assert (event.on_behalf_of, event.details["credential"]) == (organisation, credential.pk)
    assert authenticate(headers["Authorization"]).requests_a_minute == 30


def test_a_limit_that_the_page_shows_in_whole_kilobytes_stays_what_it_is():
    organisation = OrganisationFactory()
    client = logged_in(manager(organisation))
    credential, _ = a_credential(organisation=organisation, largest_body=500)
    address = f"/beheer/toegangssleutels/{credential.pk}/"
    assert 'name="largest_kilobytes" value="1"' in client.get(address).content.decode()

    client.post(address, {**UNCHANGED, "name": "Andere naam", "largest_kilobytes": "1"})
    credential.refresh_from_db()
    assert (credential.name, credential.largest_body) == ("Andere naam", 500)

    client.post(address, {**UNCHANGED, "largest_kilobytes": "2"})
    credential.refresh_from_db()
    assert credential.largest_body == 2000


def test_a_limit_that_cannot_be_is_told_and_what_was_typed_stays():
    organisation = OrganisationFactory()
    client = logged_in(manager(organisation))
    credential, _ = a_credential(organisation=organisation)

    page = client.post(f"/beheer/toegangssleutels/{credential.pk}/", {**UNCHANGED, "activity_prefixes": "simulator"}).content.decode()

    assert "‘simulator’ is geen begin van een adres." in page
    assert ">simulator</textarea>" in page.replace("\r\n", "").replace("\n", "")
    credential.refresh_from_db()
    assert credential.activity_prefixes == []


def test_old_and_new_secret_can_work_side_by_side_for_a_day():
    organisation = OrganisationFactory()
    client = logged_in(manager(organisation))
    credential, headers = a_credential(organisation=organisation)

    answer = client.post(reverse("lrs:credential_rotate", args=[credential.pk]), {"overlap": "24"}, follow=True)

    new = answer.context["secret"]
    assert "Het vorige geheim werkt nog tot" in answer.content.decode()
    assert authenticate(headers["Authorization"]) == authenticate(basic(credential.key, new)) == credential
    assert new not in client.get(f"/beheer/toegangssleutels/{credential.pk}/").content.decode()


def test_the_list_of_keys_costs_the_same_for_one_as_for_three(django_assert_max_num_queries):
    counts = []
    for number in (1, 3):
        organisation = OrganisationFactory()
        client = logged_in(manager(organisation))
        for _ in range(number):
            a_credential(organisation=organisation)
        client.get("/beheer/toegangssleutels/")
        with django_assert_max_num_queries(30) as queries:
            client.get("/beheer/toegangssleutels/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
