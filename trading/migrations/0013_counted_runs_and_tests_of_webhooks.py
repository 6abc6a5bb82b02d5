"""A feed knows which of its runs the log holds, so that a run that found the same needs no row of its own.
A telling may be of no alert: a test of a webhook."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

#: Until now every run had its row.
ALL_ARE_LOGGED = "UPDATE trading_syncstate SET runs_logged = total_syncs"


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("trading", "0012_a_feed_says_when_it_listed_positions")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField(
            model_name="syncstate",
            name="run_logged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="syncstate",
            name="runs_logged",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(ALL_ARE_LOGGED, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="delivery", name="delivery_once_per_channel"),
        migrations.AlterField(
            model_name="delivery",
            name="alert",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="deliveries",
                to="trading.alert",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("alert__isnull", False)),
                fields=("alert", "channel", "webhook"),
                name="delivery_once_per_channel",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("alert__isnull", False), ("webhook__isnull", False), _connector="OR"),
                name="delivery_is_of_an_alert_or_tests_a_webhook",
            ),
        ),
    ]
