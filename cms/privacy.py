"""What this room knows by a person's pseudonym, and forgets when their learning records are erased."""

import uuid

from cms.models import ToolUse


def forget(learner: uuid.UUID) -> dict[str, int]:
    """The use of tools stays counted, of nobody."""
    count = ToolUse.objects.filter(person=learner).update(person=None)
    return {"tool_uses": count} if count else {}
