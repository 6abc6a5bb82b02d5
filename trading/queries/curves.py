"""The balance of several accounts as one line per currency, cut to a span of time."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import BrokerAccount
from trading import cache
from trading.calc import equity
from trading.calc.equity import BalancePoint
from trading.calc.history import Flow
from trading.queries.figures import bookings_of, flows_of
from trading.queries.overview import opening_balances

#: The spans that a chart offers, by the word in the address.
SPANS = {"1w": "1W", "1m": "1M", "3m": "3M", "ytd": "YTD", "1y": "1Y", "all": "All"}
POINTS = 500
_DAYS = {"1w": 7, "1m": 31, "3m": 92, "1y": 366}


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month of the curve: the balance at its end, what flowed in or out, the deepest drawdown within it."""

    month: str
    balance: Decimal
    flows: Decimal
    drawdown_ratio: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """One currency. `months` covers the span with all of its points; `points` are thinned for drawing.

    `left_out` names the accounts whose opening balance is not known: their balance can't be drawn.
    """

    currency: str
    points: Sequence[BalancePoint]
    months: Sequence[MonthLine]
    peak: BalancePoint | None
    deepest: BalancePoint | None
    marks: Sequence[tuple[datetime, Decimal]]
    left_out: Sequence[str]


def span_start(span: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Where a span begins; None for all of it."""
    if span == "ytd":
        return now.astimezone(zone).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return now - timedelta(days=_DAYS[span]) if span in _DAYS else None


def currency_curve(
    accounts: Sequence[BrokerAccount], zone: ZoneInfo, start: datetime | None, end: datetime | None, name: str
) -> Curve:
    """The curve of accounts of one currency from `start` to before `end`. `name` tells spans apart in the cache."""
    parts = [f"{account.pk}.{account.revision}" for account in accounts]
    on = start.date() if start else "all"
    return cache.remembered(
        "span",
        (zone.key, name, on, end and end.date(), *parts),
        cache.CURVE_S,
        lambda: _curve(accounts, zone, start, end),
    )


def _curve(accounts: Sequence[BrokerAccount], zone: ZoneInfo, start: datetime | None, end: datetime | None) -> Curve:
    openings = opening_balances([account.pk for account in accounts])
    known = [(account, opening) for account in accounts if (opening := openings.get(account.pk)) is not None]
    flows: list[Flow] = [flow for account, _ in known for flow in flows_of(account.pk)]
    bookings = [booking for account, _ in known for booking in bookings_of(account.pk)]
    whole = equity.balance_curve(sum((opening for _, opening in known), Decimal(0)), flows, bookings)
    shown = _cut(whole, start, end)
    inside = [flow for flow in flows if flow.kind != "credit" and _is_inside(flow.at, start, end)]
    return Curve(
        currency=accounts[0].currency,
        points=equity.thin(shown, POINTS),
        months=_months(shown, zone),
        peak=max(shown, key=lambda point: point.balance, default=None),
        deepest=max(shown, key=lambda point: point.drawdown_ratio, default=None),
        marks=[(flow.at, flow.amount) for flow in sorted(inside, key=lambda flow: flow.at)],
        left_out=[account.label for account in accounts if openings.get(account.pk) is None],
    )


def _is_inside(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or at >= start) and (end is None or at < end)


def _cut(points: Sequence[BalancePoint], start: datetime | None, end: datetime | None) -> list[BalancePoint]:
    """The points of the span, led by what the account held when it began."""
    inside = [point for point in points if _is_inside(point.at, start, end)]
    before = [point for point in points if start is not None and point.at < start]
    if not before or start is None:
        return inside
    held = before[-1]
    return [BalancePoint(start, held.balance, held.flows, held.drawdown_ratio), *inside]


def _months(points: Sequence[BalancePoint], zone: ZoneInfo) -> list[MonthLine]:
    lines: list[MonthLine] = []
    start = 0
    while start < len(points):
        first = points[start].at.astimezone(zone)
        end = bisect_left(points, _next_month(first), lo=start, key=lambda point: point.at)
        flowed = points[start - 1].flows if start else points[0].flows
        inside = points[start:end]
        lines.append(
            MonthLine(
                month=f"{first:%Y-%m}",
                balance=inside[-1].balance,
                flows=inside[-1].flows - flowed,
                drawdown_ratio=max(point.drawdown_ratio for point in inside),
            )
        )
        start = end
    return lines


def _next_month(moment: datetime) -> datetime:
    """The first midnight of the month after, in the zone of `moment`."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return datetime(year, month, 1, tzinfo=moment.tzinfo)
