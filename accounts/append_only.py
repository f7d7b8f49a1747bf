"""Ledgers: tables in which rows are only ever added. The model refuses, and below it the database does.

A ledger's model extends `AppendOnlyModel`; a migration of its package adds `make_append_only("<table>")` to its operations:

    operations = [make_append_only("accounts_auditevent")]
"""

from typing import Any, NoReturn

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunPython
from django.utils.translation import gettext as _


class LedgerIsAppendOnly(Exception):
    """Someone tried to change or remove a row of a ledger. Add a further row that corrects it instead."""

    def __init__(self) -> None:
        super().__init__(_("Deze regel staat vast. Voeg een regel toe die hem verbetert."))


class AppendOnlyQuerySet(models.QuerySet):
    def update(self, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly

    def delete(self) -> NoReturn:
        raise LedgerIsAppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly


class AppendOnlyModel(models.Model):
    """A row of a ledger: made once, never saved again, never removed."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise LedgerIsAppendOnly
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly


def make_append_only(*tables: str) -> RunPython:
    """The migration operation that lets the database itself refuse changes in these tables; reversing it allows them again."""

    def forwards(apps: Any, schema_editor: Any) -> None:
        _run(schema_editor.connection, [sql for table in tables for sql in forward_sql(table, vendor=schema_editor.connection.vendor)])

    def backwards(apps: Any, schema_editor: Any) -> None:
        _run(schema_editor.connection, [sql for table in tables for sql in backward_sql(table, vendor=schema_editor.connection.vendor)])

    return RunPython(forwards, backwards)


def forward_sql(table: str, *, vendor: str) -> list[str]:
    """What makes this table append-only in a database of this kind ("postgresql" or "sqlite")."""
    if vendor == "postgresql":
        return [
            "CREATE OR REPLACE FUNCTION vakwijs_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append-only: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$",
            *backward_sql(table, vendor=vendor),
            f'CREATE TRIGGER "{table}_append_only" BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION vakwijs_append_only()',
            f'CREATE TRIGGER "{table}_no_truncate" BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION vakwijs_append_only()',
        ]
    return [
        *backward_sql(table, vendor=vendor),
        f'CREATE TRIGGER "{table}_no_update" BEFORE UPDATE ON "{table}" BEGIN SELECT RAISE(ABORT, \'append-only: UPDATE is refused\'); END',
        f'CREATE TRIGGER "{table}_no_delete" BEFORE DELETE ON "{table}" BEGIN SELECT RAISE(ABORT, \'append-only: DELETE is refused\'); END',
    ]


def backward_sql(table: str, *, vendor: str) -> list[str]:
    """What takes the guard away again."""
    if vendor == "postgresql":
        return [f'DROP TRIGGER IF EXISTS "{table}_{name}" ON "{table}"' for name in ("append_only", "no_truncate")]
    return [f'DROP TRIGGER IF EXISTS "{table}_{name}"' for name in ("no_update", "no_delete")]


def guard(connection: BaseDatabaseWrapper, *tables: str) -> None:
    """Make these tables append-only now; for a table that a migration does not reach."""
    _run(connection, [sql for table in tables for sql in forward_sql(table, vendor=connection.vendor)])


def unguard(connection: BaseDatabaseWrapper, *tables: str) -> None:
    """Allow changes again; for test databases, which are emptied between tests."""
    _run(connection, [sql for table in tables for sql in backward_sql(table, vendor=connection.vendor)])


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
