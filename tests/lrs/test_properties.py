"""What holds for every statement: the valid ones of both versions, and what others make of them.

The examples are the same at every run; `make fuzz` draws new ones, and many more.
"""

import copy
import json
import os
import re
import uuid
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings as hypothesis_settings, strategies as st

from lrs.models import Statement
from lrs.validation import V1, V2, StatementRefused, check_statement, to_hundredths
from tests.factories.lrs import Tool
from tests.lrs import generated

MORE = "FUZZ" in os.environ
IGNORED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def examples(number: int) -> hypothesis_settings:
    return hypothesis_settings(
        max_examples=number * 20 if MORE else number,
        phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink],
        suppress_health_check=IGNORED,
    )


# --- The validator -----------------------------------------------------------------------------------------------------


@examples(150)
@given(data=st.data(), version=generated.versions)
def test_every_valid_statement_is_accepted(data, version):
    check_statement(data.draw(generated.statements(version=version)), version=version)


@examples(50)
@given(data=st.data())
def test_what_1_0_3_accepts_2_0_accepts_too(data):
    check_statement(data.draw(generated.statements(version=V1)), version=V2)


PATH = re.compile(r"\$((?:\.[^.\[\]: ]+|\[[0-9]+\])*): ")


@examples(300)
@given(data=st.data(), version=generated.versions)
def test_a_changed_statement_is_accepted_or_refused_with_a_path_that_is_there_and_always_alike(data, version):
    changed = data.draw(generated.mutated(data.draw(generated.statements(version=version))))

    said = [refusal_of(copy.deepcopy(changed), version=version) for _ in range(2)]

    assert said[0] == said[1]
    if said[0] is None:
        return
    match = PATH.match(said[0])
    assert match, said[0]
    steps = [int(index) if index else key for key, index in re.findall(r"\.([^.\[]+)|\[([0-9]+)\]", match[1])]
    place: Any = changed
    for step in steps[:-1]:
        place = place[step]
    if steps:
        # The last step may be what is missing.
        assert isinstance(place, dict) or (isinstance(place, list) and steps[-1] < len(place)), said[0]


def refusal_of(statement: Any, *, version: str) -> str | None:
    try:
        check_statement(statement, version=version)
    except StatementRefused as refusal:
        return str(refusal)
    return None


@examples(100)
@given(duration=generated.durations())
def test_a_duration_compared_is_compared_once(duration):
    assert to_hundredths(to_hundredths(duration)) == to_hundredths(duration)


# --- Over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def tools(db, settings) -> dict[str, Tool]:
    settings.LRS_PROJECTIONS = []
    return {V2: Tool(), V1: Tool(version="1.0.3", address="/xapi/1.0.3")}


def with_an_id(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "id": str(uuid.uuid4())}


def send(tool: Tool, text: bytes) -> Any:
    return tool.send("POST", "statements", text, content_type="application/json")


def is_reworded(statement: dict[str, Any], *, version: str) -> bool:
    """Whether the store has to write the statement anew: what it sets itself was there, or the standard asks for another form."""
    if "stored" in statement or "authority" in statement:
        return True
    if version == V2 and not statement.get("timestamp", "Z").endswith("Z"):
        return True
    for part in (statement, statement["object"]):
        activities = part.get("context", {}).get("contextActivities", {}) if isinstance(part.get("context", {}), dict) else {}
        if any(not isinstance(value, list) for value in activities.values()):
            return True
        if version == V2 and part is not statement and part.get("objectType") == "SubStatement" and "timestamp" in part:
            return True
    return False


def in_lists(value: Any) -> Any:
    """The statement as it comes back: one context activity is a list."""
    if isinstance(value, dict):
        return {
            key: (
                {kind: one if isinstance(one, list) else [one] for kind, one in inner.items()}
                if key == "contextActivities" and isinstance(inner, dict)
                else inner
                if key == "extensions"
                else in_lists(inner)
            )
            for key, inner in value.items()
        }
    return [in_lists(inner) for inner in value] if isinstance(value, list) else value


