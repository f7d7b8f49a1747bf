"""How the text of questions, and scores, are written on a page."""

from functools import cache
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from courses.questions.scoring import percentage
from courses.questions.types.numeric import written

register = template.Library()


@cache
def _markdown() -> MarkdownIt:
    # Paragraphs, bold, italic, lists and links; no HTML, no images, no headings.
    return MarkdownIt("zero", {"html": False}).enable(["emphasis", "list", "link", "newline", "escape", "entity", "blockquote"])


@register.filter
def prose(text: str) -> SafeString:
    """Simple Markdown as HTML."""
    return mark_safe(_markdown().render(str(text)))  # noqa: S308 - markdown-it escapes HTML and refuses script links


@register.filter
def inline_prose(text: str) -> SafeString:
    """Simple Markdown within a line."""
    return mark_safe(_markdown().renderInline(str(text)))  # noqa: S308 - as above


@register.filter
def percent(share: float | None) -> str:
    """A share as whole per cents, rounded down."""
    return "" if share is None else f"{percentage(share)}%"


@register.filter
def number(value: Any) -> str:
    """A number with at most two decimals, as the language of the reader writes it."""
    return "" if value is None else number_format(written(round(float(value), 2)).replace(",", "."))
