"""Empties the database after a test that committed.

Django would empty every table, of which there are hundreds, and make the content types and permissions again: half a second after each
test, and more on PostgreSQL. Here only tables that hold rows are emptied, and those two stay as they are.
"""

from functools import lru_cache

from django.db import ProgrammingError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

STAYS = {"django_migrations", "django_content_type", "auth_permission"}


def empty_after_each_test() -> None:
    """From here on, for tests that are not wrapped in a transaction."""
    by_django = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(case: TransactionTestCase) -> None:
        try:
            for alias in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
                empty(connections[alias])
        except ProgrammingError:  # a table that is gone, or a role that may not pass over the foreign keys
            by_django(case)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete all rows, in any order: nothing is left for a foreign key to miss."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_which_hold_rows(connection.alias))
        tables = [table for (table,) in cursor.fetchall()]
        if connection.vendor == "postgresql":
            cursor.execute(
                "SET LOCAL session_replication_role = replica"
            )  # else each row is looked for in every table that may refer to it
        for table in tables:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@lru_cache(maxsize=4)
def _which_hold_rows(alias: str) -> str:
    connection = connections[alias]
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - STAYS)
    asked = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})" for table in tables]
    # SQLite takes 500 parts in one compound SELECT.
    return " UNION ALL ".join(asked)
