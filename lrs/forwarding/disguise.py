"""In whose name a statement goes out: as it stands here, without names, or under a pseudonym that only this target knows.

A pseudonym is drawn at random for each target and person and kept in a row. So two targets cannot lay their people side by side,
and once the row is deleted nobody, we included, can tell who it was. What a statement says besides its actors (extensions, the
text of an answer) goes out as it is; which statements go out is for the filters to say.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from lrs.actors import actor_key
from lrs.attachments import SIGNATURE, attachments_of, sent_with
from lrs.digests import digest
from lrs.formats import IDENTIFIERS, readable
from lrs.forwarding.senders import Parcel
from lrs.models import ForwardingPseudonym, ForwardingTarget, Statement
from lrs.profiles.adl import VOIDED
from lrs.profiles.vakwijs import NAMESPACE

# What our store added. The other one adds its own, and who vouches here is no business of theirs once people are disguised.
OURS = ("stored", "authority")


def parcels(target: ForwardingTarget, statements: Iterable[Statement], *, persons: Mapping[int, UUID]) -> list[Parcel]:
    """The statements as this target may have them, in the same order. `persons` says by whom each is kept in order."""
    statements = list(statements)
    documents = [readable(statement, version=target.version) for statement in statements]
    pseudonyms: dict[UUID, UUID] = {}
    if target.actors == ForwardingTarget.Actors.PSEUDONYM:
        pseudonyms = _pseudonyms(
            target, {digest(actor_key(one)) for document in documents for one in _actors(document) if _is_someone(one)}
        )
    held = sent_with(statements) if target.with_attachments else {}
    return [
        _parcel(
            target, statement, document, person=persons[statement.sequence], pseudonyms=pseudonyms, held=held.get(statement.sequence, ())
        )
        for statement, document in zip(statements, documents, strict=True)
    ]


def home_page(target: ForwardingTarget) -> str:
    """The place in which the pseudonyms of this target are names."""
    return f"{NAMESPACE}/doorsturen/{target.uuid}"


def _parcel(
    target: ForwardingTarget,
    statement: Statement,
    document: dict[str, Any],
    *,
    person: UUID,
    pseudonyms: Mapping[UUID, UUID],
    held: Collection[str],
) -> Parcel:
    disguised = target.actors != ForwardingTarget.Actors.AS_IS
    lean = _lean_attachments(document, held=held, without_signatures=disguised)
    changed = lean is not document or disguised or document is not statement.document
    if disguised:
        lean = {key: value for key, value in lean.items() if key not in OURS}
        lean = _disguised(lean, target, pseudonyms)
    # As it came in, to the letter, when nothing has to change: 1.50 is not 1.5 (docs/decisions, "The text of a statement is kept").
    text = _written(lean) if changed else statement.exact
    return Parcel(
        sequence=statement.sequence,
        uuid=statement.uuid,
        person=person,
        text=text,
        document=lean,
        voiding=statement.verb == VOIDED,
        row=_row(statement, lean),
        sha2s=tuple(sha2 for entry in attachments_of(lean) if (sha2 := str(entry.get("sha2", "")).lower()) in held),
    )


def _written(document: dict[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(document, separators=(",", ":"))
    return text


# --- Actors -----------------------------------------------------------------------------------------------------------


def _pseudonyms(target: ForwardingTarget, persons: set[UUID]) -> dict[UUID, UUID]:
    known = dict(ForwardingPseudonym.objects.filter(target=target, person__in=persons).values_list("person", "pseudonym"))
    new = sorted(persons - known.keys())
    if new:
        ForwardingPseudonym.objects.bulk_create(
            [ForwardingPseudonym(target=target, person=person) for person in new], ignore_conflicts=True
        )
        known |= dict(ForwardingPseudonym.objects.filter(target=target, person__in=new).values_list("person", "pseudonym"))
    return known


def _actors(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everyone whom a statement names, and the members of every group."""
    context = part.get("context", {})
    named = [part.get("actor"), context.get("instructor"), context.get("team")]
    named += [entry.get("agent") for entry in context.get("contextAgents", ())]
    named += [entry.get("group") for entry in context.get("contextGroups", ())]
    target = part.get("object", {})
    if target.get("objectType") in ("Agent", "Group"):
        named.append(target)
    elif target.get("objectType") == "SubStatement":
        yield from _actors(target)
    for one in named:
        if one:
            yield one
            yield from one.get("member", ())


