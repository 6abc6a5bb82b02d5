"""Reserved."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0005_switch_off_alert_mail")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = []
