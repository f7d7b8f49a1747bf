"""What a person sees when a page is not there, not theirs, or broken."""

import pytest
from django.template.loader import render_to_string
from django.test import Client


@pytest.mark.django_db
def test_a_dead_link_answers_in_our_own_words_and_shows_the_way(client: Client):
    answer = client.get("/bestaat-niet/")

    assert answer.status_code == 404
    assert "Deze pagina is er niet" in answer.content.decode()
    assert 'href="/cursus/"' in answer.content.decode()


@pytest.mark.parametrize("template", ["500.html", "403_csrf.html"])
def test_the_pages_of_last_resort_need_no_database_and_no_request(template: str):
    page = render_to_string(template)

    assert 'lang="nl"' in page
    assert "<h1>" in page
