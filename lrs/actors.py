"""Who a statement is about. The record knows our own people only by a pseudonym; `accounts` joins the person."""

import hashlib
import json
import uuid
from typing import Any

from lrs.profiles.vakwijs import NAMESPACE


def actor_of(pseudonym: uuid.UUID) -> dict[str, Any]:
    """The xAPI actor of one of our own people."""
    return {"objectType": "Agent", "account": {"homePage": NAMESPACE, "name": str(pseudonym)}}


def pseudonym_of(actor: dict[str, Any]) -> uuid.UUID | None:
    """The pseudonym of our own person, or None when the actor is someone or something else."""
    account = actor.get("account")
    if not isinstance(account, dict) or account.get("homePage") != NAMESPACE:
        return None
    try:
        return uuid.UUID(str(account.get("name")))
    except ValueError:
        return None


def actor_key(actor: dict[str, Any]) -> str:
    """One short key for everything by which the standard calls two actors the same: the inverse functional identifier.

    Source: xAPI 4.2.1, "Inverse Functional Identifier". An anonymous group is keyed by its members.
    """
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if name in actor:
            return f"{name}:{actor[name]}"
    if "account" in actor:
        account = actor["account"]
        return f"account:{account['homePage']}|{account['name']}"[:400]
    members = sorted(actor_key(member) for member in actor.get("member", []))
    return "group:" + hashlib.sha256(json.dumps(members).encode()).hexdigest()
