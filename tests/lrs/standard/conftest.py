"""What the tests of the standard share: a tool of each version, and no projections behind the store."""

from pathlib import Path
from typing import Any

import pytest

from tests.factories.lrs import Tool


@pytest.fixture(autouse=True)
def _no_projections(settings: Any) -> None:
    settings.LRS_PROJECTIONS = []


@pytest.fixture(params=["1.0.3", "2.0.0"])
def either(request: pytest.FixtureRequest, db: None) -> Tool:
    """A tool of 1.0.3 and one of 2.0, for what both versions ask."""
    return Tool(version=request.param, address="/xapi/1.0.3" if request.param == "1.0.3" else "/xapi")


@pytest.fixture
def old(db: None) -> Tool:
    """A tool of 1.0.3."""
    return Tool(version="1.0.3", address="/xapi/1.0.3")


@pytest.fixture
def store_at(settings: Any, tmp_path: Path) -> Path:
    """Attachments of this test only."""
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "private": files}
    return tmp_path
