"""What every test shares."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction


@pytest.fixture(autouse=True)
def only_on_postgresql(request: pytest.FixtureRequest) -> None:
    """Row locks and real concurrency: SQLite has one writer, and its test database one connection."""
    if request.node.get_closest_marker("postgresql") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")


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
