"""The demo's site is built from the files, and building it twice changes nothing."""

import pytest
from wagtail.models import Page, Site

from cms.models import ToolPage
from cms.seed_demo import seed

pytestmark = pytest.mark.django_db
ADDRESSES = ["/", "/hulpmiddelen/", "/artikelen/", "/verhalen/", "/begrippen/", "/privacy/", "/toegankelijkheid/", "/over/"]


def test_the_site_stands_and_every_page_can_be_read(client):
    seed()

    assert {path: client.get(path).status_code for path in ADDRESSES} == dict.fromkeys(ADDRESSES, 200)
    for page in Page.objects.filter(depth__gt=2):
        assert client.get(page.get_url()).status_code == 200


def test_seeding_again_changes_nothing():
    seed()
    before = list(Page.objects.order_by("path").values_list("path", "slug", "title"))

    seed()

    assert list(Page.objects.order_by("path").values_list("path", "slug", "title")) == before
    assert Site.objects.count() == 1


def test_the_tools_of_the_demo_are_sound_and_fit_on_one_sheet(client):
    seed()

    for tool in ToolPage.objects.all():
        tool.full_clean()
        assert client.get(f"{tool.get_url()}als-pdf/").status_code == 200
