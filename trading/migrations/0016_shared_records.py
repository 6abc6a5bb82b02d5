"""Shared records, and the chain of daily digests."""

import datetime
from typing import Any, ClassVar

import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("accounts", "0006_language_and_first_steps"), ("trading", "0015_journal")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="SharedRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="title")),
                ("token_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                ("hides_amounts", models.BooleanField(default=True, verbose_name="hide amounts")),
                ("hides_size", models.BooleanField(default=True, verbose_name="hide sizes")),
                ("hides_symbols", models.BooleanField(default=False, verbose_name="hide symbols")),
                ("names_broker", models.BooleanField(default=False, verbose_name="name broker and platform")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                ("last_opened_at", models.DateTimeField(blank=True, null=True, verbose_name="last opened at")),
                ("opens", models.PositiveIntegerField(default=0, verbose_name="opens")),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shared_records",
                        to="accounts.brokeraccount",
                    ),
                ),
            ],
            options={
                "verbose_name": "shared record",
                "verbose_name_plural": "shared records",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="DayDigest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("day", models.DateField()),
                ("sealed_at", models.DateTimeField()),
                ("trades", models.PositiveIntegerField()),
                ("rows", models.CharField(max_length=64)),
                ("balance", models.CharField(max_length=64)),
                ("salt", models.CharField(max_length=64)),
                ("prev", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.brokeraccount",
                    ),
                ),
            ],
            options={
                "ordering": ["account", "position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "position"), name="day_digest_position_unique_in_account"
                    ),
                    models.UniqueConstraint(fields=("account", "prev"), name="day_digest_never_forks"),
                    models.CheckConstraint(condition=models.Q(("position__gte", 1)), name="day_digest_counts_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("balance__regex", "^[0-9a-f]{64}$"),
                            ("digest__regex", "^[0-9a-f]{64}$"),
                            ("prev__regex", "^[0-9a-f]{64}$"),
                            ("rows__regex", "^[0-9a-f]{64}$"),
                            ("salt__regex", "^[0-9a-f]{64}$"),
                        ),
                        name="day_digest_is_hex",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="daydigest",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM accounts_brokeraccount WHERE id = OLD.account_id) THEN\n                RETURN OLD;\n            END IF;\n            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;\n        ",
                    hash="8cc0529135b0424e1b1655eb726334cec8823eb0",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_2fede",
                    table="trading_daydigest",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="sharedrecord",
            index=models.Index(
                models.F("account"),
                models.OrderBy(models.F("created_at"), descending=True),
                name="shared_record_newest",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("token_sha256__regex", "^[0-9a-f]{64}$")), name="shared_record_token_is_hashed"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="shared_record_has_a_title"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("hides_amounts", False), ("hides_size", True), _connector="OR"),
                name="shared_record_hides_size_with_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__gt", models.F("created_at")),
                    (
                        "expires_at__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("created_at"), "+", models.Value(datetime.timedelta(days=366))
                        ),
                    ),
                ),
                name="shared_record_expires_within_a_year",
            ),
        ),
        migrations.RunSQL(
            """ALTER TABLE trading_daydigest ADD CONSTRAINT trading_daydigest_account_fk
            FOREIGN KEY (account_id) REFERENCES accounts_brokeraccount (id) ON DELETE CASCADE""",
            "ALTER TABLE trading_daydigest DROP CONSTRAINT trading_daydigest_account_fk",
        ),
    ]
