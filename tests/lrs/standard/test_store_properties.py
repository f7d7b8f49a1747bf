"""What the store sets, keeps or overwrites: xAPI 1.0.3, Data 2.4.1 and 2.4.7 to 2.4.10, 4.4 and 4.5."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from lrs.rows import authority_of
from lrs.validation import moment
from tests.lrs.standard.shapes import ANN, BEA, EITHER, a_new, a_reference, accepts, kept, placed, refuses

SOME_ID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"
HEX = SOME_ID.replace("-", "")
MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}(Z|\+00:00)\Z")


@pytest.mark.parametrize("wrong", ["x", "", HEX, f"{{{SOME_ID}}}", "ec531277-b57b-4c15-8d91-d292c5b2b8fg", 1, {}, True], ids=str)
@pytest.mark.parametrize("path", ["id", "context/registration", "sub/context/registration"])
def test_a_uuid_is_in_its_standard_form(either, path, wrong):
    assert refuses(either, placed(path, wrong))


@pytest.mark.parametrize("wrong", ["x", HEX, ""])
def test_the_id_in_a_reference_is_a_uuid(either, wrong):
    assert refuses(either, a_new(object=a_reference(wrong)))


def test_the_store_gives_an_id_a_moment_and_its_own_fields(either):
    sent = {key: value for key, value in a_new().items() if key != "id"}
    before = timezone.now() - timedelta(milliseconds=1)
    [statement_id] = either.post(sent).json()
    found = either.get("statements", statementId=statement_id).json()

    assert uuid.UUID(statement_id).version
    assert before <= moment(found["stored"]) <= timezone.now()
    assert moment(found["timestamp"]) == moment(found["stored"])
    assert MILLISECONDS.match(found["stored"])
    assert MILLISECONDS.match(found["timestamp"])
    assert found["authority"] == authority_of(either.credential)
    assert found["version"] in ("1.0.0", "2.0.0")


def test_stored_and_authority_are_the_stores_own(either):
    statement = a_new(stored="2013-05-18T05:32:34.804Z", authority=BEA)
    either.post(statement)
    found = kept(either, statement)

    assert moment(found["stored"]).year > 2020
    assert found["authority"] == authority_of(either.credential)


@pytest.mark.parametrize("year", [1990, 2100])
def test_a_timestamp_may_lie_in_the_past_and_in_the_future(either, year):
    """Data 2.4.7.s4.b1 and b2: the moment of the experience, not of the sending."""
    statement = a_new(timestamp=f"{year}-01-01T00:00:00.123Z")
    either.post(statement)

    assert moment(kept(either, statement)["timestamp"]) == moment(statement["timestamp"])


def test_a_version_is_kept_and_1_0_0_where_there_was_none(old):
    with_one, without = a_new(version="1.0.2"), a_new()
    old.post(with_one, without)

    assert kept(old, with_one)["version"] == "1.0.2"
    assert kept(old, without)["version"] == "1.0.0"


@pytest.mark.parametrize("wrong", ["0.9", "0.95", "1.1", "1.1.0", "1", "3.0.0", "1.0.x", "", 1, None])
def test_a_version_that_is_not_known_is_refused(either, wrong):
    assert refuses(either, a_new(version=wrong))


def test_1_0_3_does_not_take_a_statement_of_2_0(old):
    assert refuses(old, a_new(version="2.0.0"))
    assert accepts(old, a_new(version="1.0"))


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize(
    "right",
    [
        "2015-06-30T23:59:59Z",
        "2015-06-30T23:59:59.999+02:00",
        "2015-06-30T23:59:59.999-05:00",
        "2015-06-30T23:59:59+0200",
        "2015-06-30T23:59:59",
        "2015-06-30 23:59:59Z",
        "2016-02-29T00:00:00.123456Z",
    ],
)
def test_a_timestamp_of_iso_8601_is_accepted(either, sub, right):
    assert accepts(either, placed(f"{sub}timestamp", right))


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize(
    "wrong",
    [
        "gisteren",
        "",
        "30-06-2015",
        "2015-06-31T00:00:00Z",
        "2015-13-01T00:00:00Z",
        "2015-06-30T25:00:00Z",
        "2015-06-30T10:00:00-00",
        "2015-06-30T10:00:00-0000",
        "2015-06-30T10:00:00-00:00",
        1435658400,
        {},
    ],
    ids=str,
)
def test_what_is_not_a_moment_is_refused(either, sub, wrong):
    assert refuses(either, placed(f"{sub}timestamp", wrong))
    assert refuses(either, a_new(stored=wrong))


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize("right", ["PT4H35M59.14S", "PT16559.14S", "P3Y1M29DT4H35M59.14S", "P3Y", "P4W", "PT0S", "P1DT12H", "PT0.5M"])
def test_a_duration_of_iso_8601_is_accepted_and_kept(either, sub, right):
    statement = placed(f"{sub}result", {"duration": right})
    either.post(statement)
    found = kept(either, statement)

    assert (found["object"] if sub else found)["result"]["duration"] == right


@pytest.mark.parametrize("sub", EITHER)
@pytest.mark.parametrize("wrong", ["tien", "", "P", "PT", "P1DT", "1H", "P1H", "PT1D", "PT1S1H", "2026-01-01/2026-01-02", 10], ids=str)
def test_what_is_not_a_duration_is_refused(either, sub, wrong):
    assert refuses(either, placed(f"{sub}result", {"duration": wrong}))


@pytest.mark.parametrize("path", ["object/definition/extensions", "result/extensions", "context/extensions", "sub/context/extensions"])
def test_extensions_hold_anything_under_an_iri_and_come_back_as_they_were(either, path):
    anything = {"https://voorbeeld.example/a": [None, {"x": [1.5, "é\u0000"]}], "urn:b": "", "tag:voorbeeld.example,2026:c": {}}
    statement = placed(path, anything)
    assert either.post(statement).status_code == 200
    found = kept(either, statement)
    for step in path.replace("sub/", "object/").split("/"):
        found = found[step]

    assert found == anything
    for wrong in ({"a": 1}, {"": 1}, {"voorbeeld.example/a": 1}, [], "x", 1):
        assert refuses(either, placed(path, wrong))


def test_an_agent_in_the_authority_is_checked_before_it_is_replaced(either):
    assert refuses(either, a_new(authority={"name": "Ann"}))
    assert refuses(either, a_new(authority="ann"))
    assert accepts(either, a_new(authority=ANN))
