"""What is kept of a page that belongs to whoever logged in."""

import pytest
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.factories.courses import catalogue, released_course

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["accounts:profile", "accreditation:my_dossier", "accreditation:my_certificates", "lrs:my_records"])
def test_a_personal_page_is_kept_by_nobody(client, name):
    client.force_login(UserFactory())

    assert client.get(reverse(name))["Cache-Control"] == "private, no-store"


def test_a_page_of_the_site_is_personal_once_someone_logged_in(client):
    address = f"/cursus/{released_course().course.slug}/les-1/"
    assert catalogue().live
    visitor = client.get(address)
    assert "Cache-Control" not in visitor

    client.force_login(UserFactory())

    assert client.get(address)["Cache-Control"] == "private, no-store"


def test_a_refusal_is_personal_too(client):
    client.force_login(UserFactory())

    assert client.get(reverse("accounts:audit"))["Cache-Control"] == "private, no-store"
