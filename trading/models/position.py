"""The broker's own view of an open trade, and of the whole account at a moment."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import BrokerAccount
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet, Side, Source, is_known


class PositionQuerySet(AccountRowQuerySet["Position"]):
    pass


class Position(models.Model):
    """An open trade as the broker last reported it. `floating_profit` is without swap and commission."""

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="positions", db_index=False)
    ticket = models.CharField(max_length=64)
    symbol = models.CharField(max_length=64)
    side = models.CharField(max_length=4, choices=Side.choices)
    volume_lots = ExactDecimalField()
    opened_at = models.DateTimeField()
    opened_text = models.CharField(max_length=40, blank=True)
    open_price = ExactDecimalField()
    current_price = ExactDecimalField(null=True, blank=True)
    stop_loss = ExactDecimalField(null=True, blank=True)
    take_profit = ExactDecimalField(null=True, blank=True)
    swap = ExactDecimalField(default=0)
    commission = ExactDecimalField(default=0)
    floating_profit = ExactDecimalField(default=0)
    comment = models.TextField(blank=True)
    reported_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.STATEMENT)
    added_by = models.ForeignKey(
        "trading.Statement", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = PositionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["opened_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "ticket"], name="position_ticket_unique_in_account"),
            models.CheckConstraint(condition=is_known("side", Side), name="position_side_is_known"),
            models.CheckConstraint(condition=is_known("source", Source), name="position_source_is_known"),
            models.CheckConstraint(condition=Q(volume_lots__gt=0), name="position_volume_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.side} {self.ticket}"


class SnapshotQuerySet(AccountRowQuerySet["Snapshot"]):
    pass


class Snapshot(models.Model):
    """The account at a moment, in the broker's own figures; null where the broker did not say."""

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="snapshots", db_index=False)
    taken_at = models.DateTimeField()
    balance = ExactDecimalField(null=True, blank=True)
    equity = ExactDecimalField(null=True, blank=True)
    margin = ExactDecimalField(null=True, blank=True)
    free_margin = ExactDecimalField(null=True, blank=True)
    floating_profit = ExactDecimalField(null=True, blank=True)
    credit = ExactDecimalField(null=True, blank=True)
    open_positions = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.STATEMENT)
    added_by = models.ForeignKey(
        "trading.Statement", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-taken_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "taken_at"], name="snapshot_unique_in_account"),
            models.CheckConstraint(condition=is_known("source", Source), name="snapshot_source_is_known"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # queries.latest_snapshot.
            models.Index(F("account"), F("taken_at").desc(), name="snapshot_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.taken_at:%Y-%m-%d %H:%M}"
