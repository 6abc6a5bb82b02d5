"""The data that the browser tests look at."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.browser.pages import Site
from trading.models import State, Trade

_SYMBOLS = ("EURUSD", "XAUUSD", "US500", "GER40", "USDJPY")
#: Gross profits that repeat: more small wins than large losses, and one zero.
_RESULTS = ("120.40", "-85.10", "64.00", "-132.75", "240.15", "0.00", "-48.30", "310.90", "-96.60", "75.25")


def build_site() -> Site:
    ann = make.trader("ann@example.com", name="Ann", time_zone="Europe/Berlin")
    eve = make.trader("eve@example.com", name="Eve")
    main = make.account(ann, label="Main", broker="Larkfield", number="50418827", currency="USD")
    swing = make.account(ann, label="Swing EUR", broker="Larkfield", number="50420316", currency="EUR")
    trades = _history(main, 90)
    _history(swing, 12)
    committed = make.committed_statement(account=main, name="ReportHistory-50418827.html")
    refused = make.statement(
        ann, state=State.REFUSED, error_code="tester", error_message="This is a report of the strategy tester."
    )
    waiting = make.statement(account=swing, name="ReportHistory-50420316.html")
    objects = {"trade": trades[-1], "committed": committed, "refused": refused, "waiting": waiting}
    sessions = {"trader": _session_of(ann), "newcomer": _session_of(eve)}
    return Site(ann, eve, main, objects, sessions)


def _session_of(trader: Trader) -> str:
    client = Client()
    client.force_login(trader, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _history(account: BrokerAccount, number: int) -> list[Trade]:
    """A deposit, `number` closed trades with their fills up to today, a withdrawal and two open positions."""
    now = timezone.now()
    start = now - timedelta(days=2 * number + 1)
    make.cash_flow(account, booked_at=start, amount=Decimal("10000.00"))
    trades = [_closed_trade(account, start, day) for day in range(number)]
    make.cash_flow(account, booked_at=now - timedelta(days=number), kind="withdrawal", amount=Decimal("-500.00"))
    make.position(account, opened_at=now - timedelta(hours=5), reported_at=now)
    make.position(account, opened_at=now - timedelta(days=3), symbol="EURUSD", side="buy", stop_loss=None,
                  floating_profit=Decimal("-20.25"), reported_at=now)  # fmt: skip
    make.snapshot(account, taken_at=datetime.now(UTC))
    return trades


def _closed_trade(account: BrokerAccount, start: datetime, day: int) -> Trade:
    trade = make.trade(
        account,
        symbol=_SYMBOLS[day % len(_SYMBOLS)],
        side="sell" if day % 3 else "buy",
        opened_at=start + timedelta(days=2 * day + 1),
        gross_profit=Decimal(_RESULTS[day % len(_RESULTS)]),
    )
    make.execution(trade=trade)
    make.exit_of(trade)
    return trade
