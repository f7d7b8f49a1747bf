"""What a learner does in a course becomes a statement here, and nowhere else in this package."""

import uuid
from datetime import datetime
from typing import Any

from courses.models import Enrolment, ReleaseActivity, ReleaseLesson
from lrs.models import Source


def record(
    *,
    enrolment: Enrolment,
    verb: str,
    subject: ReleaseLesson | ReleaseActivity | None = None,
    source: Source = Source.SERVER,
    result: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
    statement_id: uuid.UUID | None = None,
    at: datetime | None = None,
) -> uuid.UUID:
    """Append a statement about a lesson, an activity, or (with no subject) the course; answers its id."""
    raise NotImplementedError
