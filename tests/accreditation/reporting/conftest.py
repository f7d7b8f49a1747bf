"""What the tests of reporting share: a stand-in of the service that ends with the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.factories.reports import a_stand_in
from tests.pe_online_stand_in import StandIn


@pytest.fixture
def stand_in() -> Iterator[Callable[..., StandIn]]:
    """`stand_in(accreditation, numbers)`."""
    running: list[StandIn] = []

    def start(*args: Any, **fields: Any) -> StandIn:
        running.append(a_stand_in(*args, **fields))
        return running[-1]

    yield start
    for one in running:
        one.close()
