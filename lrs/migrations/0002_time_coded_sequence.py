"""Statements get a number that carries time and digests in the place of long words; on PostgreSQL their table is in parts by month.

What is there is carried over in its order, and back again when this is reversed.
"""

import json
import uuid

import django.db.models.deletion
from django.db import migrations, models

from lrs import partitions
from lrs.actors import actor_key, indexable, pseudonym_of
from lrs.digests import digest
from lrs.rows import mentions_of
from lrs.sequence import at, moment_of
from lrs.validation import activities_of, agents_of

CHUNK = 500


def in_parts(apps, schema_editor):
    """Make the empty table again as one in parts, with the same columns and indexes."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'lrs_statement'::regclass AND NOT indisprimary ORDER BY 1"
        )
        indexes = [definition for (definition,) in cursor.fetchall()]
        cursor.execute(
            "CREATE TABLE lrs_statement_in_parts (LIKE lrs_statement INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (sequence)"
        )
        cursor.execute("DROP TABLE lrs_statement")
        cursor.execute("ALTER TABLE lrs_statement_in_parts RENAME TO lrs_statement")
        cursor.execute("ALTER TABLE lrs_statement ADD PRIMARY KEY (sequence)")
        for definition in indexes:
            cursor.execute(definition)
        cursor.execute("SELECT clock_timestamp()")
        partitions.make_ahead(cursor.fetchone()[0].date())


def carry_over(apps, schema_editor):
    Old, OldPending = apps.get_model("lrs", "OldStatement"), apps.get_model("lrs", "OldPendingProjection")
    Statement, StatementId = apps.get_model("lrs", "Statement"), apps.get_model("lrs", "StatementId")
    Mention, Pending = apps.get_model("lrs", "Mention"), apps.get_model("lrs", "PendingProjection")
    last, done, months = 0, 0, set()
    while chunk := list(Old.objects.filter(sequence__gt=done).order_by("sequence")[:CHUNK]):
        done = chunk[-1].sequence
        waiting = {row.statement_id: row for row in OldPending.objects.filter(statement__in=[old.sequence for old in chunk])}
        ids, statements, mentions, pending = [], [], [], []
        for old in chunk:
            last = max(at(old.stored), last + 1)
            month = moment_of(last).date().replace(day=1)
            if month not in months and schema_editor.connection.vendor == "postgresql":
                partitions.make(month)
            months.add(month)
            document = json.loads(old.exact)
            ids.append(StatementId(uuid=old.uuid, sequence=last))
            statements.append(
                Statement(
                    sequence=last,
                    uuid=old.uuid,
                    actor_digest=digest(actor_key(document["actor"])),
                    verb_digest=digest(document["verb"]["id"]),
                    activity_digest=digest(document["object"]["id"]) if old.activity else None,
                    registration=old.registration,
                    refers_to=old.refers_to,
                    timestamp=old.timestamp,
                    credential_id=old.credential_id,
                    source=old.source,
                    voided=old.voided,
                    exact=old.exact,
                )
            )
            mentions += [Mention(key=key, statement_id=last) for key in mentions_of(document)]
            row = waiting.get(old.sequence)
            if row is not None:
                try:
                    learner = uuid.UUID(row.learner_key)
                except ValueError:
                    continue  # not one of our people: nothing follows from it
                pending.append(
                    Pending(
                        statement_id=last,
                        learner_key=learner,
                        attempts=row.attempts,
                        set_aside_at=row.set_aside_at,
                        retry_at=row.retry_at,
                        error=row.error,
                    )
                )
        for model, rows in ((StatementId, ids), (Statement, statements), (Mention, mentions), (Pending, pending)):
            model.objects.bulk_create(rows)


def carry_back(apps, schema_editor):
    Old, OldMention = apps.get_model("lrs", "OldStatement"), apps.get_model("lrs", "OldMention")
    OldPending = apps.get_model("lrs", "OldPendingProjection")
    Statement, Pending = apps.get_model("lrs", "Statement"), apps.get_model("lrs", "PendingProjection")
    done = 0
    while chunk := list(Statement.objects.filter(sequence__gt=done).order_by("sequence")[:CHUNK]):
        done = chunk[-1].sequence
        waiting = {row.statement_id: row for row in Pending.objects.filter(statement__in=[new.sequence for new in chunk])}
        for new in chunk:
            document = json.loads(new.exact)
            target = document["object"]
            old = Old.objects.create(
                uuid=new.uuid,
                learner=pseudonym_of(document["actor"]),
                actor_key=actor_key(document["actor"]),
                verb=indexable(document["verb"]["id"], 400),
                activity=indexable(target["id"], 1000) if new.activity_digest else "",
                registration=new.registration,
                refers_to=new.refers_to,
                timestamp=new.timestamp,
                stored=moment_of(new.sequence),
                credential_id=new.credential_id,
                source=new.source,
                voided=new.voided,
                exact=new.exact,
            )
            named = {(1 if where == "object" else 2, actor_key(agent)) for where, agent in agents_of(document) if where != "actor"}
            named |= {(3, indexable(one["id"], 1000)) for where, one in activities_of(document) if where == "other"}
            OldMention.objects.bulk_create(OldMention(statement=old, kind=kind, key=key) for kind, key in sorted(named))
            row = waiting.get(new.sequence)
            if row is not None:
                OldPending.objects.create(
                    statement=old,
                    learner_key=str(row.learner_key),
                    attempts=row.attempts,
                    set_aside_at=row.set_aside_at,
                    retry_at=row.retry_at,
                    error=row.error,
                )
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be renamed


class Migration(migrations.Migration):
    dependencies = [("lrs", "0001_initial")]

    operations = [
        migrations.RenameModel("Statement", "OldStatement"),
        migrations.RenameModel("Mention", "OldMention"),
        migrations.RenameModel("PendingProjection", "OldPendingProjection"),
        migrations.CreateModel(
            name="StatementId",
            fields=[
                ("uuid", models.UUIDField(primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField()),
            ],
            options={"verbose_name": "id van een uitspraak", "verbose_name_plural": "ids van uitspraken"},
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="volgnummer")),
                ("uuid", models.UUIDField(default=uuid.uuid4, verbose_name="id")),
                ("actor_digest", models.UUIDField(verbose_name="actor")),
                ("verb_digest", models.UUIDField(verbose_name="werkwoord")),
                ("activity_digest", models.UUIDField(null=True, verbose_name="activiteit")),
                ("registration", models.UUIDField(null=True, verbose_name="registratie")),
                ("refers_to", models.UUIDField(null=True, verbose_name="verwijst naar")),
                ("timestamp", models.DateTimeField(verbose_name="gebeurd op")),
                (
                    "credential",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="lrs.credential",
                        verbose_name="toegangssleutel",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("server", "onze eigen server"),
                            ("learner_session", "de browser van de deelnemer"),
                            ("tool", "een aangesloten hulpmiddel"),
                            ("outside", "een ander systeem"),
                        ],
                        max_length=20,
                        verbose_name="herkomst",
                    ),
                ),
                ("voided", models.BooleanField(default=False, verbose_name="herroepen")),
                ("exact", models.TextField(verbose_name="uitspraak")),
            ],
            options={
                "verbose_name": "uitspraak",
                "verbose_name_plural": "uitspraken",
                "indexes": [
                    models.Index(fields=["actor_digest", "sequence"], name="lrs_statement_actor"),
                    models.Index(
                        condition=models.Q(("activity_digest__isnull", False)),
                        fields=["activity_digest", "verb_digest", "sequence"],
                        name="lrs_statement_activity_verb",
                    ),
                    models.Index(
                        condition=models.Q(("activity_digest__isnull", False)),
                        fields=["activity_digest", "sequence"],
                        name="lrs_statement_activity",
                    ),
                    models.Index(fields=["verb_digest", "sequence"], name="lrs_statement_verb"),
                    models.Index(
                        condition=models.Q(("registration__isnull", False)),
                        fields=["registration", "sequence"],
                        name="lrs_statement_registration",
                    ),
                    models.Index(
                        condition=models.Q(("credential__isnull", False)),
                        fields=["credential", "sequence"],
                        name="lrs_statement_credential",
                    ),
                    models.Index(
                        condition=models.Q(("refers_to__isnull", False)),
                        fields=["refers_to", "sequence"],
                        name="lrs_statement_reference",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey("key", "statement_id", blank=True, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.UUIDField()),
                (
                    "statement",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="mentions",
                        to="lrs.statement",
                    ),
                ),
            ],
            options={"verbose_name": "vermelding", "verbose_name_plural": "vermeldingen"},
        ),
        migrations.CreateModel(
            name="PendingProjection",
            fields=[
                (
                    "statement",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="pending",
                        serialize=False,
                        to="lrs.statement",
                    ),
                ),
                ("learner_key", models.UUIDField(verbose_name="deelnemer")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("set_aside_at", models.DateTimeField(null=True, verbose_name="terzijde gelegd op")),
                ("retry_at", models.DateTimeField(null=True, verbose_name="opnieuw op")),
                ("error", models.TextField(blank=True, default="", verbose_name="fout")),
            ],
            options={
                "verbose_name": "wachtende verwerking",
                "verbose_name_plural": "wachtende verwerkingen",
                "indexes": [
                    models.Index(fields=["learner_key", "statement"], name="lrs_pending_learner"),
                    models.Index(condition=models.Q(("retry_at__isnull", False)), fields=["retry_at"], name="lrs_pending_retry"),
                ],
            },
        ),
        migrations.RunPython(in_parts, migrations.RunPython.noop),
        migrations.RunPython(carry_over, carry_back),
        migrations.DeleteModel("OldMention"),
        migrations.DeleteModel("OldPendingProjection"),
        migrations.DeleteModel("OldStatement"),
    ]
