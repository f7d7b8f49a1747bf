"""Nobody changes or removes a line of the audit trail, not even with SQL."""

from django.db import migrations

from accounts.append_only import make_append_only


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [make_append_only("accounts_auditevent")]
