"""Reads what the service answered. Whatever comes in is somebody else's text: it is parsed without fetching anything, and kept short.

The service names nobody in an error, only a "regel" that its own manual counts in two ways; so an answer tells what was accepted, and
nothing that it says about a line is ever tied to a person by that number.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from html import unescape
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from lxml import etree

from accounts.outgoing.connection import Reply
from accreditation.evaluation import AMSTERDAM

NO_ACCESS, TOO_MANY, INVALID = "400", "500", "505"
LONGEST_TEXT = 1000
# The number of the line, however it is written: in brackets, without, with a colon.
LINE = re.compile(r"\s*(?:op\s+)?regel\s*:?\s*(?:\[\s*\d+\s*\]|\d+)", re.IGNORECASE)


class Outcome(StrEnum):
    """What became of a whole call."""

    PROCESSED = "processed"
    KEY_REFUSED = "key_refused"
    XML_REFUSED = "xml_refused"
    NONSENSE = "nonsense"
    UNREACHABLE = "unreachable"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"


@dataclass(frozen=True, slots=True)
class RowError:
    """A message of the service about some row."""

    code: str
    text: str

    @property
    def without_line(self) -> str:
        """The text without the number of the line, which is not to be trusted."""
        return " ".join(LINE.sub("", self.text).split())


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """A row that the service says it took: the person, the course, and the moment if there was one."""

    person: str
    course: str
    moment: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to. `text` is what the other side said, short; it never holds what we sent."""

    outcome: Outcome
    status: int | None = None
    text: str = ""
    accepted: Sequence[AcceptedRow] = field(default=())
    errors: Sequence[RowError] = field(default=())
    accepted_rows: int | None = None
    rejected_rows: int | None = None


def read(reply: Reply, *, secrets: Sequence[str] = ()) -> Answer:
    """The answer in a reply of the service, POST or SOAP. `secrets` are taken out wherever the other side repeats them."""
    # A key of a sign or two would also take out half of what is worth reading.
    plain = [secret for secret in secrets if len(secret) > 2]
    hidden = sorted(
        {form for secret in plain for form in (secret, escape(secret), quote(secret), quote_plus(secret))}, key=len, reverse=True
    )
    summary = _summary(reply.body) if reply.status == 200 else None
    if summary is None:
        return Answer(Outcome.NONSENSE, reply.status, _scrubbed(reply.text, hidden))
    errors = [RowError(error.code, _scrubbed(error.text, hidden)) for error in _errors(summary)]
    accepted = list(_accepted(summary))
    counts = {name: _number(_text(summary, name)) for name in ("accepted_rows", "rejected_rows")}
    said = " ".join(error.text for error in errors)[:LONGEST_TEXT]
    codes = {error.code for error in errors}
    if not accepted and not counts["accepted_rows"]:
        if NO_ACCESS in codes:
            return Answer(Outcome.KEY_REFUSED, reply.status, said, errors=errors)
        if codes & {INVALID, TOO_MANY}:
            return Answer(Outcome.XML_REFUSED, reply.status, said, errors=errors)
        if not errors and counts["rejected_rows"] is None:
            return Answer(Outcome.NONSENSE, reply.status, _scrubbed(reply.text, hidden))
    return Answer(Outcome.PROCESSED, reply.status, said, accepted, errors, **counts)


def same_moment(said: str, sent: datetime) -> bool:
    """Whether the moment in an answer is the one we sent: with or without zone, fractions, or only as a day, ours or Dutch."""
    said = said.strip()
    local = sent.astimezone(AMSTERDAM)
    for shape in ("%d-%m-%Y", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d/%m/%Y"):
        try:
            found = datetime.strptime(said, shape)  # noqa: DTZ007 - the service gives no zone here; it means Amsterdam's time
        except ValueError:
            continue
        return found.date() == local.date()
    try:
        if len(said) == 10:
            return date.fromisoformat(said) == local.date()
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", said))
    except ValueError:
        return False
    if moment.tzinfo is None:
        return moment.replace(microsecond=0) == local.replace(tzinfo=None, microsecond=0)
    return moment.replace(microsecond=0) == sent.replace(microsecond=0)


def _parsed(content: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root: etree._Element = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root


def _summary(content: bytes) -> etree._Element | None:
    """The `Summary`: by itself, inside a SOAP answer, or as text inside either."""
    root = _parsed(content)
    for _depth in range(3):
        if root is None:
            return None
        found = next((element for element in root.iter() if _name(element) == "Summary"), None)
        if found is not None:
            return found
        holder = next((element for element in root.iter() if _name(element) == "ProcessXMLResult"), root)
        text = (holder.text or "").strip()
        root = _parsed(text.encode()) if text.startswith("<") else None
    return None


def _errors(summary: etree._Element) -> Iterator[RowError]:
    for element in summary.iter():
        if _name(element) != "Error":
            continue
        # The manual writes errorNR and errorNr.
        children = {_name(child).lower(): (child.text or "").strip() for child in element}
        code, text = children.get("errornr", ""), children.get("errormsg", "")
        if code or text:
            yield RowError(_clean(code)[:10], _clean(text))


def _accepted(summary: etree._Element) -> Iterator[AcceptedRow]:
    for element in summary.iter():
        if _name(element) == "Accepted":
            children = {_name(child).lower(): (child.text or "").strip() for child in element}
            if children.get("person"):
                yield AcceptedRow(children["person"], children.get("course", ""), children.get("date", ""))


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _text(summary: etree._Element, name: str) -> str:
    return next(((element.text or "").strip() for element in summary.iter() if _name(element) == name), "")


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def _clean(text: str) -> str:
    return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())


def _scrubbed(text: str, secrets: Sequence[str]) -> str:
    """Without what only the two of us may know, without markup, and short; in this order: half a key is a key."""
    for _layer in range(4):  # what is sent back may be written as markup in markup
        for secret in secrets:
            text = text.replace(secret, "•••")
        text, before = unescape(text), text
        if text == before:
            break
    return _clean(re.sub(r"<[^>]*>", " ", text))[:LONGEST_TEXT]
