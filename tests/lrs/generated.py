"""Valid statements of both versions, texts of them, and hostile changes to them: strategies for hypothesis."""

import copy
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from lrs.profiles.adl import VOIDED
from lrs.validation import COMPONENTS, V1, V2

Json = Any

# --- The smallest parts ------------------------------------------------------------------------------------------------

HOSTILE = [
    "",
    " ",
    "\0",
    "\ud800",
    "\udfff x",
    "😀",
    "é\u0301",
    "\u202e",
    "__proto__",
    "' OR 1=1 --",
    "<script>",
    "%s{}",
    "a" * 3000,
    "\x7f\r\n",
]
texts = st.sampled_from(HOSTILE) | st.text(max_size=30) | st.text(st.characters(), max_size=12)
iris = st.one_of(
    st.sampled_from(
        [
            "http://adlnet.gov/expapi/activities/course",
            "https://voorbeeld.example/pad/../é?vraag=%20&a=b#deel",
            "urn:uuid:ec531277-b57b-4c15-8d91-d292c5b2b8f7",
            "act:vraag",
            "tag:voorbeeld.example,2026:x",
            "https://voorbeeld.example/" + "é" * 1200,
            "HTTP://VOORBEELD.example:80/",
            "https://[2001:db8::1]/x",
        ]
    ).filter(lambda iri: "[" not in iri or iri.startswith("https://[")),
    st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-._~!$&'()*+,;=:@/?é日", max_size=40).map(
        lambda rest: f"https://voorbeeld.example/{rest}"
    ),
)
tags = st.sampled_from(["nl", "nl-NL", "en", "en-GB", "zh-Hans-CN", "sr-Latn", "de-CH-1996", "x-eigen", "i-klingon", "cmn", "es-419"])
language_maps = st.dictionaries(tags, texts, min_size=1, max_size=4)
uuids = st.builds(
    lambda number, version, upper: (
        str(uuid.UUID(int=number, version=version)).upper() if upper else str(uuid.UUID(int=number, version=version))
    ),
    st.integers(0, 2**128 - 1),
    st.sampled_from([1, 3, 4, 5]),
    st.booleans(),
)
numbers = st.integers(-(10**40), 10**40) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
extensions = st.dictionaries(iris, json_values, max_size=3)


@st.composite
def moments(draw: st.DrawFn) -> str:
    when = draw(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 30)))
    text = when.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    text = draw(st.sampled_from([text, text.replace("T", " "), text.replace("T", "t")]))
    fraction = draw(st.sampled_from(["", ".5", ".123", ",25", ".123456", ".123456789"]))
    return text + fraction + draw(st.sampled_from(["Z", "z", "+00:00", "+01:00", "-05:30", "+14", "+0200", ""]))


@st.composite
def durations(draw: st.DrawFn) -> str:
    number = st.integers(0, 10_000).map(str) | st.decimals(0, 1000, places=3).map(str)
    if draw(st.booleans()):
        return f"P{draw(number)}W"
    date = "".join(f"{draw(number)}{unit}" for unit in "YMD" if draw(st.booleans()))
    time = "".join(f"{draw(number)}{unit}" for unit in "HMS" if draw(st.booleans()))
    return f"P{date}T{time}" if time else f"P{date or '0D'}"


# --- Actors ------------------------------------------------------------------------------------------------------------

identifiers: st.SearchStrategy[dict[str, Json]] = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789.+_-é", min_size=1, max_size=20).map(
        lambda name: {"mbox": f"mailto:{name}@voorbeeld.example"}
    ),
    st.text("0123456789abcdefABCDEF", min_size=40, max_size=40).map(lambda digits: {"mbox_sha1sum": digits}),
    iris.map(lambda iri: {"openid": iri}),
    st.builds(lambda page, name: {"account": {"homePage": page, "name": name}}, iris, texts),
)
names = st.fixed_dictionaries({}, optional={"name": texts})
agents = st.builds(
    lambda typed, named, identifier: {**typed, **named, **identifier}, st.sampled_from([{}, {"objectType": "Agent"}]), names, identifiers
)
typed_agents = agents.map(lambda agent: {**agent, "objectType": "Agent"})
members = st.lists(agents, max_size=3)
identified_groups = st.builds(
    lambda named, identifier, held: {"objectType": "Group", **named, **identifier, **held},
    names,
    identifiers,
    st.fixed_dictionaries({}, optional={"member": members}),
)
anonymous_groups = st.builds(
    lambda named, held: {"objectType": "Group", **named, "member": held}, names, st.lists(agents, min_size=1, max_size=3)
)
groups = identified_groups | anonymous_groups
actors = agents | groups

