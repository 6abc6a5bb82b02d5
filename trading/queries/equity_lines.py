"""The equity that live feeds recorded, as a line to be drawn over the balance."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.equity_line import SILENCE, EquityLine, EquityPoint, Seen, line_of_one, line_of_several
from trading.queries.curves import Span
from trading.queries.overview import opening_balances

SLICES = 160
_NARROWEST = timedelta(seconds=10)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = """SELECT wanted.id, (
        SELECT min(s.taken_at) FROM trading_livesnapshot s
        WHERE s.account_id = wanted.id AND s.taken_at >= %s AND s.taken_at < %s
    ) FROM unnest(%s::uuid[]) AS wanted (id)"""
#: Arrays compare by their first element: the moment comes along with the lowest, and with the highest the earliest.
#: A slice ends with its month, so that a month's last is among what stays.
_SLICES = """SELECT account_id, date_bin(make_interval(secs => %s), taken_at, %s) AS slice, date_trunc('month', taken_at, %s) AS month,
        extract(epoch FROM min(taken_at)), min(ARRAY[equity, moment]), max(ARRAY[equity, -moment]),
        max(ARRAY[moment, equity])
    FROM (
        SELECT account_id, taken_at, equity, extract(epoch FROM taken_at) AS moment FROM trading_livesnapshot
        WHERE account_id = ANY(%s) AND taken_at >= %s AND taken_at < %s
    ) s GROUP BY 1, 2, 3 ORDER BY 2, 3"""


def currency_equity(accounts: Sequence[BrokerAccount], zone: ZoneInfo, span: Span, now: datetime) -> EquityLine:
    """The equity of accounts of one currency together: nothing where one of them has no feed.

    Accounts whose balance can't be drawn are left out of both lines. Kept for a moment only, since a feed goes on.
    """
    parts = [f"{account.pk}.{account.revision}" for account in accounts]
    days = (span.start.date() if span.start else "all", span.end and span.end.date())
    return cache.remembered(
        "equity", (zone.key, span.name, *days, *parts), cache.EQUITY_S, lambda: _line(accounts, zone, span, now)
    )


def _line(accounts: Sequence[BrokerAccount], zone: ZoneInfo, span: Span, now: datetime) -> EquityLine:
    openings = opening_balances([account.pk for account in accounts])
    keys = [account.pk for account in accounts if openings.get(account.pk) is not None]
    begin, end = span.start or _EVER, span.end or now + timedelta(minutes=1)
    firsts = _firsts(keys, begin, end)
    if not keys or None in firsts:
        return EquityLine()
    start = max(first for first in firsts if first)
    # Whoever was heard of before the last one appeared still counts.
    since = max(begin, start - SILENCE)
    by_slice: dict[tuple[datetime, datetime], dict[UUID, Seen]] = defaultdict(dict)
    width = max((end - start) / SLICES, _NARROWEST)
    with connection.cursor() as cursor:
        cursor.execute(_SLICES, [width.total_seconds(), start, zone.key, keys, since, end])
        for key, slice_at, month, *numbers in cursor.fetchall():
            by_slice[slice_at, month][key] = _seen(*numbers)
    if len(keys) == 1:
        return line_of_one(seen[keys[0]] for seen in by_slice.values())
    return line_of_several(len(keys), by_slice.values())


def _firsts(keys: Sequence[UUID], start: datetime, end: datetime) -> list[datetime | None]:
    """When each account was first heard of in that time."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [start, end, list(keys)])
        return [first for _, first in cursor.fetchall()]


def _seen(first: Decimal, lowest: list[Decimal], highest: list[Decimal], last: list[Decimal]) -> Seen:
    return Seen(
        _moment(first),
        EquityPoint(_moment(lowest[1]), lowest[0]),
        EquityPoint(_moment(-highest[1]), highest[0]),
        EquityPoint(_moment(last[0]), last[1]),
    )


def _moment(seconds: Any) -> datetime:
    return _EVER + timedelta(microseconds=int(seconds * 1_000_000))
