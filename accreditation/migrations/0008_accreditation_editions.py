"""What was asked of a register, editions and meetings with their numbers, and a trail of changes, warnings and notices."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.append_only import make_append_only


class Migration(migrations.Migration):

    dependencies = [
        ('accreditation', '0007_own_evidence_and_dossiers'),
        ('courses', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='accreditation',
            name='application',
            field=models.TextField(blank=True, help_text='Wat je aan het register schreef, zodat een verlenging er weer van uit kan gaan.', verbose_name='tekst van de aanvraag'),
        ),
        migrations.AddField(
            model_name='accreditation',
            name='asked_for',
            field=models.CharField(blank=True, help_text='Bijvoorbeeld: 8 punten, vakinhoudelijk, voor twee jaar.', max_length=200, verbose_name='wat er is gevraagd'),
        ),
        migrations.AlterField(
            model_name='accreditation',
            name='decided_on',
            field=models.DateField(blank=True, help_text='Wie voor deze dag al aanwezig was of klaar was, krijgt bij dit register geen punten.', null=True, verbose_name='besloten op'),
        ),
        migrations.CreateModel(
            name='AccreditationChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='tijdstip')),
                ('changes', models.JSONField(verbose_name='wat er veranderde')),
                ('accreditation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='accreditation.accreditation', verbose_name='accreditatie')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='door')),
            ],
            options={
                'verbose_name': 'wijziging van een accreditatie',
                'verbose_name_plural': 'wijzigingen van accreditaties',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='AccreditationEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Bijvoorbeeld: voorjaar 2026, Utrecht.', max_length=120, verbose_name='naam van de editie')),
                ('pe_edition_id', models.PositiveIntegerField(blank=True, null=True, verbose_name='PEEditionID')),
                ('external_edition_id', models.CharField(blank=True, max_length=60, verbose_name='externalEditionID')),
                ('accreditation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='editions', to='accreditation.accreditation', verbose_name='accreditatie')),
            ],
            options={
                'verbose_name': 'editie',
                'verbose_name_plural': 'edities',
                'ordering': ['accreditation', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='AccreditationMeeting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pe_meeting_id', models.PositiveIntegerField(blank=True, null=True, verbose_name='PEMeetingID')),
                ('external_meeting_id', models.CharField(blank=True, max_length=60, verbose_name='externalMeetingID')),
                ('accreditation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='meetings', to='accreditation.accreditation', verbose_name='accreditatie')),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='meetings', to='accreditation.accreditationedition', verbose_name='editie')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accredited_as', to='courses.meeting', verbose_name='bijeenkomst')),
            ],
            options={
                'verbose_name': 'bijeenkomst bij het register',
                'verbose_name_plural': 'bijeenkomsten bij het register',
                'ordering': ['edition', 'meeting__starts_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ExpiryWarning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_until', models.DateField(verbose_name='geldig tot en met')),
                ('days', models.PositiveSmallIntegerField(verbose_name='dagen van tevoren')),
                ('due_at', models.DateTimeField(auto_now_add=True, verbose_name='opgemerkt op')),
                ('mailed_at', models.DateTimeField(blank=True, null=True, verbose_name='gemaild op')),
                ('accreditation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='warnings', to='accreditation.accreditation', verbose_name='accreditatie')),
            ],
            options={
                'verbose_name': 'waarschuwing voor een accreditatie',
                'verbose_name_plural': 'waarschuwingen voor accreditaties',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='LapseNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('ends', 'loopt af'), ('ended', 'is afgelopen')], max_length=10, verbose_name='wat')),
                ('valid_until', models.DateField(verbose_name='geldig tot en met')),
                ('sent_at', models.DateTimeField(auto_now_add=True, verbose_name='gemaild op')),
                ('accreditation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='accreditation.accreditation', verbose_name='accreditatie')),
                ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='courses.enrolment', verbose_name='inschrijving')),
            ],
            options={
                'verbose_name': 'bericht over een accreditatie',
                'verbose_name_plural': 'berichten over accreditaties',
            },
        ),
        migrations.AddConstraint(
            model_name='accreditationedition',
            constraint=models.UniqueConstraint(fields=('accreditation', 'name'), name='one_edition_per_name'),
        ),
        migrations.AddConstraint(
            model_name='accreditationedition',
            constraint=models.CheckConstraint(condition=models.Q(('pe_edition_id', None), ('external_edition_id', ''), _connector='OR'), name='edition_has_one_number'),
        ),
        migrations.AddConstraint(
            model_name='accreditationmeeting',
            constraint=models.UniqueConstraint(fields=('accreditation', 'meeting'), name='one_edition_per_meeting'),
        ),
        migrations.AddConstraint(
            model_name='accreditationmeeting',
            constraint=models.CheckConstraint(condition=models.Q(('pe_meeting_id', None), ('external_meeting_id', ''), _connector='OR'), name='meeting_has_one_number'),
        ),
        migrations.AddConstraint(
            model_name='expirywarning',
            constraint=models.UniqueConstraint(fields=('accreditation', 'valid_until', 'days'), name='each_warning_once'),
        ),
        migrations.AddConstraint(
            model_name='lapsenotice',
            constraint=models.UniqueConstraint(fields=('accreditation', 'enrolment', 'kind', 'valid_until'), name='each_notice_once'),
        ),
        make_append_only("accreditation_accreditationchange"),
    ]
