"""The one road into the record: `append` writes statements and what still has to be done with them."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from lrs import outage, projections, references, writing
from lrs.actors import indexable
from lrs.attachments import Part, keep_parts
from lrs.comparing import comparable
from lrs.digests import digest
from lrs.limits import may_name
from lrs.models import ActivityVersion, Credential, PendingProjection, Source, Statement, StatementId
from lrs.profiles.adl import VOIDED
from lrs.realms import realm_of
from lrs.refusals import Refusal
from lrs.rows import Draft, addition_of, draft_of
from lrs.validation import V2, StatementRefused, activities_of, check_statement

__all__ = ["StatementConflict", "StatementRefused", "VoidingRefused", "append"]

TRIES = 3
# The learner, or our server on their behalf, waits for what follows from a statement; a tool does not.
WAITED_FOR = frozenset({Source.SERVER, Source.LEARNER_SESSION})


class StatementConflict(Refusal):
    """A different statement with the same id is already stored."""


class VoidingRefused(Refusal):
    """Who sent the voiding statement may not void its target."""


def append(
    statements: Sequence[dict[str, Any]],
    *,
    source: Source,
    credential: Credential | None = None,
    version: str = V2,
    originals: Sequence[str] | None = None,
    parts: Mapping[str, Part] | None = None,
) -> list[uuid.UUID]:
    """Store statements and queue their projections, all or none; answers their ids in the same order.

    A statement that is already stored, equal by the standard's comparison, is accepted and changes nothing.
    `originals` are their JSON texts as they came in, `parts` the attachments that came with them, by hash.
    Raises StatementRefused, StatementConflict and VoidingRefused.
    """
    for index, statement in enumerate(statements):
        try:
            check_statement(statement, version=version)
        except StatementRefused as refusal:
            if len(statements) > 1:
                refusal.values["path"] = f"statement {index}: {refusal.values['path']}"
            raise
    texts: Sequence[str | None] = originals or [None] * len(statements)
    addition = addition_of(credential, version=version)
    drafts = [
        draft_of(statement, text, credential=credential, version=version, addition=addition)
        for statement, text in zip(statements, texts, strict=True)
    ]
    if len({draft.uuid for draft in drafts}) < len(drafts):
        raise StatementRefused("$", "two statements in one batch have the same id")
    if parts:
        keep_parts(parts.values(), realm=realm_of(credential))
    _learn_definitions(drafts, source=source, credential=credential)
    if drafts:
        _write(drafts, source=source, credential=credential)
    return [draft.uuid for draft in drafts]


def _write(drafts: list[Draft], *, source: Source, credential: Credential | None) -> None:
    """Write what is new. Nearly always everything is, so nobody looks first: the database says when an id is taken."""
    if not any(draft.refers_to for draft in drafts):
        try:
            with writing.on_its_own():
                awaited = writing.write(drafts, source=source, credential=credential)
                if awaited:
                    references.arrived(awaited)
        except (IntegrityError, OperationalError, InterfaceError):
            outage.let_go()
        else:
            _follow([draft.learner for draft in drafts], source=source)
            return
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                _write_what_is_new(drafts, source=source, credential=credential)
        except (IntegrityError, OperationalError, InterfaceError):
            # Another request stored one of these ids after we looked, two batches waited for each other, or the database started
            # again. Whether the lost connection had committed does not matter: the ids are the same.
            if attempt == TRIES - 1:
                raise
            outage.let_go()
        else:
            return


def _write_what_is_new(drafts: list[Draft], *, source: Source, credential: Credential | None) -> None:
    taken = set(StatementId.objects.filter(uuid__in=[draft.uuid for draft in drafts]).values_list("uuid", flat=True))
    stored = {row.uuid: row for row in Statement.objects.with_ids(taken)} if taken else {}
    for draft in drafts:
        # An id without its statement is of one in a part that was put away: nobody can say that it is the same.
        if draft.uuid in taken and (draft.uuid not in stored or comparable(stored[draft.uuid].document) != comparable(draft.document)):
            raise StatementConflict("a different statement with id %(id)s is already stored", id=draft.uuid)
    new = [draft for draft in drafts if draft.uuid not in taken]
    if not new:
        return
    voiding = [draft for draft in new if draft.refers_to and draft.verb_digest == digest(VOIDED)]
    own = {draft.uuid: draft.learner for draft in voiding}
    for draft in voiding:
        draft.learner = None  # whose projections it has to pass is known when its target is
    awaited = writing.write(new, source=source, credential=credential)
    referring = [draft.uuid for draft in new if draft.refers_to]
    if referring:
        references.connect(Statement.objects.with_ids(referring).select_related("credential"))
    if awaited:
        references.arrived(awaited)
    for draft in voiding:
        draft.learner = own[draft.uuid]
    if voiding:
        _void(voiding, source=source, credential=credential)
    _follow([draft.learner for draft in new], source=source)


def _follow(learners: Sequence[uuid.UUID | None], *, source: Source) -> None:
    keys = list(dict.fromkeys(learner for learner in learners if learner))
    if not keys:
        return
    if source in WAITED_FOR:
        for key in keys:
            _project_after_commit(key)
    else:
        transaction.on_commit(projections.wake, robust=True)


def _project_after_commit(learner: uuid.UUID) -> None:
    # Not a partial: Django wants the name of what failed, for its log, and fails itself when there is none.
    transaction.on_commit(lambda: projections.project_learner(learner), robust=True)


# --- Voiding --------------------------------------------------------------------------------------------------------


def _void(voiding: list[Draft], *, source: Source, credential: Credential | None) -> None:
    """A voiding statement makes its target void, unless that is a voiding statement itself (xAPI 2.3.2).

    It passes the projections of the learner of its target: for them something changed.
    """
    rows = Statement.objects.with_ids([draft.refers_to for draft in voiding if draft.refers_to]).select_related("credential")
    targets = {row.uuid: row for row in rows if row.verb != VOIDED}
    for draft in voiding:
        target = targets.get(draft.refers_to) if draft.refers_to else None
        if target is None:
            continue
        if not _may_void(source, credential, target):
            raise VoidingRefused("statement %(id)s is not yours to void", id=target.uuid)
        draft.learner = target.learner or draft.learner
    Statement.objects.filter(pk__in=[target.pk for target in targets.values()]).update(voided=True)
    numbers = dict(StatementId.objects.filter(uuid__in=[draft.uuid for draft in voiding]).values_list("uuid", "sequence"))
    PendingProjection.objects.bulk_create(
        PendingProjection(statement_id=numbers[draft.uuid], learner_key=draft.learner) for draft in voiding if draft.learner
    )


def _may_void(source: Source, ours: Credential | None, target: Statement) -> bool:
    """Our own server may void anything. A tool may void what it or its organisation's tools wrote, never what we recorded."""
    if source == Source.SERVER:
        return True
    theirs = target.credential
    if ours is None or theirs is None:
        return False
    return ours.pk == theirs.pk or ours.organisation_id is None or ours.organisation_id == theirs.organisation_id


