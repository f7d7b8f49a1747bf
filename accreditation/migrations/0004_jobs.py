"""Long work that someone asked for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("accreditation", "0003_ledgers_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.SlugField(max_length=60, verbose_name="soort")),
                ("parameters", models.JSONField(default=dict, verbose_name="wat er gevraagd is")),
                ("cursor", models.JSONField(default=dict, verbose_name="tot waar")),
                ("total", models.PositiveIntegerField(blank=True, null=True, verbose_name="totaal")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="gedaan")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "wacht"),
                            ("running", "bezig"),
                            ("done", "klaar"),
                            ("failed", "vastgelopen"),
                            ("stopped", "gestopt"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="stand",
                    ),
                ),
                ("problem", models.TextField(blank=True, verbose_name="wat er misging")),
                ("result", models.JSONField(default=dict, verbose_name="uitkomst")),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="gevraagd op")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="begonnen op")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="klaar op")),
                ("claim", models.UUIDField(blank=True, editable=False, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("next_try_at", models.DateTimeField(blank=True, null=True, verbose_name="volgende poging")),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="gevraagd door",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                        verbose_name="organisatie",
                    ),
                ),
            ],
            options={
                "verbose_name": "taak",
                "verbose_name_plural": "taken",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(condition=models.Q(("state__in", ("waiting", "running"))), fields=["claimed_until"], name="open_jobs")
                ],
            },
        ),
    ]
