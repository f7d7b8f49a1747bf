"""Documents beside the statements: where an activity left off (state), and profiles of actors and activities.

Clauses: xAPI 1.0.3, Part Three, 2.2, 2.3, 2.6, 2.7 and 3.1 (concurrency); 2.0: 4.1.4 and 4.1.6.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Field, QuerySet
from django.utils import timezone

from lrs import writing
from lrs.models import Credential, ProfileDocument, StateDocument
from lrs.realms import realm_of


class DocumentRefused(Exception):
    """The document or the request for it is not what the standard asks."""


class PreconditionFailed(Exception):
    """The document is not the one that the sender has in mind."""


class DocumentConflict(Exception):
    """The document exists, and the sender did not say which version it replaces."""


@dataclass(frozen=True)
class Conditions:
    """If-Match and If-None-Match of a request."""

    if_match: str | None = None
    if_none_match: str | None = None

    @property
    def given(self) -> bool:
        return self.if_match is not None or self.if_none_match is not None

    def check(self, etag: str | None) -> None:
        """Raises PreconditionFailed. `etag` is that of the document that is there, or None."""
        if self.if_match is not None and not _matches(self.if_match, etag):
            raise PreconditionFailed("If-Match does not name the document that is stored")
        if self.if_none_match is not None and _matches(self.if_none_match, etag):
            raise PreconditionFailed("If-None-Match names the document that is stored")


@dataclass(frozen=True)
class Place:
    """Where documents of one kind stand: a model, and the values that all of them share."""

    model: type[StateDocument] | type[ProfileDocument]
    shared: dict[str, Any]
    id_field: str
    unconditional_overwrite: bool
    unconditional_create: bool

    def documents(self) -> "QuerySet[Any]":
        return self.model._default_manager.filter(**self.shared)


def state_of(*, credential: Credential, actor_key: str, activity: str, registration: uuid.UUID | None, version: str) -> Place:
    """The states of an actor in an activity. 1.0.3 lets them be overwritten unseen, 2.0 does not."""
    shared = {"realm": realm_of(credential), "actor_key": actor_key, "activity": activity, "registration": registration}
    return Place(StateDocument, shared, "state_id", unconditional_overwrite=version.startswith("1."), unconditional_create=True)


def profiles_of(*, credential: Credential, kind: str, subject: str, version: str) -> Place:
    """The profiles of an actor or an activity. In 1.0.3 even a first PUT has to say that it knows there is none (3.1)."""
    shared = {"realm": realm_of(credential), "kind": kind, "subject": subject}
    return Place(ProfileDocument, shared, "profile_id", unconditional_overwrite=False, unconditional_create=not version.startswith("1."))


def read(place: Place, name: str) -> Any | None:
    """The document of this name, or None."""
    if connection.vendor != "postgresql":
        return place.documents().filter(**{place.id_field: name}).first()
    columns, values = _address(place, name)
    names = [field.attname for field in place.model._meta.concrete_fields]
    where = " AND ".join(f"{column} IS NULL" if value is None else f"{column} = %s" for column, value in zip(columns, values, strict=True))
    sql = f"SELECT {', '.join(names)} FROM {place.model._meta.db_table} WHERE {where}"  # noqa: S608 - names of ours
    rows = writing.ask(sql, [value for value in values if value is not None])
    return place.model.from_db("default", names, rows[0]) if rows else None


def names(place: Place, *, since: datetime | None) -> tuple[list[str], datetime | None]:
    """The names of the documents, of those that changed after `since` when given; and when the last of them changed."""
    documents = place.documents()
    if since:
        documents = documents.filter(updated_at__gt=since)
    found = list(documents.values_list(place.id_field, "updated_at"))
    return sorted({name for name, _ in found}), max((changed for _, changed in found), default=None)


def put(place: Place, name: str, *, content: bytes, content_type: str, conditions: Conditions) -> None:
    """Store the document, in the place of what was there. Raises PreconditionFailed, DocumentConflict and DocumentRefused."""
    if _media_type(content_type) == "application/json":
        _parsed(content)
    if not conditions.given and place.unconditional_create:
        # Nothing has to be weighed, so it is one statement of SQL.
        if not _insert(place, name, content, content_type, overwrite=place.unconditional_overwrite):
            raise DocumentConflict(EXISTS)
        return

    def change(existing: Any | None) -> tuple[bytes, str]:
        conditions.check(existing.etag if existing else None)
        if existing and not conditions.given and not place.unconditional_overwrite:
            raise DocumentConflict(EXISTS)
        if not existing and not conditions.given and not place.unconditional_create:
            raise DocumentRefused("If-Match or If-None-Match is required to PUT a profile (3.1)")
        return content, content_type

    _write(place, name, change)


def merge(place: Place, name: str, *, content: bytes, content_type: str, conditions: Conditions) -> None:
    """Store the document, or lay its top-level keys over those of the JSON object that was there (2.2)."""
    if _media_type(content_type) == "application/json":
        _parsed(content)

    def change(existing: Any | None) -> tuple[bytes, str]:
        conditions.check(existing.etag if existing else None)
        if existing is None:
            return content, content_type
        if _media_type(content_type) != "application/json" or _media_type(existing.content_type) != "application/json":
            raise DocumentRefused("only a JSON document can be merged with a JSON document (2.2)")
        old, new = _parsed(bytes(existing.content)), _parsed(content)
        if not isinstance(old, dict) or not isinstance(new, dict):
            raise DocumentRefused("only a JSON object can be merged with a JSON object (2.2)")
        return json.dumps({**old, **new}).encode(), "application/json"

    _write(place, name, change)


def delete(place: Place, name: str, *, conditions: Conditions) -> None:
    """Delete the document when it is there. Raises PreconditionFailed."""
    with transaction.atomic():
        existing = place.documents().select_for_update().filter(**{place.id_field: name}).first()
        conditions.check(existing.etag if existing else None)
        if existing:
            existing.delete()


def delete_all(place: Place) -> None:
    """Delete the documents of this place."""
    place.documents().delete()


def etag_of(content: bytes) -> str:
    """The ETag of a document, without quotes. 1.0.3 names SHA-1 (3.1)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


