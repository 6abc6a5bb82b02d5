"""Reserved."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("trading", "0012_a_feed_says_when_it_listed_positions")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = []
