"""A trader may switch off the e-mails of alerts, by level. On for everybody who is there."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0004_live")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField(
            model_name="trader",
            name="mails_criticals",
            field=models.BooleanField(default=True, verbose_name="e-mail at a critical alert"),
        ),
        migrations.AddField(
            model_name="trader",
            name="mails_warnings",
            field=models.BooleanField(default=True, verbose_name="e-mail at a warning"),
        ),
    ]
