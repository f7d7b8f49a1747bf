"""The one road into the record: `append` writes statements and what still has to be done with them."""

import uuid
from collections.abc import Sequence
from typing import Any

from lrs.models import Credential, Source


class StatementRefused(Exception):
    """The statement breaks the standard; the message names the JSON path and the rule."""


class StatementConflict(Exception):
    """A different statement with the same id is already stored."""


def append(statements: Sequence[dict[str, Any]], *, source: Source, credential: Credential | None = None) -> list[uuid.UUID]:
    """Store statements and queue their projections, all or none; answers their ids in the same order.

    A statement that is already stored, equal by the standard's comparison, is accepted and changes nothing.
    Raises StatementRefused and StatementConflict.
    """
    raise NotImplementedError
