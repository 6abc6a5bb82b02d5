"""At a million trades no request reads a table of the history from end to end.

The rows and their statistics are real: a hundred accounts with 10,000 closed trades each, in one transaction that is rolled
back. Every statement of every request is explained right before it runs, as it runs.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.sync.bridge import deal, entry, payload
from trading.marks import mark_of
from trading.queries.daily import daily_results, total_results
from trading.services.rollups import roll_up
from trading.services.sync import record_sync

pytestmark = pytest.mark.django_db
ACCOUNTS, TRADES_EACH, FILLS_EACH, FLOWS_EACH = 100, 10_000, 500, 100
PAGE = 51
#: What grows with a history. To read the rows of one account of a hundred by anything but an index is what we look for.
LONG = {"trading_trade", "trading_execution", "trading_cashflow"}
_FILL = (
    """INSERT INTO trading_trade (id, account_id, ticket, symbol, side, volume_lots, closed_volume_lots, opened_at,
        opened_text, open_price, closed_at, closed_text, close_price, commission, swap, fee, gross_profit, strategy_id,
        comment, parent_ticket, source)
    SELECT lpad(to_hex(a.nr * 1000000 + n), 32, '0')::uuid, a.id, lpad(n::text, 6, '0'),
        (ARRAY['EURUSD','GBPUSD','XAUUSD'])[1 + n %% 3], (ARRAY['buy','sell'])[1 + n %% 2], 0.1, 0.1,
        now() - n * interval '1 hour', '', 1.1, now() - n * interval '1 hour' + interval '10 minutes', '', 1.2,
        -0.7, 0, 0, (n %% 41) - 18.5, '', '', '', 'statement'
    FROM unnest(%(accounts)s::uuid[]) WITH ORDINALITY AS a(id, nr), generate_series(1, %(trades)s) AS n""",
    """INSERT INTO trading_execution (id, account_id, trade_id, deal_id, order_id, symbol, direction, side, volume_lots,
        price, executed_at, executed_text, sequence, commission, swap, fee, gross_profit, comment, is_derived, source)
    SELECT lpad(to_hex(a.nr * 1000000 + n), 32, '0')::uuid, a.id, lpad(to_hex(a.nr * 1000000 + n), 32, '0')::uuid,
        lpad(n::text, 6, '0'), '', 'EURUSD', 'out', 'sell', 0.1, 1.1, now() - n * interval '1 hour', '', n, 0, 0, 0, 1,
        '', false, 'statement'
    FROM unnest(%(accounts)s::uuid[]) WITH ORDINALITY AS a(id, nr), generate_series(1, %(fills)s) AS n""",
    """INSERT INTO trading_cashflow (id, account_id, reference, kind, amount, booked_at, booked_text, sequence, comment,
        source)
    SELECT lpad(to_hex(a.nr * 1000000 + n), 32, '0')::uuid, a.id, n::text, 'deposit', 100, now() - n * interval '1 day',
        '', n, '', 'statement'
    FROM unnest(%(accounts)s::uuid[]) WITH ORDINALITY AS a(id, nr), generate_series(1, %(flows)s) AS n""",
)
_PLANNED = {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"}
_COPY_POSITION = """INSERT INTO trading_position SELECT (jsonb_populate_record(p, jsonb_build_object(
        'id', gen_random_uuid(), 'account_id', a.id, 'ticket', 'copy ' || n))).*
    FROM trading_position p, unnest(%(accounts)s::uuid[]) AS a(id), generate_series(1, 50) AS n WHERE p.id = %(position)s"""
_OF_LISTS = """SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'trading_trade'
    AND indexname NOT IN (SELECT conname FROM pg_constraint)"""

_KEYS = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])"""


@pytest.fixture
def own(ann: Trader, bo: Trader) -> list[BrokerAccount]:
    """Ann's two accounts of the hundred."""
    accounts = [make.account(ann if number < 2 else bo) for number in range(ACCOUNTS)]
    given: dict[str, Any] = {"accounts": [account.pk for account in accounts], "trades": TRADES_EACH}
    given |= {"fills": FILLS_EACH, "flows": FLOWS_EACH}
    with connection.cursor() as cursor:
        cursor.execute(_OF_LISTS)
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # Triggers that add up days and keep old values, and checks of keys row by row, would take minutes.
        cursor.execute(_KEYS, [sorted(LONG)])
        keys = cursor.fetchall()
        for table, name, _ in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for table in LONG:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for sql in _FILL:
            cursor.execute(sql, given)
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute(_COPY_POSITION, {"position": make.position(accounts[0]).pk, **given})
        for table in LONG:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for table, name, definition in keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        cursor.execute(f"ANALYZE trading_position, {', '.join(sorted(LONG))}")
    for account in accounts[:2]:
        make.open_trade(account)
        roll_up(account.pk)
    return accounts[:2]


