"""What these tests share: the other side."""

from collections.abc import Iterator

import pytest

from tests.factories.forwarding import PaperStore


@pytest.fixture
def other() -> Iterator[PaperStore]:
    """Another system of paper."""
    store = PaperStore()
    yield store
    store.close()
