"""Projections made up for the tests of the store."""

from collections import defaultdict

from lrs.models import Statement

seen: list[str] = []
broken: set[str] = set()
rows: dict[object, list[str]] = defaultdict(list)


def project(statement: Statement) -> None:
    if str(statement.uuid) in broken:
        raise RuntimeError("kapot")
    seen.append(str(statement.uuid))
    rows[statement.learner].append(str(statement.uuid))


def clear(learner: object) -> None:
    rows.pop(learner, None)
