"""A day of a live feed on an account: snapshots, quotes, alerts, closing."""

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import BrokerAccount
from tests import make
from trading.models import LiveSnapshot, Quote, Webhook
from trading.services.guard_rules import switch_auto_close
from trading.services.guarding import evaluate

#: The equity every half hour, in percent of where it began: up, a slide, a crash, a little of it back.
_PATH = (100, 101, 102, 103, 102, 99, 96, 92, 88, 87, 85, 83, 81, 80, 81, 82, 83, 83, 84, 84)
_STEP = timedelta(minutes=30)


def watch_a_day(account: BrokerAccount, now: datetime) -> Webhook:
    """Leaves the account with a warning and a critical alert behind it, and a close request. Returns its webhook."""
    start = Decimal(40_000)
    webhook = make.webhook(account.trader)
    switch_auto_close(account, True, confirmation=account.number, actor=account.trader, now=now)
    make.position(account, symbol="XAUUSD", opened_at=now - timedelta(days=1), reported_at=now)
    Quote.objects.create(
        account=account,
        symbol="XAUUSD",
        bid=Decimal("2040.10"),
        ask=Decimal("2052.60"),
        quoted_at=now,
        previous_close=Decimal("2041.00"),
        day_open=Decimal("2043.00"),
    )
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
