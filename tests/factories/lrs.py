"""Statements for tests."""

import uuid
from typing import Any

from lrs.actors import actor_of


def a_statement(learner: uuid.UUID | None = None, **parts: Any) -> dict[str, Any]:
    """A small valid statement, with any part replaced."""
    return {
        "id": str(uuid.uuid4()),
        "actor": actor_of(learner or uuid.uuid4()),
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced", "display": {"en": "experienced"}},
        "object": {"objectType": "Activity", "id": "https://voorbeeld.example/les"},
        "timestamp": "2026-03-01T10:00:00Z",
        **parts,
    }
