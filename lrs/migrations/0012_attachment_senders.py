"""Who sent the bytes of an attachment is kept from here on. For those that are there, the statements that name them tell.

One that named it without saying where else it is, came with the bytes: otherwise it was refused. Of the others (with a fileUrl, or taken
over from another store, perhaps without the bytes) nobody can tell. They count only when there is none of which it is sure, and then
the first alone: who borrows a hash comes later. Who loses bytes by this gets them back by sending them again.
"""

import json

import django.db.models.deletion
from django.db import migrations, models

from lrs.digests import digest


def carry_over(apps, schema_editor):
    Attachment, Sender = apps.get_model("lrs", "Attachment"), apps.get_model("lrs", "AttachmentSender")
    Credential, Import = apps.get_model("lrs", "Credential"), apps.get_model("lrs", "Import")
    organisations = dict(Credential.objects.values_list("pk", "organisation_id"))
    of_imports = set(Import.objects.values_list("credential_id", flat=True))
    for attachment in Attachment.objects.order_by("pk").iterator(chunk_size=1000):
        realms = realms_of(apps, attachment.sha2, organisations, of_imports)
        Sender.objects.bulk_create([Sender(attachment=attachment, realm=realm) for realm in sorted(realms)])


def realms_of(apps, sha2, organisations, of_imports):
    Statement, Mention = apps.get_model("lrs", "Statement"), apps.get_model("lrs", "Mention")
    naming = Mention.objects.filter(key=digest(f"attachment {sha2}")).values("statement_id")
    sure, first = set(), set()
    rows = Statement.objects.filter(sequence__in=naming).order_by("sequence").values_list("credential_id", "exact")
    for credential, exact in rows.iterator(chunk_size=500):
        document = json.loads(exact)
        realm = realm_of(credential, document, organisations)
        first = first or {realm}
        if realm not in sure and credential not in of_imports and not says_where(document, sha2):
            sure.add(realm)
    return sure or first


def realm_of(credential, document, organisations):
    if credential:
        organisation = organisations.get(credential)
        return f"organisation/{organisation}" if organisation else ""
    name = document.get("authority", {}).get("account", {}).get("name", "")
    return name if name.startswith("session/") else "server"


def says_where(document, sha2):
    entries = [entry for part in (document, document["object"]) for entry in part.get("attachments", ()) if entry["sha2"].lower() == sha2]
    return all("fileUrl" in entry for entry in entries)


class Migration(migrations.Migration):
    dependencies = [("lrs", "0011_integer_keys_on_sqlite")]

    operations = [
        migrations.CreateModel(
            name="AttachmentSender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("realm", models.CharField(blank=True, default="", max_length=60)),
                (
                    "attachment",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="senders", to="lrs.attachment"
                    ),
                ),
            ],
            options={
                "verbose_name": "afzender van een bijlage",
                "verbose_name_plural": "afzenders van bijlagen",
                "constraints": [models.UniqueConstraint(fields=("attachment", "realm"), name="lrs_attachment_sender_once")],
            },
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
