"""What a person may ask of the record about themselves: to read it, and to take all of it along (AVG, articles 15 and 20)."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from lrs.actors import actor_key, actor_of
from lrs.digests import digest
from lrs.models import Mention, ProfileDocument, StateDocument, Statement


def statements_of(learner: UUID) -> QuerySet[Statement]:
    """Every statement about this learner, what happened latest first; also those that were voided."""
    return Statement.objects.of_learner(learner).select_related("credential").order_by("-timestamp", "-sequence")


def export(learner: UUID) -> Iterator[str]:
    """All that the record knows of this learner, as one JSON text in pieces, however much it is.

    Statements in which someone else is the actor and this learner is named, such as a teacher's, are in it as well.
    """
    key = actor_key(actor_of(learner))
    keys = [Mention.key_of(kind, key) for kind in (Mention.Kind.OBJECT, Mention.Kind.AGENT)]
    named = Mention.objects.filter(key__in=keys).values("statement")
    statements = Statement.objects.filter(Q(actor_digest=digest(key)) | Q(pk__in=named)).order_by("sequence")
    yield f'{{"pseudonym":{json.dumps(str(learner))},"made_at":{json.dumps(timezone.now().isoformat())},\n"statements":[\n'
    yield from _joined(_with_origin(statement) for statement in statements.iterator(chunk_size=500))
    yield '\n],\n"states":[\n'
    yield from _joined(
        _document(state, {"activity": state.activity, "name": state.state_id})
        for state in StateDocument.objects.filter(actor_key=key).order_by("pk")
    )
    yield '\n],\n"profiles":[\n'
    profiles = ProfileDocument.objects.filter(kind=ProfileDocument.Kind.AGENT, subject=key).order_by("pk")
    yield from _joined(_document(profile, {"name": profile.profile_id}) for profile in profiles)
    yield "\n]}\n"


def _joined(texts: Iterator[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        yield f",\n{text}" if number else text


def _with_origin(statement: Statement) -> str:
    about = json.dumps({"source": statement.source, "voided": statement.voided})
    return f'{{"kept":{about},"statement":{statement.exact}}}'


def _document(row: Any, about: dict[str, str]) -> str:
    content = base64.b64encode(bytes(row.content)).decode()
    return json.dumps({**about, "updated_at": row.updated_at.isoformat(), "content_type": row.content_type, "content_base64": content})
