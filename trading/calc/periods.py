"""What an account earned today, this week, this month, this quarter, this year."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Literal

from trading.calc.history import Fill

ZERO = Decimal(0)

PeriodName = Literal["today", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time: `starts_at` belongs to it, `ends_at` does not. Both are aware."""

    name: PeriodName
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class PeriodResult:
    """`gross_profit` is before costs; `net` holds every cost booked in the window, those of entries included.

    `trades` counts exits; a `win` is an exit whose own net is zero or more, as MetaTrader counts.
    """

    window: Window
    net: Decimal = ZERO
    gross_profit: Decimal = ZERO
    trades: int = 0
    wins: int = 0

    @property
    def win_ratio(self) -> Decimal | None:
        return Decimal(self.wins) / self.trades if self.trades else None


def windows(now: datetime, zone: tzinfo) -> list[Window]:
    """The calendar windows of `zone` that hold `now`: day, week from Monday, month, quarter, year."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    edges: list[tuple[PeriodName, date, date]] = [
        ("today", today, today + timedelta(days=1)),
        ("week", monday, monday + timedelta(days=7)),
        ("month", today.replace(day=1), _months_later(today.replace(day=1), 1)),
        ("quarter", quarter, _months_later(quarter, 3)),
        ("year", date(today.year, 1, 1), date(today.year + 1, 1, 1)),
    ]
    return [Window(name, _midnight(start, zone), _midnight(end, zone)) for name, start, end in edges]


def period_results(fills: Iterable[Fill], now: datetime, zone: tzinfo) -> dict[PeriodName, PeriodResult]:
    """The result of each window, in one pass over fills in any order."""
    results = [PeriodResult(window) for window in windows(now, zone)]
    edges = [(_utc_seconds(r.window.starts_at), _utc_seconds(r.window.ends_at), r) for r in results]
    earliest = min(start for start, _, _ in edges)
    latest = max(end for _, end, _ in edges)
    for fill in fills:
        moment = fill.at.timestamp()
        if not earliest <= moment < latest:
            continue
        for start, end, result in edges:
            if start <= moment < end:
                _add(result, fill)
    return {result.window.name: result for result in results}


def _add(result: PeriodResult, fill: Fill) -> None:
    net = fill.net
    result.net += net
    result.gross_profit += fill.gross_profit
    if fill.is_exit:
        result.trades += 1
        result.wins += net >= 0


def _months_later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _midnight(on: date, zone: tzinfo) -> datetime:
    return datetime.combine(on, time(), tzinfo=zone)


def _utc_seconds(at: datetime) -> float:
    """Seconds since 1970: two times of one zone compare by their clocks otherwise, which is wrong across a shift."""
    return at.timestamp()
