"""A statement that refers to another is found by what that one says (xAPI 2.1.3, "Filter Conditions for StatementRefs").

Decided when the two meet, not when somebody searches: a statement gets the keys of the one it refers to, and of the ones that one
refers to, as far as its writer may read those.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from lrs.actors import actor_key
from lrs.digests import digest
from lrs.models import Credential, OpenReferral, Referral, Statement, StatementId
from lrs.validation import activities_of, agents_of

FARTHEST = 8  # references in a row through which a filter reaches: they can go round
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


def key_of(filter_name: str, value: str) -> uuid.UUID:
    """What stands in `Referral.key` for this value of a filter: agent, related_agents, verb, activity, related_activities, registration."""
    return digest(f"{filter_name} {value}")


def keys_of(document: dict[str, Any]) -> set[uuid.UUID]:
    """Under which keys a statement that refers to this one is found."""
    keys = {key_of("verb", document["verb"]["id"])}
    for where, agent in agents_of(document):
        if any(name in agent for name in IDENTIFIERS):
            keys.add(key_of("related_agents", actor_key(agent)))
            if where != "other":
                keys.add(key_of("agent", actor_key(agent)))
    if "authority" in document:
        keys.add(key_of("related_agents", actor_key(document["authority"])))
    for where, activity in activities_of(document):
        keys.add(key_of("related_activities", activity["id"]))
        if where == "object":
            keys.add(key_of("activity", activity["id"]))
    registration = document.get("context", {}).get("registration")
    if registration:
        keys.add(key_of("registration", str(uuid.UUID(registration))))
    return keys


def says_all(statement: Statement, keys: set[uuid.UUID]) -> bool:
    """Whether the statement, or one that it leads to, says all of this by itself."""
    found: Statement | None = statement
    for _ in range(FARTHEST + 1):
        if found is None:
            return False
        if keys <= keys_of(found.document):
            return True
        found = Statement.objects.with_id(found.refers_to).first() if found.refers_to else None
    return False


def connect(statements: Iterable[Statement]) -> None:
    """Give statements that refer to others the keys of those; what is not there yet stays open."""
    for statement in statements:
        if statement.refers_to:
            _follow(statement, statement.refers_to)


def arrived(targets: Iterable[uuid.UUID]) -> int:
    """Close what was open for statements that are there now; answers how many."""
    count = 0
    for row in OpenReferral.objects.filter(target__in=list(targets)).select_related("statement__credential"):
        with transaction.atomic():
            _follow(row.statement, row.target)
            row.delete()
        count += 1
    return count


def settle_open() -> int:
    """Close what a crash, or two statements that came in at the same moment, left open; answers how many."""
    there = StatementId.objects.filter(uuid__in=OpenReferral.objects.values("target")).values_list("uuid", flat=True)
    return arrived(list(there[:10_000]))


def reworded(statement: Statement, *, before: dict[str, Any], after: dict[str, Any]) -> None:
    """A statement was made anonymous: whoever refers to it is no longer found by what it said."""
    old, new = keys_of(before), keys_of(after)
    seen, pointed = {statement.pk}, [statement]
    while pointed:
        referring = [row for row in Statement.objects.filter(refers_to__in=[one.uuid for one in pointed]) if row.pk not in seen]
        for row in referring:
            gone = Referral.objects.filter(statement=row, key__in=old - new)
            if gone.exists():
                gone.delete()
                _give(row, new)
        seen |= {row.pk for row in referring}
        pointed = referring


def _follow(statement: Statement, target_id: uuid.UUID) -> None:
    keys: set[uuid.UUID] = set()
    wanted: uuid.UUID | None = target_id
    for _ in range(FARTHEST):
        target = Statement.objects.with_id(wanted).select_related("credential").first() if wanted else None
        if wanted and target is None:
            OpenReferral.objects.get_or_create(target=wanted, statement=statement)
        if target is None or not _may_read(statement.credential, target.credential):
            break
        keys |= keys_of(target.document)
        wanted = target.refers_to
    _give(statement, keys)


def _give(statement: Statement, keys: Iterable[uuid.UUID]) -> None:
    Referral.objects.bulk_create([Referral(key=key, statement=statement) for key in sorted(keys)], ignore_conflicts=True)


def _may_read(writer: Credential | None, of: Credential | None) -> bool:
    """Who reads a statement of an organisation's tool reads those of its tools, and nothing that others wrote (docs/decisions, 7)."""
    return writer is None or writer.organisation_id is None or (of is not None and of.organisation_id == writer.organisation_id)
