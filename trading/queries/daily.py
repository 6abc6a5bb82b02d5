"""What closed trades came to by day and as a whole: what the calendar, the journal and the dashboard build on.

A trade counts whole on the day of its `closed_at`, by the day rule of the trade list's filter, so that the figures of a
day are those of the list narrowed to it. Every result of a period counts so: dashboard, accounts, calendar, list, analysis,
reports and API. MetaTrader's own figures count fills when they are booked; `queries.booked` leads from one to the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import BrokerAccount
from trading.queries import rollups


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Closed trades of one currency. Units: money in that currency, costs negative; `best` and `worst` are nets of a trade.

    `gross_profit` and `gross_loss` add up the nets above and below zero; `gross` is what the trades earned before costs.
    """

    currency: str
    trades: int
    wins: int
    losses: int
    gross_profit: Decimal
    gross_loss: Decimal
    gross: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    net: Decimal
    volume_lots: Decimal
    best: Decimal
    worst: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult(Result):
    """One day."""

    day: date


def daily_results(
    accounts: Sequence[BrokerAccount], zone: ZoneInfo, start: date | None = None, end: date | None = None
) -> list[DayResult]:
    """One for each day of `zone` and currency with closed trades, oldest first; `start` and `end` both count."""
    rolled = rollups.closed_sums([account.pk for account in accounts], zone, start, end, "d.day")
    if rolled:
        return [DayResult(day=day, currency=currency, **_values(row)) for currency, day, *row in rolled]
    first, last = _span(accounts, zone, start, end)
    days = [first + timedelta(days=number) for number in range((last - first).days + 2)]
    edges = [midnight(day, zone).astimezone(ZoneInfo("UTC")) for day in days]
    rows = _rows(
        accounts,
        "width_bucket(t.closed_at, %(edges)s::timestamptz[])",
        "t.closed_at >= %(from)s AND t.closed_at < %(until)s",
        {"edges": edges, "from": edges[0], "until": edges[-1]},
    )
    return [DayResult(day=days[bucket - 1], currency=currency, **_values(row)) for currency, bucket, *row in rows]


def total_results(
    accounts: Sequence[BrokerAccount], zone: ZoneInfo, start: date | None = None, end: date | None = None
) -> list[Result]:
    """One for each currency with closed trades, of the days from `start` to `end`, by the name of the currency."""
    rolled = rollups.closed_sums([account.pk for account in accounts], zone, start, end, "1")
    if rolled:
        return [Result(currency=currency, **_values(row)) for currency, _, *row in rolled]
    window = "TRUE"
    parameters: dict[str, Any] = {}
    if start is not None:
        window += " AND t.closed_at >= %(from)s"
        parameters["from"] = midnight(start, zone)
    if end is not None:
        window += " AND t.closed_at < %(until)s"
        parameters["until"] = midnight(end + timedelta(days=1), zone)
    return [Result(currency=currency, **_values(row)) for currency, _, *row in _rows(accounts, "1", window, parameters)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which the day begins, by the rule of the filters: PostgreSQL's own is another where a clock is put back
    to the day before."""
    return datetime.combine(day, time.min, zone)


_COLUMNS = """count(*), count(*) FILTER (WHERE t.net_profit > 0), count(*) FILTER (WHERE t.net_profit < 0),
    COALESCE(sum(t.net_profit) FILTER (WHERE t.net_profit > 0), 0),
    COALESCE(sum(t.net_profit) FILTER (WHERE t.net_profit < 0), 0),
    sum(t.gross_profit), sum(t.commission), sum(t.swap), sum(t.fee), sum(t.net_profit), sum(t.volume_lots),
    max(t.net_profit), min(t.net_profit)"""
_NAMES = (
    "trades",
    "wins",
    "losses",
    "gross_profit",
    "gross_loss",
    "gross",
    "commission",
    "swap",
    "fee",
    "net",
    "volume_lots",
    "best",
    "worst",
)


def _rows(
    accounts: Sequence[BrokerAccount], bucket: str, window: str, parameters: dict[str, Any]
) -> list[tuple[Any, ...]]:
    if not accounts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.currency, {bucket} AS bucket, {_COLUMNS}
            FROM trading_trade t JOIN accounts_brokeraccount a ON a.id = t.account_id
            WHERE t.account_id = ANY(%(accounts)s) AND t.closed_at IS NOT NULL AND {window}
            GROUP BY 1, 2 ORDER BY 2, 1""",
            parameters | {"accounts": [account.pk for account in accounts]},
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _values(row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(_NAMES, row, strict=True))


def _span(accounts: Sequence[BrokerAccount], zone: ZoneInfo, start: date | None, end: date | None) -> tuple[date, date]:
    """The first and last day to look at: where none is given, that of the first or last close."""
    if start is None or end is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT min(closed_at), max(closed_at) FROM trading_trade WHERE account_id = ANY(%s) AND closed_at IS NOT NULL",
                [[account.pk for account in accounts]],
            )
            earliest, latest = cursor.fetchone()
        if earliest is None:
            nothing = start or end or date(1970, 1, 1)
            return nothing, nothing
        # A day more on either side: a clock put back over midnight gives a moment the name of the day before.
        start = start or earliest.astimezone(zone).date() - timedelta(days=1)
        end = end or latest.astimezone(zone).date() + timedelta(days=1)
    return start, max(start, end)
