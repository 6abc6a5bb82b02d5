"""Reads the rolled-up days of accounts.

An answer without rows says nothing: an account may have none yet, or have them in another zone, or hold nothing. The
caller then adds up the rows themselves, which costs little where there are few.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
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
    """Currency, `by` (SQL of the day `d.day`), then the sums of closed trades; empty where there is nothing rolled up.

    All time is the same in every zone, so that it is read from days of any.
    """
    needs_zone = None if by == "1" and start is None and end is None else zone
    if len(set(keys)) == 1:
        return _sums_of_one(keys[0], needs_zone, start, end, by)
    return _fetch(
        f"""SELECT a.currency, {by} AS part, {_CLOSED}
        FROM trading_dayrollup d JOIN accounts_brokeraccount a ON a.id = d.account_id
        WHERE d.account_id = ANY(%(accounts)s) AND d.trades > 0 AND {_ARE_ROLLED_UP}
        AND (%(start)s::date IS NULL OR d.day >= %(start)s) AND (%(end)s::date IS NULL OR d.day <= %(end)s)
        GROUP BY 1, 2 ORDER BY 2, 1""",
        keys,
        needs_zone,
        {"start": start, "end": end},
    )


def _sums_of_one(
    key: UUID, zone: ZoneInfo | None, start: date | None, end: date | None, by: str
) -> list[tuple[Any, ...]]:
    """The same of one account, which is most often asked: in half of the time, since less is planned and nothing joined."""
    window = "AND d.day >= %(start)s" * (start is not None) + " AND d.day <= %(end)s" * (end is not None)
    in_zone = "AND r.time_zone = %(zone)s" if zone else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.currency, s.* FROM (
                SELECT {by} AS part, {_CLOSED} FROM trading_dayrollup d
                WHERE d.account_id = %(account)s AND d.trades > 0 {window} GROUP BY 1
            ) s, accounts_brokeraccount a
            WHERE a.id = %(account)s
            AND EXISTS (SELECT FROM trading_accountrollup r WHERE r.account_id = %(account)s {in_zone})
            ORDER BY 2""",
            {"account": key, "zone": zone.key if zone else None, "start": start, "end": end},
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def by_account(keys: Sequence[UUID]) -> list[tuple[UUID, tuple[int, Decimal, Decimal, int]]]:
    """By account: number and net of its closed trades, net and exits of all its fills; of all time, whatever the zones."""
    rows = _fetch(
        f"""SELECT d.account_id, sum(d.trades), sum(d.net), sum(d.booked_net), sum(d.booked_exits)
        FROM trading_dayrollup d WHERE d.account_id = ANY(%(accounts)s) AND {_ARE_ROLLED_UP} GROUP BY 1""",
        keys,
        None,
        {},
    )
    return [(key, (trades, net, booked, exits)) for key, trades, net, booked, exits in rows]


def _fetch(sql: str, keys: Sequence[UUID], zone: ZoneInfo | None, more: dict[str, Any]) -> list[tuple[Any, ...]]:
    wanted = list(set(keys))
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, {"accounts": wanted, "zone": zone.key if zone else None, **more})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
