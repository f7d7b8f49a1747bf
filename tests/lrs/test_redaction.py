"""A person is taken out of a statement: nothing of them is left, and nothing else changes."""

import copy
import json
import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from lrs.actors import actor_of
from lrs.profiles.adl import SIGNATURE
from lrs.redaction import ERASED_HOME, Matches, Replacement, erased, find, identifiers_of
from lrs.validation import V1, V2, check_statement

ME = uuid.UUID("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
OTHER = uuid.UUID("11111111-4f89-41d3-9a0c-0305e82c3301")
MAIL = "jan.jansen@ziekenhuis.example"
SHA1 = "d35132bd0bfc15ada6f5229002b5288d94a46f52"
AGENTS: list[dict[str, Any]] = [
    actor_of(ME),
    {"mbox": f"mailto:{MAIL}", "name": "Jan Jansen"},
    {"mbox": "mailto:Jan.Jansen@Ziekenhuis.example"},
    {"mbox_sha1sum": SHA1.upper()},
    {"openid": "https://jan.example/"},
    {"account": {"homePage": "https://lms.example", "name": "medewerker-4711"}, "objectType": "Agent"},
    {"account": {"homePage": actor_of(ME)["account"]["homePage"], "name": ME.hex}},
]
MATCHES = Matches(
    actors=frozenset(identifier for agent in AGENTS for identifier in identifiers_of(agent)),
    texts=(MAIL, SHA1, str(ME), ME.hex, "https://jan.example/"),
    words=("Jan Jansen",),
)
REPLACEMENT = Replacement(
    name=uuid.UUID("99999999-4f89-41d3-9a0c-0305e82c3301"), registration=uuid.UUID("88888888-4f89-41d3-9a0c-0305e82c3301")
)
NOBODY = {"objectType": "Agent", "account": {"homePage": ERASED_HOME, "name": str(REPLACEMENT.name)}}
SOMEBODY = {"mbox": "mailto:frida@elders.example", "name": "Frida"}


def statement(**parts: Any) -> dict[str, Any]:
    return {
        "id": "5e0f5f4e-4f89-41d3-9a0c-0305e82c3301",
        "actor": SOMEBODY,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
        "object": {"objectType": "Activity", "id": "https://voorbeeld.example/vraag"},
        "timestamp": "2026-03-01T10:00:00Z",
        "stored": "2026-03-01T10:00:01.000Z",
        **parts,
    }


def forget(document: dict[str, Any]) -> dict[str, Any]:
    return erased(document, matches=MATCHES, replacement=REPLACEMENT)


def test_a_statement_about_others_is_given_back_as_it_is():
    document = statement(result={"response": "Jan Jansen en an@x.nl", "score": {"raw": 1.50}})

    assert forget(document) is document


def test_the_actor_goes_and_with_it_their_name_and_own_words_and_files():
    document = statement(
        actor=AGENTS[1],
        result={"response": "Ik vond het zwaar na mijn operatie", "score": {"scaled": 0.8}, "extensions": {"https://a.example/x": "y"}},
        context={"registration": str(OTHER), "platform": "App", "extensions": {"https://a.example/x": "y"}},
        attachments=[{"usageType": "https://a.example/foto", "sha2": "0" * 64}],
    )

    assert forget(document) == statement(
        actor={"account": NOBODY["account"]},
        result={"score": {"scaled": 0.8}},
        context={"registration": str(REPLACEMENT.registration), "platform": "App"},
    )


def test_a_choice_out_of_what_was_offered_stays_because_it_says_nothing_of_a_person():
    choice = {"interactionType": "choice", "choices": [{"id": "a"}, {"id": "b"}]}
    target = {"id": "https://a.example/v", "definition": choice}

    assert forget(statement(actor=AGENTS[0], object=target, result={"response": "a[,]b"}))["result"] == {"response": "a[,]b"}
    assert "result" not in forget(statement(actor=AGENTS[0], object=target, result={"response": "a[,]met de groeten van Jan"}))
    open_question = {**target, "definition": {"interactionType": "long-fill-in"}}
    assert "result" not in forget(statement(actor=AGENTS[0], object=open_question, result={"response": "a"}))


def test_what_another_said_in_a_statement_that_names_the_person_stays_without_the_name():
    document = statement(
        context={"instructor": AGENTS[0], "registration": str(OTHER), "extensions": {"https://a.example/wie": "docent: Jan Jansen"}},
        result={"response": f"Mail naar {MAIL} gestuurd"},
    )

    gone = forget(document)

    assert gone["actor"] == SOMEBODY
    assert gone["context"] == {
        "instructor": NOBODY,
        "registration": str(OTHER),
        "extensions": {"https://a.example/wie": f"docent: {REPLACEMENT.name}"},
    }
    assert gone["result"] == {"response": f"Mail naar {REPLACEMENT.name}@erased.invalid gestuurd"}


def test_what_somebody_said_about_the_person_goes_too():
    document = statement(object={**AGENTS[1], "objectType": "Agent"}, result={"response": "Was vaak ziek", "success": False})

    assert forget(document)["result"] == {"success": False}


def test_a_signature_goes_because_it_is_over_the_text_with_the_person_in_it():
    document = statement(
        context={"instructor": AGENTS[0]},
        attachments=[{"usageType": SIGNATURE, "sha2": "1" * 64}, {"usageType": "https://a.example/foto", "sha2": "0" * 64}],
    )

    assert forget(document)["attachments"] == [{"usageType": "https://a.example/foto", "sha2": "0" * 64}]


def test_people_whose_address_looks_like_it_keep_theirs():
    other = {"mbox": f"mailto:piet-{MAIL}"}
    account = {"account": {"homePage": "https://lms.example", "name": f"piet-{MAIL}"}}
    document = statement(actor=other, context={"instructor": account, "team": {"objectType": "Group", "member": [AGENTS[0], other]}})

    gone = forget(document)

    assert (gone["actor"], gone["context"]["instructor"]) == (other, account)
    assert gone["context"]["team"]["member"] == [NOBODY, other]


def test_erasing_again_changes_nothing():
    once = forget(statement(actor=AGENTS[1], context={"team": {"objectType": "Group", "member": [AGENTS[0]]}}))

    assert forget(once) is once


# --- Whatever comes in ------------------------------------------------------------------------------------------------------

IRIS = st.sampled_from(
    ["https://a.example/x", "https://b.example/y", f"https://a.example/{ME}", "https://a.example/?m=jan.jansen%40ziekenhuis.example&x"]
)
MINE = st.sampled_from(AGENTS)
THEIRS = st.sampled_from([SOMEBODY, actor_of(OTHER), {"openid": "https://frida.example/"}])
AGENT = MINE | THEIRS
TRACES = st.sampled_from([MAIL, MAIL.upper(), str(ME), ME.hex, str(ME).upper(), SHA1, "https://jan.example/", f"mailto:{MAIL}"])
WORDS = st.text(alphabet='ab é€.,:;-_/?&=\n"\\ ', max_size=12)
TEXT = st.builds(lambda before, trace, after: f"{before} {trace}{after and ' ' + after}", WORDS, TRACES, WORDS) | WORDS
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT | MINE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EXTENSIONS = st.dictionaries(IRIS, ANY, max_size=3)
GROUP = st.builds(
    lambda members, head: {
        "objectType": "Group",
        "member": members,
        **({key: value for key, value in head.items() if key != "objectType"} if head else {}),
    },
    st.lists(AGENT.map(lambda agent: {key: value for key, value in agent.items() if key != "objectType"}), min_size=1, max_size=3),
    st.none() | AGENT,
)
ACTIVITY = st.builds(
    lambda iri, name, more: {"objectType": "Activity", "id": iri, "definition": {"name": {"nl": name}, "extensions": more}},
    IRIS,
    TEXT,
    EXTENSIONS,
)
RESULT = st.builds(lambda response, more: {"response": response, "success": True, "extensions": more}, TEXT, EXTENSIONS)
CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "registration": st.just(str(OTHER)),
        "instructor": AGENT,
        "team": GROUP,
        "platform": TEXT,
        "contextAgents": st.lists(st.builds(lambda agent: {"objectType": "contextAgent", "agent": agent}, AGENT), max_size=2),
        "contextGroups": st.lists(st.builds(lambda group: {"objectType": "contextGroup", "group": group}, GROUP), max_size=2),
        "contextActivities": st.dictionaries(
            st.sampled_from(["parent", "grouping"]), st.lists(ACTIVITY, min_size=1, max_size=2), max_size=2
        ),
        "extensions": EXTENSIONS,
    },
)
AGENT_OBJECT = AGENT.map(lambda agent: {**agent, "objectType": "Agent"})
SUB = st.builds(
    lambda actor, target, result, context: {
        "objectType": "SubStatement",
        "actor": actor,
        "verb": {"id": "https://a.example/v"},
        "object": target,
        "result": result,
        "context": context,
    },
    AGENT | GROUP,
    ACTIVITY | AGENT_OBJECT,
    RESULT,
    CONTEXT,
)
STATEMENTS = st.builds(
    lambda actor, target, result, context: statement(actor=actor, object=target, result=result, context=context),
    AGENT | GROUP,
    ACTIVITY | AGENT_OBJECT | GROUP | SUB,
    RESULT,
    CONTEXT,
)


