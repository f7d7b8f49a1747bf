"""Tags for templates: icons, and components that wrap what stands between their tags."""

from datetime import date, datetime
from typing import Any, cast

from django import template
from django.template.base import Node, NodeList, Parser, Token, token_kwargs
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from cms import tables
from cms.icons import ICONS

register = template.Library()

_SVG = '<svg class="vw-icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><path d="{}"/></svg>'


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "check" %}`: decoration beside a word, hidden from screen readers."""
    return format_html(_SVG, mark_safe(ICONS[name]))  # noqa: S308 - our own drawing


class ComponentNode(Node):
    def __init__(self, name: Any, options: dict[str, Any], body: NodeList) -> None:
        self.name, self.options, self.body = name, options, body

    def render(self, context: template.Context) -> SafeString:
        name = self.name.resolve(context)
        path = name if "/" in name else f"cms/components/{name}/{name}.html"
        values = {key: value.resolve(context) for key, value in self.options.items()}
        with context.push(**values, content=self.body.render(context)):
            # While a template renders, its context always knows it.
            return cast(template.Template, context.template).engine.get_template(path).render(context)


@register.tag
def component(parser: Parser, token: Token) -> ComponentNode:
    """`{% component "disclosure" title=… %}…{% endcomponent %}`: the component gets what stands between as `content`."""
    bits = token.split_contents()[1:]
    if not bits:
        raise template.TemplateSyntaxError("component needs the name of a component")
    name = parser.compile_filter(bits.pop(0))
    options = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"component does not understand {bits[0]!r}")
    body = parser.parse(("endcomponent",))
    parser.delete_first_token()
    return ComponentNode(name, options, body)


register.filter("stackable", tables.stackable)


@register.filter
def since(value: datetime) -> str:
    """How long ago, in its largest unit: "4 dagen"; for a row in a list the hours beside it say nothing."""
    return timesince(value, depth=1)


@register.filter
def partial_date(value: str) -> str:
    """`2025-10` as "oktober 2025", `2025-10-01` as "1 oktober 2025", a year as it stands."""
    parts = str(value).split("-")
    if not all(part.isdigit() for part in parts):
        return str(value)
    if len(parts) == 2:
        return date_format(date(int(parts[0]), int(parts[1]), 1), "F Y")
    if len(parts) == 3:
        return date_format(date(*map(int, parts)), "j F Y")
    return str(value)
