"""A synced account: its feed, its book and what its broker reports, as a sync leaves them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.cast import NOW
from trading.models import Position, SyncState, Trade

#: What both sides have of a made position, unless a test says otherwise.
FIELDS: dict[str, Any] = {
    "symbol": "EURUSD",
    "side": "buy",
    "volume_lots": Decimal("1.00"),
    "open_price": Decimal("1.10000"),
    "stop_loss": Decimal("1.09500"),
    "take_profit": Decimal("1.11000"),
}


def feed(owner: Trader | None = None, *, at: datetime = NOW, **fields: Any) -> BrokerAccount:
    """An account whose last sync came in at `at`."""
    state = {name: fields.pop(name) for name in list(fields) if name in STATE_FIELDS}
    account = make.account(owner, **fields)
    make.feed(account, **{"last_sync_at": at, "last_sent_at": at, **state})
    return account


STATE_FIELDS = {field.name for field in SyncState._meta.get_fields()} - {"account"}


def synced_again(account: BrokerAccount, at: datetime) -> None:
    SyncState.objects.filter(account=account).update(last_sync_at=at, last_sent_at=at)


def held(account: BrokerAccount, ticket: str = "7001", **fields: Any) -> Position:
    """A position that the broker reports."""
    return make.position(account, **{**FIELDS, "ticket": ticket, "reported_at": NOW, "source": "sync", **fields})


def booked(account: BrokerAccount, ticket: str = "7001", **fields: Any) -> Trade:
    """An open trade of the book."""
    return make.open_trade(account, **{**FIELDS, "ticket": ticket, **fields})


def both(account: BrokerAccount, ticket: str = "7001", **at_broker: Any) -> tuple[Trade, Position]:
    """A trade that both sides have; `at_broker` is what the broker has differently."""
    trade = booked(account, ticket)
    return trade, held(account, ticket, opened_at=trade.opened_at, **at_broker)


def report(account: BrokerAccount, balance: str, **fields: Any) -> None:
    """The figures of the newest sync."""
    make.snapshot(account, balance=Decimal(balance), source="sync", taken_at=NOW, **fields)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
