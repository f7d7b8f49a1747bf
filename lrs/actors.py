"""Who a statement is about. The record knows our own people only by a pseudonym; `accounts` joins the person."""

import hashlib
import json
import uuid
from functools import lru_cache
from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import Organisation
from lrs.profiles.vakwijs import NAMESPACE


def actor_of(pseudonym: uuid.UUID) -> dict[str, Any]:
    """The xAPI actor of one of our own people."""
    return {"objectType": "Agent", "account": {"homePage": NAMESPACE, "name": str(pseudonym)}}


def pseudonym_of(actor: dict[str, Any]) -> uuid.UUID | None:
    """The pseudonym of our own person, or None when the actor is someone or something else."""
    account = actor.get("account")
    if not isinstance(account, dict) or account.get("homePage") != NAMESPACE:
        return None
    name = str(account.get("name"))
    return _usual_uuid(name) if len(name) == 36 else _uuid_of(name)


@lru_cache(maxsize=5_000)
def _usual_uuid(text: str) -> uuid.UUID | None:
    return _uuid_of(text)


def _uuid_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def actor_key(actor: dict[str, Any]) -> str:
    """One short key for everything by which the standard calls two actors the same: the inverse functional identifier.

    Source: xAPI 2.4.2.3, "Inverse Functional Identifier". An anonymous group is keyed by its members.
    """
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if name in actor:
            return indexable(f"{name}:{actor[name]}", 400)
    if "account" in actor:
        account = actor["account"]
        # Our own people have one key however their number is written: what is recorded of them has to be found as theirs.
        return indexable(f"account:{account['homePage']}|{pseudonym_of(actor) or account['name']}", 400)
    members = sorted(actor_key(member) for member in actor.get("member", []))
    return "group:" + hashlib.sha256(json.dumps(members).encode()).hexdigest()


def indexable(text: str, octets: int) -> str:
    """The text itself, or its beginning with a hash when a database could not index it: too long, or with a NUL or half a character."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= octets and b"\0" not in raw and b"\xed" not in raw:
        return text
    digest = hashlib.sha256(raw).hexdigest()
    start = raw[: octets - 65].decode("utf-8", "ignore").replace("\0", "")
    return f"{start}#{digest}"


def with_pseudonyms(statement: dict[str, Any], *, organisation: Organisation) -> dict[str, Any]:
    """The statement, in which members of the organisation named by a confirmed e-mail address stand under their pseudonym.

    Only for credentials to which the organisation gave this (docs/decisions, "Whose statement is it").
    """
    found: set[str] = set()
    _collect_mail(statement, found)
    known = {
        f"mailto:{email.lower()}": pseudonym
        for email, pseudonym in EmailAddress.objects.filter(
            email__in=[mbox.removeprefix("mailto:") for mbox in found],
            verified=True,
            user__is_active=True,
            user__memberships__organisation=organisation,
        ).values_list("email", "user__pseudonym")
    }
    replaced: dict[str, Any] = _replace_mail(statement, known) if known else statement
    return replaced


def _collect_mail(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        if isinstance(value.get("mbox"), str):
            found.add(value["mbox"].lower())
        for key, inner in value.items():
            if key != "extensions":
                _collect_mail(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect_mail(inner, found)


def _replace_mail(value: Any, known: dict[str, uuid.UUID]) -> Any:
    if isinstance(value, dict):
        mbox = value.get("mbox")
        if isinstance(mbox, str) and mbox.lower() in known:
            # The name goes too: it would undo the pseudonym.
            kept = {key: inner for key, inner in value.items() if key not in ("mbox", "name")}
            return {**kept, "account": actor_of(known[mbox.lower()])["account"]}
        return {key: inner if key == "extensions" else _replace_mail(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replace_mail(inner, known) for inner in value]
    return value