# --- Verbs and objects -------------------------------------------------------------------------------------------------

verbs = st.builds(
    lambda iri, shown: {"id": iri, **shown},
    iris.filter(lambda iri: iri != VOIDED),
    st.fixed_dictionaries({}, optional={"display": language_maps}),
)
references = uuids.map(lambda one: {"objectType": "StatementRef", "id": one})


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Json]:
    common = {"name": language_maps, "description": language_maps, "type": iris, "moreInfo": iris, "extensions": extensions}
    definition: dict[str, Json] = draw(st.fixed_dictionaries({}, optional=common))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(sorted(COMPONENTS)))
        definition["interactionType"] = kind
        if draw(st.booleans()):
            definition["correctResponsesPattern"] = draw(st.lists(texts, max_size=3))
        component = st.fixed_dictionaries({"id": texts}, optional={"description": language_maps})
        for key in COMPONENTS[kind]:
            if draw(st.booleans()):
                definition[key] = draw(st.lists(component, max_size=3, unique_by=lambda one: one["id"]))
    return definition


activities = st.builds(
    lambda typed, iri, defined: {**typed, "id": iri, **defined},
    st.sampled_from([{}, {"objectType": "Activity"}]),
    iris,
    st.fixed_dictionaries({}, optional={"definition": definitions()}),
)

# --- Results, contexts, attachments ------------------------------------------------------------------------------------


@st.composite
def scores(draw: st.DrawFn) -> dict[str, Json]:
    score: dict[str, Json] = {}
    if draw(st.booleans()):
        score["scaled"] = draw(st.sampled_from([-1, 0, 1, 1.0, -0.5]) | st.floats(-1, 1))
    low, raw, high = sorted(draw(st.lists(st.floats(-1e9, 1e9) | st.integers(-(10**30), 10**30), min_size=3, max_size=3)))
    chosen = draw(st.sets(st.sampled_from(["min", "raw", "max"])))
    if low == high:
        chosen.discard("min")
    score |= {key: value for key, value in (("min", low), ("raw", raw), ("max", high)) if key in chosen}
    return score


results = st.fixed_dictionaries(
    {},
    optional={
        "score": scores(),
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": texts,
        "duration": durations(),
        "extensions": extensions,
    },
)
listed_activities = st.lists(activities, max_size=2) | activities
context_activities = st.dictionaries(st.sampled_from(["parent", "grouping", "category", "other"]), listed_activities, min_size=1)
relevant = st.fixed_dictionaries({}, optional={"relevantTypes": st.lists(iris, min_size=1, max_size=2)})
context_agents = st.lists(st.builds(lambda one, types: {"objectType": "contextAgent", "agent": one, **types}, agents, relevant), max_size=2)
context_groups = st.lists(st.builds(lambda one, types: {"objectType": "contextGroup", "group": one, **types}, groups, relevant), max_size=2)
attachments = st.lists(
    st.fixed_dictionaries(
        {
            "usageType": iris.filter(lambda iri: "attachments/signature" not in iri),
            "display": language_maps,
            "contentType": st.sampled_from(["text/plain", "text/plain; charset=utf-8", "application/vnd.x+json", 'a/b; c="d;e"']),
            "length": st.integers(0, 2**63),
            "sha2": st.sampled_from([56, 64, 96, 128]).flatmap(
                lambda size: st.text("0123456789abcdefABCDEF", min_size=size, max_size=size)
            ),
            "fileUrl": iris,
        },
        optional={"description": language_maps},
    ),
    max_size=2,
)


def contexts(*, version: str, about_activity: bool) -> st.SearchStrategy[dict[str, Json]]:
    optional: dict[str, st.SearchStrategy[Json]] = {
        "registration": uuids,
        "instructor": actors,
        "team": groups,
        "contextActivities": context_activities,
        "language": tags,
        "statement": references,
        "extensions": extensions,
    }
    if about_activity:
        optional |= {"revision": texts, "platform": texts}
    if version == V2:
        optional |= {"contextAgents": context_agents, "contextGroups": context_groups}
    return st.fixed_dictionaries({}, optional=optional)


