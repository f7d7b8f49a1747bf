"""How far a key reaches: scopes, activities under a prefix, members of the organisation, so many requests, so many octets."""

import json
import time
import uuid
from io import StringIO
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from lrs import credentials, limits, rates
from lrs.actors import actor_of
from lrs.credentials import SCOPES, CredentialRefused, authenticate, create, revoke
from lrs.models import ActivityVersion, Credential, Statement
from lrs.profiles.adl import VOIDED
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.lrs import Tool, a_statement
from tests.lrs.test_credentials import basic

pytestmark = pytest.mark.django_db
ANN = {"objectType": "Agent", "mbox": "mailto:ann@voorbeeld.example"}
INSIDE, OUTSIDE = "https://sim.example/les", "https://elders.example/les"


@pytest.fixture(autouse=True)
def _no_projections(settings):
    settings.LRS_PROJECTIONS = []


def about(activity, **parts):
    return a_statement(**{"actor": ANN, "object": {"objectType": "Activity", "id": activity}, **parts})


# --- Scopes: every resource, method and scope ------------------------------------------------------------------------------

STATE = {"activityId": INSIDE, "agent": ANN, "stateId": "plek"}
ACTIVITY_PROFILE = {"activityId": INSIDE, "profileId": "x"}
AGENT_PROFILE = {"agent": ANN, "profileId": "x"}
READERS = {"statements/read", "all/read", "all"}
TABLE = [
    ("GET", "about", {}, None, set(SCOPES)),
    ("GET", "statements", {}, None, READERS | {"statements/read/mine"}),
    ("HEAD", "statements", {}, None, READERS | {"statements/read/mine"}),
    ("POST", "statements", {}, "statement", {"statements/write", "all"}),
    ("PUT", "statements", {"statementId": "id"}, "statement", {"statements/write", "all"}),
    ("GET", "activities/state", STATE, None, {"state", "all/read", "all"}),
    ("HEAD", "activities/state", STATE, None, {"state", "all/read", "all"}),
    ("PUT", "activities/state", STATE, {}, {"state", "all"}),
    ("POST", "activities/state", STATE, {}, {"state", "all"}),
    ("DELETE", "activities/state", STATE, None, {"state", "all"}),
    ("GET", "activities/profile", ACTIVITY_PROFILE, None, {"profile", "all/read", "all"}),
    ("PUT", "activities/profile", ACTIVITY_PROFILE, {}, {"profile", "all"}),
    ("POST", "activities/profile", ACTIVITY_PROFILE, {}, {"profile", "all"}),
    ("DELETE", "activities/profile", ACTIVITY_PROFILE, None, {"profile", "all"}),
    ("GET", "agents/profile", AGENT_PROFILE, None, {"profile", "all/read", "all"}),
    ("PUT", "agents/profile", AGENT_PROFILE, {}, {"profile", "all"}),
    ("POST", "agents/profile", AGENT_PROFILE, {}, {"profile", "all"}),
    ("DELETE", "agents/profile", AGENT_PROFILE, None, {"profile", "all"}),
    ("GET", "activities", {"activityId": INSIDE}, None, set(SCOPES) - {"statements/write"}),
    ("GET", "agents", {"agent": ANN}, None, {"statements/read", "all/read", "profile", "all"}),
]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(("method", "resource", "params", "body", "allowed"), TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE])
def test_each_scope_opens_what_the_standard_says_and_nothing_else(method, resource, params, body, allowed, version):
    """4.2. 403 for who lacks the scope; who has it gets anything but that (a document that is there wants an If-Match)."""
    for scope in SCOPES:
        tool = Tool(scopes=[scope], version=version, address="/xapi" if version == "2.0.0" else "/xapi/1.0.3")
        statement = about(INSIDE)
        asked = {name: statement["id"] if value == "id" else value for name, value in params.items()}
        answer = tool.send(method, resource, statement if body == "statement" else body, **asked)

        assert (answer.status_code != 403) == (scope in allowed), (scope, answer.status_code)
        assert answer.status_code != 401


