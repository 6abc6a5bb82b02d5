"""Calendar windows: today, this week, this month, this quarter, this year."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

PeriodName = Literal["today", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time: `starts_at` belongs to it, `ends_at` does not. Both are aware."""

    name: PeriodName
    starts_at: datetime
    ends_at: datetime


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


def _months_later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _midnight(on: date, zone: tzinfo) -> datetime:
    return datetime.combine(on, time(), tzinfo=zone)
