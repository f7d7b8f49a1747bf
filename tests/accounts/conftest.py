"""What the tests of people and logging in share."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def no_attempts_yet():
    """Limits on attempts are counted in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()