def traces(document: dict[str, Any]) -> list[str]:
    """What of the person is in the text, however it is written."""
    text = json.dumps(document, ensure_ascii=False).lower().replace("%40", "@")
    return [trace for trace in (MAIL, SHA1, str(ME), ME.hex, "jan.example", "medewerker-4711") if trace.lower() in text]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(STATEMENTS)
def test_no_trace_of_the_person_is_left_anywhere(document):
    before = copy.deepcopy(document)

    gone = forget(document)

    assert document == before, "the statement that was given is not changed"
    assert traces(gone) == []
    assert not find(gone, matches=MATCHES).anywhere
    assert {key: gone[key] for key in ("id", "timestamp", "stored")} == {key: before[key] for key in ("id", "timestamp", "stored")}
    assert list(gone) == [key for key in before if key in gone], "in the order in which it came in"
    if not traces(before):
        assert gone is document
    assert forget(gone) is gone


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(STATEMENTS)
def test_a_valid_statement_stays_one(document):
    for version in (V1, V2):
        try:
            check_statement(document, version=version)
        except Exception:  # noqa: BLE001 - only what was valid has to stay so
            continue
        check_statement(forget(document), version=version)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(STATEMENTS.filter(lambda document: document["actor"] in (SOMEBODY, actor_of(OTHER))), MINE)
def test_nothing_else_changes_when_the_person_is_only_named(document, me):
    document = {key: value for key, value in document.items() if key in ("id", "actor", "verb", "timestamp", "stored")}
    named = {**document, "object": {"id": "https://a.example/x"}, "context": {"instructor": me, "platform": "App", "language": "nl"}}

    gone = forget(named)

    assert {**gone, "context": {**gone["context"], "instructor": me}} == named