# --- Statements --------------------------------------------------------------------------------------------------------


@st.composite
def parts(draw: st.DrawFn, *, version: str, nested: bool) -> dict[str, Json]:
    """What a statement and a sub-statement have in common."""
    kinds: list[st.SearchStrategy[Json]] = [activities, activities, typed_agents, groups, references]
    if not nested:
        kinds.append(parts(version=version, nested=True).map(lambda inner: {"objectType": "SubStatement", **inner}))
    target = draw(st.one_of(kinds))
    about_activity = target.get("objectType", "Activity") == "Activity"
    part: dict[str, Json] = {"actor": draw(actors), "verb": draw(verbs), "object": target}
    if target.get("objectType") == "StatementRef" and draw(st.booleans()):
        part["verb"] = {**part["verb"], "id": VOIDED}
    more = {
        "result": results,
        "context": contexts(version=version, about_activity=about_activity),
        "timestamp": moments(),
        "attachments": attachments,
    }
    return {**part, **draw(st.fixed_dictionaries({}, optional=more))}


@st.composite
def statements(draw: st.DrawFn, *, version: str) -> dict[str, Json]:
    """A valid statement, without an id: a test that stores gives each its own."""
    statement = draw(parts(version=version, nested=False))
    known = ["1.0", "1.0.0", "1.0.3", "1.0.9"] + (["2.0", "2.0.0"] if version == V2 else [])
    anonymous_pair = agents.flatmap(lambda one: agents.map(lambda two: {"objectType": "Group", "member": [one, two]}))
    more = {"stored": moments(), "authority": agents | anonymous_pair, "version": st.sampled_from(known)}
    statement |= draw(st.fixed_dictionaries({}, optional=more))
    order = draw(st.permutations(list(statement)))
    return {key: statement[key] for key in order}


versions = st.sampled_from([V1, V2])


# --- Their texts -------------------------------------------------------------------------------------------------------


@st.composite
def written(draw: st.DrawFn, value: Json) -> str:
    """One of the many JSON texts of a value: spaces, escapes and numbers as another program might write them."""
    style = {
        "escape": draw(st.booleans()),
        "between": draw(st.sampled_from([",", ", ", " ,\n\t"])),
        "colon": draw(st.sampled_from([":", ": ", " :\r\n"])),
        "zeros": draw(st.booleans()),
    }
    return draw(st.sampled_from(["", " ", "\n"])) + _text(value, style) + draw(st.sampled_from(["", " ", "\r\n"]))


def _text(value: Json, style: dict[str, Json]) -> str:
    if isinstance(value, dict):
        inner = style["between"].join(f"{_string(key, style)}{style['colon']}{_text(one, style)}" for key, one in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{style['between'].join(_text(one, style) for one in value)}]"
    if isinstance(value, str):
        return _string(value, style)
    text = json.dumps(value)
    if style["zeros"] and isinstance(value, float) and "." in text and "e" not in text:
        return f"{text}00"
    return f"{text}e0" if style["zeros"] and isinstance(value, float) and "." not in text and "e" not in text else text


def _string(text: str, style: dict[str, Json]) -> str:
    plain = not style["escape"] and not any("\ud800" <= char <= "\udfff" for char in text)
    return json.dumps(text, ensure_ascii=not plain).replace("/", "\\/" if style["escape"] else "/")


# --- Hostile changes ---------------------------------------------------------------------------------------------------

BOUNDARY = [0, -0.0, -1, 1.0000001, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, -1e308, 5e-324, float("nan"), float("inf")]
wrong = st.one_of(
    st.sampled_from([None, [], {}, "", True, False, [None], {"": None}, "Agent", "agent", "Group", "SubStatement", VOIDED, "P1D", "nl"]),
    st.sampled_from(BOUNDARY),
    texts,
    json_values,
    st.integers(101, 140).map(lambda depth: _nested(depth)),
)


def _nested(depth: int) -> Json:
    value: Json = None
    for level in range(depth):
        value = [value] if level % 2 else {"x": value}
    return value


def places(value: Json, way: tuple[Json, ...] = ()) -> list[tuple[Json, ...]]:
    """Every place in a JSON value."""
    found = [way] if way else []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found += places(inner, (*way, key))
    return found


