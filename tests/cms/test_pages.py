"""Pages: what visitors find, and what they must not see."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from cms.models import GlossaryPage
from tests.factories.accounts import UserFactory
from tests.factories.cms import make_article, make_site

pytestmark = pytest.mark.django_db


def test_a_draft_article_is_seen_by_nobody_outside_the_editor(client):
    make_article("concept", title="Geheim concept", live=False)
    make_article("klaar", title="Staat er al")
    client.force_login(UserFactory())

    shown = client.get("/artikelen/").content.decode()

    assert "Staat er al" in shown
    assert "Geheim concept" not in shown
    assert client.get("/artikelen/concept/").status_code == 404


def test_search_finds_words_in_the_text_of_published_pages_only(client):
    make_article("klaar", title="Over herstel", body=[{"type": "text", "value": "<p>Een werkbehoudplan maak je samen.</p>"}])
    make_article("concept", title="Concept", live=False, body=[{"type": "text", "value": "<p>werkbehoudplan</p>"}])
    call_command("update_index", verbosity=0)

    shown = client.get("/zoeken/", {"q": "werkbehoudplan"}).content.decode()

    assert "Over herstel" in shown
    assert "Concept" not in shown


def test_search_does_not_find_a_page_behind_a_restriction(client):
    page = make_article("besloten", title="Alleen voor leden werkvermogen")
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    call_command("update_index", verbosity=0)

    assert "Alleen voor leden" not in client.get("/zoeken/", {"q": "werkvermogen"}).content.decode()
    assert client.get("/artikelen/besloten/").status_code == 302


def test_search_without_results_says_what_to_try(client):
    make_site()

    assert "Niets gevonden voor ‘xyzzy’" in client.get("/zoeken/", {"q": "xyzzy"}).content.decode()


def test_what_is_searched_for_is_shown_as_text(client):
    make_site()

    shown = client.get("/zoeken/", {"q": "<script>alert(1)</script>"}).content.decode()

    assert "<script>alert(1)" not in shown


def queries_of(client, path: str) -> int:
    client.get(path)  # the first request fills caches of sites and content types
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_a_list_of_articles_costs_as_much_with_three_as_with_one(client):
    make_article("een")
    with_one = queries_of(client, "/artikelen/")
    make_article("twee")
    make_article("drie")

    assert queries_of(client, "/artikelen/") == with_one


def test_the_front_page_costs_as_much_with_three_articles_as_with_one(client):
    index = make_article("een").get_parent()
    home = make_site()
    home.body = [{"type": "page_list", "value": {"title": "Lezen", "pages": [], "under": index.pk, "count": 3}}]
    home.save()
    with_one = queries_of(client, "/")
    make_article("twee")
    make_article("drie")

    assert queries_of(client, "/") == with_one


def test_terms_are_in_order_and_link_only_to_terms_that_exist(client):
    terms = [
        {"type": "term", "value": {"term": "KAG", "meaning": "Arts.", "see_also": ["Bedrijfsarts", "Onbekend"], "source": "Rapport"}},
        {"type": "term", "value": {"term": "Bedrijfsarts", "meaning": "Arts.", "see_also": [], "source": ""}},
    ]
    make_site().add_child(instance=GlossaryPage(title="Begrippen", slug="begrippen", terms=terms))

    shown = client.get("/begrippen/").content.decode()

    assert shown.index('id="bedrijfsarts"') < shown.index('id="kag"')
    assert 'href="#bedrijfsarts"' in shown
    assert "Onbekend" not in shown


def test_a_visitor_gets_no_cookie_from_a_page(client):
    make_article()

    assert client.get("/artikelen/een-artikel/").cookies == {}


def test_the_language_is_remembered_and_the_visitor_goes_back(client):
    make_site()

    response = client.post("/taal/", {"language": "en", "next": "/zoeken/?q=werk"})

    assert response["Location"] == "/zoeken/?q=werk"
    assert '<html lang="en"' in client.get("/zoeken/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://elders.example/", "//elders.example/", "javascript:alert(1)"])
def test_choosing_a_language_never_leads_to_another_site(client, elsewhere):
    assert client.post("/taal/", {"language": "en", "next": elsewhere})["Location"] == "/"
