"""The statements resource as a tool sees it. Numbers are clauses of xAPI 1.0.3, Part Three, unless they say otherwise."""

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from lrs.actors import actor_of
from lrs.models import Source, Statement
from lrs.profiles.adl import VOIDED
from lrs.store import append
from tests.factories.lrs import Tool, a_statement

pytestmark = pytest.mark.django_db
ANN = {"objectType": "Agent", "mbox": "mailto:ann@voorbeeld.example"}
BEA = {"objectType": "Agent", "mbox": "mailto:bea@voorbeeld.example"}
PASSED = "http://adlnet.gov/expapi/verbs/passed"
SOME_ID = "10903137-7365-408f-bd6c-9c2f4f3a5b11"


@pytest.fixture(autouse=True)
def _no_projections(settings):
    settings.LRS_PROJECTIONS = []


@pytest.fixture(params=["2.0.0", "1.0.3"])
def tool(request):
    return Tool(version=request.param, address="/xapi" if request.param == "2.0.0" else "/xapi/1.0.3")


def by(actor, **parts):
    return a_statement(actor=actor, **parts)


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_a_statement_that_is_posted_can_be_read_back(tool):
    statement = by(ANN)

    answer = tool.post(statement)

    assert (answer.status_code, answer.json()) == (200, [statement["id"]])
    read = tool.get("statements", statementId=statement["id"]).json()
    assert {key: read[key] for key in statement} == statement
    assert read["version"] == ("2.0.0" if tool.headers["X-Experience-API-Version"] == "2.0.0" else "1.0.0")
    assert read["authority"]["account"]["name"] == f"credential/{tool.credential.pk}"


def test_the_text_comes_back_as_it_came_in_with_what_we_add_behind_it(tool):
    text = f'{{ "id":"{uuid.uuid4()}", "actor" : {{"mbox":"mailto:ann@voorbeeld.example"}},\n "verb":{{"id":"{PASSED}"}},'
    text += '"object":{"id":"https://voorbeeld.example/les"},'
    text += '"result":{"score":{"raw":1.50,"max":1e2},"extensions":{"https://voorbeeld.example/x":{"diep":[null,"\\u0000","é"]}}},"timestamp":"2026-03-01T10:00:00.000Z" }'

    [statement_id] = tool.send("POST", "statements", text.encode()).json()

    assert Statement.objects.with_id(statement_id).get().exact.startswith(text.rstrip(" }"))
    assert tool.get("statements", statementId=statement_id).json()["result"] == json.loads(text)["result"]


def test_a_statement_without_id_or_timestamp_gets_them(tool):
    statement = by(ANN)
    del statement["id"], statement["timestamp"]

    [statement_id] = tool.post(statement).json()

    read = tool.get("statements", statementId=statement_id).json()
    assert read["id"] == statement_id
    assert read["timestamp"] == read["stored"]


def test_put_stores_once_and_refuses_another_statement_under_the_id(tool):
    statement = by(ANN)
    put = lambda body: tool.send("PUT", "statements", body, statementId=statement["id"]).status_code  # noqa: E731

    assert [put(statement), put(statement), put({**statement, "verb": {"id": PASSED}})] == [204, 204, 409]
    assert put({**statement, "id": str(uuid.uuid4())}) == 400
    assert put([statement]) == 400
    assert tool.send("PUT", "statements", statement).status_code == 400
    assert Statement.objects.count() == 1


def test_a_put_without_id_in_the_statement_takes_that_of_the_address(tool):
    statement = by(ANN)
    statement_id = statement.pop("id")

    assert tool.send("PUT", "statements", statement, statementId=statement_id.upper()).status_code == 204
    assert tool.get("statements", statementId=statement_id).json()["id"] == statement_id


def test_one_bad_statement_refuses_the_batch_and_says_where(tool):
    answer = tool.post(by(ANN), by({"objectType": "Agent", "mbox": "ann"}))

    assert answer.status_code == 400
    assert answer.content.decode() == "statement 1: $.actor.mbox: must be a mailto IRI with an e-mail address (2.4.2.3)"
    assert not Statement.objects.exists()


