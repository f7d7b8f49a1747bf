"""On SQLite a table with a key of its own is kept twice: in the order of a hidden row number, and again as the index of its key.

These four are written with every statement and only ever looked up by their key, so there they become tables in the order of that key.
A later change of one of them by Django's schema editor makes it an ordinary table again, which is slower and nothing worse.
"""

from django.db import migrations

TABLES = ("lrs_statementid", "lrs_mention", "lrs_referral", "lrs_pendingprojection")
WITHOUT = " WITHOUT ROWID"


def keep_in_the_order_of_the_key(apps, schema_editor):
    _make_again(schema_editor, lambda sql: sql + WITHOUT)


def keep_rows_with_a_number(apps, schema_editor):
    _make_again(schema_editor, lambda sql: sql.removesuffix(WITHOUT))


def _make_again(schema_editor, change):
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        # What an old table leaves in the file no later erasure would find; not every SQLite overwrites it of its own accord.
        cursor.execute("PRAGMA secure_delete = ON")
        for table in TABLES:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
            made_by = cursor.fetchone()[0]
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", [table])
            indexes = [row[0] for row in cursor.fetchall()]
            cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
            cursor.execute(change(made_by))
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {table}_before")
            cursor.execute(f"DROP TABLE {table}_before")
            for index in indexes:
                cursor.execute(index)


class Migration(migrations.Migration):
    dependencies = [("lrs", "0012_attachment_senders")]
    operations = [migrations.RunPython(keep_in_the_order_of_the_key, keep_rows_with_a_number)]
