"""The lists of an administrator: which columns they have, in what order they stand, and turning their pages cheaply.

A page is found by the values of the last row before it (keyset), not by counting rows: the thousandth page costs what the first does.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from accreditation.expiry import expiring
from accreditation.models import Accreditation, SavedView
from accreditation.results import key_of

ROWS = 50
COUNTED = 10_000  # beyond it the list says "more than"
NEVER = date(9999, 12, 31)
KEPT = ("zoek", "cursus", "accreditatie", "register", "stand", "vanaf", "verlopen", "sorteer", "kolom")


class ViewRefused(Exception):
    """A view cannot be kept; the message tells why."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column someone can show, hide and, with `order`, sort by."""

    key: str
    label: str | Promise
    order: tuple[str, ...] = ()
    shown: bool = True
    always: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """One list. `first` is its order when nobody chose another."""

    key: str
    columns: tuple[Column, ...]
    first: str
    action: Action

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)

    def chosen(self, keys: Sequence[str]) -> list[Column]:
        """The columns to show: those asked for, or the usual ones; what a row cannot do without is always there."""
        return [column for column in self.columns if column.always or (column.key in keys if keys else column.shown)]

    def order(self, asked: str) -> tuple[str, list[str]]:
        """The order to stand in, and its fields with the key last, so that no two rows are equal."""
        column = self.column(asked.removeprefix("-"))
        if column is None or not column.order:
            asked = self.first
            column = self.column(asked.removeprefix("-"))
        fields = [*(column.order if column else ()), "pk"]
        return asked, [f"-{field}" for field in fields] if asked.startswith("-") else fields