def test_mine_is_what_this_key_wrote_also_with_a_renewed_secret_or_a_token():
    one, other = Tool(scopes=["statements/write", "statements/read/mine"]), Tool()
    mine, theirs = about(INSIDE), about(INSIDE)
    one.post(mine)
    other.post(theirs)

    assert one.ids() == [mine["id"]]
    assert set(other.ids()) == {mine["id"], theirs["id"]}


def test_who_may_not_define_changes_no_definition():
    activity = {"objectType": "Activity", "id": INSIDE, "definition": {"name": {"nl": "Nieuw"}}}
    Tool(scopes=["statements/write"]).post(about(INSIDE, object=activity))
    assert not ActivityVersion.objects.exists()

    Tool(scopes=["statements/write", "define"]).post(about(INSIDE, object=activity))
    assert ActivityVersion.objects.count() == 1


# --- Activities under a prefix ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "iri", "covered"),
    [
        ("https://sim.example/", "https://sim.example/les/1", True),
        ("https://sim.example", "https://sim.example/les", True),
        ("https://sim.example", "https://sim.example.kwaad.example/les", False),
        ("https://sim.example/a", "https://sim.example/a", True),
        ("https://sim.example/a", "https://sim.example/a?b=1", True),
        ("https://sim.example/a", "https://sim.example/a#b", True),
        ("https://sim.example/a", "https://sim.example/ab", False),
        ("https://sim.example/a/", "https://sim.example/a", False),
        ("https://sim.example/", "http://sim.example/les", False),
    ],
)
def test_a_prefix_ends_where_a_part_of_an_address_ends(prefix, iri, covered):
    assert limits.covers(prefix, iri) is covered


@pytest.mark.parametrize("prefix", ["https:", "https://", "h", "", "les", "/les", "https://a b.example/"])
def test_a_prefix_names_a_place(prefix):
    with pytest.raises(CredentialRefused):
        create(name="x", scopes=["all"], activity_prefixes=[prefix])


def limited(**fields):
    return Tool(activity_prefixes=["https://sim.example/"], **fields)


def test_a_key_with_a_prefix_writes_about_nothing_else():
    tool, reference = limited(), {"objectType": "StatementRef", "id": str(uuid.uuid4())}
    elsewhere = about(OUTSIDE)
    Tool().post(elsewhere)
    sub = {"objectType": "SubStatement", "actor": ANN, "verb": {"id": "https://voorbeeld.example/v"}}

    for refused in (
        about(OUTSIDE),
        about(OUTSIDE, object=ANN),
        about(OUTSIDE, object={**sub, "object": {"id": OUTSIDE}}),
        about(OUTSIDE, object={**reference, "id": elsewhere["id"]}),
        about(OUTSIDE, verb={"id": VOIDED}, object={**reference, "id": elsewhere["id"]}),
    ):
        answer = tool.post(refused)
        assert (answer.status_code, Statement.objects.count()) == (403, 1), answer.content
    assert tool.post(about(INSIDE), about(OUTSIDE)).status_code == 403
    assert Statement.objects.count() == 1, "a batch is refused as a whole"

    for accepted in (about(INSIDE), about(INSIDE, object={**sub, "object": {"id": INSIDE}}), about(INSIDE, object=reference)):
        assert tool.post(accepted).status_code == 200
    assert tool.post(a_statement(object={})).status_code == 400, "what is no statement is told so"


def test_context_may_name_any_activity_but_not_say_what_it_is():
    tool = limited()
    course = {"objectType": "Activity", "id": OUTSIDE, "definition": {"name": {"nl": "Andermans cursus"}}}

    assert tool.post(about(INSIDE, context={"contextActivities": {"parent": [course], "grouping": [course]}})).status_code == 200

    assert not ActivityVersion.objects.exists()
    assert len(tool.ids(activity=OUTSIDE, related_activities="true")) == 1


