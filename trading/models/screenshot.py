"""A picture that a trader put beside a trade: kept by (account, ticket), so that it outlives an undo and a new import."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import BrokerAccount
from tradeportal.fields import uuid_primary_key
from trading.models.common import AccountRowQuerySet, is_known
from trading.models.trade import Trade

#: What every kept picture is, whatever was uploaded.
MEDIA_TYPE = "image/webp"
#: For how long a deleted picture can be brought back.
UNDO_PERIOD = timedelta(days=7)


class ScreenshotQuerySet(AccountRowQuerySet["Screenshot"]):
    def of(self, trade: Trade) -> "ScreenshotQuerySet":
        """The pictures of this trade, also those that are deleted and can still be brought back."""
        return self.filter(account=trade.account_id, ticket=trade.ticket)

    def shown(self) -> "ScreenshotQuerySet":
        return self.filter(removed_at__isnull=True)


class Screenshot(models.Model):
    """What is known about a picture; its bytes are in ScreenshotData. No foreign key to the trade, on purpose: see above.

    Units: size in bytes, picture and thumbnail together; `sha256` is that of the file that was uploaded.
    """

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="screenshots", db_index=False)
    ticket = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    caption = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ScreenshotQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["added_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Its index serves the pictures of one trade as well.
            models.UniqueConstraint(fields=["account", "ticket", "sha256"], name="screenshot_once_per_trade"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="screenshot_sha256_is_hex"),
            models.CheckConstraint(condition=~Q(ticket=""), name="screenshot_ticket_given"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, size__gt=0), name="screenshot_has_a_size"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # services.screenshots: what has been deleted for long enough.
            models.Index(F("removed_at"), name="screenshot_removed", condition=Q(removed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.ticket} {self.caption}"


class ScreenshotKind(models.TextChoices):
    IMAGE = "image", "Image"
    THUMBNAIL = "thumbnail", "Thumbnail"


class ScreenshotData(models.Model):
    """The bytes of a picture, apart from what is known about it, so that no list reads them."""

    screenshot = models.ForeignKey(Screenshot, on_delete=models.CASCADE, related_name="data", db_index=False)
    kind = models.CharField(max_length=9, choices=ScreenshotKind.choices)
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["screenshot", "kind"], name="screenshot_data_once_per_kind"),
            models.CheckConstraint(condition=is_known("kind", ScreenshotKind), name="screenshot_data_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.screenshot_id} {self.kind}"
