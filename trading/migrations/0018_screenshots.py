"""Screenshots on trades."""

from typing import Any, ClassVar

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("trading", "0017_exchange_rates")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="Screenshot",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("ticket", models.CharField(max_length=64)),
                ("sha256", models.CharField(max_length=64)),
                ("caption", models.CharField(blank=True, max_length=200)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("size", models.PositiveIntegerField()),
                ("added_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="screenshots",
                        to="accounts.brokeraccount",
                    ),
                ),
            ],
            options={
                "ordering": ["added_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ScreenshotData",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("image", "Image"), ("thumbnail", "Thumbnail")], max_length=9)),
                ("content", models.BinaryField()),
                (
                    "screenshot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="data",
                        to="trading.screenshot",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="screenshot",
            index=models.Index(
                models.F("removed_at"), condition=models.Q(("removed_at__isnull", False)), name="screenshot_removed"
            ),
        ),
        migrations.AddConstraint(
            model_name="screenshot",
            constraint=models.UniqueConstraint(
                fields=("account", "ticket", "sha256"), name="screenshot_once_per_trade"
            ),
        ),
        migrations.AddConstraint(
            model_name="screenshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="screenshot_sha256_is_hex"
            ),
        ),
        migrations.AddConstraint(
            model_name="screenshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("ticket", ""), _negated=True), name="screenshot_ticket_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="screenshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("height__gt", 0), ("size__gt", 0), ("width__gt", 0)), name="screenshot_has_a_size"
            ),
        ),
        migrations.AddConstraint(
            model_name="screenshotdata",
            constraint=models.UniqueConstraint(fields=("screenshot", "kind"), name="screenshot_data_once_per_kind"),
        ),
        migrations.AddConstraint(
            model_name="screenshotdata",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["image", "thumbnail"])), name="screenshot_data_kind_is_known"
            ),
        ),
    ]
