"""What is kept of an account's history outlives its live syncs: a revision of its own says when the history changed."""

from typing import Any, ClassVar

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("accounts", "0008_sessions_and_security_log"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="brokeraccount",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="brokeraccount",
            name="update_update",
        ),
        migrations.AddField(
            model_name="brokeraccount",
            name="history_revision",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, editable=False, verbose_name="revision of the history"
            ),
        ),
        migrations.AddField(
            model_name="brokeraccountevent",
            name="history_revision",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, editable=False, verbose_name="revision of the history"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="brokeraccount",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."archived_at" IS DISTINCT FROM (NEW."archived_at") OR OLD."broker" IS DISTINCT FROM (NEW."broker") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_demo" IS DISTINCT FROM (NEW."is_demo") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."leverage" IS DISTINCT FROM (NEW."leverage") OR OLD."margin_mode" IS DISTINCT FROM (NEW."margin_mode") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."opened_on" IS DISTINCT FROM (NEW."opened_on") OR OLD."phase" IS DISTINCT FROM (NEW."phase") OR OLD."platform" IS DISTINCT FROM (NEW."platform") OR OLD."server" IS DISTINCT FROM (NEW."server") OR OLD."server_time_zone" IS DISTINCT FROM (NEW."server_time_zone") OR OLD."trader_id" IS DISTINCT FROM (NEW."trader_id"))',
                    func='INSERT INTO "accounts_brokeraccountevent" ("archived_at", "broker", "created_at", "currency", "history_revision", "id", "is_demo", "label", "leverage", "margin_mode", "number", "opened_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "platform", "revision", "server", "server_time_zone", "trader_id") VALUES (OLD."archived_at", OLD."broker", OLD."created_at", OLD."currency", OLD."history_revision", OLD."id", OLD."is_demo", OLD."label", OLD."leverage", OLD."margin_mode", OLD."number", OLD."opened_on", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."phase", OLD."platform", OLD."revision", OLD."server", OLD."server_time_zone", OLD."trader_id"); RETURN NULL;',
                    hash="9833344c93ea312f591cb4cf7d6c9d1d1b9bfdeb",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_b7096",
                    table="accounts_brokeraccount",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="brokeraccount",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "accounts_brokeraccountevent" ("archived_at", "broker", "created_at", "currency", "history_revision", "id", "is_demo", "label", "leverage", "margin_mode", "number", "opened_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "platform", "revision", "server", "server_time_zone", "trader_id") VALUES (OLD."archived_at", OLD."broker", OLD."created_at", OLD."currency", OLD."history_revision", OLD."id", OLD."is_demo", OLD."label", OLD."leverage", OLD."margin_mode", OLD."number", OLD."opened_on", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phase", OLD."platform", OLD."revision", OLD."server", OLD."server_time_zone", OLD."trader_id"); RETURN NULL;',
                    hash="d77661dd6265bb34e5feb28914d70f9481ad3bb7",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_0a7d6",
                    table="accounts_brokeraccount",
                    when="AFTER",
                ),
            ),
        ),
    ]
