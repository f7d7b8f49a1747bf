"""How points are written, and where someone who works on accreditation can go."""

from decimal import Decimal

from django import template
from django.utils.formats import localize
from django.utils.functional import Promise

from accounts.models import User
from accreditation import menu

register = template.Library()


@register.filter
def points(value: Decimal | str) -> str:
    """4,5 and 10: without needless zeros, with the comma of the language."""
    return str(localize(Decimal(f"{Decimal(value).normalize():f}"), use_l10n=True))


@register.simple_tag
def places_for(person: User) -> list[tuple[Promise, list[menu.Place]]]:
    """`{% places_for request.user as groups %}`: the pages of the accreditation office that this person may open."""
    return menu.places_for(person)
