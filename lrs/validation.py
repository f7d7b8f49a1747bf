"""The rules of the xAPI standard for a statement. Every breach is one error that names the JSON path and the rule.

Clauses are those of xAPI 1.0.3, Part Two ("Data"); 2.0 (IEEE 9274.1.1, 4.2) keeps them and adds contextAgents and contextGroups.
Nothing here recurses: a statement nests once, a group's members are agents, and extensions are not looked into.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from lrs.profiles.adl import VOIDED
from lrs.refusals import Refusal

V1, V2 = "1.0.3", "2.0.0"


class StatementRefused(Refusal):
    """The statement breaks the standard; the message names the JSON path, the rule and the clause that asks for it."""

    def __init__(self, path: str, rule: str, clause: str = "", /, **values: object) -> None:
        super().__init__(rule, **values, path=path, clause=clause)

    def __str__(self) -> str:
        return f"{self.values['path']}: {super().__str__()}" + (f" ({self.values['clause']})" if self.values["clause"] else "")


def check_statement(statement: Any, *, version: str = V2) -> None:
    """Raises StatementRefused when the statement breaks a rule of xAPI 1.0.3 or 2.0, and never anything else."""
    _known(statement, STATEMENT, "$")
    if "id" in statement:
        check_uuid(statement["id"], "$.id")
    _core(statement, "$", version=version, nested=False)
    if "stored" in statement:
        moment(statement["stored"], "$.stored")
    if "authority" in statement:
        _authority(statement["authority"], "$.authority")
    if "version" in statement:
        _version(statement["version"], "$.version", version)


def agents_of(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each agent and group named in a valid statement, with where: "actor", "object" or "other".

    Members of the group that is the actor or the object count as "object": who asks for an agent finds the groups it is a member
    of (2.1.3, the parameter agent; 2.0: 4.1.6.1).
    """
    for part, top in _parts(statement):
        found = "object" if top else "other"
        yield ("actor" if top else "other"), part["actor"]
        yield from ((found, member) for member in part["actor"].get("member", ()))
        target = part["object"]
        if target.get("objectType") in ("Agent", "Group"):
            yield found, target
            yield from ((found, member) for member in target.get("member", ()))
        context = part.get("context", {})
        named = [context[key] for key in ("instructor", "team") if key in context]
        named += [entry["agent"] for entry in context.get("contextAgents", ())]
        named += [entry["group"] for entry in context.get("contextGroups", ())]
        for agent in named:
            yield "other", agent
            yield from (("other", member) for member in agent.get("member", ()))


