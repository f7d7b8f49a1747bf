"""Tools work on a phone and on paper, and tell nothing about what was chosen or typed."""

import re

import pytest
from django.core.exceptions import ValidationError

from cms.models import ToolPage, ToolUse
from cms.tool_paper import TooLong, draw
from tests.factories.accounts import UserFactory
from tests.factories.cms import STEP, conversation, decision, make_tool

pytestmark = pytest.mark.django_db
FORMAT = [{"type": "field", "value": {"label": "Doel", "hint": "Eén zin.", "example": "Weer lesgeven.", "rows": 3}}]


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_a_conversation_shows_every_step_with_a_way_forward_and_back(client):
    make_tool()

    shown = client.get("/hulpmiddelen/hulp/").content.decode()

    assert 'id="stap-1"' in shown
    assert 'href="#stap-2"' in shown
    assert 'href="#stap-1"' in shown
    assert "Mag ik iets vragen?" in shown


def test_a_decision_aid_leads_from_each_answer_to_a_part_of_the_same_page(client):
    make_tool(kind=ToolPage.Kind.DECISION, body=decision())

    shown = client.get("/hulpmiddelen/hulp/").content.decode()

    assert shown.count('class="vw-tool__choice" href="#u-A"') == 2
    assert 'id="u-A"' in shown


def test_a_text_format_has_no_form_that_could_send_what_is_typed(client):
    make_tool(kind=ToolPage.Kind.FORMAT, body=FORMAT)

    shown = client.get("/hulpmiddelen/hulp/").content.decode()
    tool = shown[shown.index("<article") : shown.index("</article>")]

    assert "<textarea" in tool
    assert "<form" not in tool
    assert re.findall(r"<textarea[^>]*\bname=", tool) == []


def test_a_draft_is_seen_by_nobody_and_not_on_paper(client):
    make_tool(live=False)
    client.force_login(UserFactory())

    assert client.get("/hulpmiddelen/hulp/").status_code == 404
    assert client.get("/hulpmiddelen/hulp/als-pdf/").status_code == 404
    assert not ToolUse.objects.exists()


@pytest.mark.parametrize(("kind", "body"), [("gesprekshulp", conversation()), ("keuzehulp", decision()), ("tekstformat", FORMAT)])
def test_each_kind_fits_on_one_sheet_of_paper(client, kind, body):
    make_tool(kind=kind, body=body)

    response = client.get("/hulpmiddelen/hulp/als-pdf/")

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="hulp.pdf"'
    assert pages_of(response.content) == 1


def test_a_tool_too_long_for_one_sheet_says_so():
    tool = make_tool(body=[{"type": "step", "value": STEP}] * 60)

    with pytest.raises(TooLong):
        draw(tool, address="https://vakwijs.example/")


def test_a_download_is_counted_with_the_pseudonym_and_nothing_else_of_the_person(client):
    tool, nurse = make_tool(), UserFactory()
    client.force_login(nurse)

    client.get("/hulpmiddelen/hulp/als-pdf/")

    assert list(ToolUse.objects.values_list("tool", "how", "person")) == [(tool.pk, "download", nurse.pseudonym)]


def test_use_on_the_screen_is_counted_without_knowing_the_visitor(client):
    tool = make_tool()

    response = client.post(f"/hulpmiddelen/gebruikt/{tool.pk}/")

    assert response.status_code == 204
    assert list(ToolUse.objects.values_list("tool", "how", "person")) == [(tool.pk, "screen", None)]


def test_opening_the_page_is_not_yet_use(client):
    make_tool()

    client.get("/hulpmiddelen/hulp/")

    assert not ToolUse.objects.exists()


def test_another_site_cannot_count_use(client):
    tool = make_tool()

    response = client.post(f"/hulpmiddelen/gebruikt/{tool.pk}/", headers={"sec-fetch-site": "cross-site"})

    assert response.status_code == 400
    assert not ToolUse.objects.exists()


def test_use_of_a_draft_is_not_counted(client):
    assert client.post(f"/hulpmiddelen/gebruikt/{make_tool(live=False).pk}/").status_code == 404


def test_a_decision_aid_whose_answer_leads_nowhere_is_refused():
    with pytest.raises(ValidationError, match="bestaat niet"):
        make_tool(kind=ToolPage.Kind.DECISION, body=decision(target="bestaat-niet"))


def test_a_decision_aid_that_walks_in_circles_is_refused():
    with pytest.raises(ValidationError, match="dezelfde vraag"):
        make_tool(kind=ToolPage.Kind.DECISION, body=decision(target="v1"))


def test_an_outcome_that_nobody_can_reach_is_refused():
    lost = {"type": "outcome", "value": {"key": "verdwaald", "title": "x", "text": "x", "next_steps": ["x"]}}
    with pytest.raises(ValidationError, match="niet te bereiken"):
        make_tool(kind=ToolPage.Kind.DECISION, body=[*decision(), lost])


def test_parts_of_another_kind_are_refused():
    with pytest.raises(ValidationError, match="niet bij een tekstformat"):
        make_tool(kind=ToolPage.Kind.FORMAT, body=conversation())


def test_a_sound_tool_is_accepted():
    make_tool(kind=ToolPage.Kind.DECISION, body=decision()).full_clean()
