"""Measures the figures of accounts of 1,000 to 200,000 trades, cold and warm, beside the best single SQL statement for each."""

import json
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import BrokerAccount, Trader  # noqa: E402
from loadtest.bench_pages import filled_account  # noqa: E402
from trading.calc.periods import windows  # noqa: E402
from trading.filters import zone_of  # noqa: E402
from trading.models import State, Statement, StatementFile  # noqa: E402
from trading.queries import daily, figures, overview, recent  # noqa: E402
from trading.queries.breakdowns import kept_breakdowns  # noqa: E402
from trading.queries.curves import currency_curve  # noqa: E402
from trading.queries.figure_sets import whole_account  # noqa: E402
from trading.services.rollups import roll_up  # noqa: E402

SIZES = (1_000, 20_000)
RUNS = 5
#: Over which every account traded: what is read follows the days, not the trades.
DAYS = 1_000
#: One pass over the covering index.
SCAN = "SELECT count(*), sum(net_profit) FROM trading_trade WHERE account_id = %s AND closed_at IS NOT NULL"
SCAN_FILLS = "SELECT count(*), sum(net_profit) FROM trading_execution WHERE account_id = %s"
#: The summary with its drawdown, without rollups: the running sum and its peak.
WINDOWS = """SELECT count(*), count(*) FILTER (WHERE net > 0), sum(net) FILTER (WHERE net > 0), sum(net), max(peak - run)
    FROM (SELECT net, run, max(run) OVER (ORDER BY closed_at, id ROWS UNBOUNDED PRECEDING) AS peak FROM (
        SELECT closed_at, id, net_profit AS net,
            sum(net_profit) OVER (ORDER BY closed_at, id ROWS UNBOUNDED PRECEDING) AS run
        FROM trading_trade WHERE account_id = %s AND closed_at IS NOT NULL) r) p"""
CURVE = """SELECT executed_at, sum(net_profit) OVER (ORDER BY executed_at, sequence ROWS UNBOUNDED PRECEDING)
    FROM trading_execution WHERE account_id = %s"""

#: Every group of the analysis but for tags, in one pass over the trades; the zone is UTC.
BREAKDOWN = """SELECT symbol, side, strategy_id, weekday, hour, month, holding, session, count(*),
        count(*) FILTER (WHERE net_profit > 0), count(*) FILTER (WHERE net_profit < 0),
        sum(net_profit) FILTER (WHERE net_profit > 0), sum(net_profit) FILTER (WHERE net_profit < 0),
        sum(commission + swap + fee), sum(volume_lots)
    FROM (SELECT *, extract(isodow FROM closed_at AT TIME ZONE 'UTC')::int AS weekday,
            extract(hour FROM closed_at AT TIME ZONE 'UTC')::int AS hour, date_trunc('month', closed_at, 'UTC') AS month,
            width_bucket(closed_at - opened_at, '{5 min,30 min,2 h,8 h,1 day,5 days}'::interval[]) AS holding,
            CASE WHEN extract(isodow FROM ny) <= 5 AND extract(hour FROM ny) BETWEEN 8 AND 16 THEN 0
                WHEN extract(isodow FROM ldn) <= 5 AND extract(hour FROM ldn) BETWEEN 8 AND 16 THEN 1
                WHEN extract(isodow FROM tyo) <= 5 AND extract(hour FROM tyo) BETWEEN 9 AND 17 THEN 2 END AS session
        FROM (SELECT *, opened_at AT TIME ZONE 'America/New_York' AS ny, opened_at AT TIME ZONE 'Europe/London' AS ldn,
            opened_at AT TIME ZONE 'Asia/Tokyo' AS tyo
            FROM trading_trade WHERE account_id = %s AND closed_at IS NOT NULL) l) k
    GROUP BY GROUPING SETS (symbol, side, strategy_id, (weekday, hour), month, holding, session)"""


def measure(big: int) -> dict[str, Any]:
    rows = [_measured(trades) for trades in (*SIZES, big)]
    return {"rows": rows}


def _measured(trades: int) -> dict[str, Any]:
    trader = Trader.objects.create(email=f"{uuid4()}@example.com")
    account = filled_account(trader, trades, apart_s=DAYS * 86_400 // trades)
    _say_the_opening_balance(trader, account)
    _add_fills(account)
    zone, now = zone_of(trader), timezone.now()
    month = next(window for window in windows(now, zone) if window.name == "month").starts_at.date()

    def floor(sql: str) -> Callable[[], object]:
        return lambda: _fetched(sql, account)

    acts: dict[str, Callable[[], object]] = {
        "scan": floor(SCAN),
        "scan_fills": floor(SCAN_FILLS),
        "window": floor(WINDOWS),
        "curve_sql": floor(CURVE),
        "groups_sql": floor(BREAKDOWN),
        "rebuild": lambda: roll_up(account.pk),
        "summary": lambda: daily.total_results([account], zone),
        "month": lambda: daily.daily_results([account], zone, month),
        "strip": lambda: (recent.period_sums([account], now, zone), recent.recent_nets([account], now, zone)),
        "metatrader": lambda: figures.read_figures(account, "mt5"),
        "list": lambda: overview.overviews([account]),
        "curve": lambda: currency_curve([account], zone),
        "breakdown": lambda: kept_breakdowns(whole_account(account, zone).trades, [account], "bench", zone),
    }
    roll_up(account.pk)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE trading_dayrollup")
    cold: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(RUNS):
        for name, act in acts.items():
            cache.clear()
            cold[name].append(_ms(act))
    warm = {}
    for name in ("summary", "strip", "curve", "breakdown"):
        acts[name]()
        warm[name] = median(_ms(acts[name]) for _ in range(RUNS))
    found = {name: median(times) for name, times in cold.items()}
    return {"trades": trades, "cold": found, "warm": warm}


def _say_the_opening_balance(trader: Trader, account: BrokerAccount) -> None:
    file, now = StatementFile.objects.create(trader=trader, sha256=uuid4().hex * 2, size=1), timezone.now()
    statement = Statement(trader=trader, file=file, account=account, name="Bench.htm", state=State.COMMITTED)
    statement.uploaded_at = statement.committed_at = now
    statement.has_history, statement.opening_balance = True, Decimal(10_000)
    statement.save()


def _add_fills(account: BrokerAccount) -> None:
    """An entry with a commission and an exit for each trade."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO trading_execution (id, account_id, trade_id, deal_id, order_id, symbol, direction, side,
                volume_lots, price, executed_at, executed_text, sequence, commission, swap, fee, gross_profit, comment,
                is_derived, source)
            SELECT gen_random_uuid(), t.account_id, t.id, t.ticket || d.direction, '', t.symbol, d.direction,
                CASE WHEN d.direction = 'in' THEN t.side WHEN t.side = 'buy' THEN 'sell' ELSE 'buy' END, t.volume_lots,
                t.open_price, CASE WHEN d.direction = 'in' THEN t.opened_at ELSE t.closed_at END, '', t.ticket::bigint,
                t.commission / 2, CASE WHEN d.direction = 'in' THEN 0 ELSE t.swap END, 0,
                CASE WHEN d.direction = 'in' THEN 0 ELSE t.gross_profit END, '', false, 'statement'
            FROM trading_trade t CROSS JOIN (VALUES ('in'), ('out')) AS d(direction) WHERE t.account_id = %s""",
            [account.pk],
        )
        cursor.execute("VACUUM ANALYZE trading_execution")


def _fetched(sql: str, account: BrokerAccount) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, [account.pk])
        return cursor.fetchall()


def _ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
