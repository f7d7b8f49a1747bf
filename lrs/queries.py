"""Questions to the record in the words of the standard (xAPI 1.0.3, Part Three, 2.1.3; 2.0: 4.1.6.1)."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from lrs import references, sequence
from lrs.actors import actor_key
from lrs.digests import digest
from lrs.models import Credential, Mention, Referral, Statement, StatementId
from lrs.models.record import StatementQuerySet
from lrs.profiles.vakwijs import NAMESPACE
from lrs.replica import database, settled_through
from lrs.writing import ask

__all__ = ["MOST", "Filters", "Page", "consistent_through", "find", "one", "settled_through", "visible_to"]

MOST = 100  # statements on a page


@dataclass(frozen=True)
class Filters:
    """The parameters of GET statements, already read."""

    agent: dict[str, Any] | None = None
    verb: str | None = None
    activity: str | None = None
    registration: uuid.UUID | None = None
    related_activities: bool = False
    related_agents: bool = False
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    limit: int = 0
    after: int | None = None  # where the previous page ended

    @property
    def of_content(self) -> bool:
        """Whether a filter looks at what the statement says: those filters also find who refers to such a statement (2.1.3)."""
        return bool(self.agent or self.verb or self.activity or self.registration)


@dataclass(frozen=True)
class Page:
    statements: list[Statement]
    last: int | None  # given to the next page as `after`; None when this was the last one


def find(filters: Filters, *, visible: Q) -> Page:
    """A page of statements that are not void.

    Each way in which a statement can match is a query of its own that walks one index in the order of the page; the pages
    are merged. One query with OR would make the database read everything.
    """
    size = min(filters.limit or MOST, MOST)
    sign = "" if filters.ascending else "-"
    ways = [way.order_by(f"{sign}{number}")[: size + 1] for way, number in _ways(filters, visible=visible)]
    sees_all = not visible
    in_order = _whole(ways[0], sees_all=sees_all) if len(ways) == 1 else _merged(ways, filters, most=size + 1, sees_all=sees_all)
    page = in_order[:size]
    last = page[-1].sequence if len(in_order) > size else None
    return Page(statements=_without_half_matches(page, filters), last=last)


def one(statement_id: uuid.UUID, *, voided: bool, visible: Q) -> Statement | None:
    """The statement with this id, when it is void or not as asked."""
    found = _whole(Statement.objects.with_id(statement_id).filter(visible, voided=voided), sees_all=True)  # found by its id alone
    return found[0] if found else None


def visible_to(credential: Credential) -> Q | None:
    """Which statements a credential may read, or None when it may read none.

    A tool of an organisation reads what tools of that organisation wrote. What we recorded of our learners themselves it does
    not read: nobody asked them (docs/decisions, "Whose statement is it").
    """
    scopes = set(credential.scopes)
    if {"all", "all/read", "statements/read"} & scopes:
        if credential.organisation_id is None:
            return Q()
        return Q(credential__in=list(Credential.objects.filter(organisation=credential.organisation_id).values_list("pk", flat=True)))
    if "statements/read/mine" in scopes:
        return Q(credential=credential)
    return None


def consistent_through() -> datetime:
    """Until when every stored statement can be read: no writer that began earlier is still at work."""
    if connection.vendor != "postgresql":
        return timezone.now()
    return sequence.moment_of(settled_through() + 1)


def _ways(filters: Filters, *, visible: Q) -> Iterator[tuple[StatementQuerySet, str]]:
    """Each way in which a statement can match, and the column in whose order its index is walked.

    The bounds of time and page stand on that column too: a database carries an equality over to a joined table, but no bounds, and
    SQLite no order.
    """
    bounds = _bounds(filters)
    base = Statement.objects.filter(visible, voided=False, **_within(bounds, "sequence"))
    if not filters.of_content:
        yield base, "sequence"
        return
    for ways in _alternatives(filters):
        yield _narrowed(base, ways, filters, bounds)
    # A statement that refers to a match matches too, and so does one that refers to that one (lrs.references).
    keys = _keys_of_referrals(filters)
    referring = base.filter(referrals__key=keys[0], **_within(bounds, "referrals__statement_id"))
    for key in keys[1:]:
        referring = referring.filter(Exists(Referral.objects.filter(key=key, statement=OuterRef("sequence"))))
    if visible:
        target = StatementId.objects.filter(uuid=OuterRef(OuterRef("refers_to"))).values("sequence")[:1]
        referring = referring.filter(Exists(Statement.objects.filter(visible, sequence=Subquery(target))))
    yield referring, "referrals__statement_id"


def _keys_of_referrals(filters: Filters) -> list[uuid.UUID]:
    """What a statement that refers to a match has, the rarest first: that one is walked."""
    keys = []
    if filters.registration:
        keys.append(references.key_of("registration", str(filters.registration)))
    if filters.agent:
        keys.append(references.key_of("related_agents" if filters.related_agents else "agent", actor_key(filters.agent)))
    if filters.activity:
        keys.append(references.key_of("related_activities" if filters.related_activities else "activity", filters.activity))
    if filters.verb:
        keys.append(references.key_of("verb", filters.verb))
    return keys


def _without_half_matches(page: list[Statement], filters: Filters) -> list[Statement]:
    """Without who leads to several statements of which none says all that is asked: a referral does not tell which of them said what."""
    keys = set(_keys_of_referrals(filters))
    targets = {statement.refers_to for statement in page if statement.refers_to} if len(keys) > 1 else set()
    leading_on = {target.uuid for target in Statement.objects.with_ids(targets) if target.refers_to} if targets else set()
    return [statement for statement in page if statement.refers_to not in leading_on or references.says_all(statement, keys)]


def _merged(ways: list[StatementQuerySet], filters: Filters, *, most: int, sees_all: bool) -> list[Statement]:
    """The first statements of several queries together, each once."""
    if connection.vendor != "postgresql":
        found = {statement.sequence: statement for way in ways for statement in way}
        return [found[key] for key in sorted(found, reverse=not filters.ascending)][:most]
    pieces: list[str] = []
    parameters: list[Any] = []
    for way in ways:
        try:
            sql, values = way.values("sequence").query.sql_with_params()
        except EmptyResultSet:  # a key of which no statement can be visible
            continue
        pieces.append(f"({sql})")
        parameters += values
    if not pieces:
        return []
    order = "ASC" if filters.ascending else "DESC"
    columns = ", ".join(f's."{field.column}"' for field in Statement._meta.concrete_fields)
    sql = (
        f"SELECT {columns} FROM (SELECT DISTINCT sequence FROM ({' UNION ALL '.join(pieces)}) AS each"  # noqa: S608 - columns of ours
        f" ORDER BY sequence {order} LIMIT {most:d}) AS found JOIN lrs_statement s ON s.sequence = found.sequence ORDER BY s.sequence {order}"
    )
    return _statements(sql, parameters, sees_all=sees_all)


def _whole(way: StatementQuerySet, *, sees_all: bool) -> list[Statement]:
    if connection.vendor != "postgresql":
        return list(way)
    try:
        sql, parameters = way.query.sql_with_params()
    except EmptyResultSet:  # a key of which no statement can be visible
        return []
    return _statements(sql, parameters, sees_all=sees_all)


def _statements(sql: str, parameters: Sequence[Any], *, sees_all: bool) -> list[Statement]:
    """Prepared when the reader sees everything: with a table in many parts PostgreSQL plans longer than it reads.

    For a key that sees what some keys wrote it has to plan each time: a plan that is to do for every key walks the whole record from
    its end, also for one that wrote fifty statements long ago.
    """
    names = [field.attname for field in Statement._meta.concrete_fields]
    if sees_all:
        return [Statement.from_db(database(), names, row) for row in ask(sql, parameters, using=database())]
    with connections[database()].cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Statement.from_db(database(), names, row) for row in cursor.fetchall()]


def _bounds(filters: Filters) -> dict[str, int]:
    """Comparisons of the number. The standard's since is "stored after", its until "stored at or before"; `stored` says milliseconds, as do the numbers."""
    bounds = {}
    if filters.since:
        bounds["gte"] = _after(filters.since)
    if filters.until:
        bounds["lt"] = _after(filters.until)
    if filters.ascending:
        # A reader who follows along must not step over a statement that is still being written.
        bounds["lte"] = settled_through()
    if filters.after is not None and filters.ascending:
        bounds["gt"] = filters.after
    elif filters.after is not None:
        bounds["lt"] = min(filters.after, bounds.get("lt", filters.after))
    return bounds


