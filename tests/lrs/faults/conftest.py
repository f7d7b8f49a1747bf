"""A database of the test's own, on which processes of the site work and which can be killed."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from wagtail.models import Site

from tests.lrs.faults.cluster import Cluster, cluster


@contextmanager
def asked(settings: dict[str, Any]) -> Iterator[None]:
    """The questions of this test go to that database; what Django remembers of rows is forgotten on the way there and back."""
    kept, kept_settings = connections["default"], connections.settings["default"]
    connections.settings["default"] = settings
    connections["default"] = connections.create_connection("default")
    ContentType.objects.clear_cache()
    Site.clear_site_root_paths_cache()
    try:
        yield
    finally:
        ContentType.objects.clear_cache()
        Site.clear_site_root_paths_cache()
        connections["default"].close()
        connections.settings["default"] = kept_settings
        connections["default"] = kept


@pytest.fixture
def folder() -> Iterator[Path]:
    """On a disk, not in memory: what is killed has to have been written."""
    made = Path(tempfile.mkdtemp(prefix="vwfaults-", dir="/var/tmp"))
    made.chmod(0o755)  # PostgreSQL, which is somebody else, has to get to what stands in it
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def own_cluster(transactional_db: None) -> Callable[..., Any]:
    """Makes a PostgreSQL of the test's own, and asks it from then on."""

    @contextmanager
    def make(**how: Any) -> Iterator[Cluster]:
        like = connections["default"].settings_dict
        connections["default"].close()
        with cluster(like, **how) as made, asked(made.settings(like)):
            yield made

    return make


@pytest.fixture
def own_file(transactional_db: None, folder: Path) -> Iterator[str]:
    """A SQLite file with the tables of the database of the tests; answers its URL."""
    kept = connections["default"]
    if kept.vendor != "sqlite":
        pytest.skip("PostgreSQL has tests of its own")
    kept.ensure_connection()
    path = folder / "record.sqlite3"
    with sqlite3.connect(path) as copy:
        kept.connection.backup(copy)
    copy.close()
    options = {**kept.settings_dict["OPTIONS"]}
    options["init_command"] = options["init_command"].replace("PRAGMA synchronous=OFF;", "")
    with asked({**kept.settings_dict, "NAME": str(path), "OPTIONS": options}):
        yield f"sqlite:///{path}"
