"""The type of column by which statements are found."""

from typing import Any
from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class KeyField(models.UUIDField):
    """A UUID, or a digest of that length, in 16 bytes on every database.

    Django's own field writes 32 letters on SQLite: in a table with six indexes that was a third of all that a statement takes.
    """

    def get_internal_type(self) -> str:
        return "KeyField"  # not a UUIDField to the database's own conversions, which expect those letters

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "uuid" if connection.features.has_native_uuid_field else "blob"

    def rel_db_type(self, connection: BaseDatabaseWrapper) -> str:
        return self.db_type(connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        key = self.to_python(value)
        return key if key is None or connection.features.has_native_uuid_field else key.bytes

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> UUID | None:
        return UUID(bytes=value) if isinstance(value, bytes) else value
