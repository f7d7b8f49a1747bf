"""Which statements are the same, and which differ (xAPI 1.0.3, Data 2.3.1; 2.0: 4.2.7)."""

import json
from typing import Any

from lrs.rows import as_stored, iso
from lrs.validation import V2, moment, to_hundredths

# What the store itself adds or may reword.
NOT_COMPARED = ("stored", "authority", "version", "timestamp", "id")


def comparable(document: dict[str, Any]) -> str:
    """Equal for statements that the standard calls the same."""
    return json.dumps(
        _bare(as_stored({key: value for key, value in document.items() if key not in NOT_COMPARED}, version=V2)), sort_keys=True
    )


def _bare(part: dict[str, Any]) -> dict[str, Any]:
    """Without the words of display and definition, which are kept apart from statements (b2, b3), and without attachments (b6)."""
    bare = {**part, "actor": _agent(part["actor"]), "verb": {"id": part["verb"]["id"]}, "object": _object(part["object"])}
    bare.pop("attachments", None)
    if "timestamp" in part:  # of a sub-statement: the moment counts, not how it is written (b4)
        bare["timestamp"] = iso(moment(part["timestamp"]))
    if "context" in part:
        bare["context"] = _context(part["context"])
    duration = part.get("result", {}).get("duration")
    if duration:
        bare["result"] = {**part["result"], "duration": to_hundredths(duration)}
    return bare


def _object(value: dict[str, Any]) -> dict[str, Any]:
    match value.get("objectType", "Activity"):
        case "Activity":
            return {"objectType": "Activity", "id": value["id"]}
        case "SubStatement":
            return _bare(value)
        case "Agent" | "Group":
            return _agent(value)
        case _:
            return value


def _context(context: dict[str, Any]) -> dict[str, Any]:
    bare = dict(context)
    for key in ("instructor", "team"):
        if key in bare:
            bare[key] = _agent(bare[key])
    if "contextActivities" in context:
        bare["contextActivities"] = {
            key: sorted(activity["id"] for activity in activities) for key, activities in context["contextActivities"].items()
        }
    for key, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if key in context:
            bare[key] = [{**entry, inner: _agent(entry[inner])} for entry in context[key]]
    return bare


def _agent(value: dict[str, Any]) -> dict[str, Any]:
    """The members of a group in one order, and the part of an address that has no case in small letters (b5, b7)."""
    bare = dict(value)
    if "mbox" in bare:
        local, _, domain = bare["mbox"].rpartition("@")
        bare["mbox"] = f"{local}@{domain.lower()}"
    if "member" in bare:
        bare["member"] = sorted((_agent(member) for member in bare["member"]), key=lambda member: json.dumps(member, sort_keys=True))
    return bare