@st.composite
def mutated(draw: st.DrawFn, statement: Json) -> Json:
    """The statement with one to three hostile changes. Copies, for a later change may be inside an earlier one."""
    statement = json.loads(json.dumps(statement))
    for _ in range(draw(st.integers(1, 3))):
        found = places(statement)
        if not found:
            break
        way = draw(st.sampled_from(found))
        place = statement
        for step in way[:-1]:
            place = place[step]
        key, kind = way[-1], draw(st.sampled_from(["replace", "replace", "null", "delete", "add", "rename", "case", "retype", "double"]))
        if kind == "replace":
            place[key] = copy.deepcopy(draw(wrong))
        elif kind == "null":
            place[key] = None
        elif kind == "delete":
            del place[key]
        elif kind == "retype":
            place[key] = str(place[key]) if not isinstance(place[key], str) else [place[key]]
        elif kind == "double" and isinstance(place, list):
            place.append(place[key])
        elif isinstance(place, dict) and kind == "add":
            place[draw(texts | st.sampled_from(["id", "objectType", "member", "mbox", "Actor", "contextAgents", "stored"]))] = (
                copy.deepcopy(draw(wrong))
            )
        elif isinstance(place, dict) and kind in ("rename", "case"):
            place[str(key).swapcase() if kind == "case" else draw(texts)] = place.pop(key)
    return statement


@st.composite
def broken(draw: st.DrawFn, text: bytes) -> bytes:
    """The octets of a text, damaged: cut off, doubled, a key twice, an octet changed, numbers that no program can hold."""
    at = draw(st.integers(0, max(0, len(text) - 1)))
    kind = draw(st.sampled_from(["cut", "octet", "key", "nan", "huge", "tail", "bom", "utf-16", "deep"]))
    if kind == "cut":
        return text[:at]
    if kind == "octet":
        return text[:at] + bytes([draw(st.integers(0, 255))]) + text[at + 1 :]
    if kind == "key":
        return text.replace(b"{", b'{"id":1,"id":2,', 1)
    if kind == "nan":
        return text.replace(b"true", b"NaN").replace(b":", b":NaN,", 1)
    if kind == "huge":
        return text.rstrip()[:-1] + b',"result":{"extensions":{"x:y":1e999}}}'
    if kind == "tail":
        return text + draw(st.sampled_from([b"]", b"{}", b"\0", b",", b"//"]))
    if kind == "bom":
        return b"\xef\xbb\xbf" + text
    if kind == "utf-16":
        return text.decode("utf-8", "replace").encode("utf-16")
    return b'{"a":' * 2000 + text


# --- Changes that do not matter ----------------------------------------------------------------------------------------


@st.composite
def same_to_the_standard(draw: st.DrawFn, statement: dict[str, Json]) -> dict[str, Json]:
    """Another form of a statement that the standard calls the same (2.3.1; 2.0: 4.2.7): order, display, definitions, who vouches."""

    def changed(part: dict[str, Json]) -> dict[str, Json]:
        one = dict(part)
        one["verb"] = {"id": part["verb"]["id"], **draw(st.fixed_dictionaries({}, optional={"display": language_maps}))}
        one["actor"] = reordered(part["actor"])
        kind = part["object"].get("objectType", "Activity")
        if kind == "Activity":
            one["object"] = {"id": part["object"]["id"], "objectType": "Activity"}
        elif kind == "Group":
            one["object"] = reordered(part["object"])
        elif kind == "SubStatement":
            one["object"] = changed(part["object"])
        held = part.get("context", {}).get("contextActivities")
        if held:
            lists = {key: [{"id": activity["id"]} for activity in _listed(value)][::-1] for key, value in held.items()}
            one["context"] = {**part["context"], "contextActivities": lists}
        return {key: one[key] for key in draw(st.permutations(list(one)))}

    def reordered(actor: dict[str, Json]) -> dict[str, Json]:
        return {**actor, "member": actor["member"][::-1]} if "member" in actor else actor

    other = changed(statement)
    other |= {"stored": "2020-01-01T00:00:00Z", "authority": {"mbox": "mailto:ander@voorbeeld.example"}, "version": "1.0.0"}
    if "timestamp" in other:
        other["timestamp"] = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=draw(st.integers(0, 9)))).isoformat()
    return other


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
