"""What closed trades came to of late: today, this week, this month, all time; by day and by month for small pictures.

All of it is read from `daily`, so that it is what calendar, lists and reports say of the same days.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.periods import windows
from trading.queries.daily import DayResult, Result, daily_results, total_results
from trading.queries.trades import kept_parts

ZERO = Decimal(0)
PeriodName = Literal["today", "week", "month", "all"]
_Of = TypeVar("_Of", bound=Result)
#: Calendar months in the picture of all time, the present one included.
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class PeriodSum:
    """Closed trades. `wins` are those with a net above zero."""

    net: Decimal
    count: int
    wins: int


#: Per currency, per period.
PeriodSums = dict[str, dict[PeriodName, PeriodSum]]
#: Per currency: what each day brought, and each month by its first day. Those without a result are left out.
Nets = dict[str, tuple[dict[date, Decimal], dict[date, Decimal]]]


def period_sums(accounts: Sequence[BrokerAccount], now: datetime, zone: ZoneInfo) -> PeriodSums:
    """Net result, trades and wins of today, this week, this month and all time, per currency, in two queries."""
    today = now.astimezone(zone).date()
    parts = (zone.key, today, *kept_parts(accounts, ""))
    return cache.remembered("periods", parts, cache.PERIODS_S, lambda: read_period_sums(accounts, now, zone))


def read_period_sums(accounts: Sequence[BrokerAccount], now: datetime, zone: ZoneInfo) -> PeriodSums:
    """The same without what is kept of it."""
    spans = _spans(now, zone)
    first, last = min(start for start, _ in spans.values()), max(end for _, end in spans.values())
    days = _by_currency(daily_results(accounts, zone, first, last))
    ever = _by_currency(total_results(accounts, zone))
    return {
        currency: {
            **{name: _sum_of(days.get(currency, ()), *span) for name, span in spans.items()},
            "all": _sum(ever.get(currency, ())),
        }
        for currency in sorted({account.currency for account in accounts})
    }


def recent_nets(accounts: Sequence[BrokerAccount], now: datetime, zone: ZoneInfo) -> Nets:
    """What each day of the last twelve calendar months brought, and each of these months."""
    today = now.astimezone(zone).date()
    parts = (zone.key, today, *kept_parts(accounts, ""))

    def compute() -> Nets:
        month = today.year * 12 + today.month - _MONTHS
        days = _by_currency(daily_results(accounts, zone, date(month // 12, month % 12 + 1, 1), today))
        return {account.currency: _nets(days.get(account.currency, ())) for account in accounts}

    return cache.remembered("sparks", parts, cache.PERIODS_S, compute)


def _nets(days: Iterable[DayResult]) -> tuple[dict[date, Decimal], dict[date, Decimal]]:
    by_day = {of.day: of.net for of in days if of.net}
    by_month: dict[date, Decimal] = defaultdict(Decimal)
    for day, net in by_day.items():
        by_month[day.replace(day=1)] += net
    return by_day, {first: net for first, net in by_month.items() if net}


def _spans(now: datetime, zone: ZoneInfo) -> dict[PeriodName, tuple[date, date]]:
    """The first and the last day of each period."""
    named = {window.name: window for window in windows(now, zone)}
    wanted: tuple[Literal["today", "week", "month"], ...] = ("today", "week", "month")
    return {name: (named[name].starts_at.date(), named[name].ends_at.date() - timedelta(days=1)) for name in wanted}


def _by_currency(results: Iterable[_Of]) -> Mapping[str, Sequence[_Of]]:
    found: dict[str, list[_Of]] = defaultdict(list)
    for result in results:
        found[result.currency].append(result)
    return found


def _sum_of(days: Iterable[DayResult], first: date, last: date) -> PeriodSum:
    return _sum([of for of in days if first <= of.day <= last])


def _sum(results: Sequence[Result]) -> PeriodSum:
    return PeriodSum(
        sum((of.net for of in results), ZERO), sum(of.trades for of in results), sum(of.wins for of in results)
    )
