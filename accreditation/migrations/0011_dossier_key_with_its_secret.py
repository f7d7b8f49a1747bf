"""The key that signs dossiers lies locked in the database; no key was in use before this."""

from django.db import migrations, models

from accounts.append_only import make_append_only


class Migration(migrations.Migration):
    dependencies = [('accreditation', '0010_certificate_templates')]

    operations = [
        migrations.AlterModelOptions(
            name="dossierkey",
            options={"ordering": ["pk"], "verbose_name": "sleutel van dossiers", "verbose_name_plural": "sleutels van dossiers"},
        ),
        migrations.AddField(
            model_name="dossierkey",
            name="secret",
            field=models.TextField(default="", editable=False, verbose_name="geheime sleutel, op slot"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="dossierkey",
            name="instead_of_leaked",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="komt in plaats van een gelekte sleutel"),
            preserve_default=False,
        ),
        # SQLite makes the table anew to add a column, and the guard stays behind with the old one.
        make_append_only("accreditation_dossierkey"),
    ]
