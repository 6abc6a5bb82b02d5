"""An account whose broker and book differ in every way that the reconciliation page shows."""

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import BrokerAccount
from tests import make
from trading.models import Break
from trading.services.reconciliation import reconcile


def differ(account: BrokerAccount, now: datetime) -> Break:
    """Leaves the account with breaks of several types, one of them ignored and one acknowledged. Returns one."""
    make.feed(account, last_sync_at=now, open_positions=3, total_syncs=18_214, last_sync_duration_ms=412)
    make.snapshot(account, balance=Decimal("131.76"), source="sync", taken_at=now)
    opened = {"opened_at": now - timedelta(days=1)}
    for ticket, change in (
        ("1", {}),
        ("2", {"stop_loss": Decimal("1.08000")}),
        ("3", {"volume_lots": Decimal("0.40")}),
    ):
        trade = make.open_trade(account, ticket=f"9900{ticket}", **opened)
        same = {name: getattr(trade, name) for name in ("ticket", "symbol", "side", "volume_lots", "open_price")}
        stops = {"stop_loss": trade.stop_loss, "take_profit": trade.take_profit}
        make.position(account, **{**same, **stops, **opened, **change, "source": "sync"})
    make.open_trade(account, ticket="99004", symbol="USDJPY", open_price=Decimal("152.684"), **opened)
    make.position(account, ticket="99005", symbol="AUDUSD", open_price=Decimal("0.66142"), source="sync", **opened)
    reconcile([account.pk], now=now)
    account.breaks.filter(type="stop_loss_mismatch").update(state="acknowledged")
    account.breaks.filter(type="closed_at_broker").update(state="ignored")
    return account.breaks.get(ticket="99005")
