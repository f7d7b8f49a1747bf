"""Searching the record as an administrator does, also when it holds millions.

A search walks one index from the newest statement back and judges each row by the rest of what was asked. No search reads further
than LOOKED_AT rows for one page, and none takes much longer than PATIENCE: it then says how far it came, and goes on from there when asked. Nothing is counted and nothing is
skipped by number, so page 1,000 costs what page 1 does.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Q

from lrs import sequence
from lrs.actors import pseudonym_of
from lrs.digests import digest
from lrs.models import Mention, PendingProjection, Statement
from lrs.viewer_people import Sight

PER_PAGE = 50
LOOKED_AT = 20_000
PATIENCE = 1.5  # seconds; on a busy machine it is the clock that ends a search
CHUNK = 1_000
SPAN = 5  # chunks at once, when what is not wanted can stay in the database
COLUMNS = ("sequence", "actor_digest", "verb_digest", "activity_digest", "registration", "credential_id", "source", "voided")

STATES = ("voided", "set_aside", "waiting")


@dataclass(frozen=True)
class Search:
    """What somebody looks for. `actor` is the key of an actor (lrs.actors); times are those of arrival."""

    actor: str = ""
    course: str = ""
    verb: str = ""
    activity: str = ""
    registration: uuid.UUID | None = None
    credential: int | None = None
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None
    state: str = ""

    def __post_init__(self) -> None:
        if self.state not in ("", *STATES):
            raise ValueError(self.state)


@dataclass(frozen=True)
class Found:
    """One page, the newest first. `older` and `newer` are where to go on; `given_up_at` where looking stopped unasked."""

    statements: list[Statement]
    looked_at: int
    older: int | None = None
    newer: int | None = None
    given_up_at: int | None = None

    @property
    def given_up_moment(self) -> datetime | None:
        return None if self.given_up_at is None else sequence.moment_of(self.given_up_at)


def find(
    search: Search,
    *,
    sight: Sight,
    before: int | None = None,
    after: int | None = None,
    size: int = PER_PAGE,
    looked_at_most: int = LOOKED_AT,
) -> Found:
    """The newest page, the one before a number, or the one after a number."""
    ascending = after is not None
    start = after if ascending else before
    hits: list[int] = []
    looked_at, given_up_at = 0, None
    enough = time.monotonic() + PATIENCE
    for portion in _walk(search, sight=sight, start=start, ascending=ascending, first=size + 1):
        looked_at += portion.looked_at
        hits += [row.sequence for row in portion.rows]
        if len(hits) > size:
            break
        if portion.reached is not None and (looked_at >= looked_at_most or time.monotonic() > enough):
            given_up_at = portion.reached
            break
    more = len(hits) > size
    page = sorted(hits[:size], reverse=True)
    statements = _load(page)
    first_seen, last_seen = (page[0], page[-1]) if page else (start, start)
    if ascending:
        return Found(
            statements=statements,
            looked_at=looked_at,
            older=last_seen if page else (after + 1 if after is not None else None),
            newer=first_seen if more else None,
            given_up_at=given_up_at,
        )
    return Found(
        statements=statements,
        looked_at=looked_at,
        older=last_seen if more else None,
        newer=(first_seen if page else (before - 1 if before else None)) if before is not None else None,
        given_up_at=given_up_at,
    )


def everything(search: Search, *, sight: Sight, size: int = CHUNK) -> Iterator[list[Statement]]:
    """All that a search finds, the newest first, in portions: as much as there is, in as little memory as a portion takes."""
    portions = _walk(search, sight=sight, start=None, ascending=False, first=size)
    numbers = (row.sequence for portion in portions for row in portion.rows)
    while some := list(islice(numbers, size)):
        yield _load(some)


def _load(sequences: Sequence[int]) -> list[Statement]:
    """With their keys, in the order of these numbers."""
    found = {one.sequence: one for one in Statement.objects.filter(sequence__in=sequences).select_related("credential__organisation")}
    return [found[number] for number in sequences if number in found]


# --- Walking ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """What a search looks at of a statement."""

    sequence: int
    actor: uuid.UUID
    verb: uuid.UUID
    activity: uuid.UUID | None
    registration: uuid.UUID | None
    credential: int | None
    source: str
    voided: bool
    exact: str = ""


@dataclass(frozen=True)
class Bounds:
    """Between which numbers, and in which direction."""

    low: int  # above this one
    high: int  # below this one
    ascending: bool

    def beyond(self, number: int) -> "Bounds":
        return Bounds(number, self.high, True) if self.ascending else Bounds(self.low, number, False)


@dataclass(frozen=True)
class Portion:
    """Rows in order, all there are up to `reached`, None when that is the end; and how many were looked at to find them."""

    rows: list[Row]
    reached: int | None
    looked_at: int


# A way along one index: the next rows within these bounds, in their direction, about so many.
Way = Callable[[Bounds, int], Portion]


def _walk(search: Search, *, sight: Sight, start: int | None, ascending: bool, first: int) -> Iterator[Portion]:
    """The rows that are looked for, portion by portion. The first is as small as a page may need."""
    low = sequence.at(search.since) - 1 if search.since else -1
    high = sequence.at(search.until) if search.until else sequence.LATEST
    if start is not None:
        low, high = (max(low, start), high) if ascending else (low, min(high, start))
    bounds = Bounds(low, high, ascending)
    way = _way(search, sight)
    size = first
    while True:
        portion = way(bounds, size)
        passing = _passing(portion.rows, search, sight)
        yield replace(portion, rows=[row for row in portion.rows if row.sequence in passing])
        if portion.reached is None:
            return
        bounds = bounds.beyond(portion.reached)
        size = min(size * 4, CHUNK)


def _way(search: Search, sight: Sight) -> Way:
    """Along which index: the one on which the fewest rows are to be expected."""
    statements = Statement.objects.all()
    if search.registration:
        return _along(statements.filter(registration=search.registration), search, sight)
    if search.actor:
        return _along(statements.by_actor(search.actor), search, sight)
    if search.activity:
        narrowed = statements.on_activity(search.activity)
        return _along(narrowed.with_verb(search.verb) if search.verb else narrowed, search, sight)
    if search.state in ("set_aside", "waiting"):
        return _pending(search, sight)
    if search.course:
        return _merged([_along(statements.on_activity(search.course), search, sight), _mentioning(search, sight)])
    if search.credential:
        return _along(statements.filter(credential=search.credential), search, sight)
    if not sight.everything and sight.member_digests is not None:
        keys = [_along(statements.filter(credential=key), search, sight) for key in sight.credentials]
        return _merged([_of_members(sight.member_digests, search, sight), *keys])
    return _along(statements.with_verb(search.verb) if search.verb else statements, search, sight)


def _along(query: Any, search: Search, sight: Sight) -> Way:
    columns, wanted = _columns(sight), _wanted(search)

    def portion(bounds: Bounds, size: int) -> Portion:
        within = query.filter(sequence__gt=bounds.low, sequence__lt=bounds.high).order_by(_order(bounds))
        if not wanted or size < CHUNK:
            rows = [Row(*values) for values in within.values_list(*columns)[:size]]
            return Portion(rows, rows[-1].sequence if len(rows) == size else None, len(rows))
        # How far so many rows reach stands in the index alone; of those, only the ones that are wanted have to come along.
        span = size * SPAN
        edge = next(iter(within.values_list("sequence", flat=True)[span - 1 : span]), None)
        if edge is not None:
            within = within.filter(sequence__lte=edge) if bounds.ascending else within.filter(sequence__gte=edge)
        rows = [Row(*values) for values in within.filter(wanted).values_list(*columns)]
        return Portion(rows, edge, span if edge is not None else len(rows))

    return portion


def _wanted(search: Search) -> Q:
    """What can be asked of the columns themselves."""
    wanted = Q()
    for column, value in (
        ("actor_digest", digest(search.actor) if search.actor else None),
        ("verb_digest", digest(search.verb) if search.verb else None),
        ("activity_digest", digest(search.activity) if search.activity else None),
        ("registration", search.registration),
        ("credential", search.credential),
        ("source", search.source or None),
        ("voided", True if search.state == "voided" else None),
    ):
        if value is not None:
            wanted &= Q(**{column: value})
    return wanted


def _mentioning(search: Search, sight: Sight) -> Way:
    """Along the statements that have the course in their context."""
    key = Mention.key_of(Mention.Kind.ACTIVITY, search.course)

    def portion(bounds: Bounds, size: int) -> Portion:
        within = Mention.objects.filter(key=key, statement_id__gt=bounds.low, statement_id__lt=bounds.high)
        numbers = list(within.order_by(_order(bounds, "statement_id")).values_list("statement_id", flat=True)[:size])
        return Portion(_rows_of(numbers, bounds, search, sight), numbers[-1] if len(numbers) == size else None, len(numbers))

    return portion


def _pending(search: Search, sight: Sight) -> Way:
    """Along what still has to be projected, or was set aside: few, and gone when done."""
    waiting = PendingProjection.objects.filter(set_aside_at__isnull=search.state == "waiting")

    def portion(bounds: Bounds, size: int) -> Portion:
        within = waiting.filter(statement_id__gt=bounds.low, statement_id__lt=bounds.high)
        numbers = list(within.order_by(_order(bounds, "statement_id")).values_list("statement_id", flat=True)[:size])
        return Portion(_rows_of(numbers, bounds, search, sight), numbers[-1] if len(numbers) == size else None, len(numbers))

    return portion


def _of_members(members: frozenset[uuid.UUID], search: Search, sight: Sight) -> Way:
    """Along the statements of these people.

    The next N of all of them together are among those of the N people whose own next one comes first; that one is a look in the
    index for each person, and it bounds how far the rest has to be read.
    """

    def portion(bounds: Bounds, size: int) -> Portion:
        heads = _heads(members, bounds, size)
        if not heads:
            return Portion([], None, 0)
        far = heads[-1][1]
        if len(heads) < size:
            inner = bounds
        elif bounds.ascending:
            inner = Bounds(bounds.low, far + 1, True)
        else:
            inner = Bounds(far - 1, bounds.high, False)
        theirs = Statement.objects.filter(actor_digest__in=[person for person, _ in heads])
        return _along(theirs, Search(), sight)(inner, size)

    return portion


def _heads(members: frozenset[uuid.UUID], bounds: Bounds, size: int) -> list[tuple[uuid.UUID, int]]:
    """Each person with their next statement within the bounds, the nearest first."""
    table = connection.ops.quote_name(Statement._meta.db_table)
    direction = "ASC" if bounds.ascending else "DESC"
    given: list[Any]
    if connection.vendor == "postgresql":
        people, given = "unnest(%s::uuid[]) AS person(actor)", [list(members)]
    else:
        # Their keys (16 bytes each) in a row, cut again into keys: one parameter, however many there are.
        people = "(SELECT substr(%s, 16 * value + 1, 16) AS actor FROM json_each(%s)) AS person"
        given = [b"".join(one.bytes for one in members), json.dumps(list(range(len(members))))]
    with connection.cursor() as cursor:
        # No value of a reader is in this text: the name of our table, and one of two directions.
        cursor.execute(
            f"SELECT actor, head FROM (SELECT person.actor AS actor, (SELECT s.sequence FROM {table} s WHERE s.actor_digest = person.actor"  # noqa: S608
            f" AND s.sequence > %s AND s.sequence < %s ORDER BY s.sequence {direction} LIMIT 1) AS head FROM {people}) AS heads"
            f" WHERE head IS NOT NULL ORDER BY head {direction} LIMIT %s",
            [bounds.low, bounds.high, *given, size],
        )
        return [(actor if isinstance(actor, uuid.UUID) else uuid.UUID(bytes=actor), head) for actor, head in cursor.fetchall()]


def _merged(ways: list[Way]) -> Way:
    """Several ways as one, each row once."""

    def portion(bounds: Bounds, size: int) -> Portion:
        portions = [way(bounds, size) for way in ways]
        unfinished = [one.reached for one in portions if one.reached is not None]
        far = (min if bounds.ascending else max)(unfinished) if unfinished else None
        found = {row.sequence: row for one in portions for row in one.rows}
        numbers = sorted(found, reverse=not bounds.ascending)
        if far is not None:
            # Beyond the nearest end of a way that goes on, rows of that way are still missing.
            numbers = [number for number in numbers if (number <= far if bounds.ascending else number >= far)]
        if len(numbers) > size:
            numbers, far = numbers[:size], numbers[size - 1]
        return Portion([found[number] for number in numbers], far, sum(one.looked_at for one in portions))

    return portion


def _rows_of(numbers: list[int], bounds: Bounds, search: Search, sight: Sight) -> list[Row]:
    values = Statement.objects.filter(_wanted(search), sequence__in=numbers).values_list(*_columns(sight))
    return sorted((Row(*one) for one in values), key=lambda row: row.sequence, reverse=not bounds.ascending)


def _columns(sight: Sight) -> tuple[str, ...]:
    """The text comes along only when it has to be read to know whose the statement is."""
    return COLUMNS if sight.everything or sight.member_digests is not None else (*COLUMNS, "exact")


def _order(bounds: Bounds, column: str = "sequence") -> str:
    return column if bounds.ascending else f"-{column}"


# --- Judging ---------------------------------------------------------------------------------------------------------------


def _passing(rows: list[Row], search: Search, sight: Sight) -> set[int]:
    """The numbers of those rows that are looked for and may be seen; each question to the database is for all of them together."""
    actor, verb, activity = (digest(text) if text else None for text in (search.actor, search.verb, search.activity))
    left = [
        row
        for row in rows
        if (actor is None or row.actor == actor)
        and (verb is None or row.verb == verb)
        and (activity is None or row.activity == activity)
        and (search.registration is None or row.registration == search.registration)
        and (search.credential is None or row.credential == search.credential)
        and (not search.source or row.source == search.source)
        and (search.state != "voided" or row.voided)
    ]
    if search.course and left:
        course = digest(search.course)
        key = Mention.key_of(Mention.Kind.ACTIVITY, search.course)
        numbers = [row.sequence for row in left]
        within = set(Mention.objects.filter(key=key, statement_id__in=numbers).values_list("statement_id", flat=True))
        left = [row for row in left if row.activity == course or row.sequence in within]
    if search.state in ("set_aside", "waiting") and left:
        pending = PendingProjection.objects.filter(statement_id__in=[row.sequence for row in left])
        waiting = set(pending.filter(set_aside_at__isnull=search.state == "waiting").values_list("statement_id", flat=True))
        left = [row for row in left if row.sequence in waiting]
    return {row.sequence for row in _seen(left, sight)}


def _seen(rows: list[Row], sight: Sight) -> list[Row]:
    if sight.everything or not rows:
        return rows
    members = sight.member_digests
    if members is not None:
        return [row for row in rows if row.actor in members or row.credential in sight.credentials]
    people = {row.sequence: pseudonym_of(json.loads(row.exact)["actor"]) for row in rows if row.credential not in sight.credentials}
    known = sight.known(pseudonym for pseudonym in people.values() if pseudonym is not None)
    return [row for row in rows if row.credential in sight.credentials or people.get(row.sequence) in known]
