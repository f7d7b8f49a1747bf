"""How a statement is written for who reads it: exactly, in the reader's language, or only with identifiers (xAPI 2.1.3; 2.0: 4.1.6.1)."""

import json
from collections.abc import Iterable
from typing import Any

from lrs.actors import indexable
from lrs.models import ActivityVersion, Statement
from lrs.validation import COMPONENT_LISTS, INTERACTION

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")


def written(statements: Iterable[Statement], *, format: str, version: str, languages: list[str]) -> list[str]:  # noqa: A002 - the standard's name
    """The JSON text of each statement."""
    statements = list(statements)
    if format == "ids":
        return [_text(_ids(readable(statement, version=version))) for statement in statements]
    if format == "canonical":
        definitions = merged_definitions(_activity_ids(statement.document) for statement in statements)
        return [_text(_canonical(readable(statement, version=version), definitions, languages)) for statement in statements]
    return [
        statement.exact if not _to_be_lowered(statement, version) else _text(readable(statement, version=version))
        for statement in statements
    ]


def readable(statement: Statement, *, version: str) -> dict[str, Any]:
    """The statement for a reader of this version: one of 1.0.3 never receives what only 2.0 has."""
    document = statement.document
    if not _to_be_lowered(statement, version):
        return document
    document = _without_new_context(document)
    if document["object"].get("objectType") == "SubStatement":
        document = {**document, "object": _without_new_context(document["object"])}
    if not str(document.get("version", "1.")).startswith("1."):
        document = {**document, "version": "1.0.0"}
    return document


def _to_be_lowered(statement: Statement, version: str) -> bool:
    return version.startswith("1.") and (
        '"2.0' in statement.exact or '"contextAgents"' in statement.exact or '"contextGroups"' in statement.exact
    )


def _without_new_context(part: dict[str, Any]) -> dict[str, Any]:
    if "context" not in part:
        return part
    return {**part, "context": {key: value for key, value in part["context"].items() if key not in ("contextAgents", "contextGroups")}}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


# --- ids ------------------------------------------------------------------------------------------------------------


def _ids(part: dict[str, Any]) -> dict[str, Any]:
    short = {**part, "actor": _agent_ids(part["actor"]), "verb": {"id": part["verb"]["id"]}, "object": _object_ids(part["object"])}
    if "authority" in part:
        short["authority"] = _agent_ids(part["authority"])
    if "context" in part:
        context = dict(part["context"])
        for key in ("instructor", "team"):
            if key in context:
                context[key] = _agent_ids(context[key])
        if "contextActivities" in context:
            context["contextActivities"] = {
                key: [{"id": activity["id"]} for activity in value] for key, value in context["contextActivities"].items()
            }
        for key, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
            if key in context:
                context[key] = [{**entry, inner: _agent_ids(entry[inner])} for entry in context[key]]
        short["context"] = context
    return short


def _agent_ids(agent: dict[str, Any]) -> dict[str, Any]:
    short = {key: agent[key] for key in ("objectType", *IDENTIFIERS) if key in agent}
    if "member" in agent and not any(key in agent for key in IDENTIFIERS):
        short["member"] = [_agent_ids(member) for member in agent["member"]]
    return short


def _object_ids(value: dict[str, Any]) -> dict[str, Any]:
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        return {"id": value["id"]}
    if kind in ("Agent", "Group"):
        return _agent_ids(value)
    return _ids(value) if kind == "SubStatement" else value


# --- canonical ------------------------------------------------------------------------------------------------------


def _canonical(part: dict[str, Any], definitions: dict[str, dict[str, Any]], languages: list[str]) -> dict[str, Any]:
    full = {
        **part,
        "verb": _chosen(part["verb"], ("display",), languages),
        "object": _canonical_object(part["object"], definitions, languages),
    }
    activities = part.get("context", {}).get("contextActivities")
    if activities:
        listed = {key: [_canonical_activity(activity, definitions, languages) for activity in value] for key, value in activities.items()}
        full["context"] = {**part["context"], "contextActivities": listed}
    if "attachments" in part:
        full["attachments"] = [_chosen(entry, ("display", "description"), languages) for entry in part["attachments"]]
    return full


