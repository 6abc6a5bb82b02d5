"""Shared records, and the chain of daily digests."""

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("accounts", "0006_language_and_first_steps"), ("trading", "0015_journal")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = []
