"""Somebody as the record may know them: one of our own people, or an actor that only other systems know."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.models import User
from lrs.actors import actor_key, actor_of, pseudonym_of
from lrs.digests import digest
from lrs.models import Mention
from lrs.redaction import Matches, identifiers_of

# Shorter than this, the name of somebody's account is as likely to be an ordinary word.
SHORTEST_NAME = 5


@dataclass(frozen=True)
class Subject:
    """The agents under which a person may stand in the record, and the names they bear."""

    actors: tuple[dict[str, Any], ...]
    names: tuple[str, ...] = ()

    @property
    def learner(self) -> uuid.UUID | None:
        """The pseudonym, of one of our own people."""
        return next((pseudonym for actor in self.actors if (pseudonym := pseudonym_of(actor))), None)

    @property
    def keys(self) -> list[str]:
        return list(dict.fromkeys(actor_key(actor) for actor in self.actors))

    @property
    def digests(self) -> list[uuid.UUID]:
        return [digest(key) for key in self.keys]

    @property
    def mentions(self) -> list[uuid.UUID]:
        """By what the statements are found that name this person, beside those in which they act."""
        return [Mention.key_of(kind, key) for key in self.keys for kind in (Mention.Kind.OBJECT, Mention.Kind.AGENT)]

    @property
    def matches(self) -> Matches:
        """By what the person is recognised in the text of a statement."""
        texts: list[str] = []
        words = list(self.names)
        for actor in self.actors:
            if "mbox" in actor:
                texts.append(actor["mbox"][len("mailto:") :])
            if "mbox_sha1sum" in actor:
                texts.append(actor["mbox_sha1sum"])
            if "openid" in actor:
                texts.append(actor["openid"])
            if pseudonym := pseudonym_of(actor):
                texts += [str(pseudonym), pseudonym.hex]
            elif "account" in actor:
                name = actor["account"]["name"]
                # A number of an employee means this person only beside the system that gave it; an address or a UUID always does.
                (texts if "@" in name or _is_uuid(name) else words).append(name)
        return Matches(
            actors=frozenset(identifier for actor in self.actors for identifier in identifiers_of(actor)),
            texts=tuple(dict.fromkeys(texts)),
            words=tuple(dict.fromkeys(word for word in words if len(word) >= SHORTEST_NAME)),
        )

    def kept(self) -> dict[str, Any]:
        """As JSON, for as long as work on it lasts."""
        return {"actors": list(self.actors), "names": list(self.names)}


def subject_from(kept: dict[str, Any]) -> Subject:
    return Subject(actors=tuple(kept["actors"]), names=tuple(kept.get("names", ())))


def subject_of(person: User) -> Subject:
    """One of our people: under the pseudonym, and under the addresses of which they showed that they are theirs."""
    addresses = EmailAddress.objects.filter(user=person, verified=True).order_by("pk").values_list("email", flat=True)
    actors = [actor_of(person.pseudonym)]
    for address in dict.fromkeys(found for email in addresses for found in (email, email.lower())):
        actors += _faces_of_address(address)
    return Subject(actors=tuple(actors), names=tuple(name for name in [person.get_full_name()] if name))


def subject_outside(actor: dict[str, Any]) -> Subject:
    """Somebody whom other systems name by an address, its hash, an OpenID or an account."""
    bare: dict[str, Any] = {key: actor[key] for key in ("mbox", "mbox_sha1sum", "openid", "account") if key in actor}
    faces: list[dict[str, Any]] = [bare]
    if "mbox" in bare:
        address = bare["mbox"][len("mailto:") :]
        faces = [face for one in dict.fromkeys((address, address.lower())) for face in _faces_of_address(one)]
    elif "mbox_sha1sum" in bare:
        faces = [{"mbox_sha1sum": one} for one in dict.fromkeys((bare["mbox_sha1sum"], bare["mbox_sha1sum"].lower()))]
    names = (actor["name"],) if actor.get("name") else ()
    return Subject(actors=tuple(faces), names=names)


def marks_of(subject: Subject) -> set[str]:
    """Keyed hashes by which this person is recognised in an old back-up. Without the key of this installation they say nothing."""
    return {mark_of(found) for found in (*subject.digests, *subject.mentions)}


def mark_of(found: uuid.UUID, *, key: str | None = None) -> str:
    return salted_hmac("lrs.erased", found.hex, secret=key, algorithm="sha256").hexdigest()


def all_marks_of(found: uuid.UUID) -> set[str]:
    """The mark under the key of now, and under each that was in use before."""
    return {mark_of(found, key=key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}


def _faces_of_address(address: str) -> list[dict[str, Any]]:
    mbox = f"mailto:{address}"
    return [{"mbox": mbox}, {"mbox_sha1sum": hashlib.sha1(mbox.encode(), usedforsecurity=False).hexdigest()}]


def _is_uuid(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True
