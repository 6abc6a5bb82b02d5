"""Browsers that are signed in, the append-only record of signing in, and what ends every session at once."""

import django.core.serializers.json
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_language_and_first_steps'),
    ]

    operations = [
        migrations.AddField(
            model_name='trader',
            name='session_salt',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=16),
        ),
        migrations.CreateModel(
            name='WebSession',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('session_key', models.CharField(editable=False, max_length=40, unique=True)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('client', models.CharField(blank=True, max_length=200)),
                ('started_at', models.DateTimeField()),
                ('trader', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='web_sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-started_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='SecurityEvent',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('act', models.CharField(choices=[('signed_in', 'Signed in'), ('api_signed_in', 'Signed in by the API'), ('sign_in_failed', 'A sign-in failed'), ('signed_out', 'Signed out'), ('session_ended', 'A device was signed out'), ('all_ended', 'All other devices were signed out'), ('token_reused', 'A used token came back; its sign-in was ended'), ('password_changed', 'The password was changed'), ('email_added', 'An e-mail address was added'), ('email_changed', 'The e-mail address was changed'), ('email_removed', 'An e-mail address was removed'), ('factor_added', 'A second factor or passkey was added'), ('factor_removed', 'A second factor or passkey was removed'), ('codes_renewed', 'Recovery codes were made anew'), ('key_made', 'An API key was made'), ('key_revoked', 'An API key was revoked')], max_length=20)),
                ('actor', models.CharField(blank=True, max_length=254)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('client', models.CharField(blank=True, max_length=200)),
                ('details', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('trader', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(models.F('trader'), models.OrderBy(models.F('at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='security_newest_first'), models.Index(models.OrderBy(models.F('at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='security_all_newest_first')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='securityevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='78a273e385900822925dbc73bb03b4ab89a5db2c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f4724', table='accounts_securityevent', when='BEFORE')),
        ),
    ]
