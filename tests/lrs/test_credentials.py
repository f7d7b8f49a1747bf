"""Who may use the interface, and for what."""

import base64
import uuid
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from lrs.actors import actor_of
from lrs.credentials import SCOPES, CredentialRefused, authenticate, create, revoke, rotate
from lrs.models import Credential, Source, Statement
from lrs.store import append
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.lrs import Tool, a_statement

pytestmark = pytest.mark.django_db
ANN = {"objectType": "Agent", "mbox": "mailto:ann@voorbeeld.example"}
STATE = {"activityId": "https://voorbeeld.example/les", "agent": ANN, "stateId": "plek"}


@pytest.fixture(autouse=True)
def _no_projections(settings):
    settings.LRS_PROJECTIONS = []


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def test_a_secret_opens_and_is_not_kept():
    credential, secret = create(name="Simulator", scopes=["all"])

    assert authenticate(basic(credential.key, secret)) == credential
    assert secret not in "".join(str(value) for value in Credential.objects.values().get().values())


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic x",
        "Basic !!!",
        "Bearer abc",
        "Basic " + base64.b64encode(b"geen dubbele punt").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(b"a\0:b").decode(),
        "Basic " + base64.b64encode(b":").decode(),
    ],
)
def test_nonsense_opens_nothing(header):
    create(name="Simulator", scopes=["all"])

    assert authenticate(header) is None


def test_a_wrong_an_old_an_expired_and_a_revoked_secret_open_nothing():
    credential, secret = create(name="Simulator", scopes=["all"], expires_at=timezone.now() + timedelta(days=1))
    header = basic(credential.key, secret)
    assert authenticate(header) == credential
    assert authenticate(basic(credential.key, secret + "x")) is None
    assert authenticate(basic(credential.key.swapcase(), secret)) is None

    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert authenticate(header) is None
    renewed = basic(credential.key, rotate(credential))
    assert authenticate(header) is None
    assert authenticate(renewed) == credential
    revoke(credential)
    assert authenticate(renewed) is None
    with pytest.raises(CredentialRefused):
        rotate(credential)


def test_a_secret_survives_a_new_secret_key_as_long_as_the_old_one_is_a_fallback(settings):
    credential, secret = create(name="Simulator", scopes=["all"])
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "een heel andere sleutel"

    assert authenticate(basic(credential.key, secret)) == credential
    settings.SECRET_KEY_FALLBACKS = []
    assert authenticate(basic(credential.key, secret)) is None


def test_who_has_no_key_gets_401_without_a_password_prompt():
    for header in ({}, {"Authorization": "Basic eDp5"}):
        answer = Client().get("/xapi/statements", headers={"X-Experience-API-Version": "2.0.0", **header})
        assert answer.status_code == 401
        assert "WWW-Authenticate" not in answer.headers


READ = ("GET", "statements", None, {})
WRITE = ("POST", "statements", "statement", {})
STATE_READ, STATE_WRITE = ("GET", "activities/state", None, STATE), ("POST", "activities/state", {}, STATE)
PROFILE_READ = ("GET", "agents/profile", None, {"agent": ANN})
PROFILE_WRITE = ("POST", "agents/profile", {}, {"agent": ANN, "profileId": "x"})
ALLOWED = {
    "statements/write": [WRITE],
    "statements/read/mine": [READ],
    "statements/read": [READ],
    "state": [STATE_READ, STATE_WRITE],
    "define": [],
    "profile": [PROFILE_READ, PROFILE_WRITE],
    "all/read": [READ, STATE_READ, PROFILE_READ],
    "all": [READ, WRITE, STATE_READ, STATE_WRITE, PROFILE_READ, PROFILE_WRITE],
}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_its_own_doors_and_no_other(scope):
    """4.2."""
    tool = Tool(scopes=[scope])
    Tool().send("POST", "activities/state", {}, **STATE)

    for request in ALLOWED["all"]:
        method, resource, body, params = request
        answer = tool.send(method, resource, a_statement(actor=ANN) if body == "statement" else body, **params)
        assert (answer.status_code < 300) == (request in ALLOWED[scope]), request
        if request not in ALLOWED[scope]:
            assert answer.status_code == 403


def test_mine_reads_only_what_this_key_wrote():
    other, mine = Tool(), Tool(scopes=["statements/write", "statements/read/mine"])
    theirs, ours = a_statement(actor=ANN), a_statement(actor=ANN)
    other.post(theirs)
    mine.post(ours)

    assert mine.ids() == mine.ids(agent=ANN) == [ours["id"]]
    assert mine.get("statements", statementId=theirs["id"]).status_code == 404
    assert set(other.ids()) == {theirs["id"], ours["id"]}


def test_a_key_of_an_organisation_reads_what_its_tools_wrote_and_nothing_of_our_own():
    organisation = OrganisationFactory()
    one, colleague, stranger = Tool(organisation=organisation), Tool(organisation=organisation), Tool(organisation=OrganisationFactory())
    learner = MembershipFactory(organisation=organisation).user
    [recorded] = append([a_statement(learner.pseudonym)], source=Source.SERVER)
    written = a_statement(actor=ANN)
    one.post(written)

    assert colleague.ids() == [written["id"]]
    assert stranger.ids() == []
    assert str(recorded) not in one.ids(agent=actor_of(learner.pseudonym))
    assert one.get("statements", statementId=str(recorded)).status_code == 404
    assert str(recorded) in Tool().ids()


