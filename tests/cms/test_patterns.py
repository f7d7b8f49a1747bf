"""The pattern library shows every component of every room."""

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from cms.patterns import components
from tests.factories.cms import make_site

FOLDERS = sorted(
    path
    for path in Path(settings.BASE_DIR).glob("*/templates/*/components/*/")
    if (path / f"{path.name}.html").exists() and path.parts[-3] in {a.label for a in apps.get_app_configs()}
)
PARTS_OF_THE_FRAME = {"messages", "site_footer", "site_header"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parts[-3]}/{folder.name}")
def test_a_component_says_what_it_is_and_when_to_use_it(folder):
    if folder.name in PARTS_OF_THE_FRAME:
        pytest.skip("part of the frame of every page")
    sample = json.loads((folder / "sample.json").read_text("utf-8"))

    assert sample["title"]
    assert sample["when"]


@pytest.mark.django_db
def test_the_library_shows_all_of_them(client):
    make_site()

    shown = client.get("/patronen/").content.decode()

    assert [component["name"] for component in components() if f'id="{component["room"]}-{component["name"]}"' not in shown] == []
    assert "Je hebt 132 van 184 punten" in shown
