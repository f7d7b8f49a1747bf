"""What a person may ask of the record about themselves: to read it, and to take all of it along (AVG, articles 15 and 20)."""

import base64
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from lrs.access_export import as_told, statements_about
from lrs.digests import digest
from lrs.models import Mention, ProfileDocument, StateDocument, Statement
from lrs.subjects import Subject


def statements_of(learner: UUID) -> QuerySet[Statement]:
    """Every statement about this learner, what happened latest first; also those that were voided."""
    return Statement.objects.of_learner(learner).select_related("credential").order_by("-timestamp", "-sequence")


def narrowed(
    statements: QuerySet[Statement], *, cursus: str = "", vanaf: date | None = None, tot: date | None = None
) -> QuerySet[Statement]:
    """Those in a course (its IRI), between two of Amsterdam's days, both included."""
    if cursus:
        within = Mention.objects.filter(key=Mention.key_of(Mention.Kind.ACTIVITY, cursus), statement_id=OuterRef("pk"))
        statements = statements.filter(Q(activity_digest=digest(cursus)) | Exists(within))
    if vanaf:
        statements = statements.filter(timestamp__gte=timezone.make_aware(datetime.combine(vanaf, time.min)))
    if tot:
        statements = statements.filter(timestamp__lt=timezone.make_aware(datetime.combine(tot + timedelta(days=1), time.min)))
    return statements


def export(subject: Subject) -> Iterator[str]:
    """All that the record knows of this person, as one JSON text in pieces, however much it is.

    Of statements in which someone else is the actor and this person is named, such as a teacher's, only what `as_told` gives.
    """
    statements = statements_about(subject)
    yield f'{{"pseudonym":{json.dumps(str(subject.learner))},"made_at":{json.dumps(timezone.now().isoformat())},\n"statements":[\n'
    yield from _joined(_with_origin(statement, subject) for statement in statements.iterator(chunk_size=500))
    yield '\n],\n"states":[\n'
    yield from _joined(
        _document(state, {"activity": state.activity, "name": state.state_id})
        for state in StateDocument.objects.filter(actor_key__in=subject.keys).order_by("pk")
    )
    yield '\n],\n"profiles":[\n'
    profiles = ProfileDocument.objects.filter(kind=ProfileDocument.Kind.AGENT, subject__in=subject.keys).order_by("pk")
    yield from _joined(_document(profile, {"name": profile.profile_id}) for profile in profiles)
    yield "\n]}\n"


def _joined(texts: Iterator[str]) -> Iterator[str]:
    for number, text in enumerate(texts):
        yield f",\n{text}" if number else text


def _with_origin(statement: Statement, subject: Subject) -> str:
    about = json.dumps({"source": statement.source, "voided": statement.voided})
    told = as_told(statement, subject)
    return f'{{"kept":{about},"statement":{statement.exact if told is statement.document else json.dumps(told)}}}'


def _document(row: Any, about: dict[str, str]) -> str:
    content = base64.b64encode(bytes(row.content)).decode()
    return json.dumps({**about, "updated_at": row.updated_at.isoformat(), "content_type": row.content_type, "content_base64": content})
