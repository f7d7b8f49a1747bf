"""Count rows in groups and states, with how many people they are of, and hide what is too small; a fixed number of queries."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accreditation.insight.suppression import Group, hidden
from accreditation.insight.tables import HIDDEN, Cell, Column, Line, Table


def count_table(
    rows: QuerySet[Any],
    *,
    by: str,
    learner: str,
    states: Mapping[str, tuple[Column, Q]],
    title: str,
    rows_are: str,
    unknown: str = "",
    people_only: bool = False,
    sizes: Mapping[Any, int] | None = None,
    notes: Sequence[str] = (),
) -> Table:
    """The rows counted by the field `by`, in one column per state, each column hidden by itself with its own total.

    `learner` names the field of the person. There is no total across the columns: it would tie them together. With `people_only` the
    numbers are different people instead of rows. Two queries, and at most two more per column that hides something.
    """
    rows = rows.order_by()
    counts: dict[str, Any] = {}
    for name, (_column, which) in states.items():
        counts |= {f"{name}_rows": Count("pk", filter=which, distinct=True), f"{name}_people": Count(learner, filter=which, distinct=True)}
    groups = {row[by]: row for row in rows.values(by).annotate(**counts)}
    whole = rows.aggregate(**counts)
    names = sorted(groups, key=lambda name: (name is None, str(name).casefold()))
    cells: dict[Any, list[Cell]] = {name: [] for name in names}
    totals: list[Cell] = []
    for state, (_column, which) in states.items():
        of_state = {name: _group(groups[name], state, people_only=people_only) for name in names}
        kept_back = hidden(of_state, together=people_in(rows.filter(which), by=by, learner=learner), sizes=sizes)
        for name in names:
            cells[name].append(HIDDEN if name in kept_back else of_state[name].count)
        total = _group(whole, state, people_only=people_only)
        totals.append(HIDDEN if total.is_small else total.count)
    # A group of which nothing is counted in any state has no line: that it exists is no finding.
    lines = [Line(str(name) if name is not None else unknown or _("Niet bekend"), tuple(cells[name])) for name in names if any(cells[name])]
    return Table(
        title=title,
        rows_are=rows_are,
        columns=[column for column, _which in states.values()],
        lines=lines,
        total=Line(_("Samen"), tuple(totals)) if lines else None,
        notes=notes,
    )


def _group(row: Mapping[str, Any], state: str, *, people_only: bool) -> Group:
    people = row[f"{state}_people"]
    return Group(count=people if people_only else row[f"{state}_rows"], people=people)


def people_in(rows: QuerySet[Any], *, by: str, learner: str) -> Callable[[set[Any]], int]:
    """How many different people are in some of the groups together: what `suppression.hidden` asks."""

    def people(keys: set[Any]) -> int:
        within = Q(**{f"{by}__in": [key for key in keys if key is not None]})
        if None in keys:
            within |= Q(**{f"{by}__isnull": True})
        return rows.filter(within).values(learner).distinct().count()

    return people
