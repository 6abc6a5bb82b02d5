"""Notes on days, and a rating of each trade."""

from typing import Any, ClassVar

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("accounts", "0005_switch_off_alert_mail"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("trading", "0014_day_rollups"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="DayNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("text", models.TextField()),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="DayNoteEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, serialize=False)),
                ("day", models.DateField()),
                ("text", models.TextField()),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="journalentry",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="journalentry",
            name="update_update",
        ),
        migrations.AddField(
            model_name="journalentry",
            name="rating",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="journalentryevent",
            name="rating",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "trading_journalentryevent" ("account_id", "changed_at", "id", "initial_stop_loss", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rating", "ticket") VALUES (OLD."account_id", OLD."changed_at", OLD."id", OLD."initial_stop_loss", OLD."notes", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."rating", OLD."ticket"); RETURN NULL;',
                    hash="cda20c3b5c69cde777b92e2cd6036a8bb2982dfe",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_e43f6",
                    table="trading_journalentry",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "trading_journalentryevent" ("account_id", "changed_at", "id", "initial_stop_loss", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rating", "ticket") VALUES (OLD."account_id", OLD."changed_at", OLD."id", OLD."initial_stop_loss", OLD."notes", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."rating", OLD."ticket"); RETURN NULL;',
                    hash="292087e95153c3d354769d140050a3ae2eed2c85",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_26a63",
                    table="trading_journalentry",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("rating__isnull", True), ("rating__range", (1, 5)), _connector="OR"),
                name="journal_entry_rating_from_1_to_5",
            ),
        ),
        migrations.AddField(
            model_name="daynote",
            name="trader",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="day_notes",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="daynoteevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="daynoteevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="trading.daynote",
            ),
        ),
        migrations.AddField(
            model_name="daynoteevent",
            name="trader",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="daynote",
            constraint=models.UniqueConstraint(fields=("trader", "day"), name="day_note_one_per_day"),
        ),
        migrations.AddConstraint(
            model_name="daynote",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="day_note_says_something"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="daynote",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "trading_daynoteevent" ("changed_at", "day", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "text", "trader_id") VALUES (OLD."changed_at", OLD."day", OLD."id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."text", OLD."trader_id"); RETURN NULL;',
                    hash="3cfca076a41862785a809ea96604795b4baec946",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_32ec7",
                    table="trading_daynote",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="daynote",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "trading_daynoteevent" ("changed_at", "day", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "text", "trader_id") VALUES (OLD."changed_at", OLD."day", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."text", OLD."trader_id"); RETURN NULL;',
                    hash="edace6881c21f03df9cdf55732660a5ae8f7151d",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_2fa96",
                    table="trading_daynote",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="daynoteevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="788cdfa815ad0fe99e1dc4191e65815debd307c6",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_36a10",
                    table="trading_daynoteevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]