def test_a_key_with_a_prefix_reads_what_lies_under_it():
    everything, tool = Tool(), limited()
    inside, outside = about(INSIDE), about(OUTSIDE)
    everything.post(inside, outside)
    voids = about(INSIDE, object={"objectType": "StatementRef", "id": inside["id"]})
    refers = about(OUTSIDE, object={"objectType": "StatementRef", "id": outside["id"]})
    everything.post(voids, refers)

    assert set(everything.ids()) == {inside["id"], outside["id"], voids["id"], refers["id"]}
    assert set(tool.ids()) == {inside["id"], voids["id"]}
    assert set(tool.ids(agent=ANN)) == {inside["id"], voids["id"]}
    assert tool.ids(activity=OUTSIDE) == []
    assert tool.get("statements", statementId=inside["id"]).status_code == 200
    assert tool.get("statements", statementId=outside["id"]).status_code == 404


def test_pages_of_a_key_with_a_prefix_are_whole_and_miss_nothing(monkeypatch):
    everything, tool = Tool(), limited()
    statements = [about(INSIDE if number % 3 == 0 else OUTSIDE) for number in range(30)]
    for statement in statements:
        everything.post(statement)
    wanted = [statement["id"] for statement in reversed(statements) if statement["object"]["id"] == INSIDE]
    for most, farthest in ((100, 1000), (4, 8), (3, 3)):
        monkeypatch.setattr("lrs.queries.MOST", most)
        monkeypatch.setattr(limits, "FARTHEST", farthest)
        found, answer = [], tool.get("statements", limit="3").json()
        while True:
            assert len(answer["statements"]) <= 3
            found += [statement["id"] for statement in answer["statements"]]
            if not answer["more"]:
                break
            answer = tool.client.get(answer["more"], headers=tool.headers).json()
        assert found == wanted


def test_documents_outside_the_prefix_are_refused():
    tool, everything = limited(), Tool()
    for method, body in (("PUT", {}), ("GET", None), ("DELETE", None)):
        for resource, params in (
            ("activities/state", {**STATE, "stateId": method}),
            ("activities/profile", {**ACTIVITY_PROFILE, "profileId": method}),
        ):
            outside = {**params, "activityId": OUTSIDE}
            assert everything.send(method, resource, body, **outside).status_code != 403
            assert tool.send(method, resource, body, **outside).status_code == 403
            assert tool.send(method, resource, body, **params).status_code != 403
    assert tool.get("activities", activityId=OUTSIDE).status_code == 403
    assert tool.get("activities", activityId=INSIDE).status_code == 200


# --- Learners of the organisation ---------------------------------------------------------------------------------------------


@pytest.fixture
def organisation():
    return OrganisationFactory()


def test_a_key_for_members_writes_about_nobody_else(organisation):
    tool = Tool(organisation=organisation, learners_of_organisation=True)
    member, stranger = MembershipFactory(organisation=organisation).user, MembershipFactory().user
    ours = actor_of(member.pseudonym)

    assert Tool(organisation=organisation).post(a_statement(stranger.pseudonym)).status_code == 200
    for actor in (actor_of(stranger.pseudonym), actor_of(uuid.uuid4()), ANN, {"objectType": "Group", "member": [ours]}):
        assert tool.post(a_statement(actor=actor)).status_code == 403
        assert tool.send("PUT", "activities/state", {}, **{**STATE, "agent": actor}).status_code in (400, 403)
    assert tool.post(a_statement(actor=ours)).status_code == 200
    assert tool.send("PUT", "activities/state", {}, **{**STATE, "agent": ours}).status_code == 204
    assert tool.get("agents", agent=actor_of(stranger.pseudonym)).status_code == 403


