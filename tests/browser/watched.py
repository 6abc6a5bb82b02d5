"""A day of a live feed on an account: snapshots, quotes, alerts, closing."""

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import BrokerAccount
from tests import make
from trading.models import LiveSnapshot, Position, Quote, Webhook
from trading.services.guard_rules import switch_auto_close
from trading.services.guarding import evaluate

#: The equity every half hour, in percent of where it began: up, a slide, a crash, half of it back.
_PATH = (100, 101, 102, 103, 102, 99, 96, 92, 88, 87, 85, 83, 81, 80, 81, 84, 86, 88, 90, 91)
_STEP = timedelta(minutes=30)


def watch_a_day(account: BrokerAccount, now: datetime) -> Webhook:
    """Leaves the account with a warning and a critical alert behind it, and a close request. Returns its webhook."""
    start = Decimal(40_000)
    webhook = make.webhook(account.trader)
    switch_auto_close(account, True, confirmation=account.number, actor=account.trader, now=now)
    prices = {row.symbol: row.current_price or row.open_price for row in Position.objects.filter(account=account)}
    for symbol, price in prices.items():
        Quote.objects.create(account=account, symbol=symbol, bid=price, ask=price * Decimal("1.0001"), quoted_at=now)
    for number, percent in enumerate(_PATH):
        at = now - _STEP * (len(_PATH) - 1 - number)
        _snapshot(account, start * percent / 100, at)
        evaluate([account.pk], now=at)
    return webhook


def _snapshot(account: BrokerAccount, equity: Decimal, at: datetime) -> None:
    LiveSnapshot.objects.create(
        account=account,
        tier="full",
        taken_at=at,
        balance=Decimal(40_000),
        equity=equity,
        margin=Decimal(900),
        free_margin=equity - 900,
        floating_profit=equity - 40_000,
        credit=Decimal(0),
        open_positions=3,
        open_risk=Decimal(600),
    )
