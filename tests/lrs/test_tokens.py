"""OAuth tokens of tools, launches of content for one learner, and the short way past the rest of the site."""

import base64
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from django.utils import timezone

from lrs import launch, limits, middleware
from lrs.actors import actor_of
from lrs.credentials import change, revoke, rotate
from lrs.models import ActivityVersion, Launch, Source, StateDocument, Statement
from lrs.profiles.adl import VOIDED
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.lrs import Tool, a_credential, a_statement
from tests.lrs.test_credentials import basic
from tests.lrs.test_limits import ANN, INSIDE, OUTSIDE, about

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _no_projections(settings):
    settings.LRS_PROJECTIONS = []


# --- OAuth ----------------------------------------------------------------------------------------------------------------


def ask(headers: dict[str, str] | None = None, **form: str) -> Any:
    body = "&".join(f"{name}={value}" for name, value in {"grant_type": "client_credentials", **form}.items())
    return Client().post("/xapi/oauth/token", body, content_type=FORM, headers=headers)


def bearer(answer: Any) -> Tool:
    tool = Tool()
    tool.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return tool


def test_a_tool_gets_a_token_for_its_key_and_writes_with_it():
    credential, headers = a_credential(scopes=["all"])

    answer = ask(headers, scope="statements/write%20statements/read/mine")

    assert (answer.status_code, answer.json()["token_type"], answer.json()["expires_in"]) == (200, "Bearer", 900)
    assert answer.headers["Cache-Control"] == "no-store"
    tool, statement = bearer(answer), about(INSIDE)
    assert tool.post(statement).status_code == 200
    written = Statement.objects.get()
    assert (written.credential, written.source) == (credential, Source.OUTSIDE)
    assert written.document["authority"]["account"]["name"] == f"credential/{credential.pk}"
    assert tool.ids() == [statement["id"]]
    assert tool.send("PUT", "activities/state", {}, activityId=INSIDE, agent=ANN, stateId="s").status_code == 403


def test_who_asks_for_no_scope_gets_the_usual_ones():
    """RFC 6749, 4.4; xAPI 1.0.3, 4.2."""
    assert ask(a_credential(scopes=["all"])[1]).json()["scope"] == "statements/read/mine statements/write"
    assert ask(a_credential(scopes=["statements/write"])[1]).json()["scope"] == "statements/write"


def test_key_and_secret_may_stand_in_the_form():
    _, headers = a_credential()
    key, secret = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().split(":")

    assert ask(client_id=key, client_secret=secret).status_code == 200
    assert ask(client_id=key, client_secret="fout").status_code == 401


@pytest.mark.parametrize(
    ("form", "error", "status"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"scope": "all"}, "invalid_scope", 400),
        ({"scope": "onzin"}, "invalid_scope", 400),
        ({"grant_type": "client_credentials&grant_type=client_credentials"}, "invalid_request", 400),
        ({"x": "y" * 20_000}, "invalid_request", 400),
    ],
)
def test_what_is_asked_wrongly_is_told_in_the_words_of_the_rfc(form, error, status):
    answer = ask(a_credential(scopes=["state"])[1], **form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "WWW-Authenticate" not in answer.headers


def test_without_a_key_there_is_no_token():
    assert ask().json()["error"] == "invalid_client"
    assert ask({"Authorization": basic("onbekend", "x")}).status_code == 401
    assert Client().get("/xapi/oauth/token").status_code == 405


def test_a_token_ends_with_its_time_its_key_its_secret_and_its_scope():
    def given(**fields: Any) -> tuple[Any, Tool]:
        credential, headers = a_credential(**fields)
        return credential, bearer(ask(headers, scope="statements/read"))

    credential, tool = given()
    assert tool.get("statements").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=901)):
        assert tool.get("statements").status_code == 401
    revoke(credential)
    assert tool.get("statements").status_code == 401

    credential, tool = given()
    rotate(credential, overlap=timedelta(hours=1))
    assert tool.get("statements").status_code == 200
    rotate(credential)
    assert tool.get("statements").status_code == 401

    credential, tool = given()
    unlimited = {"expires_at": None, "joins_people": False, "activity_prefixes": [], "learners_of_organisation": False}
    change(credential, name="x", scopes=["state"], requests_a_minute=None, largest_body=None, **unlimited)
    assert tool.get("statements").status_code == 401