def activities_of(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each activity named in a valid statement, with where: "object" or "other"."""
    for part, top in _parts(statement):
        target = part["object"]
        if target.get("objectType", "Activity") == "Activity":
            yield ("object" if top else "other"), target
        for value in part.get("context", {}).get("contextActivities", {}).values():
            for activity in value if isinstance(value, list) else [value]:
                yield "other", activity


def _parts(statement: dict[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    yield statement, True
    if statement["object"].get("objectType") == "SubStatement":
        yield statement["object"], False


# --- The parts of a statement ---------------------------------------------------------------------------------------

STATEMENT = frozenset({"id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority", "version", "attachments"})
SUB_STATEMENT = frozenset({"objectType", "actor", "verb", "object", "result", "context", "timestamp", "attachments"})
AGENT = frozenset({"objectType", "name", "mbox", "mbox_sha1sum", "openid", "account"})
GROUP = AGENT | {"member"}
ACCOUNT = frozenset({"homePage", "name"})
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
VERB = frozenset({"id", "display"})
ACTIVITY = frozenset({"objectType", "id", "definition"})
COMPONENTS: dict[str, tuple[str, ...]] = {  # 2.4.4.1, "Interaction Components"
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")
INTERACTION = frozenset({"correctResponsesPattern", *COMPONENT_LISTS})
DEFINITION = frozenset({"name", "description", "type", "moreInfo", "extensions", "interactionType"}) | INTERACTION
COMPONENT = frozenset({"id", "description"})
REFERENCE = frozenset({"objectType", "id"})
RESULT = frozenset({"score", "success", "completion", "response", "duration", "extensions"})
SCORE = frozenset({"scaled", "raw", "min", "max"})
CONTEXT_1 = frozenset(
    {"registration", "instructor", "team", "contextActivities", "revision", "platform", "language", "statement", "extensions"}
)
CONTEXT_2 = CONTEXT_1 | {"contextAgents", "contextGroups"}
CONTEXT_ACTIVITIES = frozenset({"parent", "grouping", "category", "other"})
CONTEXT_AGENT = frozenset({"objectType", "agent", "relevantTypes"})
CONTEXT_GROUP = frozenset({"objectType", "group", "relevantTypes"})
ATTACHMENT = frozenset({"usageType", "display", "description", "contentType", "length", "sha2", "fileUrl"})


def _core(part: dict[str, Any], path: str, *, version: str, nested: bool) -> None:
    """What a statement and a sub-statement have in common (2.4, 2.4.4.3)."""
    for key in ("actor", "verb", "object"):
        if key not in part:
            raise StatementRefused(f"{path}.{key}", "required", "2.4")
    check_actor(part["actor"], f"{path}.actor")
    _verb(part["verb"], f"{path}.verb")
    about_activity = _object(part["object"], f"{path}.object", version=version, nested=nested)
    if part["verb"]["id"] == VOIDED and not nested and part["object"].get("objectType") != "StatementRef":
        raise StatementRefused(f"{path}.object", "the verb voided needs a StatementRef as object", "2.3.2")
    if "result" in part:
        _result(part["result"], f"{path}.result")
    if "context" in part:
        _context(part["context"], f"{path}.context", version=version, about_activity=about_activity)
    if "timestamp" in part:
        moment(part["timestamp"], f"{path}.timestamp")
    if "attachments" in part:
        _attachments(part["attachments"], f"{path}.attachments")


def check_actor(value: Any, path: str) -> None:
    """An Agent or a Group (2.4.2)."""
    if isinstance(value, dict) and value.get("objectType") == "Group":
        _group(value, path)
    else:
        check_agent(value, path)


def check_agent(value: Any, path: str) -> None:
    """An Agent with exactly one identifier (2.4.2.1)."""
    _known(value, AGENT, path)
    if value.get("objectType", "Agent") != "Agent":
        raise StatementRefused(f"{path}.objectType", 'must be "%(kind)s"', "2.4.2.1", kind="Agent")
    if _identifiers(value, path) != 1:
        raise StatementRefused(path, "an Agent has exactly one of mbox, mbox_sha1sum, openid, account", "2.4.2.1")


def _group(value: Any, path: str) -> None:
    """A Group: identified by one identifier, or anonymous with members (2.4.2.2)."""
    _known(value, GROUP, path)
    if value.get("objectType") != "Group":
        raise StatementRefused(f"{path}.objectType", 'must be "%(kind)s"', "2.4.2.2", kind="Group")
    count = _identifiers(value, path)
    if count > 1:
        raise StatementRefused(path, "a Group has at most one identifier", "2.4.2.2")
    if "member" in value:
        for index, member in enumerate(_list(value["member"], f"{path}.member")):
            check_agent(member, f"{path}.member[{index}]")
    if not count and not value.get("member"):
        raise StatementRefused(f"{path}.member", "an anonymous Group needs members", "2.4.2.2")


def _identifiers(value: dict[str, Any], path: str) -> int:
    """How many identifiers there are, each of them of the right form (2.4.2.3)."""
    count = 0
    if "mbox" in value:
        count += 1
        if not isinstance(value["mbox"], str) or not MBOX.match(value["mbox"]):
            raise StatementRefused(f"{path}.mbox", "must be a mailto IRI with an e-mail address", "2.4.2.3")
    if "mbox_sha1sum" in value:
        count += 1
        if not isinstance(value["mbox_sha1sum"], str) or not SHA1.match(value["mbox_sha1sum"]):
            raise StatementRefused(f"{path}.mbox_sha1sum", "must be 40 hexadecimal digits", "2.4.2.3")
    if "openid" in value:
        count += 1
        check_iri(value["openid"], f"{path}.openid")
    if "account" in value:
        count += 1
        account = value["account"]
        _known(account, ACCOUNT, f"{path}.account")
        for key in ("homePage", "name"):
            if key not in account:
                raise StatementRefused(f"{path}.account.{key}", "required", "2.4.2.4")
        check_iri(account["homePage"], f"{path}.account.homePage")
        _text(account["name"], f"{path}.account.name")
    if "name" in value:
        _text(value["name"], f"{path}.name")
    return count


def _authority(value: Any, path: str) -> None:
    """An Agent, or an anonymous Group of exactly two: the pair of three-legged OAuth (2.4.9)."""
    check_actor(value, path)
    if value.get("objectType") == "Group" and (any(key in value for key in IDENTIFIERS) or len(value.get("member", ())) != 2):
        raise StatementRefused(path, "as a Group, the authority is anonymous and has exactly two members", "2.4.9")


def _verb(value: Any, path: str) -> None:
    _known(value, VERB, path)
    if "id" not in value:
        raise StatementRefused(f"{path}.id", "required", "2.4.3")
    check_iri(value["id"], f"{path}.id")
    if "display" in value:
        _language_map(value["display"], f"{path}.display")


def _object(value: Any, path: str, *, version: str, nested: bool) -> bool:
    """Checks the object and answers whether it is an Activity (2.4.4)."""
    if not isinstance(value, dict):
        raise StatementRefused(path, "must be an object", "2.4.4")
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        check_activity(value, path)
        return True
    if kind == "Agent":
        check_agent(value, path)
    elif kind == "Group":
        _group(value, path)
    elif kind == "StatementRef":
        _reference(value, path)
    elif kind == "SubStatement" and not nested:
        _known(value, SUB_STATEMENT, path)
        _core(value, path, version=version, nested=True)
    elif kind == "SubStatement":
        raise StatementRefused(path, "a SubStatement does not hold another SubStatement", "2.4.4.3")
    else:
        raise StatementRefused(f"{path}.objectType", "must be Activity, Agent, Group, SubStatement or StatementRef", "2.4.4")
    return False


def check_activity(value: Any, path: str) -> None:
    """An Activity and its definition (2.4.4.1)."""
    _known(value, ACTIVITY, path)
    if value.get("objectType", "Activity") != "Activity":
        raise StatementRefused(f"{path}.objectType", 'must be "%(kind)s"', "2.4.4.1", kind="Activity")
    if "id" not in value:
        raise StatementRefused(f"{path}.id", "required", "2.4.4.1")
    check_iri(value["id"], f"{path}.id")
    if "definition" in value:
        _definition(value["definition"], f"{path}.definition")


def _definition(value: Any, path: str) -> None:
    _known(value, DEFINITION, path)
    for key in ("name", "description"):
        if key in value:
            _language_map(value[key], f"{path}.{key}")
    for key in ("type", "moreInfo"):
        if key in value:
            check_iri(value[key], f"{path}.{key}")
    if "extensions" in value:
        _extensions(value["extensions"], f"{path}.extensions")
    if "interactionType" in value:
        _interaction(value, path)
    elif not INTERACTION.isdisjoint(value):
        raise StatementRefused(
            f"{path}.interactionType", "required beside %(keys)s", "2.4.4.1", keys=", ".join(sorted(INTERACTION.intersection(value)))
        )


def _interaction(value: dict[str, Any], path: str) -> None:
    kind = value["interactionType"]
    if not isinstance(kind, str) or kind not in COMPONENTS:
        raise StatementRefused(f"{path}.interactionType", "must be one of %(kinds)s", "2.4.4.1", kinds=", ".join(COMPONENTS))
    if "correctResponsesPattern" in value:
        for index, pattern in enumerate(_list(value["correctResponsesPattern"], f"{path}.correctResponsesPattern")):
            _text(pattern, f"{path}.correctResponsesPattern[{index}]")
    for key in COMPONENT_LISTS:
        if key not in value:
            continue
        if key not in COMPONENTS[kind]:
            raise StatementRefused(f"{path}.{key}", "not used by the interaction type %(kind)s", "2.4.4.1", kind=kind)
        seen = set()
        for index, component in enumerate(_list(value[key], f"{path}.{key}")):
            here = f"{path}.{key}[{index}]"
            _known(component, COMPONENT, here)
            if "id" not in component:
                raise StatementRefused(f"{here}.id", "required", "2.4.4.1")
            _text(component["id"], f"{here}.id")
            if component["id"] in seen:
                raise StatementRefused(f"{here}.id", "each component of a list has its own id", "2.4.4.1")
            seen.add(component["id"])
            if "description" in component:
                _language_map(component["description"], f"{here}.description")


def _reference(value: Any, path: str) -> None:
    _known(value, REFERENCE, path)
    if value.get("objectType") != "StatementRef":
        raise StatementRefused(f"{path}.objectType", 'must be "%(kind)s"', "2.4.4.3", kind="StatementRef")
    if "id" not in value:
        raise StatementRefused(f"{path}.id", "required", "2.4.4.3")
    check_uuid(value["id"], f"{path}.id")


def _result(value: Any, path: str) -> None:
    _known(value, RESULT, path)
    if "score" in value:
        _score(value["score"], f"{path}.score")
    for key in ("success", "completion"):
        if key in value and not isinstance(value[key], bool):
            raise StatementRefused(f"{path}.{key}", "must be true or false", "2.4.5")
    if "response" in value:
        _text(value["response"], f"{path}.response")
    if "duration" in value and not (isinstance(value["duration"], str) and DURATION.match(value["duration"])):
        raise StatementRefused(f"{path}.duration", "must be an ISO 8601 duration", "4.6")
    if "extensions" in value:
        _extensions(value["extensions"], f"{path}.extensions")


def _score(value: Any, path: str) -> None:
    _known(value, SCORE, path)
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or number != number or number in (INFINITE, -INFINITE):
            raise StatementRefused(f"{path}.{key}", "must be a number", "2.4.5.1")
    if "scaled" in value and not -1 <= value["scaled"] <= 1:
        raise StatementRefused(f"{path}.scaled", "must lie between -1 and 1", "2.4.5.1")
    if "min" in value and "max" in value and not value["min"] < value["max"]:
        raise StatementRefused(f"{path}.min", "must be less than max", "2.4.5.1")
    if "raw" in value and (("min" in value and value["raw"] < value["min"]) or ("max" in value and value["raw"] > value["max"])):
        raise StatementRefused(f"{path}.raw", "must lie between min and max", "2.4.5.1")


def _context(value: Any, path: str, *, version: str, about_activity: bool) -> None:
    _known(value, CONTEXT_1 if version.startswith("1.") else CONTEXT_2, path)
    if "registration" in value:
        check_uuid(value["registration"], f"{path}.registration")
    if "instructor" in value:
        check_actor(value["instructor"], f"{path}.instructor")
    if "team" in value:
        _group(value["team"], f"{path}.team")
    for key in ("revision", "platform"):
        if key in value:
            _text(value[key], f"{path}.{key}")
            if not about_activity:
                raise StatementRefused(f"{path}.{key}", "only when the object is an Activity", "2.4.6")
    if "language" in value and not is_language_tag(value["language"]):
        raise StatementRefused(f"{path}.language", "must be a language tag of RFC 5646", "2.4.6")
    if "statement" in value:
        _reference(value["statement"], f"{path}.statement")
    if "contextActivities" in value:
        _context_activities(value["contextActivities"], f"{path}.contextActivities")
    if "contextAgents" in value:
        _context_people(value["contextAgents"], f"{path}.contextAgents", keys=CONTEXT_AGENT, kind="contextAgent", inner="agent")
    if "contextGroups" in value:
        _context_people(value["contextGroups"], f"{path}.contextGroups", keys=CONTEXT_GROUP, kind="contextGroup", inner="group")
    if "extensions" in value:
        _extensions(value["extensions"], f"{path}.extensions")


def _context_activities(value: Any, path: str) -> None:
    _known(value, CONTEXT_ACTIVITIES, path)
    if not value:
        raise StatementRefused(path, "holds at least one of parent, grouping, category, other", "2.4.6.2")
    for key, activities in value.items():
        if isinstance(activities, list):
            for index, activity in enumerate(activities):
                check_activity(activity, f"{path}.{key}[{index}]")
        else:
            check_activity(activities, f"{path}.{key}")


def _context_people(value: Any, path: str, *, keys: frozenset[str], kind: str, inner: str) -> None:
    """contextAgents and contextGroups (2.0: 4.2.2.5)."""
    for index, entry in enumerate(_list(value, path)):
        here = f"{path}[{index}]"
        _known(entry, keys, here)
        if entry.get("objectType") != kind:
            raise StatementRefused(f"{here}.objectType", 'must be "%(kind)s"', "2.0: 4.2.2.5", kind=kind)
        if inner not in entry:
            raise StatementRefused(f"{here}.{inner}", "required", "2.0: 4.2.2.5")
        if inner == "agent":
            check_agent(entry["agent"], f"{here}.agent")
        else:
            _group(entry["group"], f"{here}.group")
        if "relevantTypes" in entry:
            types = _list(entry["relevantTypes"], f"{here}.relevantTypes")
            if not types:
                raise StatementRefused(f"{here}.relevantTypes", "must not be empty", "2.0: 4.2.2.5")
            for number, iri in enumerate(types):
                check_iri(iri, f"{here}.relevantTypes[{number}]")


def _attachments(value: Any, path: str) -> None:
    for index, attachment in enumerate(_list(value, path)):
        here = f"{path}[{index}]"
        _known(attachment, ATTACHMENT, here)
        for key in ("usageType", "display", "contentType", "length", "sha2"):
            if key not in attachment:
                raise StatementRefused(f"{here}.{key}", "required", "2.4.11")
        check_iri(attachment["usageType"], f"{here}.usageType")
        _language_map(attachment["display"], f"{here}.display")
        if "description" in attachment:
            _language_map(attachment["description"], f"{here}.description")
        if not isinstance(attachment["contentType"], str) or not MEDIA_TYPE.match(attachment["contentType"]):
            raise StatementRefused(f"{here}.contentType", "must be an internet media type", "2.4.11")
        length = attachment["length"]
        if isinstance(length, bool) or not isinstance(length, int) or length < 0:
            raise StatementRefused(f"{here}.length", "must be a whole number of octets", "2.4.11")
        if not isinstance(attachment["sha2"], str) or not SHA2.match(attachment["sha2"]):
            raise StatementRefused(f"{here}.sha2", "must be a SHA-2 hash in hexadecimal digits", "2.4.11")
        if "fileUrl" in attachment:
            check_iri(attachment["fileUrl"], f"{here}.fileUrl")


def _version(value: Any, path: str, version: str) -> None:
    allowed = VERSION_1 if version.startswith("1.") else VERSION_ANY
    if not isinstance(value, str) or not allowed.match(value):
        raise StatementRefused(path, "must be 1.0.x" if allowed is VERSION_1 else "must be 1.0.x or 2.0.x", "2.4.10")


# --- Data types (4) -------------------------------------------------------------------------------------------------

INFINITE = float("inf")
USUAL = 200  # characters: what is no longer than this is remembered, because the same words come again in the next statement
_HEX = "[0-9A-Fa-f]"
MBOX = re.compile(r"mailto:[^\s@<>()\[\],;:\\\"\x00-\x1f]+@[^\s@<>()\[\],;:\\\"\x00-\x1f]+\Z")
SHA1 = re.compile(rf"{_HEX}{{40}}\Z")
SHA2 = re.compile(rf"(?:{_HEX}{{56}}|{_HEX}{{64}}|{_HEX}{{96}}|{_HEX}{{128}})\Z")
UUID = re.compile(rf"{_HEX}{{8}}-{_HEX}{{4}}-[1-8]{_HEX}{{3}}-[89abAB]{_HEX}{{3}}-{_HEX}{{12}}\Z")
# RFC 3987 with a scheme; http and https name a host. What the RFC forbids everywhere is forbidden here.
IRI = re.compile(
    r"(?:[Hh][Tt][Tt][Pp][Ss]?://(?=[^/?#])|(?![Hh][Tt][Tt][Pp][Ss]?:)[A-Za-z][A-Za-z0-9+.\-]*:(?=.))"
    r"(?:[^\s%<>\"{}|\\^`\x00-\x20\x7f-\x9f\ud800-\udfff]|%[0-9A-Fa-f]{2})*\Z"
)
LANGUAGE = re.compile(  # RFC 5646, 2.1, without what it reserves for later: a language of four letters
    r"(?:(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{5,8})"
    r"(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?"
    r"|[Xx](?:-[A-Za-z0-9]{1,8})+"
    r"|(?:en-GB-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)|sgn-(?:BE-FR|BE-NL|CH-DE)"
    r"|art-lojban|cel-gaulish|no-(?:bok|nyn)|zh-(?:guoyu|hakka|min|min-nan|xiang)))\Z"
)
_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
DURATION = re.compile(
    rf"P(?:{_NUMBER}W|(?=[0-9T])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)\Z"
)
SECONDS = re.compile(r"([0-9])[.,]([0-9]{1,2})[0-9]*S\Z")
TIMESTAMP = re.compile(
    r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})[Tt ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)
MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+\-]+/[A-Za-z0-9!#$&^_.+\-]+(?:\s*;.*)?\Z")
VERSION_1 = re.compile(r"1\.0(?:\.[0-9]+)?\Z")
VERSION_ANY = re.compile(r"(?:1|2)\.0(?:\.[0-9]+)?\Z")


def to_hundredths(duration: str) -> str:
    """The duration as it counts in a comparison: no finer than a hundredth of a second, and cut off, not rounded (2.0: 4.2.7)."""
    return SECONDS.sub(lambda match: f"{match[1]}{'.' if match[2].rstrip('0') else ''}{match[2].rstrip('0')}S", duration)


def check_uuid(value: Any, path: str) -> None:
    if not isinstance(value, str) or not UUID.match(value):
        raise StatementRefused(path, "must be a UUID of RFC 4122 in its standard string form", "2.4.1")


def check_iri(value: Any, path: str) -> None:
    if not is_iri(value):
        raise StatementRefused(path, "must be an absolute IRI of RFC 3987")


def is_iri(value: Any) -> bool:
    """An absolute IRI of RFC 3987."""
    if not isinstance(value, str):
        return False
    return _is_usual_iri(value) if len(value) <= USUAL else IRI.match(value) is not None


@lru_cache(maxsize=5_000)
def _is_usual_iri(value: str) -> bool:
    return IRI.match(value) is not None


def is_language_tag(value: Any) -> bool:
    """A well-formed tag of RFC 5646, in which no variant and no extension stands twice (2.2.5, 2.2.6)."""
    if not isinstance(value, str):
        return False
    return _is_usual_tag(value) if len(value) <= USUAL else _is_tag(value)


@lru_cache(maxsize=500)
def _is_usual_tag(value: str) -> bool:
    return _is_tag(value)


def _is_tag(value: str) -> bool:
    if not LANGUAGE.match(value):
        return False
    if value.count("-") < 2 or value[:2] in ("x-", "X-"):
        return True
    subtags = value.lower().split("-x-")[0].split("-")
    first_extension = next((place for place, subtag in enumerate(subtags) if place and len(subtag) == 1), len(subtags))
    variants = [subtag for subtag in subtags[1:first_extension] if len(subtag) > 4 or (len(subtag) == 4 and subtag[0].isdigit())]
    extensions = [subtag for subtag in subtags[first_extension:] if len(subtag) == 1]
    return len(set(variants)) == len(variants) and len(set(extensions)) == len(extensions)


def moment(value: Any, path: str = "$") -> datetime:
    """The moment that a timestamp names, in UTC; one without an offset is taken as UTC (4.5)."""
    match = TIMESTAMP.match(value) if isinstance(value, str) else None
    if match is None:
        raise StatementRefused(path, "must be an ISO 8601 date and time", "4.5")
    year, _, month, day, hour, minute, second, fraction, zone = match.groups()
    offset = timedelta()
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        if zone[0] == "-" and digits == "0000":
            raise StatementRefused(path, "the offset -00:00 is not allowed", "4.5")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if int(digits[2:]) > 59 or offset > timedelta(hours=23, minutes=59):
            raise StatementRefused(path, "no such offset", "4.5")
        offset = -offset if zone[0] == "-" else offset
    try:
        # A leap second counts as the last second of its minute: a clock of ours cannot show it.
        seconds = min(int(second or 0), 59) if second == "60" else int(second or 0)
        micros = int((fraction or "0")[:6].ljust(6, "0"))
        return datetime(int(year), int(month), int(day), int(hour), int(minute), seconds, micros, tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise StatementRefused(path, "no such date and time", "4.5") from None


def _known(value: Any, keys: frozenset[str], path: str) -> None:
    """An object with no other keys than these, in this case (2.2)."""
    if not isinstance(value, dict):
        raise StatementRefused(path, "must be an object", "2.2")
    if not keys.issuperset(value):
        unknown = next(str(key) for key in value if key not in keys)
        raise StatementRefused(path, "the key %(key)s is not known here", "2.2", key=repr(unknown[:80]))


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise StatementRefused(path, "must be an array", "2.2")
    return value


def _text(value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise StatementRefused(path, "must be a string", "2.2")


def _language_map(value: Any, path: str) -> None:
    if not isinstance(value, dict) or not value:
        raise StatementRefused(path, "must be a language map with at least one entry", "4.2")
    for tag, text in value.items():
        if not is_language_tag(tag):
            raise StatementRefused(path, "%(tag)s is not a language tag of RFC 5646", "4.2", tag=repr(str(tag)[:80]))
        if not isinstance(text, str):
            raise StatementRefused(f"{path}.{tag}", "must be a string", "4.2")


DEEPEST = 100


def _extensions(value: Any, path: str) -> None:
    """Keys are IRIs, values are free (4.1), as long as another program can read them back: a limit of ours on their depth."""
    if not isinstance(value, dict):
        raise StatementRefused(path, "must be an object", "4.1")
    for key in value:
        if not is_iri(key):
            raise StatementRefused(path, "the key %(key)s must be an absolute IRI", "4.1", key=repr(str(key)[:80]))
    level, depth = list(value.values()), 1
    while level := [
        inner for item in level if isinstance(item, dict | list) for inner in (item.values() if isinstance(item, dict) else item)
    ]:
        depth += 1
        if depth > DEEPEST:
            raise StatementRefused(path, "nested deeper than %(most)s levels", most=DEEPEST)
