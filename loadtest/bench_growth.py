"""Measures whether reads become slower with twice the trades, and far down a list.

Each read comes right after a write to its account, so that no kept answer hides it.
"""

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any
from uuid import uuid4

from loadtest.bench_pages import BACKEND, HOST, filled_account  # sets up Django
from loadtest.seed import analyze

# isort: split
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from accounts.revisions import raise_revision
from accounts.services.sign_in import start_sign_in
from accounts.tokens import pair
from trading.queries.keyset import dump_cursor, parse_sort
from trading.queries.trades import DEFAULT_SORT, SORTS, closed_trades, trade_page
from trading.services.rollups import roll_up

TRADES, DAYS = 10_000, 250
RUNS, DEPTH_RUNS = 8, 60
PAGES = ("dashboard", "trade_list", "position_list", "calendar")
ENDPOINTS = ("trades", "positions/open", "reconciliation/status", "guards/status", "accounts")
Reads = dict[str, Callable[[], float]]


def measure(big: int) -> dict[str, Any]:
    small, large = (reads_of(trades) for trades in (TRADES, TRADES * 2))
    analyze()
    return {"trades": {name: _compared(small[name], large[name]) for name in small}, "depth": depth(big)}


def reads_of(trades: int) -> Reads:
    """Pages and endpoints of a trader with one account of so many trades."""
    trader, account = _trader_with(trades)
    token, _refresh = pair(start_sign_in(trader, timezone.now()))
    browser, program = Client(HTTP_HOST=HOST), Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {token}")
    browser.force_login(trader, backend=BACKEND)
    asked = {f"page {name.replace('_', ' ')}": (browser, reverse(name)) for name in PAGES}
    asked |= {f"API {name}": (program, f"/api/v1/{name}/") for name in ENDPOINTS}
    return {name: _after_a_write(account, *one) for name, one in asked.items()}


def _trader_with(trades: int) -> tuple[Trader, BrokerAccount]:
    trader = Trader.objects.create(email=f"{uuid4()}@example.com")
    account = filled_account(trader, trades, apart_s=DAYS * 86_400 // trades)
    roll_up(account.pk)
    return trader, account


def _after_a_write(account: BrokerAccount, client: Client, address: str) -> Callable[[], float]:
    def read() -> float:
        raise_revision([account.pk])
        started = time.perf_counter()
        response = client.get(address)
        took_s = time.perf_counter() - started
        if response.status_code != 200:
            raise SystemExit(f"{address} was answered with {response.status_code}.")
        return took_s * 1000

    return read


def _compared(small: Callable[[], float], large: Callable[[], float]) -> dict[str, float]:
    small(), large()
    times = [(small(), large()) for _ in range(RUNS)]
    return {"before": min(one for one, _ in times), "after": min(two for _, two in times)}


def depth(big: int) -> dict[str, Any]:
    """Milliseconds of the first page of a list and of one near its end, and whether the page counts the table."""
    trader, account = _trader_with(big)
    sort = parse_sort(DEFAULT_SORT, SORTS, DEFAULT_SORT)
    rows = closed_trades(trader).order_by(*sort.order()).values("id", "closed_at")
    cursor = dump_cursor(sort, rows[big - big // 20])

    def page(at: str) -> float:
        started = time.perf_counter()
        trade_page(closed_trades(trader), [account], sort, at)
        return (time.perf_counter() - started) * 1000

    times = [(page(""), page(cursor)) for _ in range(DEPTH_RUNS)]
    with CaptureQueriesContext(connection) as captured:
        page(cursor)
    return {
        "trades": big,
        "first_ms": median(one for one, _ in times),
        "deep_ms": median(two for _, two in times),
        "counts": sum("COUNT(" in query["sql"].upper() for query in captured),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))) + "\n")
