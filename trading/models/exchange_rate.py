"""What currencies were worth in each other: what a trader brought, and what staff brought for everybody."""

from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Trader, bound_accounts
from tradeportal.fields import ExactDecimalField, uuid_primary_key


class RateUploadQuerySet(models.QuerySet["RateUpload"]):
    def for_trader(self, trader: Any) -> "RateUploadQuerySet":
        """What this person brought. A key sees none: rates are of all accounts, and a key is bound to some."""
        is_person = trader.is_authenticated and bound_accounts(trader) is None
        return self.filter(trader_id=trader.pk) if is_person else self.none()

    def applied(self) -> "RateUploadQuerySet":
        return self.filter(applied_at__isnull=False)


class RateUpload(models.Model):
    """Rates that came together: of one file, or one rate entered by hand. `trader` null: staff brought it for everybody.

    Not applied: a dry run, whose rates count nowhere yet. `read_count` is what the file holds, `count` what of it was new or
    other than before. Shape: problems = [{"line", "reason", "text"}], the first of `problem_count`.
    """

    class Source(models.TextChoices):
        ECB = "ecb", _("European Central Bank")
        TABLE = "table", _("Table")
        HAND = "hand", _("Entered by hand")

    id = uuid_primary_key()
    trader = models.ForeignKey(
        Trader, on_delete=models.CASCADE, null=True, blank=True, related_name="rate_uploads", db_index=False
    )
    source = models.CharField(max_length=5, choices=Source.choices)
    name = models.CharField(max_length=255)
    uploaded_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    read_count = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    first_on = models.DateField()
    last_on = models.DateField()
    problem_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list, encoder=DjangoJSONEncoder, blank=True)

    objects = RateUploadQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-uploaded_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(source__in=["ecb", "table", "hand"]), name="rate_upload_source_is_known"
            ),
            models.CheckConstraint(condition=Q(first_on__lte=F("last_on")), name="rate_upload_days_in_order"),
            models.CheckConstraint(condition=Q(count__lte=F("read_count")), name="rate_upload_keeps_what_it_read"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # queries.exchange_rates: a trader's uploads, newest first, and whose rates count.
            models.Index(F("trader"), F("uploaded_at").desc(), name="rate_upload_newest_first"),
        ]

    def __str__(self) -> str:
        return self.name


class ExchangeRate(models.Model):
    """What one unit of `base` was worth in `quote` on `day`. Of two for the same pair and day, the one applied last counts."""

    upload = models.ForeignKey(RateUpload, on_delete=models.CASCADE, related_name="rates", db_index=False)
    day = models.DateField()
    base = models.CharField(max_length=10)
    quote = models.CharField(max_length=10)
    rate = ExactDecimalField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # queries.exchange_rates reads the last days of an upload by its index.
            models.UniqueConstraint(fields=["upload", "day", "base", "quote"], name="exchange_rate_once_in_an_upload"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive"),
            models.CheckConstraint(condition=~Q(base=F("quote")), name="exchange_rate_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.day} {self.rate}"