def test_the_same_id_twice_in_a_batch_is_refused(tool):
    statement = by(ANN)

    assert tool.post(statement, statement).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b"[1]",
        b'"x"',
        b"[{}]",
        b"{} {}",
        b"[",
        b"[{},]",
        b"\xff\xfe",
        b'{"a":NaN}',
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"[]]",
        b"9" * 10_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_not_a_statement_is_400(tool, body):
    assert tool.send("POST", "statements", body, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ('"verb":{"id":"https://voorbeeld.example/deed"},', "the key 'verb' stands there twice"),
        ('"result":{"extensions":{"x:y":{"a":1,"b":2,"a":3}}},', "the key 'a' stands there twice"),
        ('"result":{"extensions":{"x:y":1e999}},', "the number 1e999 is too large"),
        ('"result":{"extensions":{"x:y":-1.0e400}},', "the number -1.0e400 is too large"),
        ('"result":{"extensions":{"x:y":NaN}},', "NaN is not JSON"),
    ],
)
def test_a_text_that_another_reader_would_read_otherwise_is_refused(tool, piece, reason):
    """The text is kept as it came in: of two equal keys one reader takes the first and another the last."""
    text = json.dumps(by(ANN))
    assert tool.send("POST", "statements", text.encode(), content_type="application/json").status_code == 200

    answer = tool.send("POST", "statements", ("{" + piece + json.dumps(by(ANN))[1:]).encode(), content_type="application/json")

    assert (answer.status_code, reason in answer.content.decode()) == (400, True), answer.content


def test_the_content_type_is_json_or_multipart(tool):
    assert tool.send("POST", "statements", by(ANN), content_type="text/plain").status_code == 400
    assert tool.send("POST", "statements", by(ANN), content_type="application/json; charset=utf-8").status_code == 200


def test_one_context_activity_comes_back_as_a_list(tool):
    """Data 2.4.6.2."""
    [statement_id] = tool.post(by(ANN, context={"contextActivities": {"parent": {"id": "https://voorbeeld.example/cursus"}}})).json()

    context = tool.get("statements", statementId=statement_id).json()["context"]
    assert context == {"contextActivities": {"parent": [{"id": "https://voorbeeld.example/cursus"}]}}


def test_version_2_answers_moments_in_utc():
    tool = Tool()
    [statement_id] = tool.post(by(ANN, timestamp="2026-03-01T11:00:00.25+01:00")).json()

    assert tool.get("statements", statementId=statement_id).json()["timestamp"] == "2026-03-01T10:00:00.250Z"


def test_a_reader_of_1_0_3_never_sees_what_only_2_0_has():
    new, old = Tool(), Tool(version="1.0.3", address="/xapi/1.0.3")
    agents = [{"objectType": "contextAgent", "agent": BEA}]
    [statement_id] = new.post(by(ANN, context={"language": "nl", "contextAgents": agents})).json()

    assert new.get("statements", statementId=statement_id).json()["context"]["contextAgents"] == agents
    seen = old.get("statements", statementId=statement_id).json()
    assert (seen["context"], seen["version"]) == ({"language": "nl"}, "1.0.0")
    assert old.post(by(ANN, context={"contextAgents": agents})).status_code == 400


# --- Voiding ----------------------------------------------------------------------------------------------------------


