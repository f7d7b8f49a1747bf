"""What the browser of a learner reports about an H5P activity becomes a statement, after the server has had its say.

Threat: anyone can open the console and send any statement. So the server decides who acts, in which enrolment, on which
activity and when; it lets through a short list of verbs and scores within bounds; and it records the statement as coming
from the learner's session, which is progress and never by itself a pass (docs/architecture.md, "Trust").
"""

import math
import re
import uuid
from typing import Any
from urllib.parse import parse_qs

from django.core.cache import cache
from django.utils.translation import gettext as _

from courses.h5p.embed import content_iri
from courses.models import Enrolment, H5PVersion, ReleaseActivity
from courses.recording import record
from lrs.models import Source
from lrs.profiles import adl, h5p, vakwijs, video
from lrs.store import StatementConflict, StatementRefused

VERBS = frozenset(
    {
        adl.ANSWERED,
        adl.ATTEMPTED,
        adl.COMPLETED,
        adl.EXPERIENCED,
        adl.FAILED,
        adl.INITIALIZED,
        adl.MASTERED,
        adl.PASSED,
        adl.PROGRESSED,
        adl.SCORED,
    }
    | {h5p.CONSUMED, h5p.CREATED}
)
# What content reports of every touch and of the buttons of a video and below the content says nothing that "answered" does not say better: taken, not kept.
NOT_KEPT = frozenset(
    {
        adl.ASKED,
        adl.COMMENTED,
        adl.EXITED,
        adl.IMPORTED,
        adl.INTERACTED,
        adl.LAUNCHED,
        adl.PREFERRED,
        adl.RESPONDED,
        adl.RESUMED,
        adl.SHARED,
        adl.SUSPENDED,
        adl.TERMINATED,
        h5p.ACCESSED_COPYRIGHT,
        h5p.ACCESSED_EMBED,
        h5p.ACCESSED_REUSE,
        h5p.COPIED,
        h5p.DOWNLOADED,
        video.PAUSED,
        video.PLAYED,
        video.SEEKED,
    }
)
SUB_CONTENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
DURATION = re.compile(r"P(?=.)(?:\d{1,4}D)?(?:T(?=.)(?:\d{1,6}H)?(?:\d{1,8}M)?(?:\d{1,10}(?:\.\d{1,6})?S)?)?", re.ASCII)
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
INTERACTION_TYPES = {
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
}
COMPONENTS = {
    "choice": ["choices"],
    "sequencing": ["choices"],
    "likert": ["scale"],
    "matching": ["source", "target"],
    "performance": ["steps"],
}
LONGEST_TEXT = 10_000
PER_HOUR = 1_200


class ResultRefused(Exception):
    """This report cannot be recorded; the message names the part and the rule."""


class TooManyResults(ResultRefused):
    """More reports in an hour than an exercise can make."""


def record_result(
    *, enrolment: Enrolment, activity: ReleaseActivity, version: H5PVersion, statement: Any, report_id: uuid.UUID
) -> uuid.UUID | None:
    """Record what the content reported; answers the statement's id, or None for a report that is not kept.

    `report_id` is the browser's name for this report: sending it again changes nothing. Raises ResultRefused.
    """
    if not isinstance(statement, dict):
        raise ResultRefused(_("statement: hier hoort een JSON-object te staan."))
    verb = _verb(statement)
    if verb in NOT_KEPT:
        return None
    part = _part(statement, version)
    result = _result(statement.get("result"))
    definition = _definition(statement)
    if definition.get("interactionType") == "long-fill-in":
        # Someone's own words are not needed for progress, and the record is read and forwarded widely (AVG, article 5, 1 under c).
        result.pop("response", None)
    _count(enrolment, activity)
    context = {"extensions": {vakwijs.H5P_INTERACTION: definition}} if definition and not part else None
    try:
        return record(
            enrolment=enrolment,
            verb=verb,
            subject=activity,
            source=Source.LEARNER_SESSION,
            result=result or None,
            context=context,
            statement_id=uuid.uuid5(enrolment.uuid, f"h5p {activity.uuid} {report_id}"),
            inner=part,
            inner_definition=definition or None,
        )
    except StatementConflict:
        return None  # the same report again, a moment later: the first one counts
    except StatementRefused as refusal:
        raise ResultRefused(str(refusal)) from refusal


def is_opening(statement: Any) -> bool:
    """Whether the content reports only that it was opened."""
    return isinstance(statement, dict) and _verb(statement) == adl.ATTEMPTED


def _count(enrolment: Enrolment, activity: ReleaseActivity) -> None:
    key = f"h5p-results:{enrolment.pk}:{activity.uuid}"
    cache.add(key, 0, timeout=3600)
    try:
        if cache.incr(key) > PER_HOUR:
            raise TooManyResults(_("Te veel meldingen in een uur."))
    except ValueError:  # it expired between the two lines
        pass


