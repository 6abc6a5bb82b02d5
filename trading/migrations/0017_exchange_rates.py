"""Exchange rates."""

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("trading", "0016_shared_records")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = []
