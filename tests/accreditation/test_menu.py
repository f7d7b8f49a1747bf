"""The links of the accreditation office: each opens for who sees it, and nobody misses one they may open."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accreditation.menu import GROUPS, places_for
from tests.factories.accounts import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.LEARNER, Role.TEACHER, Role.ACCREDITATION_ADMIN, Role.ASSOCIATION_ADMIN, Role.AUDITOR])
def test_a_role_sees_the_links_that_open_for_it_and_those_alone(role):
    person = MembershipFactory(role=role).user
    client = Client()
    client.force_login(person)
    pages = {
        place.key: reverse(place.address) for _label, places in GROUPS for place in places if place.address.startswith("accreditation:")
    }
    opens = {key for key, address in pages.items() if client.get(address, follow=True).status_code == 200}

    shown = {place.key for _label, places in places_for(person) for place in places}

    assert opens == shown & pages.keys()
    # Nor does one of these pages lead to a door that stays shut.
    led_to = {
        href for key in opens for href in re.findall(r'href="(/beheer/[^"?#]*)', client.get(pages[key], follow=True).content.decode())
    }
    assert {href for href in led_to if client.get(href, follow=True).status_code == 403} == set()
    home = client.get("/mijn/").content.decode()
    if role in (Role.ACCREDITATION_ADMIN, Role.AUDITOR):
        assert [key for key, address in pages.items() if f'href="{address}"' in home] == [key for key in pages if key in shown]
    if role == Role.ACCREDITATION_ADMIN:
        assert shown == pages.keys() | {"templates"}
