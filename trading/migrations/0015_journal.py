"""Reserved."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("trading", "0014_day_rollups")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = []
