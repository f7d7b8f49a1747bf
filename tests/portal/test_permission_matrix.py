"""Every address of the site, asked for by every role. The table is in `permission_table`."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.editors import keep_groups_in_step, make_groups
from tests.factories.cms import make_site
from tests.portal.permission_table import ADDRESSES, ROLES, THIRD_PARTIES, Row, World

pytestmark = pytest.mark.django_db
HEADERS = {"X-Experience-API-Version": "1.0.3"}  # without it xAPI answers 400 before it looks who asks
THIRD_PARTY_CODE = ("wagtail.", "allauth.", "django.")


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private", "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


@pytest.fixture
def world():
    return World()


def addresses(patterns=None, route="", names=()) -> Iterator[tuple[str, str, str]]:
    """Name (with its namespaces), route and the module of the view, of everything that the site answers to."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        whole = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, whole, (*names, pattern.namespace) if pattern.namespace else names)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", pattern.callback)
            yield ":".join((*names, pattern.name or f"<{whole}>")), whole, view.__module__


def ours() -> list[str]:
    """The addresses that need a row: all but those of others."""
    return sorted(
        {
            name
            for name, route, module in addresses()
            if not (module.startswith(THIRD_PARTY_CODE) and route.startswith(THIRD_PARTIES[:-1])) and not _is_public_file(route, module)
        }
    )


def _is_public_file(route: str, module: str) -> bool:
    return module.startswith(THIRD_PARTY_CODE) and route in THIRD_PARTIES


def outcome(response) -> str:
    """What an answer amounts to for who asked."""
    if response.status_code in (301, 302) and response.url.startswith(("/account/login/", "/account/reauthenticate/")):
        return "login"
    if response.status_code == 302 and response.url == "/cms/":
        return "403"  # the editor's way of refusing: back to its front page, with a message
    if response.status_code in (401, 403, 404):
        return str(response.status_code)
    assert response.status_code < 500, response
    assert response.status_code != 405, "ask this address with another method: method=…"
    return "yes"


def ask(row: Row, name: str, world: World, role: str, *, elsewhere: bool = False) -> str:
    address = reverse(name, kwargs=row.address_arguments(world) or None)
    client = Client(headers=HEADERS)
    if role != "anonymous":
        client.force_login(world.person(role, world.elsewhere if elsewhere else None))
    return outcome(getattr(client, row.method)(address))


def test_every_address_has_a_row():
    missing = [name for name in ours() if name not in ADDRESSES]

    assert not missing, "Say in tests/portal/permission_table.py who may open these."


def test_every_row_is_an_address():
    known = {name for name, _route, _module in addresses()}

    assert not set(ADDRESSES) - known, "These addresses are gone: take their rows out of tests/portal/permission_table.py."


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_each_role_gets_what_the_table_says(world, name):
    row = ADDRESSES[name]

    found = {role: ask(row, name, world, role) for role in ROLES}

    assert found == row.outcomes


@pytest.mark.parametrize("name", sorted(name for name, row in ADDRESSES.items() if row.elsewhere))
def test_the_same_role_in_another_organisation_is_refused(world, name):
    row = ADDRESSES[name]
    allowed = [role for role, what in row.outcomes.items() if what == "yes" and role != "superuser"]

    found = {role: ask(row, name, world, role, elsewhere=True) for role in allowed}

    assert found == dict.fromkeys(allowed, row.elsewhere)


EDITORS = {"author", "association_admin", "accreditation_admin", "superuser"}


@pytest.mark.parametrize("role", ROLES)
def test_the_editor_is_for_those_who_make_pages_or_certificate_templates(world, role):
    make_site()
    make_groups()
    client = Client()
    if role != "anonymous":
        user = world.person(role)
        keep_groups_in_step(user)
        client.force_login(user)

    assert (client.get("/cms/").status_code == 200) is (role in EDITORS)


@pytest.mark.parametrize("role", sorted(set(ROLES) - EDITORS))
def test_no_page_of_the_editor_opens_for_others(world, role):
    client = Client()
    if role != "anonymous":
        client.force_login(world.person(role))
    plain = sorted({route for _name, route, _module in addresses() if route.startswith("cms/") and not set(route) & set("<(^[")})
    # What the log-in page of the editor is made of, and its words for JavaScript, hold nothing of anyone.
    harmless = {"cms/jsi18n/", "cms/sprite/"}

    opened = [route for route in plain if route not in harmless and client.get(f"/{route}").status_code == 200]

    assert len(plain) > 30
    assert opened == []
