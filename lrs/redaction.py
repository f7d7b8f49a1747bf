"""Taking one person out of a JSON document: a pure function, so that the promise "no trace is left" can be tested by itself.

What goes and what stays is decided in docs/decisions/0016-erasure-and-immutability.md.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from lrs.profiles.adl import SIGNATURE
from lrs.profiles.vakwijs import NAMESPACE

ERASED_HOME = f"{NAMESPACE}/erased"

# What keeps a statement in its place: without these it could not be found, put in order or voided (xAPI 2.3, "Immutability").
PLACE = ("id", "timestamp", "stored", "version")
# Interactions whose response is one of the answers in the definition: no words of the person's own.
CLOSED = {"choice": "choices", "sequencing": "choices", "likert": "scale", "matching": "source", "performance": "steps"}
NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?\Z")


@dataclass(frozen=True)
class Matches:
    """By what a person is recognised.

    `actors` are inverse functional identifiers, as `identifier_of` writes them. `texts` mean this person wherever they stand: an
    address, a pseudonym. `words` are names: only in a statement that is about this person do they mean this person.
    """

    actors: frozenset[tuple[str, str]]
    texts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def is_actor(self, value: Any) -> bool:
        """Whether this object is an agent or group with one of these identifiers."""
        return isinstance(value, dict) and any(identifier in self.actors for identifier in identifiers_of(value))

    @cached_property
    def _texts(self) -> re.Pattern[str] | None:
        return _pattern(self.texts)

    @cached_property
    def _with_words(self) -> re.Pattern[str] | None:
        return _pattern((*self.texts, *self.words))


@dataclass(frozen=True)
class Replacement:
    """What stands in the place of the person: a random name that follows from nothing."""

    name: uuid.UUID
    registration: uuid.UUID | None = None

    @property
    def account(self) -> dict[str, str]:
        return {"homePage": ERASED_HOME, "name": str(self.name)}

    def text_for(self, found: str) -> str:
        """What takes the place of these words, of the same kind where a reader would stumble over another."""
        if "@" in found:
            return f"{self.name}@erased.invalid"
        if "%40" in found:
            return f"{self.name}%40erased.invalid"
        return str(self.name)


PROBE = Replacement(name=uuid.UUID(int=0))


@dataclass
class Found:
    """How a person stands in a statement."""

    actor: bool = False
    object: bool = False
    named: bool = False

    @property
    def anywhere(self) -> bool:
        return self.actor or self.object or self.named


def identifiers_of(agent: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The identifiers of an agent, so that two that mean the same person are the same text."""
    for name in ("mbox", "mbox_sha1sum"):
        if isinstance(agent.get(name), str):
            yield name, agent[name].lower()
    if isinstance(agent.get("openid"), str):
        yield "openid", agent["openid"]
    account = agent.get("account")
    if isinstance(account, dict) and isinstance(account.get("homePage"), str) and isinstance(account.get("name"), str):
        yield "account", f"{account['homePage']}|{_plain_name(account['homePage'], account['name'])}"


def _plain_name(home: str, name: str) -> str:
    if home == NAMESPACE:
        try:
            return str(uuid.UUID(name))
        except ValueError:
            pass
    return name


def find(document: Any, *, matches: Matches) -> Found:
    """How the person stands in this statement."""
    found = Found()
    if not isinstance(document, dict):
        return found
    for part in _parts(document):
        found.actor = found.actor or _names(part.get("actor"), matches)
        found.object = found.object or _names(part.get("object"), matches)
    found.named = has_trace({key: value for key, value in document.items() if key not in PLACE}, matches=matches)
    return found


def has_trace(value: Any, *, matches: Matches) -> bool:
    """Whether anything in this JSON means the person."""
    return bool(_replaced(value, matches, PROBE, words=False) != value)


def erased(document: dict[str, Any], *, matches: Matches, replacement: Replacement) -> dict[str, Any]:
    """The statement without the person: under a random name, without what they wrote in their own words.

    Nothing else changes; a statement in which the person does not occur is given back as it is. Its id, its times and its
    version stay. What anybody else said in it stays, without the person's identifiers and names.
    """
    found = find(document, matches=matches)
    if not found.anywhere:
        return document
    bare = _without_own_words(document, matches, replacement)
    if "attachments" in bare:
        # A signature is over the text with the person in it: it no longer fits, and would give the person away.
        bare["attachments"] = [entry for entry in bare["attachments"] if not _is_signature(entry)]
        if not bare["attachments"]:
            del bare["attachments"]
    place = {key: document[key] for key in PLACE if key in document}
    return {key: place[key] if key in place else _replaced(value, matches, replacement, words=True) for key, value in bare.items()}


def erased_json(value: Any, *, matches: Matches, replacement: Replacement) -> Any:
    """Any other JSON, such as a definition or a document, without the identifiers of the person."""
    return _replaced(value, matches, replacement, words=False)


def erased_text(text: str, *, matches: Matches, replacement: Replacement) -> str:
    """Text that is not JSON, without the identifiers of the person."""
    return _text(text, matches, replacement, words=False)