def test_a_tool_does_not_reach_our_people_by_their_mail():
    """Whoever knows an address could otherwise write in that person's dossier, or learn their pseudonym."""
    organisation = OrganisationFactory()
    person = MembershipFactory(organisation=organisation).user
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)

    Tool(organisation=organisation).post(a_statement(actor={"mbox": f"mailto:{person.email}"}))

    assert Statement.objects.get().learner is None


def test_an_organisation_can_let_a_tool_name_its_own_members_by_mail_and_we_keep_only_the_pseudonym():
    organisation = OrganisationFactory()
    member, unconfirmed = MembershipFactory(organisation=organisation).user, MembershipFactory(organisation=organisation).user
    outsider = MembershipFactory().user
    for person in (member, outsider):
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    EmailAddress.objects.create(user=unconfirmed, email=unconfirmed.email, verified=False, primary=True)
    tool = Tool(organisation=organisation, joins_people=True)

    for person in (member, unconfirmed, outsider):
        tool.post(
            a_statement(
                actor={"name": "Naam Voluit", "mbox": f"mailto:{person.email.upper()}"},
                context={"instructor": {"mbox": f"mailto:{member.email}"}},
            )
        )

    ours, *others = Statement.objects.order_by("sequence")
    assert ours.learner == member.pseudonym
    assert "Naam Voluit" not in ours.exact
    assert member.email.lower() not in "".join(one.exact for one in (ours, *others)).lower()
    assert [one.learner for one in others] == [None, None]
    assert tool.ids(agent={"mbox": f"mailto:{member.email}"}) == [str(ours.uuid)]
    with pytest.raises(CredentialRefused):
        create(name="x", scopes=["all"], joins_people=True)


def test_the_command_prints_key_and_secret_on_two_lines():
    OrganisationFactory(slug="nvka")
    out = StringIO()

    call_command(
        "create_lrs_credential",
        "Simulator",
        "--scope",
        "statements/write",
        "--scope",
        "state",
        "--organisation",
        "nvka",
        "--source",
        "tool",
        stdout=out,
    )

    lines = out.getvalue().splitlines()
    assert [line.partition("=")[0] for line in lines] == ["KEY", "SECRET"]
    credential = authenticate(basic(*(line.partition("=")[2] for line in lines)))
    assert credential is not None
    assert (credential.name, credential.scopes, credential.organisation.slug, credential.source) == (
        "Simulator",
        ["statements/write", "state"],
        "nvka",
        Source.TOOL,
    )
    with pytest.raises(CommandError):
        call_command("create_lrs_credential", "x", "--organisation", "geen", stdout=out)
    with time_machine.travel("2026-03-02 12:00+01:00", tick=False):
        with pytest.raises(CommandError, match="Kies vandaag of een latere dag"):
            call_command("create_lrs_credential", "Gisteren", "--expires", "2026-03-01", stdout=out)
        call_command("create_lrs_credential", "Vandaag", "--expires", "2026-03-02", stdout=out)
    assert set(Credential.objects.values_list("name", flat=True)) == {"Simulator", "Vandaag"}


def test_scopes_and_sources_are_those_of_the_standard():
    for wrong in ({"scopes": []}, {"scopes": ["alles"]}, {"scopes": ["all"], "source": Source.SERVER}):
        with pytest.raises(CredentialRefused):
            create(name="x", **wrong)
    assert not Credential.objects.exists()


def test_a_browser_cannot_pass_a_statement_off_as_ours():
    """The source follows from the credential, whatever the statement says of itself."""
    tool = Tool(source=Source.TOOL)
    tool.post(a_statement(uuid.uuid4(), authority={"account": {"homePage": "https://vakwijs.example/xapi", "name": "vakwijs"}}))

    statement = Statement.objects.get()
    assert statement.source == Source.TOOL
    assert statement.document["authority"]["account"]["name"] == f"credential/{tool.credential.pk}"


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_large_body_is_not_read_for_a_stranger(monkeypatch, method):
    def read(*args):
        raise AssertionError("read before anybody knew who sent it")

    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest.read", read)

    answer = getattr(Client(), method)(
        "/xapi/statements",
        b" " * 100_000,
        content_type="application/json",
        headers={"X-Experience-API-Version": "2.0.0", "Authorization": "Basic eDp5"},
    )

    assert answer.status_code == 401


def test_neither_key_nor_secret_can_be_taken_for_an_option_of_a_command(monkeypatch):
    words = iter(["-a", "b", "-c", "-d", "e"])
    monkeypatch.setattr("lrs.credentials.secrets.token_urlsafe", lambda length: next(words))

    credential, secret = create(name="Simulator", scopes=["all"])

    assert (credential.key, secret) == ("e", "b")