def _within(bounds: dict[str, int], number: str) -> dict[str, int]:
    return {f"{number}__{comparison}": value for comparison, value in bounds.items()}


def _after(moment: datetime) -> int:
    """The lowest number of which `stored` lies after this moment."""
    return min(sequence.at(moment) + (1 << sequence.BITS), sequence.LATEST)


@dataclass(frozen=True)
class _Way:
    """One way to match: a value of the statement itself, or a mention."""

    itself: Q | None = None
    mentioned: uuid.UUID | str = ""


def _alternatives(filters: Filters) -> Iterator[list[_Way]]:
    agent_ways: list[_Way] = []
    activity_ways: list[_Way] = []
    if filters.agent:
        key = actor_key(filters.agent)
        agent_ways = [_Way(itself=Q(actor_digest=digest(key))), _Way(mentioned=Mention.key_of(Mention.Kind.OBJECT, key))]
        if filters.related_agents:
            agent_ways.append(_Way(mentioned=Mention.key_of(Mention.Kind.AGENT, key)))
            authority = _credential_named_by(filters.agent)
            if authority is not None:
                agent_ways.append(_Way(itself=authority))
    if filters.activity:
        activity_ways = [_Way(itself=Q(activity_digest=digest(filters.activity)))]
        if filters.related_activities:
            activity_ways.append(_Way(mentioned=Mention.key_of(Mention.Kind.ACTIVITY, filters.activity)))
    for ways in product(*(ways for ways in (agent_ways, activity_ways) if ways)):
        yield list(ways)


def _narrowed(query: StatementQuerySet, ways: list[_Way], filters: Filters, bounds: dict[str, int]) -> tuple[StatementQuerySet, str]:
    number = "sequence"
    for way in ways:
        if way.itself is not None:
            query = query.filter(way.itself)
        else:  # a filter of its own for each mention: each is another row
            number = "mentions__statement_id"
            query = query.filter(mentions__key=way.mentioned, **_within(bounds, number))
    if filters.verb:
        query = query.with_verb(filters.verb)
    if filters.registration:
        query = query.filter(registration=filters.registration)
    return query, number


def _credential_named_by(agent: dict[str, Any]) -> Q | None:
    """The authority of a statement is a credential, or this application: neither is written out in a row of its own."""
    account = agent.get("account", {})
    if account.get("homePage") != NAMESPACE:
        return None
    if account.get("name") == "vakwijs":
        return Q(credential=None)
    kind, _, number = str(account.get("name")).partition("/")
    return Q(credential=int(number)) if kind == "credential" and number.isascii() and number.isdigit() and len(number) < 18 else None
