"""A feed knows which of its runs the log holds, so that a run that found the same needs no row of its own."""

from typing import ClassVar

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
    ]
