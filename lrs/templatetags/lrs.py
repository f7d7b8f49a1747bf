"""Where someone who works on the record can go."""

from django import template
from django.utils.functional import Promise

from accounts.menus import Place
from accounts.models import User
from lrs import menu

register = template.Library()


@register.simple_tag
def record_places(person: User) -> list[tuple[Promise, list[Place]]]:
    """`{% record_places request.user as groups %}`: the pages about the record that this person may open."""
    return menu.places_for(person)
