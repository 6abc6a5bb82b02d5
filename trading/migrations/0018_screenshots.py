"""Screenshots on trades."""

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("trading", "0017_exchange_rates")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = []
