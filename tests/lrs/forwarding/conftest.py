"""What the tests of forwarding share: the other side, and everything counts as settled at once."""

from collections.abc import Iterator

import pytest

from tests.factories.forwarding import PaperStore


@pytest.fixture
def other() -> Iterator[PaperStore]:
    """A store of paper at the other side."""
    store = PaperStore()
    yield store
    store.close()


@pytest.fixture(autouse=True)
def _no_projections(settings) -> None:
    settings.LRS_PROJECTIONS = []