def test_a_voided_statement_is_found_only_by_its_own_parameter(tool):
    statement = by(ANN)
    tool.post(statement)
    tool.post(by(BEA, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": statement["id"]}))

    assert tool.get("statements", statementId=statement["id"]).status_code == 404
    assert tool.get("statements", voidedStatementId=statement["id"]).json()["id"] == statement["id"]
    assert statement["id"] not in tool.ids()


def test_a_voiding_statement_cannot_be_voided(tool):
    """Data 2.3.2."""
    statement = by(ANN)
    voiding = by(BEA, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": statement["id"]})
    tool.post(statement)
    tool.post(voiding)
    tool.post(by(BEA, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": voiding["id"]}))

    assert tool.get("statements", statementId=voiding["id"]).status_code == 200


def test_a_tool_cannot_void_what_we_recorded_ourselves(tool):
    [ours] = append([a_statement()], source=Source.SERVER)

    answer = tool.post(by(ANN, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": str(ours)}))

    assert answer.status_code == 403
    assert Statement.objects.get().voided is False


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_filters_find_what_they_name_and_no_more(tool):
    registration = str(uuid.uuid4())
    course = {"id": "https://voorbeeld.example/cursus"}
    group = {"objectType": "Group", "name": "Team", "member": [BEA]}
    plain = by(ANN)
    passed = by(ANN, verb={"id": PASSED}, object=course, context={"registration": registration})
    about_ann = by(BEA, object=ANN)
    taught = by(BEA, context={"instructor": ANN, "contextActivities": {"grouping": [course]}})
    together = by(group, object={"objectType": "SubStatement", "actor": ANN, "verb": {"id": PASSED}, "object": course})
    for statement in (plain, passed, about_ann, taught, together):
        assert tool.post(statement).status_code == 200

    def found(**params):
        return [name for name, one in names.items() if one["id"] in tool.ids(**params)]

    names = {"plain": plain, "passed": passed, "about_ann": about_ann, "taught": taught, "together": together}
    assert found(agent=ANN) == ["plain", "passed", "about_ann"]
    assert found(agent=ANN, related_agents="true") == ["plain", "passed", "about_ann", "taught", "together"]
    assert found(agent=BEA, related_agents="true") == ["about_ann", "taught", "together"]
    assert found(verb=PASSED) == ["passed"]
    assert found(activity=course["id"]) == ["passed"]
    assert found(activity=course["id"], related_activities="true") == ["passed", "taught", "together"]
    assert found(agent=ANN, related_agents="true", activity=course["id"], related_activities="true") == ["passed", "taught", "together"]
    assert found(registration=registration) == ["passed"]
    assert found(agent=ANN, verb=PASSED) == ["passed"]
    assert found(agent={"account": tool_authority(tool)}, related_agents="true") == list(names)
    assert found(agent={"mbox": "mailto:niemand@voorbeeld.example"}) == []


def tool_authority(tool):
    return {"homePage": "https://vakwijs.example/xapi", "name": f"credential/{tool.credential.pk}"}


def test_who_refers_to_a_match_matches_too(tool):
    """2.1.3: "Filter Conditions for StatementRefs"."""
    passed = by(ANN, verb={"id": PASSED})
    comment = by(BEA, object={"objectType": "StatementRef", "id": passed["id"]})
    reply = by(BEA, object={"objectType": "StatementRef", "id": comment["id"]})
    tool.post(passed, comment, reply, by(BEA))

    assert tool.ids(verb=PASSED) == [reply["id"], comment["id"], passed["id"]]
    tool.post(by(BEA, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": passed["id"]}))
    assert passed["id"] not in tool.ids(agent=ANN)
    assert len(tool.ids(agent=ANN)) == 3, "the voiding statement and the comments still stand"


def test_since_is_exclusive_and_until_is_inclusive(tool):
    moments = []
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False) as clock:
        for _ in range(3):
            clock.shift(timedelta(minutes=10))
            statement = by(ANN)
            tool.post(statement)
            moments.append((statement["id"], tool.get("statements", statementId=statement["id"]).json()["stored"]))
    (first, _), (second, at), (third, _) = moments

    assert tool.ids(since=at) == [third]
    assert tool.ids(until=at) == [second, first]
    assert tool.ids(since=at, until=at) == []
    assert tool.ids(ascending="true") == [first, second, third]


def test_more_pages_stay_the_same_while_statements_arrive(tool):
    statements = [by(ANN) for _ in range(5)]
    tool.post(*statements)
    expected = [statement["id"] for statement in reversed(statements)]

    seen, answer = [], tool.get("statements", limit=2, agent=ANN).json()
    while True:
        seen += [statement["id"] for statement in answer["statements"]]
        tool.post(by(ANN))
        if not answer["more"]:
            break
        answer = tool.client.get(answer["more"], headers=tool.headers).json()

    assert seen == expected


def test_more_goes_on_the_other_way_too(tool):
    statements = [by(ANN) for _ in range(3)]
    tool.post(*statements)

    first = tool.get("statements", limit=2, ascending="true").json()
    rest = tool.client.get(first["more"], headers=tool.headers).json()

    assert [one["id"] for one in first["statements"] + rest["statements"]] == [one["id"] for one in statements]
    assert rest["more"] == ""


def test_formats_shorten_and_choose_a_language(tool):
    definition = {"name": {"nl": "Les", "en-US": "Lesson"}, "description": {"nl": "Over werk"}}
    tool.post(by(ANN, object={"id": "https://voorbeeld.example/les", "definition": definition}))
    later = by(
        {**BEA, "name": "Bea"},
        object={"id": "https://voorbeeld.example/les"},
        verb={"id": PASSED, "display": {"en": "passed", "nl": "geslaagd"}},
    )
    tool.post(later)

    ids = tool.get("statements", statementId=later["id"], format="ids").json()
    assert (ids["actor"], ids["verb"], ids["object"]) == (BEA, {"id": PASSED}, {"id": "https://voorbeeld.example/les"})
    dutch = tool.send(
        "GET", "statements", statementId=later["id"], format="canonical", headers={"Accept-Language": "fr, nl-NL;q=0.8, en;q=0.1"}
    ).json()
    assert dutch["verb"]["display"] == {"nl": "geslaagd"}
    assert dutch["object"]["definition"] == {"name": {"nl": "Les"}, "description": {"nl": "Over werk"}}
    english = tool.send("GET", "statements", statementId=later["id"], format="canonical", headers={"Accept-Language": "en"}).json()
    assert english["object"]["definition"] == {"name": {"en-US": "Lesson"}, "description": {"nl": "Over werk"}}
    exact = tool.get("statements", statementId=later["id"], format="exact").json()
    assert (exact["verb"], exact["object"]) == (later["verb"], later["object"])


def test_the_language_asked_for_comes_before_a_wider_one(tool):
    statement = by(
        ANN, verb={"id": PASSED, "display": {"en": "wide", "en-GB": "exact", "nl-BE": "narrow", "fr": "other", "pt-BR": "x", "pt-PT": "y"}}
    )
    tool.post(statement)

    def shown(accepted: str) -> dict[str, str]:
        answer = tool.send("GET", "statements", statementId=statement["id"], format="canonical", headers={"Accept-Language": accepted})
        return answer.json()["verb"]["display"]

    assert shown("en-GB") == {"en-GB": "exact"}
    assert shown("en-AU, fr;q=0.9") == {"en": "wide"}
    assert shown("nl") == {"nl-BE": "narrow"}
    assert shown("nl-NL, fr;q=0.9") == {"nl-BE": "narrow"}, "the same language of elsewhere before another language"
    assert shown("pt-AO, pt-PT, pt-BR, pt") == {"pt-PT": "y"}, "named later, but named"
    assert shown("pt-AO, fr") == {"pt-BR": "x"}
    assert shown("nl;q=0, fr") == {"fr": "other"}


def test_an_activity_by_its_identifier_is_nothing_but_its_id(tool):
    """2.0: 4.1.6.1, format "ids"; a group keeps what tells it from an agent."""
    group = {"objectType": "Group", "name": "Team", "mbox": "mailto:team@voorbeeld.example", "member": [ANN]}
    activity = {"objectType": "Activity", "id": "https://voorbeeld.example/les", "definition": {"name": {"nl": "Les"}}}
    statement = by(ANN, object={"objectType": "SubStatement", "actor": group, "verb": {"id": PASSED}, "object": activity})
    tool.post(statement)

    short = tool.get("statements", statementId=statement["id"], format="ids").json()["object"]

    assert short["actor"] == {"objectType": "Group", "mbox": "mailto:team@voorbeeld.example"}
    assert short["object"] == {"id": "https://voorbeeld.example/les"}


@pytest.mark.parametrize(
    "params",
    [
        {"StatementId": SOME_ID},
        {"foo": "bar"},
        {"statementId": "x"},
        {"statementId": SOME_ID, "voidedStatementId": SOME_ID},
        {"statementId": SOME_ID, "limit": "1"},
        {"voidedStatementId": SOME_ID, "agent": json.dumps(ANN)},
        {"agent": "ann"},
        {"agent": "{}"},
        {"agent": '{"objectType":"Group","member":[{"mbox":"mailto:a@b.example"}]}'},
        {"verb": "geslaagd"},
        {"activity": "les"},
        {"registration": "1"},
        {"related_agents": "yes"},
        {"since": "gisteren"},
        {"until": "2026-13-01T00:00:00Z"},
        {"limit": "-1"},
        {"limit": "veel"},
        {"format": "Exact"},
        {"attachments": "1"},
        {"ascending": "True"},
        {"cursor": "x"},
    ],
    ids=lambda params: " ".join(f"{name}={value[:20]}" for name, value in params.items()),
)
def test_a_parameter_that_is_wrong_is_400(tool, params):
    assert tool.get("statements", **params).status_code == 400


def test_a_statement_that_is_not_there_is_404(tool):
    assert tool.get("statements", statementId=str(uuid.uuid4())).status_code == 404


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_every_answer_names_version_and_moments(tool):
    statement = by(ANN)
    tool.post(statement)

    answer = tool.get("statements", statementId=statement["id"])

    assert answer.headers["X-Experience-API-Version"] == tool.headers["X-Experience-API-Version"]
    assert answer.headers["X-Experience-API-Consistent-Through"] >= answer.json()["stored"]
    assert answer.headers["Last-Modified"]
    assert answer.headers["Date"]
    refused = tool.get("statements", foo="bar")
    assert refused.headers["X-Experience-API-Version"] == tool.headers["X-Experience-API-Version"]
    assert refused.headers["X-Experience-API-Consistent-Through"]


@pytest.mark.parametrize(("address", "version"), [("/xapi", "2.0.0"), ("/xapi/1.0.3", "1.0.3")])
def test_a_request_without_version_is_400_in_the_version_of_the_address(address, version):
    tool = Tool(address=address)
    del tool.headers["X-Experience-API-Version"]

    for answer in (tool.get("statements"), tool.post(by(ANN)), tool.get("activities", activityId="https://a.example/")):
        assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (400, version)
    about = tool.client.get(f"{address}/about")
    assert (about.status_code, about.json()["version"]) == (200, ["1.0.3"] if version == "1.0.3" else ["2.0.0", "1.0.3"])


@pytest.mark.parametrize(
    ("asked", "status", "answered"),
    [
        ("1.0", 200, "1.0.3"),
        ("1.0.1", 200, "1.0.3"),
        ("2.0", 200, "2.0.0"),
        ("1.1.0", 400, "2.0.0"),
        ("0.95", 400, "2.0.0"),
        ("3.0.0", 400, "2.0.0"),
        ("x", 400, "2.0.0"),
    ],
)
def test_a_named_version_is_answered_at_either_address(asked, status, answered):
    answer = Tool(version=asked).get("statements")

    assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (status, answered)


@pytest.mark.parametrize(
    "resource", ["about", "statements", "activities/state", "activities", "agents", "activities/profile", "agents/profile"]
)
def test_head_is_get_without_a_body(tool, resource):
    params = {
        "activities/state": {"activityId": "https://a.example/", "agent": json.dumps(ANN)},
        "activities": {"activityId": "https://a.example/"},
        "agents": {"agent": json.dumps(ANN)},
        "activities/profile": {"activityId": "https://a.example/"},
        "agents/profile": {"agent": json.dumps(ANN)},
    }.get(resource, {})

    got, head = tool.get(resource, **params), tool.send("HEAD", resource, **params)

    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    assert head.headers["Content-Length"] == str(len(got.content))


def test_a_method_that_a_resource_does_not_know_is_405(tool):
    assert tool.send("DELETE", "statements").status_code == 405
    assert tool.send("POST", "agents", {}).status_code == 405
    assert tool.send("PUT", "activities", {}).status_code == 405
    assert Client().delete(f"{tool.address}/statements").status_code == 405


def test_another_origin_may_ask(tool):
    """CORS: the preflight carries no key."""
    preflight = Client().options(
        f"{tool.address}/statements", headers={"Origin": "https://tool.example", "Access-Control-Request-Method": "PUT"}
    )

    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert "X-Experience-API-Version" in preflight.headers["Access-Control-Allow-Headers"]
    assert "X-Experience-API-Version" in tool.get("statements").headers["Access-Control-Expose-Headers"]


def test_the_alternate_syntax_of_1_0_3_puts_everything_in_a_form():
    tool = Tool(version="1.0.3", address="/xapi/1.0.3")
    statement = by(ANN)
    form = {"statementId": statement["id"], "content": json.dumps(statement), **tool.headers, "Content-Type": "application/json"}

    def send(method, form, query=""):
        return Client().post(
            f"/xapi/1.0.3/statements?method={method}{query}", form_body(form), content_type="application/x-www-form-urlencoded"
        )

    assert send("PUT", form).status_code == 204
    assert send("GET", {"statementId": statement["id"], **tool.headers}).json()["id"] == statement["id"]
    assert send("PUT", form, query="&statementId=" + statement["id"]).status_code == 400
    assert send("PUT", {name: value for name, value in form.items() if name != "content"}).status_code == 400
    assert send("DELETE", form).status_code == 405
    assert tool.send("GET", "statements", method="GET").status_code == 400


def form_body(form):
    from urllib.parse import urlencode  # noqa: PLC0415 - only here

    return urlencode(form)


def test_version_2_has_no_alternate_syntax():
    tool = Tool()
    answer = tool.send("POST", "statements", b"limit=1", content_type="application/x-www-form-urlencoded", method="GET")

    assert answer.status_code == 400


def test_a_body_that_is_too_large_is_413(tool, settings):
    settings.LRS_LARGEST_BODY = 1000

    assert tool.send("POST", "statements", b" " * 1001).status_code == 413


def test_a_document_never_runs_as_a_page_of_ours(tool):
    answer = tool.get("about")

    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# --- Activities and agents --------------------------------------------------------------------------------------------


def test_an_activity_has_all_that_statements_say_of_it(tool):
    activity = {"objectType": "Activity", "id": "https://voorbeeld.example/les"}
    tool.post(by(ANN, object={**activity, "definition": {"name": {"nl": "Les"}, "type": "https://voorbeeld.example/soort"}}))
    tool.post(by(ANN, object={**activity, "definition": {"name": {"en": "Lesson"}}}))

    assert tool.get("activities", activityId=activity["id"]).json() == {
        **activity,
        "definition": {"name": {"nl": "Les", "en": "Lesson"}, "type": "https://voorbeeld.example/soort"},
    }
    assert tool.get("activities", activityId="https://voorbeeld.example/nooit").json() == {
        "objectType": "Activity",
        "id": "https://voorbeeld.example/nooit",
    }
    assert tool.get("activities").status_code == 400


def test_a_person_has_the_names_under_which_it_was_seen(tool):
    tool.post(by({**ANN, "name": "Ann"}))

    assert tool.get("agents", agent=ANN).json() == {"objectType": "Person", "name": ["Ann"], "mbox": [ANN["mbox"]]}
    assert tool.get("agents", agent={"objectType": "Group", "mbox": ANN["mbox"]}).status_code == 400
    assert tool.get("agents").status_code == 400


def test_our_learner_is_known_by_a_pseudonym(tool):
    learner = uuid.uuid4()

    tool.post(by(actor_of(learner)))

    assert Statement.objects.get().learner == learner


def test_the_source_of_a_statement_follows_from_the_credential():
    for source in (Source.TOOL, Source.OUTSIDE):
        tool = Tool(source=source)
        [statement_id] = tool.post(by(ANN)).json()
        assert Statement.objects.with_id(statement_id).get().source == source


def test_an_authority_that_is_sent_is_replaced_by_ours(tool):
    [statement_id] = tool.post(by(ANN, authority=BEA, stored="2020-01-01T00:00:00Z")).json()

    read = tool.get("statements", statementId=statement_id).json()
    assert read["authority"]["name"] == tool.credential.name
    assert read["stored"] > "2026"


@pytest.mark.parametrize("length", ["\u00b2", "9" * 5000, "-1", "abc"])
def test_a_length_that_is_none_breaks_nothing(tool, length):
    """A server in front of us may hand over what it was sent."""
    answer = tool.client.generic("PUT", "/xapi/activities/state", b"{}", headers=tool.headers, CONTENT_LENGTH=length)

    assert answer.status_code in (400, 413)
