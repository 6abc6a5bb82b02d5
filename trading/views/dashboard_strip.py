"""The figures at the head of the dashboard: one strip per currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from trading import formatting
from trading.calc.periods import windows
from trading.formatting import Formats
from trading.queries.account_results import AccountResult
from trading.queries.overview import Overview
from trading.queries.recent import PeriodName, PeriodSum, period_sums, recent_nets
from trading.views.result_words import WHAT_COUNTS, counts_in_words, not_in_results
from trading.views.sparks import Spark, spark

PERIOD_LABELS: Sequence[tuple[PeriodName, Promise]] = (
    ("today", gettext_lazy("Today")),
    ("week", gettext_lazy("This week")),
    ("month", gettext_lazy("This month")),
    ("all", gettext_lazy("All time")),
)
_NO_BALANCE = gettext_lazy("The balance before the first trade is not known for every account.")


@dataclass(frozen=True, slots=True)
class Strip:
    """The figures of one currency. Amounts of different currencies are never added.

    `besides` says what the balance holds and the results do not; "" where they hold the same.
    """

    currency: str
    accounts: int
    equity: SafeString
    balance: SafeString
    floating: SafeString
    periods: Sequence[dict[str, Any]]
    besides: str
    query: str


def strips(shown: Sequence[Overview], formats: Formats, now: datetime) -> list[Strip]:
    accounts = [overview.account for overview in shown]
    sums = period_sums(accounts, now, formats.zone)
    nets = recent_nets(accounts, now, formats.zone)
    return [
        _strip(
            [overview for overview in shown if overview.account.currency == currency],
            sums[currency],
            _sparks(*nets[currency], now, formats.zone),
            formats,
            {"account": str(accounts[0].pk)} if len(accounts) == 1 else {},
        )
        for currency in sums
    ]


def _sparks(
    days: Mapping[date, Decimal], months: Mapping[date, Decimal], now: datetime, zone: ZoneInfo
) -> dict[str, Spark | None]:
    """Bars per day of this week and this month, and per month of the last year."""
    today = now.astimezone(zone).date()
    starts = {window.name: window.starts_at.date() for window in windows(now, zone)}
    found: dict[str, Spark | None] = {
        name: spark(_each_day(days, starts[name], today)) for name in ("week", "month") if name in starts
    }
    return {**found, "all": spark([months[first] for first in sorted(months)])}


def _each_day(days: Mapping[date, Decimal], first: date, last: date) -> list[Decimal]:
    """The result of every working day, and of the weekend days that had one."""
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [days.get(on, Decimal(0)) for on in every if on in days or on.weekday() < 5]


def _strip(
    shown: Sequence[Overview],
    sums: Mapping[PeriodName, PeriodSum],
    sparks: Mapping[str, Spark | None],
    formats: Formats,
    choice: Mapping[str, str],
) -> Strip:
    """`choice` is what links to the same figures elsewhere carry along."""
    currency = shown[0].account.currency
    equity = _sum([overview.equity for overview in shown])
    balance = _sum([overview.balance for overview in shown])
    floating = sum((overview.floating for overview in shown), Decimal(0))
    return Strip(
        currency=currency,
        accounts=len(shown),
        equity=formats.plain(equity, currency, reason=str(_NO_BALANCE)),
        balance=formats.plain(balance, currency, reason=str(_NO_BALANCE)),
        floating=formats.amount(floating, currency),
        periods=[
            _period(sums[name], None if name == "all" else balance, currency, formats)
            | {"label": label, "spark": sparks.get(name), "query": _query({**choice, "period": name})}
            for name, label in PERIOD_LABELS
        ],
        besides=not_in_results(sum((overview.result for overview in shown), AccountResult()), currency, formats),
        query=_query(choice),
    )


def _query(parameters: Mapping[str, str]) -> str:
    return f"?{urlencode(parameters)}" if parameters else ""


def _period(result: PeriodSum, balance: Decimal | None, currency: str, formats: Formats) -> dict[str, Any]:
    """The change is measured against the balance without this period's result, where there was one before it."""
    before = balance - result.net if balance is not None else None
    ratio = result.net / before if before is not None and before > 0 else None
    text = formats.percent(ratio) if ratio is not None and result.count else ""
    return {
        "net": formats.amount(result.net, currency),
        "ratio": f"+{text}" if text and ratio and ratio > 0 else text,
        "direction": formatting.direction(result.net),
        "counts": counts_in_words(result.count, result.wins, formats),
        "counts_mean": WHAT_COUNTS,
    }


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None
