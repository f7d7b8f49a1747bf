"""Nobody changes or removes an award or what happened to a certificate, not even with SQL."""

from django.db import migrations

from accounts.append_only import make_append_only


class Migration(migrations.Migration):
    dependencies = [("accreditation", "0002_relations")]

    operations = [make_append_only("accreditation_pointaward", "accreditation_certificateevent")]
