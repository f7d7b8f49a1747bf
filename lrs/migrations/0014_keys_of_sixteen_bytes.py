"""The keys by which statements are found become 16 bytes on SQLite, where they were 32 letters. On PostgreSQL they are already."""

import uuid

from django.db import migrations

import lrs.models.keys

TABLES = ("lrs_statementid", "lrs_statement", "lrs_mention", "lrs_referral", "lrs_openreferral")
LETTERS, BYTES = "char(32)", "blob"


def keep_bytes(apps, schema_editor):
    _make_again(schema_editor, LETTERS, BYTES, lambda letters: letters and bytes.fromhex(letters))


def keep_letters(apps, schema_editor):
    _make_again(schema_editor, BYTES, LETTERS, lambda key: key and key.hex())


def _make_again(schema_editor, before, after, change):
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        schema_editor.connection.connection.create_function("changed_key", 1, change, deterministic=True)
        # What an old table leaves in the file no later erasure would find; not every SQLite overwrites it of its own accord.
        cursor.execute("PRAGMA secure_delete = ON")
        for table in TABLES:
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
            made_by = cursor.fetchone()[0]
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", [table])
            indexes = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT name, type FROM pragma_table_info(%s)", [table])
            columns = [f"changed_key({name})" if kind.lower() == before else name for name, kind in cursor.fetchall()]
            cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
            cursor.execute(made_by.replace(before, after))
            cursor.execute(f"INSERT INTO {table} SELECT {', '.join(columns)} FROM {table}_before")
            cursor.execute(f"DROP TABLE {table}_before")
            for index in indexes:
                cursor.execute(index)


def _key(model, name, *args, **kwargs):
    return migrations.AlterField(model, name, lrs.models.keys.KeyField(*args, **kwargs))


class Migration(migrations.Migration):
    dependencies = [("lrs", "0013_tables_without_rowid")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(keep_bytes, keep_letters)],
            state_operations=[
                _key("statementid", "uuid", primary_key=True, serialize=False),
                _key("statement", "uuid", "id", default=uuid.uuid4),
                _key("statement", "actor_digest", "actor"),
                _key("statement", "verb_digest", "werkwoord"),
                _key("statement", "activity_digest", "activiteit", null=True),
                _key("statement", "registration", "registratie", null=True),
                _key("statement", "refers_to", "verwijst naar", null=True),
                _key("mention", "key"),
                _key("referral", "key"),
                _key("openreferral", "target"),
            ],
        )
    ]
