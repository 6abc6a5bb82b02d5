"""One round trip in the book."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q

from accounts.models import BrokerAccount
from tradeportal.fields import ExactDecimalField, uuid_primary_key
from trading.models.common import AccountRowQuerySet, Side, Source, is_known


class TradeQuerySet(AccountRowQuerySet["Trade"]):
    def closed(self) -> "TradeQuerySet":
        return self.filter(closed_at__isnull=False)

    def open(self) -> "TradeQuerySet":
        return self.filter(closed_at__isnull=True)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent())
class Trade(models.Model):
    """One round trip: open until closed. A partly closed trade is open, with closed_volume_lots above zero.

    Units: money in the account's currency, costs negative; net_profit = gross_profit + commission + swap + fee, kept
    by the database. `*_text` is the broker's own wording of the time. `stop_loss` and `take_profit` are the last ones;
    `open_*` those at the open, where the source says.
    """

    id = uuid_primary_key()
    account = models.ForeignKey(BrokerAccount, on_delete=models.CASCADE, related_name="trades")
    ticket = models.CharField(max_length=64)
    symbol = models.CharField(max_length=64)
    side = models.CharField(max_length=4, choices=Side.choices)
    volume_lots = ExactDecimalField()
    closed_volume_lots = ExactDecimalField(default=0)
    opened_at = models.DateTimeField()
    opened_text = models.CharField(max_length=40, blank=True)
    open_price = ExactDecimalField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_text = models.CharField(max_length=40, blank=True)
    close_price = ExactDecimalField(null=True, blank=True)
    open_stop_loss = ExactDecimalField(null=True, blank=True)
    open_take_profit = ExactDecimalField(null=True, blank=True)
    stop_loss = ExactDecimalField(null=True, blank=True)
    take_profit = ExactDecimalField(null=True, blank=True)
    commission = ExactDecimalField(default=0)
    swap = ExactDecimalField(default=0)
    fee = ExactDecimalField(default=0)
    gross_profit = ExactDecimalField(default=0)
    net_profit = models.GeneratedField(
        expression=F("gross_profit") + F("commission") + F("swap") + F("fee"),
        output_field=ExactDecimalField(),
        db_persist=True,
    )
    strategy_id = models.CharField(max_length=64, blank=True)
    comment = models.TextField(blank=True)
    parent_ticket = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.STATEMENT)
    added_by = models.ForeignKey(
        "trading.Statement", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    objects = TradeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-closed_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "ticket"], name="trade_ticket_unique_in_account"),
            models.CheckConstraint(condition=is_known("side", Side), name="trade_side_is_known"),
            models.CheckConstraint(condition=is_known("source", Source), name="trade_source_is_known"),
            models.CheckConstraint(condition=~Q(ticket=""), name="trade_ticket_given"),
            models.CheckConstraint(condition=Q(volume_lots__gt=0), name="trade_volume_positive"),
            models.CheckConstraint(
                condition=Q(closed_volume_lots__gte=0, closed_volume_lots__lte=F("volume_lots")),
                name="trade_closed_volume_within_volume",
            ),
            models.CheckConstraint(
                condition=(
                    Q(closed_at__isnull=True, close_price__isnull=True, closed_volume_lots__lt=F("volume_lots"))
                    | Q(
                        closed_at__isnull=False,
                        close_price__isnull=False,
                        closed_at__gte=F("opened_at"),
                        closed_volume_lots=F("volume_lots"),
                    )
                ),
                name="trade_open_or_fully_closed",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # queries.closed_trades: keyset pages, newest first, and totals of a filter without touching the table.
            models.Index(
                F("account"),
                F("closed_at").desc(),
                F("id").desc(),
                name="trade_closed_newest_first",
                condition=Q(closed_at__isnull=False),
                include=["symbol", "side", "volume_lots", "gross_profit", "commission", "swap", "fee", "net_profit"],
            ),
            # queries.open_trades and the dashboard's open positions.
            models.Index(F("account"), F("opened_at"), name="trade_open", condition=Q(closed_at__isnull=True)),
            # queries.trade_detail: what was left of a ticket after a partial close.
            models.Index(F("account"), F("parent_ticket"), name="trade_rest_of_ticket", condition=~Q(parent_ticket="")),
            # services: undo of one import.
            models.Index(F("added_by"), name="trade_added_by", condition=Q(added_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.side} {self.ticket}"
