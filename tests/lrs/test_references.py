"""Statements that refer to others are found by what those say (xAPI 2.1.3, "Filter Conditions for StatementRefs")."""

import uuid
from typing import Any

import pytest

from lrs import references
from lrs.models import OpenReferral, Referral, Source, Statement
from lrs.store import append
from tests.factories.accounts import OrganisationFactory
from tests.factories.lrs import Tool, a_statement

pytestmark = pytest.mark.django_db

ANN = {"objectType": "Agent", "mbox": "mailto:ann@voorbeeld.example"}
BEA = {"objectType": "Agent", "mbox": "mailto:bea@voorbeeld.example"}
PASSED, FAILED = "http://adlnet.gov/expapi/verbs/passed", "http://adlnet.gov/expapi/verbs/failed"


def about(target: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A comment of Bea's on a statement."""
    return a_statement(actor=BEA, object={"objectType": "StatementRef", "id": target["id"]}, **parts)


def test_a_comment_that_comes_before_what_it_is_about_is_found_when_that_comes():
    tool = Tool()
    passed = a_statement(actor=ANN, verb={"id": PASSED})
    comment = about(passed)
    reply = about(comment)

    tool.post(reply)
    tool.post(comment)
    assert tool.ids(agent=ANN) == []
    tool.post(passed)

    assert set(tool.ids(agent=ANN)) == {passed["id"], comment["id"], reply["id"]}
    assert set(tool.ids(agent=ANN, verb=PASSED)) == {passed["id"], comment["id"], reply["id"]}
    assert tool.ids(agent=ANN, verb=FAILED) == []
    assert not OpenReferral.objects.exists()


def test_two_that_came_in_at_the_same_moment_are_brought_together_later():
    passed = a_statement(actor=ANN)
    comment = about(passed)
    append([passed, comment], source=Source.OUTSIDE)
    row = Statement.objects.with_id(comment["id"]).get()
    Referral.objects.all().delete()
    OpenReferral.objects.create(target=passed["id"], statement=row)  # neither saw the other

    assert references.settle_open() == 1

    assert set(Tool().ids(agent=ANN)) == {passed["id"], comment["id"]}
    assert references.settle_open() == 0


def test_statements_that_refer_to_each_other_in_a_circle_are_all_found():
    first, second = a_statement(actor=ANN), a_statement()
    first["object"] = {"objectType": "StatementRef", "id": second["id"]}
    second = about(first, id=second["id"], verb={"id": PASSED})

    append([first], source=Source.OUTSIDE)
    append([second], source=Source.OUTSIDE)

    assert set(Tool().ids(agent=ANN)) == set(Tool().ids(verb=PASSED)) == {first["id"], second["id"]}


def test_a_comment_does_not_tell_another_organisation_whom_it_is_about():
    whole, theirs = Tool(), Tool(organisation=OrganisationFactory())
    passed = a_statement(actor=ANN)
    whole.post(passed)
    comment = about(passed)
    theirs.post(comment)

    assert theirs.ids(agent=BEA) == [comment["id"]]
    assert theirs.ids(agent=ANN) == []


def test_who_was_made_anonymous_is_no_longer_found_through_a_comment():
    passed = a_statement(actor=ANN)
    comment = about(passed)
    reply = about(comment)
    append([passed, comment, reply], source=Source.OUTSIDE)
    tool = Tool()
    assert reply["id"] in tool.ids(agent=ANN)

    row = Statement.objects.with_id(passed["id"]).get()
    after = {**row.document, "actor": {"objectType": "Agent", "account": {"homePage": "https://a.example", "name": str(uuid.uuid4())}}}
    references.reworded(row, before=row.document, after=after)

    assert tool.ids(agent=ANN) == [passed["id"]]  # whose own row the erasure changes
    assert set(tool.ids(agent=after["actor"])) == {comment["id"], reply["id"]}
