"""Measures the closed-trades page and endpoint in process, for an account of ten trades and for a large one.

H is a hello of Django without middleware, through the same test client. Cold: nothing is kept at all, not even who is
signed in; miss: the account was just written to; warm: asked before; 304: asked with the tag of the answer.
"""

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
from accounts.revisions import raise_revision  # noqa: E402
from accounts.services.sign_in import start_sign_in  # noqa: E402
from accounts.tokens import pair  # noqa: E402

HOST = "127.0.0.1"
SMALL = 10
COLD_RUNS, WARM_RUNS, HELLO_RUNS = 7, 40, 400
BACKEND = "django.contrib.auth.backends.ModelBackend"


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


urlpatterns = [path("hello/", hello)]


def measure(big: int) -> dict[str, Any]:
    rows = []
    for trades in (SMALL, big):
        trader = Trader.objects.create(email=f"{uuid4()}@example.com")
        account = filled_account(trader, trades)
        for door, call in doors_of(trader, account).items():
            states = {"cold": _cold(call), "miss": _missed(call, account), "warm": _warm(call)}
            if door == "endpoint":
                states["304"] = _warm(asking_for_news(call))
            rows.append({"door": door, "trades": trades, **states})
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


class Call:
    """Asks through the whole of Django, middleware included, by the test client, which the floor goes through as well."""

    def __init__(self, client: Client, address: str, expected: int = 200, **headers: str) -> None:
        self.client, self.address, self.expected, self.headers = client, address, expected, headers

    def __call__(self) -> Any:
        response: Any = self.client.get(self.address, **self.headers)  # type: ignore[arg-type]
        if response.status_code != self.expected:
            raise SystemExit(f"{self.address} answered {response.status_code}: {response.content[:500]!r}")
        return response


def doors_of(trader: Trader, account: BrokerAccount) -> dict[str, Call]:
    token, _refresh = pair(start_sign_in(trader, timezone.now()))
    browser, program = Client(HTTP_HOST=HOST), Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {token}")
    browser.force_login(trader, backend=BACKEND)
    return {
        "page": Call(browser, f"{reverse('trade_list')}?account={account.pk}"),
        "endpoint": Call(program, f"/api/v1/trades/?account={account.pk}"),
    }


def asking_for_news(call: Call) -> Call:
    return Call(call.client, call.address, 304, HTTP_IF_NONE_MATCH=call()["ETag"])


def _cold(call: Call) -> dict[str, float]:
    return _after(cache.clear, call)


def _missed(call: Call, account: BrokerAccount) -> dict[str, float]:
    return _after(lambda: raise_revision([account.pk]), call)


def _after(act: Callable[[], object], call: Call) -> dict[str, float]:
    call()
    timed = []
    for _ in range(COLD_RUNS):
        act()
        timed.append(_timed(call))
    act()
    return _summary(timed, call)


def _warm(call: Call) -> dict[str, float]:
    call()
    return _summary([_timed(call) for _ in range(WARM_RUNS)], call)


def _summary(timed: Sequence[tuple[float, float]], call: Call) -> dict[str, float]:
    with CaptureQueriesContext(connection) as captured:
        call()
    return {
        "cpu_ms": median(cpu for cpu, _ in timed),
        "wall_ms": median(wall for _, wall in timed),
        "queries": len(captured),
    }


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return (time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000


def _hello_ms() -> float:
    with override_settings(MIDDLEWARE=[], ROOT_URLCONF=__name__):
        call = Call(Client(HTTP_HOST=HOST), "/hello/")
        return median(_timed(call)[0] for _ in range(HELLO_RUNS))


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
