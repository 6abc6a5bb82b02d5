"""Figures of daily time-weighted returns: growth, growth a year, and what it cost in ups and downs.

They run on the equity that the broker reported where its reports cover the record, and on the daily balance elsewhere;
each figure says which. docs/formulas.md has each, worked by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Literal

from trading.calc.equity_figures import coverage_of, covers, in_order_of_time
from trading.calc.figure_types import FigureValue, FigureValues, Sample, figure
from trading.calc.path_figures import NO_BALANCE
from trading.calc.returns import Returns, balance_stretches, equity_stretches, returns_of
from trading.calc.rounding import WIDE_PRECISION
from trading.calc.trade_figures import deviation
from trading.calc.undefined import NEVER_FELL, NO_TRADES
from trading.calc.words import marked as _

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
#: Days of trade in a year, as funds count them; days of the calendar for growth a year.
TRADING_DAYS = Decimal(252)
YEAR_DAYS = Decimal("365.25")
#: Under this many days a year's growth would be told from too little.
FEWEST_DAYS = 30

NOTHING_AT_WORK = _("Something was earned or lost while the account held nothing.")
TOO_SHORT = _("A record of under 30 days says nothing about a year.")
ONE_DAY = _("It needs two days.")
ALL_ALIKE = _("All days are the same.")
NO_LOST_DAY = _("No day was lost.")
ON_EQUITY = _("On reported equity")
ON_EQUITY_ESTIMATED = _("On reported equity, estimated around cash")
#: What that estimate is, once for a whole set of figures.
ESTIMATED = _("Where cash moved between two reports of the equity, the return between them is Modified Dietz.")
ON_BALANCE = _("On the daily balance")

Basis = Literal["equity", "balance"]


@dataclass(frozen=True, slots=True)
class DailyReturns:
    """What the figures run on. `returns` is None where there is nothing to run on, and `why` then says why."""

    basis: Basis
    returns: Returns | None
    why: str = ""

    @property
    def note(self) -> str:
        if self.basis == "balance":
            return ON_BALANCE
        return ON_EQUITY_ESTIMATED if self.returns and self.returns.estimates else ON_EQUITY


def daily_returns(sample: Sample) -> DailyReturns:
    """The returns by day: of the reported equity where it covers the record, else of the balance."""
    record = _record(sample)
    points = in_order_of_time(sample.equity)
    covered = coverage_of(points, sample.zone)
    if covered and covers(covered, record, sample.zone):
        stretches = equity_stretches(points, sample.flows, sample.zone)
        returns = returns_of(stretches, points[0].at, points[-1].at, sample.zone)
        return DailyReturns("equity", returns, NOTHING_AT_WORK)
    if record is None:
        return DailyReturns("balance", None, NO_TRADES)
    if sample.opening_balance is None:
        return DailyReturns("balance", None, NO_BALANCE)
    moves = balance_stretches(sample.opening_balance, sample.trades, sample.flows, sample.zone)
    return DailyReturns("balance", returns_of(moves, *record, sample.zone), NOTHING_AT_WORK)


def return_figures(sample: Sample, falls: FigureValues) -> FigureValues:
    """The portal's figures of growth and of daily returns; `falls` are its drawdowns of balance and equity."""
    found = daily_returns(sample)
    if found.returns is None:
        return {key: FigureValue(key, None, found.why) for key in _KEYS}
    returns, count = found.returns, len(found.returns.daily)
    annual = _annual(returns)
    fall = falls.get(f"{found.basis}_drawdown_relative_percent")
    deepest = fall.value if fall else None
    calmar = annual / deepest if annual is not None and deepest else None
    mean = sum(returns.daily, ZERO) / count if count else None
    one_day = ONE_DAY if count <= 1 else ALL_ALIKE
    values: list[tuple[str, Decimal | None, str]] = [
        ("time_weighted_return_percent", (returns.growth - ONE) * HUNDRED, ""),
        ("annual_growth_percent", annual, TOO_SHORT),
        ("calmar_ratio", calmar, TOO_SHORT if annual is None else NEVER_FELL),
        ("sharpe_ratio_daily", _sharpe(returns.daily), one_day),
        ("sortino_ratio", _sortino(returns.daily), NO_LOST_DAY if count else ONE_DAY),
        ("day_average_percent", None if mean is None else mean * HUNDRED, ONE_DAY),
    ]
    figures = {key: figure(key, value, count, why, found.note) for key, value, why in values}
    return figures | _extremes(returns, found.note)


_KEYS = (
    "time_weighted_return_percent",
    "annual_growth_percent",
    "calmar_ratio",
    "sharpe_ratio_daily",
    "sortino_ratio",
    "day_average_percent",
    "day_best_percent",
    "day_worst_percent",
)


def _record(sample: Sample) -> tuple[datetime, datetime] | None:
    """From the beginning of the period, else the first cash or opening, to the last close or cash; None without a trade."""
    if not sample.trades:
        return None
    cash = [flow.at for flow in sample.flows if flow.kind != "credit"]
    first = min([*cash, *(trade.opened_at for trade in sample.trades)])
    last = max([*cash, *(trade.closed_at for trade in sample.trades)])
    return sample.starts_at or first, last


def _annual(returns: Returns) -> Decimal | None:
    """The growth a year in percent that would have led to the same end: (1 + TWR)^(365.25 / days) - 1."""
    if returns.length_days < FEWEST_DAYS:
        return None
    if not returns.growth:
        return -HUNDRED
    return ((returns.growth.ln() * YEAR_DAYS / returns.length_days).exp() - ONE) * HUNDRED


def _sharpe(daily: Sequence[Decimal]) -> Decimal | None:
    """mean / standard deviation x sqrt(252)."""
    spread = deviation(daily)
    return sum(daily, ZERO) / len(daily) / spread * TRADING_DAYS.sqrt() if spread else None


def _sortino(daily: Sequence[Decimal]) -> Decimal | None:
    """mean / sqrt(sum of min(0, r)² / N) x sqrt(252), N being all days and not the lost ones alone."""
    with localcontext(prec=WIDE_PRECISION):
        below = sum((min(ZERO, share) ** 2 for share in daily), ZERO)
        if not below:
            return None
        ratio = sum(daily, ZERO) / len(daily) / (below / len(daily)).sqrt() * TRADING_DAYS.sqrt()
    return +ratio


def _extremes(returns: Returns, note: str) -> FigureValues:
    """The best and the worst day; of several the earliest."""
    keys = ("day_best_percent", "day_worst_percent")
    if not returns.days:
        return {key: FigureValue(key, None, ONE_DAY) for key in keys}
    ends = max(returns.daily), min(returns.daily)
    return {
        key: FigureValue(
            key,
            share * HUNDRED,
            sample=len(returns.days),
            note=note,
            on=returns.days[returns.daily.index(share)],
        )
        for key, share in zip(keys, ends, strict=True)
    }