@examples(80)
@given(data=st.data(), version=generated.versions)
def test_what_is_accepted_is_stored_and_given_back_to_the_octet(tools, data, version):
    statement = with_an_id(data.draw(generated.statements(version=version)))
    text = data.draw(generated.written(statement))

    assert send(tools[version], text.encode()).status_code == 200
    answer = tools[version].get("statements", statementId=statement["id"])

    assert answer.status_code == 200, answer.content
    if not is_reworded(statement, version=version):
        assert answer.content.startswith(text.strip(" \n\r\t")[:-1].rstrip(" \n\r\t").encode())
    back, sent = answer.json(), in_lists(json.loads(text))
    for key in set(sent) - {"stored", "authority", "timestamp", "object"}:
        assert back[key] == sent[key], key
    assert without(back["object"], "timestamp") == without(sent["object"], "timestamp")
    assert {"stored", "authority", "timestamp", "version"} <= set(back)


def without(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if name != key}


@examples(40)
@given(data=st.data(), version=generated.versions)
def test_every_form_of_what_was_accepted_can_be_written_and_is_json(tools, data, version):
    statement = with_an_id(data.draw(generated.statements(version=version)))
    assert send(tools[version], data.draw(generated.written(statement)).encode()).status_code == 200
    language = data.draw(st.sampled_from(["", "nl", "en-GB, nl;q=0.5", "*", "x-eigen;q=0.1"]))

    for reader in tools.values():
        for form in ("exact", "ids", "canonical"):
            answer = reader.send("GET", "statements", statementId=statement["id"], format=form, headers={"Accept-Language": language})
            assert answer.status_code == 200, answer.content
            document = json.loads(answer.content, parse_constant=pytest.fail)
            assert document["id"] == statement["id"]
            # A reader of 1.0.3 can take what it is given; what it is given breaks no rule of its version.
            check_statement(document, version=V1 if reader is tools[V1] else V2)
            if form == "ids":
                assert document["verb"] == {"id": statement["verb"]["id"]}
            if form == "canonical":
                assert len(document["verb"].get("display", {})) <= 1


@examples(80)
@given(data=st.data(), version=generated.versions)
def test_what_was_changed_is_refused_with_400_or_stored_and_read_back(tools, data, version):
    statement = with_an_id(data.draw(generated.statements(version=version)))
    changed = data.draw(generated.mutated(statement))
    text = json.dumps(changed).encode()
    if data.draw(st.booleans()):
        text = data.draw(generated.broken(text))

    before = Statement.objects.count()
    answer = send(tools[version], text)

    if answer.status_code == 200:
        for statement_id in answer.json():
            assert tools[version].get("statements", statementId=statement_id).status_code in (200, 404), "404 is what was voided"
    else:
        assert answer.status_code in (400, 409), (answer.status_code, answer.content)
        assert answer.content
        assert Statement.objects.count() == before


@examples(40)
@given(data=st.data())
def test_the_same_statement_in_another_form_is_no_conflict_and_another_is(tools, data):
    """2.3.1, Statement Immutability; 2.0: 4.1.6.1 (409) and 4.2.7 (durations)."""
    tool = tools[V2]
    statement = with_an_id(data.draw(generated.statements(version=V2)))
    assert send(tool, json.dumps(statement).encode()).status_code == 200
    kept = tool.get("statements", statementId=statement["id"]).content

    assert send(tool, json.dumps(statement).encode()).status_code == 200
    other = data.draw(generated.same_to_the_standard(statement))
    again = send(tool, json.dumps(other).encode())
    assert again.status_code == 200, (again.content, statement, other)
    with transaction.atomic():
        different = {**statement, "actor": {"mbox": f"mailto:{uuid.uuid4()}@voorbeeld.example"}}
        assert send(tool, json.dumps(different).encode()).status_code == 409

    assert tool.get("statements", statementId=statement["id"]).content == kept
