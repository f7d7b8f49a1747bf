"""How points are written, and where someone who works on accreditation can go."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import localize
from django.utils.functional import Promise

from accounts.menus import Place
from accounts.models import User
from accreditation import menu
from courses.course_page import amount_of

register = template.Library()


@register.filter
def points(value: Decimal | str) -> str:
    """4,5 and 10: without needless zeros, with the comma of the language."""
    return str(localize(Decimal(f"{Decimal(value).normalize():f}"), use_l10n=True))


@register.filter
def amount(value: Decimal | str, unit: str) -> str:
    """`{{ entry.points|amount:line.unit }}`: 1 punt, 4,5 punten or 2 uur."""
    return amount_of(value, unit)


@register.filter
def left_out(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the rows of a told dossier those that do not count, or not wholly: each has its reason."""
    return [row for row in rows if row["why_not"]]


@register.filter
def counting(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not row["why_not"]]


@register.filter
def has_examples(rows: Iterable[dict[str, Any]]) -> bool:
    return any(row["demo"] for row in rows)


@register.simple_tag
def places_for(person: User) -> list[tuple[Promise, list[Place]]]:
    """`{% places_for request.user as groups %}`: the pages of the accreditation office that this person may open."""
    return menu.places_for(person)