def _disguised(part: dict[str, Any], target: ForwardingTarget, pseudonyms: Mapping[UUID, UUID]) -> dict[str, Any]:
    def other(actor: dict[str, Any]) -> dict[str, Any]:
        return _disguised_actor(actor, target, pseudonyms)

    whole = dict(part)
    if "actor" in whole:
        whole["actor"] = other(whole["actor"])
    if "context" in whole:
        context = dict(whole["context"])
        for key in ("instructor", "team"):
            if key in context:
                context[key] = other(context[key])
        for key, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
            if key in context:
                context[key] = [{**entry, inner: other(entry[inner])} for entry in context[key]]
        whole["context"] = context
    kind = whole["object"].get("objectType")
    if kind in ("Agent", "Group"):
        whole["object"] = other(whole["object"])
    elif kind == "SubStatement":
        whole["object"] = _disguised(whole["object"], target, pseudonyms)
    return whole


def _disguised_actor(actor: dict[str, Any], target: ForwardingTarget, pseudonyms: Mapping[UUID, UUID]) -> dict[str, Any]:
    plain = {key: value for key, value in actor.items() if key != "name"}
    if "member" in plain:
        plain["member"] = [_disguised_actor(member, target, pseudonyms) for member in plain["member"]]
    if target.actors != ForwardingTarget.Actors.PSEUDONYM or not _is_someone(actor):
        return plain
    kept = {key: value for key, value in plain.items() if key not in IDENTIFIERS}
    return {**kept, "account": {"homePage": home_page(target), "name": str(pseudonyms[digest(actor_key(actor))])}}


def _is_someone(actor: dict[str, Any]) -> bool:
    """Not an anonymous group, whose members each have their own name, and not this application."""
    account = actor.get("account")
    if isinstance(account, dict) and account == {"homePage": NAMESPACE, "name": "vakwijs"}:
        return False
    return any(key in actor for key in IDENTIFIERS)


# --- Attachments --------------------------------------------------------------------------------------------------------


def _lean_attachments(document: dict[str, Any], *, held: Collection[str], without_signatures: bool) -> dict[str, Any]:
    """Without the attachments that the other side could not get: their bytes stay here, and nothing says where else they are.

    A signature is of the very words; when those change it would only be refused.
    """

    def goes(entry: dict[str, Any]) -> bool:
        if without_signatures and entry.get("usageType") == SIGNATURE:
            return False
        return "fileUrl" in entry or str(entry.get("sha2", "")).lower() in held

    lean = document
    if "attachments" in document:
        going = [entry for entry in document["attachments"] if goes(entry)]
        if len(going) < len(document["attachments"]):
            lean = {key: value for key, value in document.items() if key != "attachments"}
            if going:
                lean["attachments"] = going
    target = document.get("object", {})
    if target.get("objectType") == "SubStatement":
        inner = _lean_attachments(target, held=held, without_signatures=without_signatures)
        if inner is not target:
            lean = {**lean, "object": inner}
    return lean


# --- Columns for analysis -------------------------------------------------------------------------------------------------


def _row(statement: Statement, document: dict[str, Any]) -> dict[str, Any]:
    """The columns of a statement in an analysis database; `statement` itself is added by who sends."""
    result = document.get("result", {})
    score = result.get("score", {})
    target = document["object"]
    return {
        "statement_id": str(statement.uuid),
        "sequence": statement.sequence,
        "stored": statement.stored.isoformat(timespec="milliseconds"),
        "timestamp": statement.timestamp.isoformat(timespec="milliseconds"),
        "actor": actor_key(document["actor"]),
        "verb": document["verb"]["id"],
        "object_type": target.get("objectType", "Activity"),
        "activity": target["id"] if target.get("objectType", "Activity") == "Activity" else "",
        "refers_to": str(statement.refers_to) if statement.refers_to else None,
        "registration": str(statement.registration) if statement.registration else None,
        "source": statement.source,
        "credential": statement.credential_id,
        "score_scaled": score.get("scaled"),
        "score_raw": score.get("raw"),
        "success": result.get("success"),
        "completion": result.get("completion"),
        "duration": result.get("duration"),
    }


__all__ = ["home_page", "parcels"]