# --- What is known of activities -------------------------------------------------------------------------------------


def _learn_definitions(drafts: list[Draft], *, source: Source, credential: Credential | None) -> None:
    """Keep each definition once. Before the transaction and with one insert in a fixed order, so that writers never wait for each other."""
    if source == Source.LEARNER_SESSION or (credential and not {"all", "define"} & set(credential.scopes)):
        return
    versions: dict[tuple[str, str], str] = {}
    for draft in drafts:
        for _, activity in activities_of(draft.document):
            # A key that is limited to some activities may name others, and does not say what they are.
            if activity.get("definition") and (credential is None or may_name(credential, activity["id"])):
                text = json.dumps(activity["definition"], sort_keys=True, separators=(",", ":"))
                versions[(indexable(activity["id"], 1000), hashlib.sha256(text.encode()).hexdigest()[:32])] = text
    unseen = sorted(version for version in versions if version not in _seen())
    if not unseen:
        return
    ActivityVersion.objects.bulk_create(
        [ActivityVersion(activity=activity, digest=digest, definition=versions[(activity, digest)]) for activity, digest in unseen],
        ignore_conflicts=True,
    )
    if not transaction.get_connection().in_atomic_block:  # inside somebody's transaction it may still be undone
        if len(_seen()) > 50_000:
            _seen().clear()
        _seen().update(unseen)


@lru_cache(maxsize=1)
def _seen() -> set[tuple[str, str]]:
    return set()
