"""The language a trader reads in, whether the time zone was chosen, and whether the first steps were put away."""

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("accounts", "0005_switch_off_alert_mail")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField(
            model_name="trader",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("", "As the browser says"), ("en", "English"), ("de", "Deutsch")],
                default="",
                max_length=5,
                verbose_name="language",
            ),
        ),
        migrations.AddField(
            model_name="trader",
            name="has_chosen_zone",
            field=models.BooleanField(default=False, verbose_name="has chosen the time zone"),
        ),
        migrations.AddField(
            model_name="trader",
            name="hides_first_steps",
            field=models.BooleanField(default=False, verbose_name="hides the first steps"),
        ),
    ]