def test_a_forged_token_opens_nothing(django_assert_num_queries):
    token = ask(a_credential()[1]).json()["access_token"]
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "A" + token, "a.b", "x" * 5000, "é"):
        with django_assert_num_queries(0):
            answer = Client().get("/xapi/statements", headers={"X-Experience-API-Version": "2.0.0", "Authorization": f"Bearer {forged}"})
        assert answer.status_code == 401


def test_a_tool_finds_where_to_ask():
    """RFC 8414."""
    found = Client().get("/.well-known/oauth-authorization-server/xapi").json()

    assert found["token_endpoint"].endswith("/xapi/oauth/token")
    assert reverse("xapi:oauth_token") == "/xapi/oauth/token"


def test_old_and_new_secret_work_side_by_side_for_as_long_as_was_said():
    credential, headers = a_credential()
    new = basic(credential.key, rotate(credential, overlap=timedelta(hours=2)))
    version = {"X-Experience-API-Version": "2.0.0"}

    def answers() -> list[int]:
        return [
            Client().get("/xapi/statements", headers={**version, "Authorization": one}).status_code
            for one in (headers["Authorization"], new)
        ]

    assert answers() == [200, 200]
    with time_machine.travel(timezone.now() + timedelta(hours=2, seconds=1)):
        assert answers() == [401, 200]


# --- Launches ---------------------------------------------------------------------------------------------------------------


class Content(Tool):
    """Content in a learner's browser."""

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self.learner = fields.pop("user", None) or UserFactory()
        self.registration = uuid.uuid4()
        asked = {"application": "lessen", "activity_prefix": "https://sim.example/les", "registration": self.registration, **fields}
        self.tokens = launch.make(learner=self.learner.pseudonym, **asked)
        self.headers["Authorization"] = f"Basic {self.tokens.basic}"

    def statement(self, **parts: Any) -> dict[str, Any]:
        context = {"registration": str(self.registration)}
        return a_statement(self.learner.pseudonym, **{"object": {"id": INSIDE}, "context": context, **parts})


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_content_writes_as_its_learner_and_is_believed_like_the_learners_browser(kind):
    content = Content()
    content.headers["Authorization"] = f"{kind.title()} {getattr(content.tokens, kind)}"
    statement = content.statement()

    assert content.post(statement).status_code == 200

    written = Statement.objects.get()
    assert (written.source, written.credential) == (Source.LEARNER_SESSION, None)
    assert written.document["authority"]["account"]["name"] == "session/lessen"
    assert content.ids() == [statement["id"]]


def test_content_says_nothing_of_another_learner_activity_or_registration():
    content = Content()
    other = UserFactory()
    mine = content.statement()
    content.post(mine)

    for refused in (
        content.statement(actor=actor_of(other.pseudonym)),
        content.statement(actor=ANN),
        content.statement(object={"id": OUTSIDE}),
        content.statement(object={"id": INSIDE + "senreeks"}),
        content.statement(context={}),
        content.statement(context={"registration": str(uuid.uuid4())}),
        content.statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": mine["id"]}),
    ):
        answer = content.post(refused)
        assert answer.status_code == 403, refused
    assert Statement.objects.count() == 1


def test_content_defines_nothing():
    content = Content()
    content.post(content.statement(object={"id": INSIDE, "definition": {"name": {"nl": "Iets anders"}}}))

    assert Statement.objects.exists()
    assert not ActivityVersion.objects.exists()


def test_content_reads_only_what_was_said_in_its_own_registration():
    content = Content()
    again = Content(user=content.learner)
    mine, theirs = content.statement(), again.statement()
    content.post(mine)
    again.post(theirs)
    Tool().post({**content.statement(), "id": str(uuid.uuid4())})

    assert Statement.objects.count() == 3
    assert content.ids() == [mine["id"]]
    assert content.get("statements", statementId=theirs["id"]).status_code == 404


