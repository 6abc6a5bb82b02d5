"""One trade with everything that is known about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from trading.calc.open_risk import OpenPosition, value_per_lot
from trading.calc.trade_plan import Levels, Plan, plan_of, worth_of
from trading.models import Execution, JournalEntry, Position, Screenshot, Trade

#: A chain of partial closes longer than this is cut: no trader closes one trade in so many parts.
_MAX_CHAIN = 50
#: What of a position tells the worth of a price unit.
_OF_A_POSITION = ("symbol", "side", "volume_lots", "open_price", "current_price", "stop_loss", "floating_profit")
#: The columns that a correction can change, with the words for them.
CORRECTABLE = {
    "symbol": _("Symbol"),
    "side": _("Side"),
    "volume_lots": _("Volume"),
    "closed_volume_lots": _("Closed volume"),
    "opened_at": _("Opened"),
    "open_price": _("Entry"),
    "closed_at": _("Closed"),
    "close_price": _("Exit"),
    "open_stop_loss": _("Stop loss at the open"),
    "open_take_profit": _("Take profit at the open"),
    "stop_loss": _("Stop loss"),
    "take_profit": _("Take profit"),
    "commission": _("Commission"),
    "swap": _("Swap"),
    "fee": _("Fee"),
    "gross_profit": _("Gross profit"),
    "strategy_id": _("Strategy"),
    "comment": _("Comment"),
    "parent_ticket": _("Rest of ticket"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a later import or sync corrected. `field` is a key of CORRECTABLE."""

    at: datetime
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class TradeStory:
    """Shape: executions and the chain in order of time; changes newest first. The chain holds the trade itself.

    `screenshots` has the deleted ones too that can be brought back.
    """

    trade: Trade
    executions: Sequence[Execution]
    journal: JournalEntry | None
    tags: Sequence[str]
    changes: Sequence[Change]
    chain: Sequence[Trade]
    position: Position | None
    screenshots: Sequence[Screenshot]

    @property
    def initial_stop(self) -> Decimal | None:
        """The trader's own word, else what the broker stated at the open."""
        own: Decimal | None = self.journal.initial_stop_loss if self.journal else None
        stated: Decimal | None = self.trade.open_stop_loss
        return stated if own is None else own

    @property
    def plan(self) -> Plan:
        """What the trade put at stake and aimed for, and what came of it."""
        return trade_plan(self.trade, self.initial_stop, self.position)


def trade_plan(trade: Trade, initial_stop: Decimal | None, position: Position | None) -> Plan:
    """The target is that of the open where the source told it, else the last one."""
    target = trade.take_profit if trade.open_take_profit is None else trade.open_take_profit
    levels = Levels(trade.side, trade.open_price, trade.close_price, initial_stop, target or None)
    return plan_of(levels, _worth(trade, position), trade.net_profit if trade.closed_at else None)


def _worth(trade: Trade, position: Position | None) -> Decimal | None:
    """What a unit of price is worth to the whole trade: by what it earned, or by what the broker says while it is open."""
    if trade.close_price is not None:
        return worth_of(trade.open_price, trade.close_price, trade.gross_profit)
    if position is None:
        return None
    per_lot = value_per_lot([OpenPosition(*(getattr(position, name) for name in _OF_A_POSITION))])
    return abs(per_lot[position.symbol]) * trade.volume_lots if per_lot else None


def trade_story(trade: Trade) -> TradeStory:
    """Everything about one trade. Its account comes with it."""
    journal = JournalEntry.objects.filter(account=trade.account_id, ticket=trade.ticket).first()
    return TradeStory(
        trade=trade,
        executions=list(trade.executions.in_order()),
        journal=journal,
        tags=list(journal.tags.values_list("name", flat=True)) if journal else [],
        changes=list(_changes(trade)),
        chain=_chain(trade),
        position=Position.objects.filter(account=trade.account_id, ticket=trade.ticket).first(),
        screenshots=list(Screenshot.objects.of(trade)),
    )


def _changes(trade: Trade) -> Iterator[Change]:
    """What each correction changed: every event holds the row as it was before."""
    events: Any = apps.get_model("trading", "TradeEvent")
    later: Any = trade
    for event in events.objects.filter(pgh_obj_id=trade.pk, pgh_label="update").order_by("-pgh_created_at", "-pgh_id"):
        for field in CORRECTABLE:
            old, new = getattr(event, field), getattr(later, field)
            if old != new:
                yield Change(event.pgh_created_at, field, old, new)
        later = event


def _chain(trade: Trade) -> list[Trade]:
    """The tickets of one MetaTrader 4 trade that was closed in parts; empty for a trade that was not."""
    before, after = list(_parents(trade)), list(_children(trade))
    return [*reversed(before), trade, *after] if before or after else []


def _parents(trade: Trade) -> Iterator[Trade]:
    for _step in range(_MAX_CHAIN):
        if not trade.parent_ticket:
            return
        parent = Trade.objects.filter(account=trade.account_id, ticket=trade.parent_ticket).first()
        if parent is None:
            return
        yield parent
        trade = parent


def _children(trade: Trade) -> Iterator[Trade]:
    for _step in range(_MAX_CHAIN):
        child = Trade.objects.filter(account=trade.account_id, parent_ticket=trade.ticket).first()
        if child is None:
            return
        yield child
        trade = child
