"""Between the simple Markdown of our questions and the XHTML of QTI items."""

import re
from collections.abc import Callable

from lxml import etree, html

from courses.templatetags.questions import prose

BLOCKS = {
    "p",
    "div",
    "ul",
    "ol",
    "li",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "qti-prompt",
    "qti-content-body",
    "table",
    "tr",
    "section",
}
SKIPPED = {"qti-feedback-inline", "qti-feedback-block", "script", "style", "qti-rubric-block", "qti-stylesheet"}


def elements_of(markdown: str, namespace: str) -> list[etree._Element]:
    """The Markdown as XHTML elements in this namespace."""
    fragments = html.fragments_fromstring(str(prose(markdown)) or "<p></p>")
    return [_namespaced(fragment, namespace) for fragment in fragments if not isinstance(fragment, str)]


def _namespaced(element: etree._Element, namespace: str) -> etree._Element:
    copy = etree.Element(f"{{{namespace}}}{element.tag}")
    if element.tag == "a" and element.get("href"):
        copy.set("href", element.get("href"))
    copy.text, copy.tail = element.text, element.tail
    copy.extend([_namespaced(child, namespace) for child in element])
    return copy


def name_of(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def markdown_of(element: etree._Element, *, special: Callable[[etree._Element], str | None] = lambda element: None) -> str:
    """The text of an element as simple Markdown; `special` may answer for an element itself."""
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", _inside(element, special))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _inside(element: etree._Element, special: Callable[[etree._Element], str | None]) -> str:
    text = _flat(element.text)
    for child in element:
        own = special(child)
        text += _one(child, special) if own is None else own
        text += _flat(child.tail)
    return text


def _one(element: etree._Element, special: Callable[[etree._Element], str | None]) -> str:
    name = name_of(element)
    if not name or name in SKIPPED:
        return ""
    inner = _inside(element, special)
    if name in ("strong", "b", "em", "i"):
        mark = "**" if name in ("strong", "b") else "*"
        return f"{mark}{inner.strip()}{mark}" if inner.strip() else ""
    if name == "a" and (element.get("href") or "").startswith(("https://", "http://")):
        return f"[{inner.strip()}]({element.get('href')})"
    if name == "br":
        return "\n"
    if name == "li":
        return f"\n- {inner.strip()}"
    return f"\n\n{inner.strip()}\n\n" if name in BLOCKS else inner


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")