def _canonical_object(value: dict[str, Any], definitions: dict[str, dict[str, Any]], languages: list[str]) -> dict[str, Any]:
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        return _canonical_activity(value, definitions, languages)
    return _canonical(value, definitions, languages) if kind == "SubStatement" else value


def _canonical_activity(activity: dict[str, Any], definitions: dict[str, dict[str, Any]], languages: list[str]) -> dict[str, Any]:
    definition = definitions.get(activity["id"]) or activity.get("definition")
    if not definition:
        return activity
    definition = _chosen(definition, ("name", "description"), languages)
    for key in COMPONENT_LISTS:
        if key in definition:
            definition[key] = [_chosen(component, ("description",), languages) for component in definition[key]]
    return {**activity, "definition": definition}


def _chosen(value: dict[str, Any], keys: tuple[str, ...], languages: list[str]) -> dict[str, Any]:
    """The object with one entry in each of these language maps: the one that suits the reader best."""
    return {key: _one_language(inner, languages) if key in keys else inner for key, inner in value.items()}


def _one_language(texts: dict[str, str], languages: list[str]) -> dict[str, str]:
    if len(texts) < 2:
        return texts
    by_tag = {tag.lower(): tag for tag in texts}
    for position, wanted in enumerate(languages):
        own = by_tag.get(wanted)
        if own is None:  # the language asked for, wider or narrower; else the same language of elsewhere, unless which is told later
            own = next((own for tag, own in by_tag.items() if tag.startswith(f"{wanted}-") or wanted.startswith(f"{tag}-")), None)
        language = wanted.partition("-")[0]
        if own is None and not any(later in by_tag and later.partition("-")[0] == language for later in languages[position + 1 :]):
            own = next((own for tag, own in by_tag.items() if tag.partition("-")[0] == language), None)
        if own is not None:
            return {own: texts[own]}
    first = next(iter(texts))
    return {first: texts[first]}


def accepted_languages(header: str) -> list[str]:
    """The languages of an Accept-Language header, the dearest first, in small letters."""
    weighed = []
    for position, piece in enumerate(header.split(",")[:20]):
        tag, _, parameter = piece.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if tag.strip() and tag.strip() != "*" and weight > 0:
            weighed.append((-weight, position, tag.strip().lower()))
    return [tag for _, _, tag in sorted(weighed)]


# --- What is known of activities and persons -------------------------------------------------------------------------


def merged_definitions(activity_ids: Iterable[Iterable[str]]) -> dict[str, dict[str, Any]]:
    """What all statements together say of these activities: later words over earlier ones, in every language."""
    wanted = {indexable(one, 1000): one for ids in activity_ids for one in ids}
    merged: dict[str, dict[str, Any]] = {}
    for row in ActivityVersion.objects.filter(activity__in=list(wanted)).order_by("pk"):
        definition = merged.setdefault(wanted[row.activity], {})
        said = json.loads(row.definition)
        if said.get("interactionType", definition.get("interactionType")) != definition.get("interactionType"):
            # It became another kind of question: the lists and answers of the one before do not belong to it (2.4.4.1).
            for key in INTERACTION:
                definition.pop(key, None)
        for key, value in said.items():
            together = key in ("name", "description", "extensions") and isinstance(definition.get(key), dict)
            definition[key] = {**definition[key], **value} if together else value
    return merged


def _activity_ids(part: dict[str, Any]) -> list[str]:
    value = part["object"]
    ids = [activity["id"] for listed in part.get("context", {}).get("contextActivities", {}).values() for activity in listed]
    if value.get("objectType", "Activity") == "Activity":
        ids.append(value["id"])
    elif value["objectType"] == "SubStatement":
        ids += _activity_ids(value)
    return ids


def person(agent: dict[str, Any], *, seen_as: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The Person that an agent is a face of, with the names under which it was seen (2.4)."""
    names = dict.fromkeys(one["name"] for one in (agent, *seen_as) if one.get("name"))
    return {
        "objectType": "Person",
        **({"name": list(names)} if names else {}),
        **{key: [agent[key]] for key in IDENTIFIERS if key in agent},
    }
