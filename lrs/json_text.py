"""JSON of which the very text counts: each value with where it stands, because a statement is kept as it was written."""

import json
import re
from typing import Any

from lrs.refusals import Refusal

SPACE = " \t\n\r"
_SKIP = re.compile(r"[ \t\n\r]*")


class NotJSON(Refusal, ValueError):
    """The text is JSON to a lenient reader, and not to us; or it is not what we read."""


def _no_constant(name: str) -> None:
    raise NotJSON("%(name)s is not JSON", name=name)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object. One reader takes the first of two equal keys and another the last, so what such a text says depends on who reads it."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotJSON("the key %(key)s stands there twice", key=repr(name[:80]))
            seen.add(name)
    return found


def _that_fits(text: str) -> float:
    """A number with a point or an exponent. One that no program can hold would come back as "Infinity", which is no JSON."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NotJSON("the number %(number)s is too large", number=text[:40])
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_that_fits, object_pairs_hook=_each_once)


def split(text: str) -> tuple[list[Any], list[str]]:
    """The values of an array, or the one value that is no array, and the very text of each. Raises ValueError and RecursionError."""
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        value, end = _DECODER.raw_decode(text, at)
        if _skip(text, end) != len(text):
            raise NotJSON("there is more after the statement")
        return [value], [text[at:end]]
    values, texts = [], []
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        at += 1
    else:
        while True:
            value, end = _DECODER.raw_decode(text, at)
            values.append(value)
            texts.append(text[at:end])
            at = _skip(text, end)
            mark = text[at : at + 1]
            at = _skip(text, at + 1)
            if mark == "]":
                break
            if mark != ",":
                raise NotJSON("a comma or a bracket is missing between two statements")
    if _skip(text, at) != len(text):
        raise NotJSON("there is more after the statements")
    return values, texts


def members(text: str) -> dict[str, tuple[Any, str]]:
    """The members of an object: each value, and its very text. Raises ValueError and RecursionError."""
    found: dict[str, tuple[Any, str]] = {}
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise NotJSON("this is not an object")
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        at = _skip(text, at + 1)
    else:
        while True:
            name, end = _DECODER.raw_decode(text, at)
            at = _skip(text, end)
            if not isinstance(name, str) or text[at : at + 1] != ":":
                raise NotJSON("a name and a colon are missing in an object")
            if name in found:
                raise NotJSON("the key %(key)s stands there twice", key=repr(name[:80]))
            start = _skip(text, at + 1)
            value, end = _DECODER.raw_decode(text, start)
            found[name] = (value, text[start:end])
            at = _skip(text, end)
            mark = text[at : at + 1]
            at = _skip(text, at + 1)
            if mark == "}":
                break
            if mark != ",":
                raise NotJSON("a comma or a brace is missing in an object")
    if at != len(text):
        raise NotJSON("there is more after the object")
    return found


def object_of(found: dict[str, tuple[Any, str]], *, without: tuple[str, ...] = ()) -> tuple[dict[str, Any], str]:
    """An object and its text from these members, all but some; the text of each value stays as it was."""
    kept = {name: pair for name, pair in found.items() if name not in without}
    text = ",".join(f"{json.dumps(name)}:{pair[1]}" for name, pair in kept.items())
    return {name: pair[0] for name, pair in kept.items()}, f"{{{text}}}"


def _skip(text: str, at: int) -> int:
    match = _SKIP.match(text, at)
    return match.end() if match else at
