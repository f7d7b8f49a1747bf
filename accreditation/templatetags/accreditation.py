"""How points are written."""

from decimal import Decimal

from django import template
from django.utils.formats import localize

register = template.Library()


@register.filter
def points(value: Decimal | str) -> str:
    """4,5 and 10: without needless zeros, with the comma of the language."""
    return str(localize(Decimal(f"{Decimal(value).normalize():f}"), use_l10n=True))
