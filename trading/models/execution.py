"""One fill."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import BrokerAccount
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet, Side, Source, is_known
from trading.models.trade import Trade


class Direction(models.TextChoices):
    IN = "in", _("In")
    OUT = "out", _("Out")
    IN_OUT = "in_out", _("In/out")
    OUT_BY = "out_by", _("Out by")


class ExecutionQuerySet(AccountRowQuerySet["Execution"]):
    def in_order(self) -> "ExecutionQuerySet":
        return self.order_by("executed_at", "sequence", "id")


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Execution(models.Model):
    """One fill of a trade; `trade` is null when the file does not tell which trade it belongs to.

    `side` is the fill's own: the exit of a buy is a sell. `is_derived` marks a fill that the broker did not list and
    that was derived from its trade. `balance_after` is the broker's running balance, credit included. `position_ticket` is
    the position that a sync named; a trade of that ticket may come later.
    """

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="executions", db_index=False)
    trade = models.ForeignKey(Trade, on_delete=models.SET_NULL, null=True, blank=True, related_name="executions")
    deal_id = models.CharField(max_length=80)
    order_id = models.CharField(max_length=64, blank=True)
    position_ticket = models.CharField(max_length=64, blank=True, db_default="")
    symbol = models.CharField(max_length=64)
    direction = models.CharField(max_length=6, choices=Direction.choices)
    side = models.CharField(max_length=4, choices=Side.choices)
    volume_lots = ExactDecimalField()
    price = ExactDecimalField()
    executed_at = models.DateTimeField()
    executed_text = models.CharField(max_length=40, blank=True)
    sequence = models.BigIntegerField(default=0)
    commission = ExactDecimalField(default=0)
    swap = ExactDecimalField(default=0)
    fee = ExactDecimalField(default=0)
    gross_profit = ExactDecimalField(default=0)
    net_profit = models.GeneratedField(
        expression=F("gross_profit") + F("commission") + F("swap") + F("fee"),
        output_field=ExactDecimalField(),
        db_persist=True,
    )
    balance_after = ExactDecimalField(null=True, blank=True)
    comment = models.TextField(blank=True)
    is_derived = models.BooleanField(default=False)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.STATEMENT)
    added_by = models.ForeignKey(
        "trading.Statement", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    objects = ExecutionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["executed_at", "sequence", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "deal_id"], name="execution_deal_unique_in_account"),
            models.CheckConstraint(condition=is_known("side", Side), name="execution_side_is_known"),
            models.CheckConstraint(condition=is_known("direction", Direction), name="execution_direction_is_known"),
            models.CheckConstraint(condition=is_known("source", Source), name="execution_source_is_known"),
            models.CheckConstraint(condition=~Q(deal_id=""), name="execution_deal_given"),
            models.CheckConstraint(condition=Q(volume_lots__gt=0), name="execution_volume_positive"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # queries.fills and the balance proof: an account's fills in order.
            models.Index(F("account"), F("executed_at"), F("sequence"), name="execution_in_order"),
            # services.deals: fills that wait for the trade of their position.
            models.Index(
                F("account"),
                F("position_ticket"),
                name="execution_without_trade",
                condition=Q(trade__isnull=True) & ~Q(position_ticket=""),
            ),
            # services: undo of one import.
            models.Index(F("added_by"), name="execution_added_by", condition=Q(added_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.side} {self.deal_id}"
