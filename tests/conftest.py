"""What every test shares."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import hypothesis
import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import translation
from pytest_django import DjangoDbBlocker

from accounts.append_only import AppendOnlyModel, unguard
from lrs import projections
from tests.chromium import browser, log_in, page_at, static_files_for_opaque_origins  # noqa: F401 - fixtures for every folder
from tests.emptying import empty_after_each_test

# Generated examples are the same at every run: a new one that fails belongs in `make fuzz`, which draws others, and not in somebody's
# change. A machine that is busy for a moment is no failure either.
hypothesis.settings.register_profile("vakwijs", derandomize="FUZZ" not in os.environ, deadline=None, database=None)
hypothesis.settings.load_profile("vakwijs")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Make of the test database what tests need of it, with and without migrations."""
    with django_db_blocker.unblock():
        # It is emptied between tests, which the triggers on ledgers would refuse; the tests of the triggers put them back.
        unguard(connection, *[model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnlyModel)])
    _make_search_tables(django_db_blocker)
    empty_after_each_test()


def _make_search_tables(django_db_blocker: DjangoDbBlocker) -> None:
    """Without migrations SQLite has an ordinary table where Wagtail's search needs the full-text one of its migration."""
    if connection.vendor != "sqlite":
        return
    entries, words = "wagtailsearch_indexentry", "wagtailsearch_indexentry_fts"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s AND sql LIKE 'CREATE VIRTUAL%%'", [words])
        if cursor.fetchone():
            return
        cursor.execute(f"DROP TABLE IF EXISTS {words}")
        cursor.execute(f"CREATE VIRTUAL TABLE {words} USING fts5(autocomplete, body, title)")
        cursor.execute(
            f"CREATE TRIGGER insert_{words} AFTER INSERT ON {entries} BEGIN"
            f" INSERT INTO {words}(title, body, autocomplete, rowid) VALUES (NEW.title, NEW.body, NEW.autocomplete, NEW.id); END"
        )
        cursor.execute(
            f"CREATE TRIGGER update_{words} AFTER UPDATE ON {entries} BEGIN"
            f" UPDATE {words} SET title=NEW.title, body=NEW.body, autocomplete=NEW.autocomplete WHERE rowid=NEW.id; END"
        )
        cursor.execute(f"CREATE TRIGGER delete_{words} AFTER DELETE ON {entries} BEGIN DELETE FROM {words} WHERE rowid=OLD.id; END")


@pytest.fixture(autouse=True)
def only_on_postgresql(request: pytest.FixtureRequest) -> None:
    """Row locks and real concurrency: SQLite has one writer, and its test database one connection."""
    if request.node.get_closest_marker("postgresql") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")


@pytest.fixture(autouse=True)
def each_test_in_dutch() -> Iterator[None]:
    """A request in English leaves its language with the thread, where the next test would read it."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def every_statement_wakes_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks run at once in tests: a nudge that is left out, because there was one in the same second, would be missed."""
    monkeypatch.setattr(projections, "WAKE_EVERY", timedelta(0))
    monkeypatch.setattr(projections, "_awake_until", [0.0])


@pytest.fixture(autouse=True)
def after_commit_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test inside a transaction never commits, so what waits for the commit runs at once.

    Tests that are about commits use `@pytest.mark.django_db(transaction=True)` and get the real thing.
    """
    marker = request.node.get_closest_marker("django_db")
    transactional = (marker is not None and marker.kwargs.get("transaction")) or {"transactional_db", "live_server"} & set(
        request.fixturenames
    )
    if not transactional:

        def at_once(func: Callable[[], object], using: str | None = None, robust: bool = False) -> None:
            func()

        monkeypatch.setattr(transaction, "on_commit", at_once)
