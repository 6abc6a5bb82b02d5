"""The language a trader reads in, and whether the first steps were put away."""

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("accounts", "0005_switch_off_alert_mail")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = []
