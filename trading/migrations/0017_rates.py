"""Reserved."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("trading", "0016_share")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = []
