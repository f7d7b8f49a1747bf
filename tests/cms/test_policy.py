"""The Content-Security-Policy: strict on our pages, wider in the editor only."""

import pytest

from tests.factories.accounts import UserFactory
from tests.factories.cms import make_site

pytestmark = pytest.mark.django_db


def policy_of(response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_our_pages_allow_no_inline_script_or_style(client):
    make_site()

    policy = policy_of(client.get("/"))

    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-src"] == policy["frame-ancestors"] == "'self'"
    assert policy["object-src"] == "'none'"


def test_the_editor_may_use_the_inline_code_that_wagtail_writes(client):
    make_site()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    policy = policy_of(client.get("/cms/"))

    assert "'unsafe-inline'" in policy["script-src"]
    assert "'unsafe-eval'" not in policy["script-src"]


def test_a_page_whose_name_only_begins_like_the_editor_is_strict(client):
    make_site()

    assert policy_of(client.get("/cmsx/"))["script-src"] == "'self'"


@pytest.mark.parametrize("path", ["/", "/patronen/", "/zoeken/?q=werk"])
def test_pages_hold_no_inline_script_or_style(client, path):
    make_site()

    shown = client.get(path).content.decode()

    assert " style=" not in shown
    assert "<style" not in shown
    assert shown.count("<script") == shown.count('<script type="module" src=')