def test_state_is_of_that_learner_and_registration_only():
    content, other = Content(), UserFactory()
    place = {"activityId": INSIDE, "stateId": "plek", "registration": str(content.registration)}
    mine = {**place, "agent": actor_of(content.learner.pseudonym)}

    assert content.send("PUT", "activities/state", {"bladzij": 3}, **mine).status_code == 204
    assert content.get("activities/state", **mine).json() == {"bladzij": 3}
    for changed in ({"agent": actor_of(other.pseudonym)}, {"activityId": OUTSIDE}, {"registration": str(uuid.uuid4())}):
        assert content.send("PUT", "activities/state", {}, **{**mine, **changed}).status_code == 403
        assert content.get("activities/state", **{**mine, **changed}).status_code == 403
    assert content.get("agents/profile", agent=actor_of(other.pseudonym), profileId="x").status_code == 403
    assert content.get("agents", agent=actor_of(other.pseudonym)).status_code == 403
    assert StateDocument.objects.get().realm == "session/lessen"
    assert Tool().get("activities/state", **mine).status_code == 404, "the tools of others have their own documents"


def test_what_content_does_without_naming_a_registration_stays_in_its_own():
    first = Content()
    again = Content(user=first.learner)
    about = {"activityId": INSIDE, "agent": actor_of(first.learner.pseudonym)}

    for content in (first, again):
        assert content.send("PUT", "activities/state", {"van": str(content.registration)}, **about, stateId="plek").status_code == 204
    assert set(StateDocument.objects.values_list("registration", flat=True)) == {first.registration, again.registration}
    assert again.get("activities/state", **about).json() == ["plek"]
    assert again.send("DELETE", "activities/state", **about).status_code == 204

    assert again.get("activities/state", **about).json() == []
    assert first.get("activities/state", **about, stateId="plek").json() == {"van": str(first.registration)}


def test_a_launch_ends_with_its_time_when_it_is_ended_and_when_its_learner_leaves():
    content = Content(lasts=timedelta(minutes=10))
    assert content.get("statements").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        assert content.get("statements").status_code == 401
    launch.end_of(content.learner.pseudonym)
    answer = content.get("statements")
    assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (401, False)

    gone = Content()
    gone.learner.is_active = False
    gone.learner.save()
    launch.forget_all()
    assert gone.get("statements").status_code == 401


def test_what_a_learners_browser_can_send_at_once_has_a_bound_of_its_own(settings):
    content = Content()
    statement = content.statement(result={"response": "x" * 70_000})
    assert content.post(statement).status_code == 200
    settings.LRS_LAUNCH_LARGEST_BODY = 70_000

    about = {"activityId": INSIDE, "agent": actor_of(content.learner.pseudonym), "stateId": "groot"}
    assert content.send("PUT", "activities/state", b"x" * 70_001, content_type="application/octet-stream", **about).status_code == 413
    assert content.post({**statement, "id": str(uuid.uuid4())}).status_code == 413
    assert Tool().post(a_statement(result={"response": "x" * 70_000})).status_code == 200, "a tool sends what it may"


def test_content_that_was_left_open_after_its_time_keeps_nobody_else_out(settings):
    settings.LRS_STRANGERS_A_MINUTE, settings.WEB_WORKERS = 2, 1
    left = Content()
    with time_machine.travel("2026-03-01 10:00:00Z", tick=False):
        assert left.get("statements").status_code == 200
        launch.end_of(left.learner.pseudonym)
        assert [left.get("statements").status_code for _ in range(5)] == [401] * 5

        other = Content()
        answer = Client().post(f"/xapi/launch/fetch?token={other.tokens.fetch}")
        other.headers["Authorization"] = f"Basic {answer.json()['auth-token']}"
        assert other.get("statements").status_code == 200


