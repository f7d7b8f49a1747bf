"""The one road into the record: `append` writes statements and what still has to be done with them."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from lrs import projections
from lrs.actors import actor_key, pseudonym_of
from lrs.models import Credential, PendingProjection, Source, Statement
from lrs.profiles.adl import VOIDED
from lrs.profiles.vakwijs import NAMESPACE
from lrs.validation import StatementRefused, check_statement

__all__ = ["StatementConflict", "StatementRefused", "append"]

# What the store itself adds or may reword: not part of the comparison of two statements (xAPI 2.3.1, "Immutability").
NOT_COMPARED = ("stored", "authority", "version", "timestamp")


class StatementConflict(Exception):
    """A different statement with the same id is already stored."""


def append(statements: Sequence[dict[str, Any]], *, source: Source, credential: Credential | None = None) -> list[uuid.UUID]:
    """Store statements and queue their projections, all or none; answers their ids in the same order.

    A statement that is already stored, equal by the standard's comparison, is accepted and changes nothing.
    Raises StatementRefused and StatementConflict.
    """
    for statement in statements:
        check_statement(statement)
    rows = [_row(statement, source=source, credential=credential) for statement in statements]
    if len({row.uuid for row in rows}) < len(rows):
        raise StatementConflict("two statements in one batch have the same id")

    try:
        with transaction.atomic():
            _insert(rows)
    except IntegrityError:
        # Another request stored one of these ids after we looked. Now it is there to be compared.
        with transaction.atomic():
            _insert(rows)
    return [row.uuid for row in rows]


def _insert(rows: list[Statement]) -> None:
    stored = {row.uuid: row for row in Statement.objects.filter(uuid__in=[row.uuid for row in rows])}
    for row in rows:
        if row.uuid in stored and _comparable(stored[row.uuid].document) != _comparable(row.document):
            raise StatementConflict(f"a different statement with id {row.uuid} is already stored")
    new = [row for row in rows if row.uuid not in stored]
    for row in new:
        row.pk = None
    Statement.objects.bulk_create(new)
    if any(row.sequence is None for row in new):  # a database that does not report the keys of a bulk insert
        keys = dict(Statement.objects.filter(uuid__in=[row.uuid for row in new]).values_list("uuid", "sequence"))
        for row in new:
            row.sequence = keys[row.uuid]
    PendingProjection.objects.bulk_create(PendingProjection(statement_id=row.sequence, learner_key=row.learner_key) for row in new)
    _void(new)
    for learner_key in dict.fromkeys(row.learner_key for row in new):
        transaction.on_commit(partial(projections.project_learner, learner_key))


def _row(statement: dict[str, Any], *, source: Source, credential: Credential | None) -> Statement:
    now = timezone.now()
    document = {
        **statement,
        "id": str(statement.get("id") or uuid.uuid4()).lower(),
        "timestamp": statement.get("timestamp") or _iso(now),
        "stored": _iso(now),
        "version": statement.get("version") or "1.0.0",
        "authority": _authority(credential),
    }
    target = document["object"]
    return Statement(
        uuid=uuid.UUID(document["id"]),
        learner=pseudonym_of(document["actor"]),
        actor_key=actor_key(document["actor"]),
        verb=document["verb"]["id"],
        activity=target["id"] if target.get("objectType", "Activity") == "Activity" else "",
        registration=document.get("context", {}).get("registration"),
        timestamp=_moment(document["timestamp"]),
        stored=now,
        source=source,
        credential=credential,
        document=document,
    )


def _authority(credential: Credential | None) -> dict[str, Any]:
    """Who vouches for the statement: the credential that brought it in, or this application itself."""
    name = f"credential/{credential.key}" if credential else "vakwijs"
    return {"objectType": "Agent", "account": {"homePage": NAMESPACE, "name": name}}


def _void(rows: list[Statement]) -> None:
    """A voiding statement makes its target void, unless that is a voiding statement itself (xAPI 2.3.2)."""
    targets = [
        row.document["object"]["id"] for row in rows if row.verb == VOIDED and row.document["object"].get("objectType") == "StatementRef"
    ]
    if targets:
        Statement.objects.filter(uuid__in=targets).exclude(verb=VOIDED).update(voided=True)


def _comparable(document: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in document.items() if key not in NOT_COMPARED}, sort_keys=True)


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None:  # the validator let it pass: a leap second or an hour-only offset
        moment = datetime.fromisoformat(text.replace(":60", ":59"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
