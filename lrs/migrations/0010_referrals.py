"""Statements that refer to others are found by keys of their own; those that are there are connected by `manage.py catch_up`."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lrs", "0009_imports")]

    operations = [
        migrations.CreateModel(
            name="OpenReferral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target", models.UUIDField()),
                (
                    "statement",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="lrs.statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "open verwijzing",
                "verbose_name_plural": "open verwijzingen",
                "constraints": [models.UniqueConstraint(fields=("target", "statement"), name="lrs_open_referral_once")],
            },
        ),
        migrations.CreateModel(
            name="Referral",
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
                        related_name="referrals",
                        to="lrs.statement",
                    ),
                ),
            ],
            options={"verbose_name": "verwijzing", "verbose_name_plural": "verwijzingen"},
        ),
        migrations.RunSQL(
            "INSERT INTO lrs_openreferral (target, statement_id) SELECT refers_to, sequence FROM lrs_statement WHERE refers_to IS NOT NULL",
            migrations.RunSQL.noop,
        ),
    ]
