"""Numbers that carry time: a statement's `sequence` says when it came in, and what came in before and after it.

From high to low: milliseconds since 1970 (43 bits, enough until the year 2248), then 20 bits for the order within that millisecond:
first the microsecond, then the place in a batch beside a part that differs between connections. So `since`, `until`, retention and
the parts of the table are ranges of one number.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BITS = 20
MILLISECOND = timedelta(milliseconds=1)
LATEST = (1 << 63) - 1


def at(moment: datetime) -> int:
    """The lowest number of this moment (to the millisecond): everything written earlier is lower."""
    return min(max((moment - EPOCH) // MILLISECOND, 0) << BITS, LATEST)


def moment_of(sequence: int) -> datetime:
    """When the statement with this number came in, to the millisecond."""
    return EPOCH + timedelta(milliseconds=sequence >> BITS)
