"""From a statement to what is stored of it: its text with what the store adds, and the keys by which it is found."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from lrs.actors import actor_key, pseudonym_of, with_pseudonyms
from lrs.attachments import attachments_of
from lrs.digests import digest
from lrs.models import Credential, Mention
from lrs.profiles.vakwijs import NAMESPACE
from lrs.validation import StatementRefused, activities_of, agents_of, moment

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


@dataclass(slots=True)
class Draft:
    """A statement that is about to be written. When that is, and so its number, is decided at the last moment (lrs.writing).

    `head` is its text without the last brace and without `stored`; `timestamp` is None when the statement leaves it to the store.
    `learner` is whose projections it has to pass: nobody's when it is not about one of our people.
    """

    uuid: UUID
    actor_digest: UUID
    verb_digest: UUID
    activity_digest: UUID | None
    registration: UUID | None
    refers_to: UUID | None
    timestamp: datetime | None
    head: str
    mentions: list[UUID]
    learner: UUID | None
    document: dict[str, Any]


@dataclass(frozen=True)
class Addition:
    """What the store adds to each statement of a batch that does not say it itself: the version, and who vouches for it."""

    version: dict[str, Any]
    authority: dict[str, Any]
    text: str  # of both, with which the text of most statements ends
    without_version: str


def addition_of(credential: Credential | None, *, version: str) -> Addition:
    said, authority = {"version": "1.0.0" if version.startswith("1.") else "2.0.0"}, {"authority": authority_of(credential)}
    return Addition(version=said, authority=authority, text=written({**said, **authority})[1:], without_version=written(authority)[1:])


def draft_of(statement: dict[str, Any], text: str | None, *, credential: Credential | None, version: str, addition: Addition) -> Draft:
    """What is stored of a valid statement. `text` is its JSON as it came in."""
    document = as_stored(statement, version=version)
    if credential and credential.joins_people and credential.organisation:
        document = with_pseudonyms(document, organisation=credential.organisation)
    if document is not statement or "stored" in statement or "authority" in statement:
        text = None
    ending = addition.text
    if "version" in statement:
        document, ending = {**document, **addition.authority}, addition.without_version
    else:
        document = {**document, **addition.version, **addition.authority}
    if not document.get("id"):
        document["id"] = str(uuid4())
        ending = f'"id":"{document["id"]}",{ending}'
    document.pop("stored", None)
    target = document["object"]
    kind = target.get("objectType", "Activity")
    whole = f"{text.rstrip()[:-1].rstrip()},{ending}" if text else written(document)
    registration = document.get("context", {}).get("registration")
    return Draft(
        uuid=UUID(document["id"]),
        actor_digest=digest(actor_key(document["actor"])),
        verb_digest=digest(document["verb"]["id"]),
        activity_digest=digest(target["id"]) if kind == "Activity" else None,
        registration=UUID(registration) if registration else None,
        refers_to=UUID(target["id"]) if kind == "StatementRef" else None,
        timestamp=moment(document["timestamp"]) if "timestamp" in document else None,
        head=whole[:-1],
        mentions=list(mentions_of(document)),
        learner=pseudonym_of(document["actor"]),
        document=document,
    )


def as_stored(statement: dict[str, Any], *, version: str) -> dict[str, Any]:
    """What the standard has the store reword: one context activity becomes a list (2.4.6.2), and in 2.0 a moment is in UTC (4.2.7).

    The very same object when nothing changes.
    """
    document = _reworded(statement, version=version)
    target = document["object"]
    if target.get("objectType") == "SubStatement":
        reworded = _reworded(target, version=version)
        if reworded is not target:
            document = {**document, "object": reworded}
    return document


def _reworded(part: dict[str, Any], *, version: str) -> dict[str, Any]:
    """A statement or sub-statement as it is kept: the very same object when nothing changes."""
    changes: dict[str, Any] = {}
    if "context" in part:
        context = _lists_of_activities(part["context"])
        if context is not part["context"]:
            changes["context"] = context
    if "timestamp" in part and not version.startswith("1.") and not part["timestamp"].endswith("Z"):
        changes["timestamp"] = iso(moment(part["timestamp"]))
    return {**part, **changes} if changes else part


def _lists_of_activities(context: dict[str, Any]) -> dict[str, Any]:
    activities = context.get("contextActivities", {})
    if all(isinstance(value, list) for value in activities.values()):
        return context
    return {**context, "contextActivities": {key: value if isinstance(value, list) else [value] for key, value in activities.items()}}


def written(document: dict[str, Any]) -> str:
    """The JSON of a document. Raises StatementRefused when there is none."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(document, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise StatementRefused("$", "cannot be written as JSON: %(error)s", error=str(error)) from None
    return text


def authority_of(credential: Credential | None) -> dict[str, Any]:
    """Who vouches for the statement: the credential that brought it in, or this application itself."""
    if credential is None:
        return {"objectType": "Agent", "account": {"homePage": NAMESPACE, "name": "vakwijs"}}
    if credential.launch:
        # The application that started the content, and that what it says came from the learner's own session.
        account = {"homePage": NAMESPACE, "name": f"session/{credential.launch.application}"}
        return {"objectType": "Agent", "name": credential.name, "account": account}
    return {"objectType": "Agent", "name": credential.name, "account": {"homePage": NAMESPACE, "name": f"credential/{credential.pk}"}}


def mentions_of(document: dict[str, Any]) -> Iterator[UUID]:
    """The keys of who and what a statement names besides its actor and activity, each once: see Mention."""
    named: dict[tuple[str, str], None] = {}
    for where, agent in agents_of(document):
        if where == "object":
            named[(Mention.Kind.OBJECT.value, actor_key(agent))] = None
        elif where == "other" and any(name in agent for name in IDENTIFIERS):
            named[(Mention.Kind.AGENT.value, actor_key(agent))] = None
    for where, activity in activities_of(document):
        if where == "other":
            named[(Mention.Kind.ACTIVITY.value, activity["id"])] = None
    for attachment in attachments_of(document):
        named[(Mention.Kind.ATTACHMENT.value, attachment["sha2"].lower())] = None
    return (Mention.key_of(kind, name) for kind, name in named)


def iso(value: datetime) -> str:
    """A moment as the store writes it: UTC, to the millisecond."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
