"""When the database itself is in trouble: gone, starting again, or out of room. It is no fault of who asks, and soon over.

Who asks gets 503 with Retry-After and asks again: a statement with an id is stored once, however often it is sent.
"""

import logging

from django.db import DatabaseError, InterfaceError, OperationalError, connection

RETRY_AFTER = 5  # seconds
TOLD = "the database cannot be reached now; if this request was carried out, sending it again changes nothing"

logger = logging.getLogger(__name__)

# What PostgreSQL calls internal: a file that cannot grow, a disk that fails, and a standby that was the primary a moment ago.
_STATES = ("53", "58", "XX", "25006")


def is_one(error: DatabaseError | InterfaceError) -> bool:
    """Whether the database could not do its work, rather than that it was asked something wrong."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, (OperationalError, InterfaceError)) or state.startswith(_STATES)


def note(error: DatabaseError | InterfaceError, *, path: str) -> None:
    """Log it in one line: while the database is away every request would bring the same traceback."""
    logger.error("%s: answered 503, the database failed: %s", path, str(error).strip().partition("\n")[0])


def let_go() -> None:
    """Give up a connection that broke, so that the next question makes a new one. Within a transaction nothing can be done."""
    if not connection.in_atomic_block and connection.connection is not None and not connection.is_usable():
        connection.close()
