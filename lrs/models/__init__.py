"""Ledger: xAPI statements, with what follows from them; decided: the keys of tools and the documents that tools keep."""

from lrs.models.credentials import Credential, Launch, Source
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
from lrs.models.imports import Import, ImportedStatement, ImportProblem, OriginalAuthority
from lrs.models.privacy import (
    AccessExport,
    ErasedMark,
    Erasure,
    ErasureAlias,
    ErasureRequest,
    LegalHold,
    PrivacyCase,
    RetentionRule,
    RetentionRun,
)
from lrs.models.record import (
    ActivityVersion,
    Attachment,
    AttachmentSender,
    LearnerLock,
    Mention,
    OpenReferral,
    PendingProjection,
    Referral,
    Statement,
    StatementId,
    private_storage,
)
from lrs.models.settled import Settled

__all__ = [
    "AccessExport",
    "ActivityVersion",
    "Attachment",
    "AttachmentSender",
    "Credential",
    "ErasedMark",
    "Erasure",
    "ErasureAlias",
    "ErasureRequest",
    "Forwarded",
    "ForwardedErasure",
    "ForwardingEvent",
    "ForwardingHour",
    "ForwardingPseudonym",
    "ForwardingTarget",
    "HeldStatement",
    "Import",
    "ImportProblem",
    "ImportedStatement",
    "Launch",
    "LearnerLock",
    "LegalHold",
    "Mention",
    "OpenReferral",
    "OriginalAuthority",
    "PendingProjection",
    "PrivacyCase",
    "ProfileDocument",
    "Referral",
    "RetentionRule",
    "RetentionRun",
    "Settled",
    "Source",
    "StateDocument",
    "Statement",
    "StatementId",
    "private_storage",
]