ACCREDITATIONS = Listing(
    key="accreditaties",
    first="einde",
    action=Action.MANAGE_ACCREDITATION,
    columns=(
        Column("cursus", _("Cursus"), ("course__title",), always=True),
        Column("register", _("Register"), ("register__name",)),
        Column("nummer", _("ID-nummer"), ("id_number",)),
        Column("stand", _("Stand"), ("status",)),
        Column("einde", _("Geldig"), ("ends",)),
        Column("aangevraagd", _("Aangevraagd op"), shown=False),
        Column("besloten", _("Besloten op"), shown=False),
        Column("soort", _("Cursussoort"), ("course_type",), shown=False),
        Column("uitgaven", _("Uitgaven")),
        Column("punten", _("Punten"), number=True),
        Column("mensen", _("Mensen"), ("earners",), number=True),
    ),
)
RESULTS = Listing(
    key="resultaten",
    first="-datum",
    action=Action.EXPORT_RESULTS,
    columns=(
        Column("naam", _("Naam"), ("learner__last_name", "learner__first_name"), always=True),
        Column("cursus", _("Cursus"), ("course__title",)),
        Column("datum", _("Voltooid op"), ("earned_on",)),
        Column("punten", _("Punten per register")),
        Column("aanbieder", _("Aanbieder"), ("organisation__name",), shown=False),
        Column("certificaat", _("Certificaat"), ("id",)),
        Column("stand", _("Stand")),
    ),
)
AWARDS = Listing(
    key="toekenningen",
    first="-vastgelegd",
    action=Action.EXPORT_RESULTS,
    columns=(
        Column("naam", _("Naam"), ("learner__last_name", "learner__first_name"), always=True),
        Column("nummer", _("Nummer"), ("register_number",)),
        Column("register", _("Register"), ("register__name",)),
        Column("accreditatie", _("Accreditatie"), ("accreditation__id_number",)),
        Column("cursus", _("Cursus"), ("accreditation__course__title",)),
        Column("soort", _("Soort punten"), ("category__name",), shown=False),
        Column("punten", _("Punten"), ("points",), number=True),
        Column("datum", _("Telt op"), ("awarded_on",)),
        Column("vastgelegd", _("Vastgelegd op"), ("id",)),
        Column("stand", _("Stand")),
    ),
)
LISTINGS = {listing.key: listing for listing in (ACCREDITATIONS, RESULTS, AWARDS)}


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the marks of the pages on either side; empty where there is none."""

    rows: list[Any]
    following: str = ""
    preceding: str = ""


def page_of(found: QuerySet[Any], *, fields: Sequence[str], after: str = "", before: str = "", size: int = ROWS) -> Page:
    """The rows after (or before) a mark, in this order. A mark that means nothing gives the first page."""
    mark, backwards = _mark(before or after, len(fields)), bool(before)
    walked = [_turned(field) for field in fields] if backwards else list(fields)
    ordered = found.order_by(*walked)
    try:
        rows = list((ordered.filter(_beyond(walked, mark)) if mark else ordered)[: size + 1])
    except (ValidationError, ValueError, TypeError, FieldError):
        mark, backwards = None, False
        rows = list(found.order_by(*fields)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    there_is_before = more if backwards else mark is not None
    there_is_after = more if not backwards else True
    return Page(
        rows=rows,
        following=_sign(rows[-1], fields) if there_is_after else "",
        preceding=_sign(rows[0], fields) if there_is_before else "",
    )


def count_of(found: QuerySet[Any]) -> str:
    """How many rows the list has, in words; a large number is not counted to the end."""
    count = found.order_by().values("pk")[: COUNTED + 1].count()
    if count > COUNTED:
        return gettext("meer dan %(count)s") % {"count": f"{COUNTED:,}".replace(",", ".")}
    return f"{count:,}".replace(",", ".")


def accreditations_found(*, organisations: QuerySet[Organisation], filters: Mapping[str, str], today: date) -> QuerySet[Accreditation]:
    """The accreditations of courses of these organisations; what has ended only when it is asked for, or only what ends soon."""
    found = Accreditation.objects.filter(course__organisation__in=organisations)
    ended = Q(status=Accreditation.Status.GRANTED, valid_until__lt=today)
    if filters.get("verlopen") == "binnenkort":
        found = found.filter(pk__in=[one.pk for one in expiring(accreditations=found, day=today)])
    elif filters.get("verlopen") != "ook":
        found = found.filter(ended) if filters.get("verlopen") == "alleen" else found.exclude(ended)
    for name, field in (("cursus", "course"), ("register", "register")):
        if (key := key_of(filters.get(name, ""))) is not None:
            found = found.filter(**{field: key})
    if filters.get("stand") in Accreditation.Status.values:
        found = found.filter(status=filters["stand"])
    for word in filters.get("zoek", "")[:100].split():
        found = found.filter(Q(course__title__icontains=word) | Q(id_number__icontains=word) | Q(register__name__icontains=word))
    return found.annotate(earners=Count("awards__learner", distinct=True), ends=Coalesce("valid_until", Value(NEVER)))


# --- Views that are kept -----------------------------------------------------------------------------------------------


def views_of(person: User, table: str) -> QuerySet[SavedView]:
    """What this person kept for the list, and what colleagues share."""
    where = organisations_where(person, LISTINGS[table].action)
    return SavedView.objects.filter(Q(owner=person) | Q(organisation__in=where), table=table).select_related("owner", "organisation")


def keep_view(*, owner: User, table: str, name: str, params: Mapping[str, Sequence[str]], organisation: Organisation | None) -> SavedView:
    """Keep filters, order and columns under a name; the same name again takes its place. Raises ViewRefused."""
    if table not in LISTINGS:
        raise ViewRefused(gettext("Deze lijst kennen we niet."))
    if not name.strip():
        raise ViewRefused(gettext("Geef de weergave een naam."))
    where = organisations_where(owner, LISTINGS[table].action)
    if organisation is not None and not where.filter(pk=organisation.pk).exists():
        raise ViewRefused(gettext("Delen kan alleen binnen een organisatie waar je deze lijst ziet."))
    query = urlencode([(key, value[:100]) for key in KEPT for value in params.get(key, [])[:20] if value])
    view, _made = SavedView.objects.update_or_create(
        owner=owner, table=table, name=name.strip()[:60], defaults={"query": query[:1000], "organisation": organisation}
    )
    return view


# --- Marks -------------------------------------------------------------------------------------------------------------


def _sign(row: Any, fields: Sequence[str]) -> str:
    values = [_value(row, field.removeprefix("-")) for field in fields]
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def _mark(text: str, length: int) -> list[Any] | None:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None
    plain = isinstance(values, list) and len(values) == length and all(isinstance(value, (str, int, float)) for value in values)
    return values if plain else None


def _value(row: Any, path: str) -> Any:
    read: Callable[[Any, str], Any] = getattr
    for name in path.split("__"):
        row = read(row, name)
    return row


def _turned(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _beyond(fields: Sequence[str], mark: Sequence[Any]) -> Q:
    """Rows that come after the mark: greater in the first field, or equal there and greater in the next, and so on."""
    beyond, equal = Q(pk__in=[]), Q()
    for field, value in zip(fields, mark, strict=True):
        name = field.removeprefix("-")
        beyond |= equal & Q(**{f"{name}__{'lt' if field.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    return beyond