class Plans:
    """The plans of everything that ran inside `watched`."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        with connection.execute_wrapper(self._explained):
            yield

    def _explained(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many and sql.lstrip(" (\n").split(maxsplit=1)[0].upper() in _PLANNED:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                (plan,) = cursor.fetchone()
            self.found += _nodes((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])
        return execute(sql, params, many, context)

    @property
    def walked_whole(self) -> set[str]:
        """The long tables that a plan reads from end to end."""
        return {
            f"{node['Node Type']} on {node['Relation Name']}"
            for node in self.found
            if "Seq Scan" in node["Node Type"] and node.get("Relation Name") in LONG
        }

    @property
    def most_sorted(self) -> int:
        """The most trades that a plan sorts at once."""
        sorts = [node for node in self.found if node["Node Type"] == "Sort" and _reads(node, "trading_trade")]
        return max((child["Plan Rows"] for node in sorts for child in node["Plans"]), default=0)

    @property
    def indexes(self) -> set[str]:
        return {node["Index Name"] for node in self.found if "Index Name" in node}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _reads(plan: dict[str, Any], table: str) -> bool:
    return any(node.get("Relation Name") == table for node in _nodes(plan))


def _cursor_of(api: APIClient, address: str) -> str:
    return str(api.get(address).json()["next_cursor"])


def test_no_request_walks_through_the_history_of_everybody(
    own: list[BrokerAccount], ann: Trader, ann_api: APIClient, ann_client: Client
) -> None:
    first, zone = own[0], ZoneInfo(ann.time_zone)
    one, both = f"account={first.pk}", "&".join(f"account={account.pk}" for account in own)
    filters = ["", "symbol=EURUSD", "side=buy", "strategy=Trend", "tag=news", "weekday=2", "hour=9", "session=london"]
    filters += ["holding=5m_30m", "min_r=1", "without=tag", "result=won", "min_profit=5", "q=EURUSD", "period=month"]
    filters += ["from=2026-01-01&to=2026-02-01", "status=open", "ordering=net", "ordering=-symbol", "ordering=held"]
    trades = "/api/v1/trades/"
    addresses = [f"{trades}?{of}&{narrowed}" for of in (one, both) for narrowed in filters]
    addresses += [f"{trades}?{of}&cursor={_cursor_of(ann_api, f'{trades}?{of}')}" for of in (one, both)]
    addresses += [f"/api/v1/{name}/?{one}" for name in ("executions", "cash-flows", "positions", "positions/open")]
    addresses += ["/api/v1/reconciliation/status/", "/api/v1/guards/status/", f"/api/v1/accounts/{first.pk}/summary/"]

    calls: dict[str, Callable[[], Any]] = {}
    for address in addresses:
        calls[address] = partial(_answered, ann_api, address)
    calls["page of trades"] = lambda: _answered(ann_client, f"/trades/?{one}&symbol=EURUSD")
    calls["mark"] = lambda: mark_of(ann.pk)
    calls["sums of one"] = lambda: total_results(own[:1], zone)
    calls["days of both"] = lambda: daily_results(own, zone)
    sent = payload(entry(first, deals=[deal(), deal("000007", "000007", direction="out", side="sell")]))
    calls["deals of a sync"] = lambda: record_sync(ann, sent, now=timezone.now())

    plans = {name: _plans_of(call) for name, call in calls.items()}
    assert {name: found.walked_whole for name, found in plans.items() if found.walked_whole} == {}
    # A page of one account, of two, and one further on: the same index, and no sort of more than its rows.
    for address in (f"{trades}?{one}&", f"{trades}?{both}&", *addresses[2 * len(filters) :][:2]):
        assert "trade_closed_newest_first" in plans[address].indexes
        assert plans[address].most_sorted <= 2 * PAGE
    assert "position_ticket_unique_in_account" in plans[f"/api/v1/positions/open/?{one}"].indexes
    assert "execution_in_order" in plans[f"/api/v1/executions/?{one}"].indexes
    assert {"trade_ticket_unique_in_account", "execution_deal_unique_in_account"} <= plans["deals of a sync"].indexes


def _plans_of(call: Callable[[], Any]) -> Plans:
    plans = Plans()
    with plans.watched():
        call()
    assert plans.found
    return plans


def _answered(client: Any, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.content[:300])
