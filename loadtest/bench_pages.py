"""Measures the closed-trades page and endpoint in process, for an account of ten trades and for a large one."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any
from uuid import uuid4

import django
from django.conf import settings

# Hashed names of static files need minutes of compression first, and cost a page next to nothing.
settings.STORAGES = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
django.setup()

from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import path, reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import BrokerAccount, Trader  # noqa: E402
from accounts.services.sign_in import start_sign_in  # noqa: E402
from accounts.tokens import pair  # noqa: E402

HOST = "127.0.0.1"
SMALL = 10
COLD_RUNS, WARM_RUNS, HELLO_RUNS = 7, 25, 400
BACKEND = "django.contrib.auth.backends.ModelBackend"


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


urlpatterns = [path("hello/", hello)]


def measure(big: int) -> dict[str, Any]:
    rows = []
    for trades in (SMALL, big):
        trader = Trader.objects.create(email=f"{uuid4()}@example.com")
        account = filled_account(trader, trades)
        for door, call in _doors(trader, account).items():
            rows.append({"door": door, "trades": trades, "cold": _cold(call), "warm": _warm(call)})
    return {"hello_ms": _hello_ms(), "rows": rows}


def filled_account(trader: Trader, trades: int, apart_s: int = 3600) -> BrokerAccount:
    """Trades of ten minutes each, one every so many seconds back from now."""
    account = BrokerAccount.objects.create(
        trader=trader, label="Bench", platform="mt5", number=str(uuid4()), currency="USD"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO trading_trade (id, account_id, ticket, symbol, side, volume_lots, closed_volume_lots,
                opened_at, opened_text, open_price, closed_at, closed_text, close_price, commission, swap, fee,
                gross_profit, strategy_id, comment, parent_ticket, source)
            SELECT gen_random_uuid(), %s, n::text, (ARRAY['EURUSD','GBPUSD','XAUUSD'])[1 + n %% 3],
                (ARRAY['buy','sell'])[1 + n %% 2], 0.10, 0.10, now() - n * make_interval(secs => %s), '', 1.1,
                now() - n * make_interval(secs => %s) + interval '10 minutes', '', 1.2, -0.70, -0.10, 0,
                (n %% 41) - 18.5, '', '', '', 'statement'
            FROM generate_series(1, %s) AS n""",
            [account.pk, apart_s, apart_s, trades],
        )
        cursor.execute("VACUUM ANALYZE trading_trade")
    return account


def _doors(trader: Trader, account: BrokerAccount) -> dict[str, Callable[[], None]]:
    token, _refresh = pair(start_sign_in(trader, timezone.now()))
    browser, program = Client(HTTP_HOST=HOST), Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {token}")
    browser.force_login(trader, backend=BACKEND)
    return {
        "page": _caller(browser, f"{reverse('trade_list')}?account={account.pk}"),
        "endpoint": _caller(program, f"/api/v1/trades/?account={account.pk}"),
    }


def _caller(client: Client, address: str) -> Callable[[], None]:
    """Calls the whole of Django, middleware included, through the test client, which the floor goes through as well."""

    def call() -> None:
        response = client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address} answered {response.status_code}: {response.content[:500]!r}")

    return call


def _cold(call: Callable[[], None]) -> dict[str, float]:
    call()
    timed = []
    for _ in range(COLD_RUNS):
        _forget()
        timed.append(_timed(call))
    _forget()
    return _summary(timed, call)


def _warm(call: Callable[[], None]) -> dict[str, float]:
    call()
    return _summary([_timed(call) for _ in range(WARM_RUNS)], call)


def _summary(timed: Sequence[tuple[float, float]], call: Callable[[], None]) -> dict[str, float]:
    with CaptureQueriesContext(connection) as captured:
        call()
    return {
        "cpu_ms": median(cpu for cpu, _ in timed),
        "wall_ms": median(wall for _, wall in timed),
        "queries": len(captured),
    }


def _timed(call: Callable[[], None]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return (time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000


def _forget() -> None:
    cache.clear()


def _hello_ms() -> float:
    with override_settings(MIDDLEWARE=[], ROOT_URLCONF=__name__):
        call = _caller(Client(HTTP_HOST=HOST), "/hello/")
        return median(_timed(call)[0] for _ in range(HELLO_RUNS))


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