def _parts(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document
    target = document.get("object")
    if isinstance(target, dict) and target.get("objectType") == "SubStatement":
        yield target


def _names(agent: Any, matches: Matches) -> bool:
    if not isinstance(agent, dict):
        return False
    members = agent.get("member")
    return matches.is_actor(agent) or (isinstance(members, list) and any(matches.is_actor(member) for member in members))


def _without_own_words(part: dict[str, Any], matches: Matches, replacement: Replacement) -> dict[str, Any]:
    """The part without free text and files, when the person is its actor or what it is about."""
    bare = dict(part)
    target = part.get("object")
    if isinstance(target, dict) and target.get("objectType") == "SubStatement":
        bare["object"] = _without_own_words(target, matches, replacement)
    is_actor = _names(part.get("actor"), matches)
    if not is_actor and not _names(target, matches):
        return bare
    if isinstance(part.get("result"), dict):
        result = {key: value for key, value in part["result"].items() if key != "extensions"}
        if "response" in result and not _is_closed(target, result["response"]):
            del result["response"]
        bare["result"] = result
        if not result:
            del bare["result"]
    if isinstance(part.get("context"), dict):
        context = {key: value for key, value in part["context"].items() if key != "extensions"}
        if is_actor and "registration" in context and replacement.registration:
            context["registration"] = str(replacement.registration)
        bare["context"] = context
        if not context:
            del bare["context"]
    bare.pop("attachments", None)
    return bare


def _is_closed(target: Any, response: Any) -> bool:
    """Whether the response is a choice out of what the question offered, and so says nothing of its own about a person."""
    definition = target.get("definition") if isinstance(target, dict) else None
    if not isinstance(definition, dict) or not isinstance(response, str):
        return False
    kind = definition.get("interactionType")
    if kind == "true-false":
        return response in ("true", "false")
    if kind == "numeric":
        return NUMBER.match(response) is not None
    if kind not in CLOSED:
        return False
    lists = (CLOSED[kind], "target") if kind == "matching" else (CLOSED[kind],)
    known = {entry.get("id") for name in lists for entry in definition.get(name) or () if isinstance(entry, dict)}
    if kind == "performance":
        return all(_is_step(piece, known) for piece in response.split("[,]"))
    return all(piece in known for piece in re.split(r"\[[,.]\]", response))


def _is_step(piece: str, known: set[Any]) -> bool:
    step, _, answer = piece.partition("[.]")
    return step in known and NUMBER.match(answer) is not None


def _is_signature(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("usageType") == SIGNATURE


def _replaced(value: Any, matches: Matches, replacement: Replacement, *, words: bool) -> Any:
    if isinstance(value, str):
        return _text(value, matches, replacement, words=words)
    if isinstance(value, list):
        return [_replaced(inner, matches, replacement, words=words) for inner in value]
    if not isinstance(value, dict):
        return value
    if matches.is_actor(value):
        return _nameless(value, matches, replacement)
    changed: dict[str, Any] = {}
    for key, inner in value.items():
        if key in ("mbox", "mbox_sha1sum") and isinstance(inner, str):
            changed[key] = inner  # of somebody else: an address in which this one happens to occur
        elif key == "account" and _is_account(inner):
            changed[key] = {
                "homePage": _text(inner["homePage"], matches, replacement, words=words),
                "name": _whole(inner["name"], matches, replacement),
            }
        else:
            changed[_text(key, matches, replacement, words=words)] = _replaced(inner, matches, replacement, words=words)
    return changed


def _nameless(agent: dict[str, Any], matches: Matches, replacement: Replacement) -> dict[str, Any]:
    """The agent or group under a random account. A group keeps its members: they are other people."""
    changed: dict[str, Any] = {}
    for key, inner in agent.items():
        if key in ("mbox", "mbox_sha1sum", "openid", "account"):
            changed["account"] = replacement.account
        elif key != "name":
            changed[_text(key, matches, replacement, words=True)] = _replaced(inner, matches, replacement, words=True)
    return changed


def _is_account(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"homePage", "name"} and all(isinstance(inner, str) for inner in value.values())


def _whole(name: str, matches: Matches, replacement: Replacement) -> str:
    """The name of somebody's account, changed only when the whole of it means the person."""
    return str(replacement.name) if any(name.lower() == text.lower() for text in matches.texts) else name


def _text(text: str, matches: Matches, replacement: Replacement, *, words: bool) -> str:
    pattern = matches._with_words if words else matches._texts
    return text if pattern is None else pattern.sub(lambda found: replacement.text_for(found[0]), text)


def _pattern(texts: tuple[str, ...]) -> re.Pattern[str] | None:
    """Each of these texts, also as it is written in an address; not as a piece of a longer word: `an@x.nl` is not in `jan@x.nl`."""
    wanted = sorted({variant for text in texts if text for variant in (text, quote(text, safe="-._~"))}, key=lambda one: (-len(one), one))
    if not wanted:
        return None
    return re.compile(
        "|".join(re.escape(text) if LONG_NUMBER.match(text) else f"{LEFT}{re.escape(text)}{RIGHT}" for text in wanted), re.IGNORECASE
    )


LONG_NUMBER = re.compile(r"[0-9a-fA-F-]{32,}\Z")  # a UUID or a hash: never by chance a piece of something else
LEFT = r"(?:(?<![^\W_])|(?<=%[0-9A-Fa-f]{2}))"
RIGHT = r"(?![^\W_])"