def test_content_of_cmi5_fetches_its_token_once():
    """cmi5, 8.2."""
    content = Content()

    def fetched() -> dict[str, str]:
        return Client().post(f"/xapi/launch/fetch?token={content.tokens.fetch}").json()

    token = fetched()["auth-token"]
    content.headers["Authorization"] = f"Basic {token}"
    assert content.post(content.statement()).status_code == 200
    assert fetched()["error-code"] == "1"
    for strange in ("launch-x.y", "launch-%00.y", "", "."):
        assert Client().post(f"/xapi/launch/fetch?token={strange}").json()["error-code"] == "2", strange
    assert Client().get(f"/xapi/launch/fetch?token={content.tokens.fetch}").status_code == 405
    content = Content()
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert fetched()["error-code"] == "1", "already in use or expired (8.2.3.2)"


def test_a_launch_has_bounds_and_is_not_kept_for_ever():
    asked = {"learner": uuid.uuid4(), "application": "lessen", "activity_prefix": INSIDE, "registration": uuid.uuid4()}
    for wrong in ({"lasts": timedelta(hours=13)}, {"lasts": timedelta(0)}, {"application": "x" * 41}, {"activity_prefix": ""}):
        with pytest.raises(launch.LaunchRefused):
            launch.make(**{**asked, **wrong})
    launch.make(**asked)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        launch.make(**asked)
    assert Launch.objects.count() == 1


def test_what_is_kept_of_a_launch_opens_nothing():
    content = Content()
    kept = json.dumps({name: str(value) for name, value in Launch.objects.values().get().items()})

    assert content.tokens.secret not in kept
    assert content.tokens.fetch.partition(".")[2] not in kept


# --- The short way ------------------------------------------------------------------------------------------------------------


def test_a_tool_passes_nothing_of_the_site(monkeypatch):
    """No session, language, cookies or pages: what stands behind the short way is not called."""
    passed = []
    short = middleware.ShortWay(lambda request: passed.append(request.path))

    assert short(RequestFactory().get("/xapi/about")).status_code == 200
    assert short(RequestFactory().get("/xapi/1.0.3/about")).status_code == 200
    assert passed == []
    for wrong, version in (("/xapi/onbekend", "2.0.0"), ("/xapi/statements/", "2.0.0"), ("/xapi/1.0.3/", "1.0.3")):
        told = short(RequestFactory().post(wrong))
        assert (told.status_code, told.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
        assert told.headers["X-Experience-API-Version"] == version
    assert passed == []
    short(RequestFactory().get("/"))
    assert passed == ["/"]


def test_the_short_way_keeps_the_headers_that_protect():
    answer = Client().get("/xapi/about")

    for name in ("X-Frame-Options", "X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Opener-Policy"):
        assert answer.headers[name], name
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert not answer.cookies
    assert "Vary" not in answer.headers


def test_the_short_way_serves_only_our_own_host():
    assert Client().get("/xapi/about", headers={"Host": "kwaad.example"}).status_code == 400


def test_what_breaks_is_500_without_a_page_of_the_site(monkeypatch):
    def broken(*args):
        raise RuntimeError("kapot")

    monkeypatch.setattr("lrs.recognising.recognise", broken)
    answer = Client(raise_request_exception=False).get("/xapi/statements", headers={"Authorization": "Basic eDp5"})

    assert answer.status_code == 500
    assert b"kapot" not in answer.content
    assert b"<html" not in answer.content


def test_each_address_of_the_interface_takes_the_short_way():
    named = {reverse(f"xapi:{name}") for name in get_resolver().namespace_dict["xapi"][1].reverse_dict if isinstance(name, str)}

    assert named
    assert named <= set(middleware.ShortWay(lambda request: None)._answers)


def test_an_organisations_launch_is_not_its_key():
    """A launch is of the application, not of an organisation's tool."""
    tool = Tool(organisation=OrganisationFactory())
    content = Content()
    content.post(content.statement())

    assert Statement.objects.exists()
    assert tool.ids() == []
    assert limits.prefixes_of(tool.credential) == []
