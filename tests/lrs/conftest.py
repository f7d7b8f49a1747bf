"""What every test of the record shares."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from lrs import credentials, launch, limits, rates, store


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """The store remembers which definitions it wrote; between tests the tables are emptied under it."""
    store._seen().clear()
    yield
    store._seen().clear()


@pytest.fixture(autouse=True)
def _nobody_remembered() -> None:
    """The door remembers keys for a moment; between tests the tables are emptied under it."""
    credentials.forget_all()
    launch.forget_all()
    rates.forget_all()
    limits.forget_all()


@pytest.fixture
def at_once(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., list[Any]]]:
    """Calls a function in several threads that start together, on a database as it is in use; answers what each of them got.

    Tests on SQLite run in memory, where threads share one cache and lock each other out. In use it is a file with a
    write-ahead log, so the tables are copied into one.
    """
    kept = connections["default"]
    if kept.vendor != "sqlite":
        yield _in_threads
        return
    kept.ensure_connection()
    path = tmp_path / "threads.sqlite3"
    with sqlite3.connect(path) as copy:
        kept.connection.backup(copy)
    copy.close()
    settings = connections.settings["default"]
    connections.settings["default"] = {**settings, "NAME": str(path)}
    connections["default"] = connections.create_connection("default")
    try:
        yield _in_threads
    finally:
        connections["default"].close()
        connections.settings["default"] = settings
        connections["default"] = kept


def _in_threads(function: Callable[..., Any], *calls: tuple[Any, ...]) -> list[Any]:
    barrier = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(place: int, arguments: tuple[Any, ...]) -> None:
        try:
            barrier.wait()
            answers[place] = function(*arguments)
        except Exception as error:  # noqa: BLE001 - handed to the test's own thread
            answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, arguments)) for place, arguments in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers
