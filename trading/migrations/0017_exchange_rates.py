"""Exchange rates that a trader brought, and those that staff brought for everybody."""

from typing import Any, ClassVar

import django.core.serializers.json
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import tradeportal.fields


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("trading", "0016_shared_records"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="RateUpload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("ecb", "European Central Bank"), ("table", "Table"), ("hand", "Entered by hand")],
                        max_length=5,
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("uploaded_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                ("read_count", models.PositiveIntegerField()),
                ("count", models.PositiveIntegerField()),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("problem_count", models.PositiveIntegerField(default=0)),
                (
                    "problems",
                    models.JSONField(blank=True, default=list, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                (
                    "trader",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rate_uploads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-uploaded_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("base", models.CharField(max_length=10)),
                ("quote", models.CharField(max_length=10)),
                ("rate", tradeportal.fields.ExactDecimalField(decimal_places=18, max_digits=38)),
                (
                    "upload",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rates",
                        to="trading.rateupload",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="rateupload",
            index=models.Index(
                models.F("trader"),
                models.OrderBy(models.F("uploaded_at"), descending=True),
                name="rate_upload_newest_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="rateupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["ecb", "table", "hand"])), name="rate_upload_source_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="rateupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_on__lte", models.F("last_on"))), name="rate_upload_days_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="rateupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__lte", models.F("read_count"))), name="rate_upload_keeps_what_it_read"
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.UniqueConstraint(
                fields=("upload", "day", "base", "quote"), name="exchange_rate_once_in_an_upload"
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="exchange_rate_positive"),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(
                condition=models.Q(("base", models.F("quote")), _negated=True), name="exchange_rate_between_two"
            ),
        ),
    ]