def _verb(statement: dict[str, Any]) -> str:
    verb = statement.get("verb")
    name = verb.get("id") if isinstance(verb, dict) else None
    if not isinstance(name, str) or name not in VERBS | NOT_KEPT:
        raise ResultRefused(_("verb.id: dit werkwoord kan een oefening niet melden."))
    return name


def _part(statement: dict[str, Any], version: H5PVersion) -> str:
    """Which piece of the content it is about; empty for the whole. The IRI has to be this content's."""
    thing = statement.get("object")
    name = thing.get("id") if isinstance(thing, dict) else None
    if not isinstance(thing, dict) or not isinstance(name, str) or thing.get("objectType", "Activity") != "Activity":
        raise ResultRefused(_("object.id: hier hoort de IRI van de oefening te staan."))
    base, _sign, query = name.partition("?")
    if base != content_iri(version):
        raise ResultRefused(_("object.id: dit is niet de IRI van deze oefening."))
    part = parse_qs(query).get("subContentId", [""])[0] if query else ""
    definition = thing.get("definition")
    extensions = definition.get("extensions") if isinstance(definition, dict) else None
    if not part and isinstance(extensions, dict) and extensions.get(h5p.SUB_CONTENT_ID) is not None:
        part = extensions[h5p.SUB_CONTENT_ID]
    if query and not part:
        raise ResultRefused(_("object.id: dit is niet de IRI van deze oefening."))
    if part and (not isinstance(part, str) or not SUB_CONTENT.fullmatch(part)):
        raise ResultRefused(_("object.id: het onderdeel heeft geen geldige naam."))
    return part


def _result(reported: Any) -> dict[str, Any]:
    if reported is None:
        return {}
    if not isinstance(reported, dict):
        raise ResultRefused(_("result: hier hoort een JSON-object te staan."))
    result: dict[str, Any] = {}
    for key in ("success", "completion"):
        if isinstance(reported.get(key), bool):
            result[key] = reported[key]
    if isinstance(reported.get("response"), str):
        result["response"] = _clean(reported["response"])
    if isinstance(reported.get("duration"), str) and DURATION.fullmatch(reported["duration"]):
        result["duration"] = reported["duration"]
    if score := _score(reported.get("score")):
        result["score"] = score
    return result


def _score(reported: Any) -> dict[str, float]:
    """The score, with `scaled` counted again from raw and max. A score out of bounds is no score but a forgery or a fault."""
    if reported is None:
        return {}
    if not isinstance(reported, dict):
        raise ResultRefused(_("result.score: hier hoort een JSON-object te staan."))
    given: dict[str, float] = {}
    for key in ("scaled", "raw", "min", "max"):
        value = reported.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e9:
            raise ResultRefused(_("result.score.%(key)s: hier hoort een getal te staan.") % {"key": key})
        given[key] = value
    least, most = given.get("min", 0), given.get("max")
    if "raw" in given and most is not None:
        if not least <= given["raw"] <= most:
            raise ResultRefused(_("result.score.raw: de score ligt niet tussen het laagste en het hoogste."))
        if most == least:
            return {}  # an exercise without points says 0 out of 0
        given["scaled"] = round(given["raw"] / most, 4) if most > 0 else 0
    if not 0 <= given.get("scaled", 0) <= 1:
        raise ResultRefused(_("result.score.scaled: de score ligt niet tussen 0 en 1."))
    if most is not None and most <= least:
        raise ResultRefused(_("result.score.max: het hoogste is niet hoger dan het laagste."))
    return given


def _definition(statement: dict[str, Any]) -> dict[str, Any]:
    """What was asked, as far as the standard has a form for it; what does not fit that form is left out."""
    given = statement["object"].get("definition")
    if not isinstance(given, dict):
        return {}
    definition: dict[str, Any] = {}
    for key in ("name", "description"):
        if words := _words(given.get(key)):
            definition[key] = words
    kind = given.get("interactionType")
    if not isinstance(kind, str) or kind not in INTERACTION_TYPES:
        return definition
    definition |= {"type": adl.CMI_INTERACTION, "interactionType": kind}
    pattern = given.get("correctResponsesPattern")
    if isinstance(pattern, list) and all(isinstance(item, str) for item in pattern):
        definition["correctResponsesPattern"] = [_clean(item) for item in pattern[:50]]
    for key in COMPONENTS.get(kind, []):
        if components := _components(given.get(key)):
            definition[key] = components
    return definition


def _components(given: Any) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for item in given[:200] if isinstance(given, list) else []:
        name = item.get("id") if isinstance(item, dict) else None
        if isinstance(name, str) and 0 < len(name) <= 200:
            words = _words(item.get("description"))
            found.setdefault(_clean(name), {"id": _clean(name), **({"description": words} if words else {})})
    return list(found.values())


def _words(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        return {}
    return {tag: _clean(text) for tag, text in given.items() if isinstance(text, str) and LANGUAGE_TAG.fullmatch(tag)}


def _clean(text: str) -> str:
    return "".join(character for character in text[:LONGEST_TEXT] if character != "\x00" and not "\ud800" <= character <= "\udfff")