def test_a_key_for_members_reads_of_nobody_else_and_no_longer_of_who_left(organisation):
    membership = MembershipFactory(organisation=organisation)
    colleague = Tool(organisation=organisation)
    theirs, ours = about(INSIDE), a_statement(membership.user.pseudonym)
    colleague.post(theirs, ours)
    tool = Tool(organisation=organisation, learners_of_organisation=True)

    assert set(colleague.ids()) == {theirs["id"], ours["id"]}
    assert tool.ids() == [ours["id"]]
    assert tool.get("statements", statementId=theirs["id"]).status_code == 404

    membership.delete()
    limits.forget_all()
    assert tool.ids() == []


def test_only_a_key_of_an_organisation_can_be_limited_to_its_members():
    with pytest.raises(CredentialRefused):
        create(name="x", scopes=["all"], learners_of_organisation=True)


# --- So many requests, so many octets -----------------------------------------------------------------------------------------


def test_who_asks_too_much_is_told_when_to_come_back(settings):
    settings.WEB_WORKERS = 1
    tool, other = Tool(requests_a_minute=3), Tool()
    with time_machine.travel("2026-03-01 10:00:50Z", tick=False) as clock:
        assert [tool.get("statements").status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = tool.get("statements")
        assert refused.headers["Retry-After"] == "10"
        assert "Retry-After" in refused.headers["Access-Control-Expose-Headers"]
        assert tool.post(about(INSIDE)).status_code == 429
        assert other.get("statements").status_code == 200
        clock.shift(10)
        assert tool.get("statements").status_code == 200


def test_each_process_has_its_part_when_the_count_is_not_shared(settings):
    settings.WEB_WORKERS = 2
    tool = Tool(requests_a_minute=4)

    with time_machine.travel("2026-03-01 10:00:00Z", tick=False):
        assert [tool.get("statements").status_code for _ in range(3)] == [200, 200, 429]


def test_a_shared_count_is_for_all_processes_together(settings, monkeypatch):
    settings.CACHES = {"default": {**settings.CACHES["default"], "BACKEND": "x.RedisCache"}}
    taken: dict[str, int] = {}

    class Shared:
        def add(self, key, value, timeout):
            taken.setdefault(key, value)

        def incr(self, key, by):
            taken[key] += by
            return taken[key]

    monkeypatch.setattr(rates, "cache", Shared())
    with time_machine.travel("2026-03-01 10:00:00Z", tick=False):
        passed = 0
        for _process in range(3):
            rates.forget_all()  # another process knows only what is shared
            for _ in range(60):
                try:
                    rates.spend("key", limit=100)
                except rates.TooMany:
                    break
                passed += 1
    assert passed == 100


def test_a_cache_that_fails_refuses_nobody(settings, monkeypatch):
    settings.CACHES = {"default": {**settings.CACHES["default"], "BACKEND": "x.RedisCache"}}
    monkeypatch.setattr(rates, "cache", None)

    assert Tool(requests_a_minute=10).get("statements").status_code == 200


def test_a_key_of_an_organisation_has_a_limit_of_its_own_accord(settings, organisation):
    settings.LRS_REQUESTS_A_MINUTE, settings.WEB_WORKERS = 2, 1
    theirs, operators = Tool(organisation=organisation), Tool()

    with time_machine.travel("2026-03-01 10:00:00Z", tick=False):
        assert [theirs.get("statements").status_code for _ in range(3)] == [200, 200, 429]
        assert [operators.get("statements").status_code for _ in range(3)] == [200, 200, 200]


def test_wrong_keys_are_not_looked_up_for_ever(settings, django_assert_num_queries):
    settings.LRS_STRANGERS_A_MINUTE, settings.WEB_WORKERS = 3, 1
    tool = Tool()
    assert tool.get("statements").status_code == 200

    def guess(number):
        return Client().get("/xapi/statements", headers={"X-Experience-API-Version": "2.0.0", "Authorization": basic(f"gok{number}", "x")})

    with time_machine.travel("2026-03-01 10:00:30Z", tick=False):
        assert [guess(number).status_code for number in range(3)] == [401, 401, 401]
        with django_assert_num_queries(0):
            refused = guess(4)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
        assert tool.get("statements").status_code == 200, "a key that has been good goes on, from the same address"


def test_a_key_can_be_kept_to_small_requests():
    tool = Tool(largest_body=2000)
    assert tool.post(about(INSIDE)).status_code == 200

    answer = tool.post(about(INSIDE, result={"response": "x" * 2000}))

    assert (answer.status_code, Statement.objects.count()) == (413, 1)


def test_a_large_form_has_its_key_in_a_header():
    tool = Tool(version="1.0.3", address="/xapi/1.0.3")
    form = {"content": '{"x":"' + "x" * 70_000 + '"}', **tool.headers}
    url = "/xapi/1.0.3/activities/state?method=PUT"
    body = urlencode({**form, "activityId": INSIDE, "agent": json.dumps(ANN), "stateId": "s"})
    kind = "application/x-www-form-urlencoded"

    assert Client().post(url, body, content_type=kind).status_code == 401
    assert Client().post(url, body, content_type=kind, headers={"Authorization": tool.headers["Authorization"]}).status_code == 204


# --- What a request costs, and how long a key lives on ---------------------------------------------------------------------------


def test_a_key_that_was_just_recognised_costs_no_question(django_assert_num_queries):
    credential, secret = create(name="x", scopes=["all"])
    assert authenticate(basic(credential.key, secret)) == credential

    with django_assert_num_queries(0):
        for _ in range(5):
            assert authenticate(basic(credential.key, secret)) == credential
            assert authenticate(basic(credential.key, "fout")) is None


def test_a_key_that_another_process_revoked_stops_within_two_seconds(monkeypatch):
    credential, secret = create(name="x", scopes=["all"])
    assert authenticate(basic(credential.key, secret)) == credential
    Credential.objects.filter(pk=credential.pk).update(revoked_at=timezone.now())
    assert authenticate(basic(credential.key, secret)) == credential, "this process does not know yet"

    later = time.monotonic() + 2
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert authenticate(basic(credential.key, secret)) is None


def test_a_key_that_this_process_revoked_stops_at_once():
    credential, secret = create(name="x", scopes=["all"])
    assert authenticate(basic(credential.key, secret)) == credential
    revoke(credential)
    assert authenticate(basic(credential.key, secret)) is None


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("lrs.credentials.MOST_REMEMBERED", 10)
    for number in range(50):
        authenticate(basic(f"onbekend{number}", "x"))

    assert len(credentials._known._kept) == 10


def test_the_last_use_is_noted_once_a_minute():
    tool = Tool()
    with time_machine.travel("2026-03-01 10:00:00Z", tick=False) as clock:
        tool.get("statements")
        first = Credential.objects.get().last_used_at
        clock.shift(59)
        tool.get("statements")
        assert Credential.objects.get().last_used_at == first
        clock.shift(2)
        tool.get("statements")
        assert Credential.objects.get().last_used_at > first


def test_the_command_takes_the_limits(organisation):
    out = StringIO()
    call_command(
        "create_lrs_credential", "Simulator", "--organisation", organisation.slug, "--prefix", "https://sim.example/",
        "--learners-of-organisation", "--rate", "60", "--largest-body", "1000", "--expires", "2030-12-31", stdout=out,
    )  # fmt: skip

    assert [line.partition("=")[0] for line in out.getvalue().splitlines()] == ["KEY", "SECRET"]
    made = Credential.objects.get()
    assert (made.activity_prefixes, made.learners_of_organisation, made.requests_a_minute, made.largest_body) == (
        ["https://sim.example/"],
        True,
        60,
        1000,
    )
    assert timezone.localtime(made.expires_at).isoformat().startswith("2030-12-31T23:59:59")