EXISTS = "a document of this name exists: read it, and send its ETag as If-Match to replace it"


def _insert(place: Place, name: str, content: bytes, content_type: str, *, overwrite: bool) -> bool:
    """Store the document; answers whether it is stored. What was there stays, unless it may be overwritten."""
    columns, values = _address(place, name)
    # The constraint that says that there is one: of states there are two, for a NULL is not equal to a NULL.
    unique = [column for column, value in zip(columns, values, strict=True) if value is not None]
    only = f"WHERE registration IS {'NULL' if place.shared['registration'] is None else 'NOT NULL'}" if "registration" in columns else ""
    given = {"content": content, "content_type": content_type[:200], "etag": etag_of(content), "updated_at": timezone.now()}
    own = [_for_database(place, column, value) for column, value in given.items()]
    all_columns = [*columns, *given]
    change = "UPDATE SET " + ", ".join(f"{column} = excluded.{column}" for column in given) if overwrite else "NOTHING"
    return bool(
        writing.ask(
            f"INSERT INTO {place.model._meta.db_table} ({', '.join(all_columns)}) VALUES ({', '.join(['%s'] * len(all_columns))})"  # noqa: S608 - names of ours
            f" ON CONFLICT ({', '.join(unique)}) {only} DO {change} RETURNING 1",
            [*values, *own],
        )
    )


def _address(place: Place, name: str) -> tuple[list[str], list[Any]]:
    """The columns by which one document is found, and their values as the database takes them."""
    address = {**place.shared, place.id_field: name}
    return list(address), [_for_database(place, column, value) for column, value in address.items()]


def _for_database(place: Place, column: str, value: Any) -> Any:
    field: Field[Any, Any] = place.model._meta.get_field(column)  # type: ignore[assignment]  # no relations here
    return field.get_db_prep_save(value, connection)


def _write(place: Place, name: str, change: Callable[[Any | None], tuple[bytes, str]]) -> None:
    for last in (False, True):
        try:
            with transaction.atomic():
                existing = place.documents().select_for_update().filter(**{place.id_field: name}).first()
                content, content_type = change(existing)
                row = existing or place.model(**place.shared, **{place.id_field: name})
                row.content, row.content_type = content, content_type[:200]
                row.etag = etag_of(content)
                row.updated_at = timezone.now()
                row.save()
        except IntegrityError:
            # Someone else made the document after we looked: now it is there to be weighed.
            if last:
                raise
        else:
            return


def _matches(header: str, etag: str | None) -> bool:
    if etag is None:
        return False
    if header.strip() == "*":
        return True
    return etag in {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise DocumentRefused("the document says it is application/json and is not") from None
