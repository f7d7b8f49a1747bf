"""Hours of work in a register period, from what a person wrote down. Work that runs over an edge of the period counts for its part."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from accreditation.models import Evidence


def worked(work: Iterable[Evidence], *, first_day: date, last_day: date) -> Decimal:
    """The hours of these periods of work that fall in the register period, both days included, in whole hours."""
    hours = Decimal(0)
    for one in work:
        if one.done_on is None or one.hours is None:
            continue
        begins = one.started_on or one.done_on
        inside = (min(one.done_on, last_day) - max(begins, first_day)).days + 1
        if inside > 0:
            hours += one.hours * inside / ((one.done_on - begins).days + 1)
    return hours.quantize(Decimal(1), rounding=ROUND_HALF_UP)
