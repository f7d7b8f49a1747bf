"""Projections made up for the tests of the store."""

import json
import time
import uuid
from collections import defaultdict

from django.utils import timezone

from lrs.actors import actor_of
from lrs.models import Source, StateDocument, Statement
from lrs.profiles.adl import SATISFIED
from lrs.store import append

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
    StateDocument.objects.filter(actor_key=str(learner)).delete()


def count_lessons(statement: Statement) -> None:
    """Write a row for the lesson, with how many rows there are now. Slowly, so that whoever does not wait is found out."""
    if statement.verb == SATISFIED:
        return
    here = StateDocument.objects.filter(actor_key=str(statement.learner))
    count = here.exclude(activity=statement.activity).count() + 1
    time.sleep(0.02)
    content = json.dumps(count).encode()
    here.update_or_create(
        actor_key=str(statement.learner),
        activity=statement.activity,
        state_id="telling",
        registration=None,
        defaults={"content": content, "updated_at": timezone.now()},
    )


def counted(learner: uuid.UUID) -> list[int]:
    """What `count_lessons` wrote."""
    return sorted(json.loads(bytes(row.content)) for row in StateDocument.objects.filter(actor_key=str(learner)))


def satisfy(statement: Statement) -> None:
    """Append that the course is done, under an id that a repeat gives again."""
    if statement.learner and statement.verb != SATISFIED:
        done = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(statement.learner))),
            "actor": actor_of(statement.learner),
            "verb": {"id": SATISFIED},
            "object": {"id": "https://voorbeeld.example/cursus"},
        }
        append([done], source=Source.SERVER)
