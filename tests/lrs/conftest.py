"""What every test of the record shares."""

from collections.abc import Iterator

import pytest

from lrs import store


@pytest.fixture(autouse=True)
def _no_definition_seen_before() -> Iterator[None]:
    """The store remembers which definitions it wrote; between tests the tables are emptied under it."""
    store._seen().clear()
    yield
    store._seen().clear()
