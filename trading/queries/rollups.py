"""Reads the rolled-up days of accounts.

An answer without rows says nothing: an account may have none yet, or have them in another zone, or hold nothing. The
caller then adds up the rows themselves, which costs little where there are few.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

#: Whether all of the accounts that hold anything are rolled up; asked along with the days, since it costs a query otherwise.
#: CASE, so that PostgreSQL looks at trades and fills only where there is no rollup.
_ARE_ROLLED_UP = """NOT EXISTS (SELECT FROM unnest(%(accounts)s::uuid[]) AS k(id) WHERE CASE
    WHEN EXISTS (
        SELECT FROM trading_accountrollup r
        WHERE r.account_id = k.id AND (%(zone)s::text IS NULL OR r.time_zone = %(zone)s)
    ) THEN false
    ELSE EXISTS (SELECT FROM trading_execution e WHERE e.account_id = k.id)
        OR EXISTS (SELECT FROM trading_trade t WHERE t.account_id = k.id)
    END)"""
_CLOSED = """sum(d.trades), sum(d.wins), sum(d.losses), sum(d.won), sum(d.lost), sum(d.gross), sum(d.commission),
    sum(d.swap), sum(d.fee), sum(d.net), sum(d.volume_lots), max(d.best), min(d.worst)"""


def closed_sums(
    keys: Sequence[UUID], zone: ZoneInfo, start: date | None, end: date | None, by: str
) -> list[tuple[Any, ...]]:
    """Currency, `by` (SQL of the day `d.day`), then the sums of closed trades; empty where there is nothing rolled up."""
    return _fetch(
        f"""SELECT a.currency, {by} AS part, {_CLOSED}
        FROM trading_dayrollup d JOIN accounts_brokeraccount a ON a.id = d.account_id
        WHERE d.account_id = ANY(%(accounts)s) AND d.trades > 0 AND {_ARE_ROLLED_UP}
        AND (%(start)s::date IS NULL OR d.day >= %(start)s) AND (%(end)s::date IS NULL OR d.day <= %(end)s)
        GROUP BY 1, 2 ORDER BY 2, 1""",
        keys,
        zone,
        {"start": start, "end": end},
    )


def booked_sums(keys: Sequence[UUID], zone: ZoneInfo, spans: Sequence[tuple[date, date]]) -> list[tuple[Any, ...]]:
    """Currency, then net, exits and wins of the fills of each span (both days count) and of all time."""
    parts: list[str] = []
    parameters: dict[str, date] = {}
    for number, (first, last) in enumerate(spans):
        inside = f"FILTER (WHERE d.day BETWEEN %(first{number})s AND %(last{number})s)"
        parts += [f"COALESCE(sum(d.{name}) {inside}, 0)" for name in _BOOKED]
        parameters |= {f"first{number}": first, f"last{number}": last}
    parts += [f"sum(d.{name})" for name in _BOOKED]
    return _fetch(
        f"""SELECT a.currency, {", ".join(parts)}
        FROM trading_dayrollup d JOIN accounts_brokeraccount a ON a.id = d.account_id
        WHERE d.account_id = ANY(%(accounts)s) AND {_ARE_ROLLED_UP} GROUP BY 1""",
        keys,
        zone,
        parameters,
    )


_BOOKED = ("booked_net", "booked_exits", "booked_wins")


def booked_by_account(keys: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """Account, then the net and the exits of all its fills, whatever the zones."""
    return _fetch(
        f"""SELECT d.account_id, sum(d.booked_net), sum(d.booked_exits) FROM trading_dayrollup d
        WHERE d.account_id = ANY(%(accounts)s) AND {_ARE_ROLLED_UP} GROUP BY 1""",
        keys,
        None,
        {},
    )


def _fetch(sql: str, keys: Sequence[UUID], zone: ZoneInfo | None, more: dict[str, Any]) -> list[tuple[Any, ...]]:
    wanted = list(set(keys))
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, {"accounts": wanted, "zone": zone.key if zone else None, **more})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
