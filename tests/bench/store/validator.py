"""The validator by itself: no server, no database."""

import timeit

from lrs.validation import check_statement
from tests.bench.figures import Figure, show
from tests.bench.store.statements import a_statement


def measure() -> bool:
    """Print the figure; answers whether the target holds."""
    statement = a_statement(0)
    rate = 5000 / min(timeit.repeat(lambda: check_statement(statement), number=5000, repeat=3))
    show(Figure(name="validator", value=rate, unit="statements/s on one core", target="at least 5000", holds=rate >= 5000))
    return rate >= 5000
