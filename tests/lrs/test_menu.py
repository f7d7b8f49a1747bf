"""The links of whoever works on the record: each opens for who sees it, and nobody misses one they may open."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from lrs.menu import GROUPS, places_for
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.LEARNER, Role.TEACHER, Role.ACCREDITATION_ADMIN, Role.ASSOCIATION_ADMIN, Role.AUDITOR])
def test_a_role_sees_the_links_that_open_for_it_and_those_alone(role):
    person = MembershipFactory(role=role).user
    client = Client()
    client.force_login(person)
    pages = {place.key: reverse(place.address) for _label, places in GROUPS for place in places}
    answers = {key: client.get(address) for key, address in pages.items()}
    opens = {key for key, answer in answers.items() if answer.status_code == 200}

    shown = {place.key for _label, places in places_for(person) for place in places}

    assert shown == opens
    for key in opens:
        content = answers[key].content.decode()
        assert [one for one, address in pages.items() if f'<li><a href="{address}"' in content] == [one for one in pages if one in shown]
        assert f'href="{pages[key]}" aria-current="page"' in content
    assert {Role.ASSOCIATION_ADMIN: pages.keys(), Role.AUDITOR: {"records"}}.get(role, set()) == shown


def test_a_home_with_both_menus_has_each_id_once():
    client = Client()
    OrganisationFactory()
    client.force_login(UserFactory(is_superuser=True))

    ids = re.findall(r' id="(links-[^"]+)"', client.get("/mijn/").content.decode())

    assert {name.split("-")[1] for name in ids} == {"accreditation", "record"}
    assert len(ids) == len(set(ids))
