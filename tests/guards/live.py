"""What a sync would have left in the database, in one line each."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import BrokerAccount
from tests import make
from tests.cast import NOW
from trading.models import GuardRule, LiveSnapshot, Position, Quote
from trading.services.guarding import GuardOutcome, evaluate


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def report(account: BrokerAccount, equity: Any, seconds: float = 0, **fields: Any) -> LiveSnapshot:
    """The account's figures at a moment. The balance is 10,000 unless it is said."""
    equity = Decimal(str(equity))
    values: dict[str, Any] = {
        "account": account,
        "tier": "full",
        "taken_at": at(seconds),
        "balance": Decimal("10000.00"),
        "equity": equity,
        "margin": Decimal("200.00"),
        "free_margin": equity - 200,
        "floating_profit": equity - 10_000,
        "credit": Decimal(0),
        "open_positions": 1,
        "open_risk": Decimal(0),
    }
    return LiveSnapshot.objects.create(**{**values, **fields})


def watch(account: BrokerAccount, equity: Any, seconds: float = 0, **fields: Any) -> GuardOutcome:
    """Reports the figures and evaluates the account."""
    report(account, equity, seconds, **fields)
    return evaluate([account.pk], now=at(seconds))[account.pk]


def hold(account: BrokerAccount, symbol: str = "EURUSD", **fields: Any) -> Position:
    """An open buy, 20 points in profit, with a stop 30 points below the entry."""
    values: dict[str, Any] = {
        "symbol": symbol,
        "side": "buy",
        "volume_lots": Decimal("1.00"),
        "opened_at": NOW - timedelta(hours=1),
        "open_price": Decimal("1.1000"),
        "current_price": Decimal("1.1020"),
        "stop_loss": Decimal("1.0970"),
        "floating_profit": Decimal("200.00"),
        "swap": Decimal(0),
        "reported_at": NOW,
    }
    return make.position(account, **{**values, **fields})


def quote(account: BrokerAccount, symbol: str = "EURUSD", seconds: float = 0, **fields: Any) -> Quote:
    values: dict[str, Any] = {
        "symbol": symbol,
        "bid": Decimal("1.1020"),
        "ask": Decimal("1.1021"),
        "quoted_at": at(seconds),
        "previous_close": Decimal("1.1000"),
        "day_open": Decimal("1.1001"),
    }
    quote, _ = Quote.objects.update_or_create(account=account, symbol=symbol, defaults={**values, **fields})
    return quote


def rule(account: BrokerAccount, kind: str = "drawdown", critical: str = "0.20", **fields: Any) -> GuardRule:
    if "warning" in fields:
        fields["warning"] = Decimal(fields["warning"])
    return GuardRule.objects.create(account=account, kind=kind, critical=Decimal(critical), **fields)


def consent(account: BrokerAccount) -> None:
    from trading.services.guard_rules import switch_auto_close

    switch_auto_close(account, True, confirmation=account.number, actor=account.trader, now=NOW)
