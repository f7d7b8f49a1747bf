"""The one road into the record: `append` writes statements and what still has to be done with them."""

import hashlib
import json
import logging
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from lrs import projections
from lrs.actors import actor_key, indexable, pseudonym_of, with_pseudonyms
from lrs.attachments import Part, keep_parts
from lrs.models import ActivityVersion, Credential, Mention, PendingProjection, Source, Statement
from lrs.profiles.adl import VOIDED
from lrs.profiles.vakwijs import NAMESPACE
from lrs.validation import V2, StatementRefused, activities_of, agents_of, check_statement, moment

__all__ = ["StatementConflict", "StatementRefused", "VoidingRefused", "append"]

logger = logging.getLogger(__name__)

# What the store itself adds or may reword: not part of the comparison of two statements (xAPI 2.3.1, "Immutability").
NOT_COMPARED = ("stored", "authority", "version", "timestamp", "id")
TRIES = 3


class StatementConflict(Exception):
    """A different statement with the same id is already stored."""


class VoidingRefused(Exception):
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
            raise StatementRefused(f"statement {index}: {refusal}" if len(statements) > 1 else str(refusal)) from None
    texts: Sequence[str | None] = originals or [None] * len(statements)
    rows = [
        _row(statement, text, source=source, credential=credential, version=version)
        for statement, text in zip(statements, texts, strict=True)
    ]
    if len({row.uuid for row in rows}) < len(rows):
        raise StatementRefused("$: two statements in one batch have the same id")
    if parts:
        keep_parts(parts.values())
    _learn_definitions(rows, source=source, credential=credential)

    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                _insert(rows)
        except (IntegrityError, OperationalError):
            # Another request stored one of these ids after we looked, or two batches waited for each other.
            if attempt == TRIES - 1:
                raise
        else:
            break
    return [row.uuid for row in rows]


def _insert(rows: list[Statement]) -> None:
    stored = {row.uuid: row for row in Statement.objects.filter(uuid__in=[row.uuid for row in rows])}
    for row in rows:
        if row.uuid in stored and comparable(stored[row.uuid].document) != comparable(row.document):
            raise StatementConflict(f"a different statement with id {row.uuid} is already stored")
    new = [row for row in rows if row.uuid not in stored]
    if not new:
        return
    for row in new:
        row.pk = None
    Statement.objects.bulk_create(new)
    if any(row.sequence is None for row in new):  # a database that does not report the keys of a bulk insert
        keys = dict(Statement.objects.filter(uuid__in=[row.uuid for row in new]).values_list("uuid", "sequence"))
        for row in new:
            row.sequence = keys[row.uuid]
    Mention.objects.bulk_create(mention for row in new for mention in _mentions(row))
    voids = _void(new)
    pending = [
        PendingProjection(statement_id=row.sequence, learner_key=learner_key)
        for row in new
        if (learner_key := voids.get(row.uuid) or _learner_key(row))
    ]
    PendingProjection.objects.bulk_create(pending)
    keys_in_order = list(dict.fromkeys(row.learner_key for row in pending))
    if not keys_in_order:
        return
    if new[0].credential_id is None:
        for learner_key in keys_in_order:
            transaction.on_commit(partial(projections.project_learner, learner_key), robust=True)
    else:
        # A tool does not wait for what its statements lead to.
        transaction.on_commit(partial(_queue, keys_in_order), robust=True)


def _queue(learner_keys: list[str]) -> None:
    projections.project_learners.enqueue(learner_keys)


def _learner_key(row: Statement) -> str | None:
    """Whose projections a statement has to pass. Who is not one of our people has nothing to project."""
    return str(row.learner) if row.learner else None


def _row(statement: dict[str, Any], text: str | None, *, source: Source, credential: Credential | None, version: str) -> Statement:
    now = timezone.now()
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # what `stored` says, so that `since` finds exactly what came later
    document = _as_stored(statement, version=version)
    if credential and credential.joins_people and credential.organisation:
        document = with_pseudonyms(document, organisation=credential.organisation)
    changed = any(document[key] is not value for key, value in statement.items() if key in document) or not statement.keys().isdisjoint(
        ("stored", "authority")
    )
    statement_id = statement.get("id")
    added = {
        **({} if statement_id else {"id": str(uuid.uuid4())}),
        **({} if "timestamp" in statement else {"timestamp": _iso(now)}),
        "stored": _iso(now),
        **({} if "version" in statement else {"version": "1.0.0" if version.startswith("1.") else "2.0.0"}),
        "authority": authority_of(credential),
    }
    document = {**document, **added}
    target = document["object"]
    kind = target.get("objectType", "Activity")
    row = Statement(
        uuid=uuid.UUID(document["id"]),
        learner=pseudonym_of(document["actor"]),
        actor_key=actor_key(document["actor"]),
        verb=indexable(document["verb"]["id"], 400),
        activity=indexable(target["id"], 1000) if kind == "Activity" else "",
        registration=uuid.UUID(document["context"]["registration"]) if "registration" in document.get("context", {}) else None,
        refers_to=uuid.UUID(target["id"]) if kind == "StatementRef" else None,
        timestamp=moment(document["timestamp"]),
        stored=now,
        source=source,
        credential=credential,
        exact=_spliced(text, added) if text and not changed else _written(document),
    )
    row._document = document
    return row


