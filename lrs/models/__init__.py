"""Ledger: xAPI statements, with what follows from them; decided: the keys of tools and the documents that tools keep."""

from lrs.models.credentials import Credential, Source
from lrs.models.documents import ProfileDocument, StateDocument
from lrs.models.forwarding import (
    Forwarded,
    ForwardedErasure,
    ForwardingEvent,
    ForwardingHour,
    ForwardingPseudonym,
    ForwardingTarget,
    HeldStatement,
)
from lrs.models.record import (
    ActivityVersion,
    Attachment,
    LearnerLock,
    Mention,
    PendingProjection,
    Statement,
    StatementId,
    private_storage,
)

__all__ = [
    "ActivityVersion",
    "Attachment",
    "Credential",
    "Forwarded",
    "ForwardedErasure",
    "ForwardingEvent",
    "ForwardingHour",
    "ForwardingPseudonym",
    "ForwardingTarget",
    "HeldStatement",
    "LearnerLock",
    "Mention",
    "PendingProjection",
    "ProfileDocument",
    "Source",
    "StateDocument",
    "Statement",
    "StatementId",
    "private_storage",
]