def _as_stored(statement: dict[str, Any], *, version: str) -> dict[str, Any]:
    """What the standard has the store reword: one context activity becomes a list (2.4.6.2), and in 2.0 a moment is in UTC."""
    document = dict(statement)
    if "context" in document:
        document["context"] = _lists_of_activities(document["context"])
    target = document["object"]
    if target.get("objectType") == "SubStatement" and "context" in target:
        context = _lists_of_activities(target["context"])
        if context is not target["context"]:
            document["object"] = {**target, "context": context}
    if "timestamp" in document and not version.startswith("1.") and not document["timestamp"].endswith("Z"):
        document["timestamp"] = _iso(moment(document["timestamp"]))
    return document


def _lists_of_activities(context: dict[str, Any]) -> dict[str, Any]:
    activities = context.get("contextActivities", {})
    if all(isinstance(value, list) for value in activities.values()):
        return context
    return {**context, "contextActivities": {key: value if isinstance(value, list) else [value] for key, value in activities.items()}}


def _spliced(text: str, added: dict[str, Any]) -> str:
    """The text as it came in, with what the store adds before its last brace."""
    return f"{text.rstrip()[:-1].rstrip()},{_written(added)[1:]}"


def _written(document: dict[str, Any]) -> str:
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(document, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise StatementRefused(f"$: cannot be written as JSON: {error}") from None
    return text


def authority_of(credential: Credential | None) -> dict[str, Any]:
    """Who vouches for the statement: the credential that brought it in, or this application itself."""
    if credential is None:
        return {"objectType": "Agent", "account": {"homePage": NAMESPACE, "name": "vakwijs"}}
    return {"objectType": "Agent", "name": credential.name, "account": {"homePage": NAMESPACE, "name": f"credential/{credential.pk}"}}


def _mentions(row: Statement) -> Iterable[Mention]:
    """Who and what the statement names beside its actor and activity: what related_agents and related_activities look for."""
    named: dict[tuple[int, str], None] = {}
    for where, agent in agents_of(row.document):
        if where == "object":
            named[(Mention.Kind.OBJECT, actor_key(agent))] = None
        elif where == "other" and any(name in agent for name in ("mbox", "mbox_sha1sum", "openid", "account")):
            named[(Mention.Kind.AGENT, actor_key(agent))] = None
    for where, activity in activities_of(row.document):
        if where == "other":
            named[(Mention.Kind.ACTIVITY, indexable(activity["id"], 1000))] = None
    return [Mention(statement_id=row.sequence, kind=kind, key=key) for kind, key in named]


# --- Voiding --------------------------------------------------------------------------------------------------------


def _void(rows: list[Statement]) -> dict[uuid.UUID, str]:
    """A voiding statement makes its target void, unless that is a voiding statement itself (xAPI 2.3.2).

    Answers for each voiding statement whose projections it concerns: the learner of its target.
    """
    voiding = [row for row in rows if row.verb == VOIDED and row.refers_to]
    if not voiding:
        return {}
    targets = {
        row.uuid: row
        for row in Statement.objects.filter(uuid__in=[row.refers_to for row in voiding]).exclude(verb=VOIDED).select_related("credential")
    }
    concerned = {}
    for row in voiding:
        target = targets.get(row.refers_to) if row.refers_to else None
        if target is None:
            continue
        if not _may_void(row, target):
            raise VoidingRefused(f"statement {target.uuid} is not yours to void")
        if target.learner:
            concerned[row.uuid] = str(target.learner)
    Statement.objects.filter(pk__in=[target.pk for target in targets.values()]).update(voided=True)
    return concerned


def _may_void(voiding: Statement, target: Statement) -> bool:
    """Our own server may void anything. A tool may void what it or its organisation's tools wrote, never what we recorded."""
    if voiding.source == Source.SERVER:
        return True
    ours, theirs = voiding.credential, target.credential
    if ours is None or theirs is None:
        return False
    return ours.pk == theirs.pk or ours.organisation_id is None or ours.organisation_id == theirs.organisation_id


# --- Comparing ------------------------------------------------------------------------------------------------------


def comparable(document: dict[str, Any]) -> str:
    """Equal for statements that the standard calls equal (2.3.1): words of display and definitions do not count."""
    return json.dumps(
        _bare(_as_stored({key: value for key, value in document.items() if key not in NOT_COMPARED}, version=V2)), sort_keys=True
    )


def _bare(part: dict[str, Any]) -> dict[str, Any]:
    bare = {**part, "verb": {"id": part["verb"]["id"]}, "object": _bare_object(part["object"])}
    activities = part.get("context", {}).get("contextActivities")
    if activities:
        lists = {key: sorted(activity["id"] for activity in value) for key, value in activities.items()}
        bare["context"] = {**part["context"], "contextActivities": lists}
    duration = part.get("result", {}).get("duration")
    if duration:
        # 2.0, 4.2.7: durations are compared to a hundredth of a second.
        bare["result"] = {**part["result"], "duration": FRACTION.sub(r"\1", duration)}
    return bare


FRACTION = re.compile(r"([.,][0-9]{2})[0-9]+(?=S)")


def _bare_object(value: dict[str, Any]) -> dict[str, Any]:
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        return {"objectType": kind, "id": value["id"]}
    if kind == "SubStatement":
        return _bare(value)
    return value


# --- What is known of activities -------------------------------------------------------------------------------------


def _learn_definitions(rows: list[Statement], *, source: Source, credential: Credential | None) -> None:
    """Keep each definition once. Before the transaction and with one insert in a fixed order, so that writers never wait for each other."""
    if source == Source.LEARNER_SESSION or (credential and not {"all", "define"} & set(credential.scopes)):
        return
    versions: dict[tuple[str, str], str] = {}
    for row in rows:
        for _, activity in activities_of(row.document):
            if activity.get("definition"):
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


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
