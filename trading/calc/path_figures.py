"""What trades made of the balance on its way: falls, growth, quality of the path."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from operator import mul
from typing import NamedTuple

from trading.calc.closed_trades import ZERO, ClosedTrade
from trading.calc.drawdown import Drawdown, RunningPeak, drawdown
from trading.calc.figure_types import FigureValues, Sample, figure
from trading.calc.history import Flow
from trading.calc.series import (
    average_factor,
    geometric_factor,
    regression,
    sharpe_ratio,
    trade_returns,
    z_confidence_percent,
    z_score,
)
from trading.calc.undefined import NEVER_FELL, NO_TRADES
from trading.calc.words import marked as _

ONE, HUNDRED = Decimal(1), Decimal(100)
#: A twelfth of a year.
MONTH_DAYS = Decimal("30.4375")
NO_BALANCE = _("It needs the balance, which is not known for this choice of trades.")
NOT_ABOVE_ZERO = _("The balance was not above zero before one of the trades.")
NO_DAY = _("It needs a record of at least a day.")
NO_DEPOSIT = _("Nothing was paid in.")
NO_MIX = _("It needs wins and losses, and more than two trades.")
FEW_POINTS = _("It needs two trades.")
ALL_ALIKE = _("All returns are the same.")
LOST_ALL = _("All of it was lost.")
FALLS = ("absolute", "maximal", "maximal_percent", "relative", "relative_percent")


class Move(NamedTuple):
    """One change of the balance: `cash` that came or went, or what a trade `gained`."""

    at: datetime
    cash: Decimal
    gained: Decimal
    is_trade: bool


def moves_of(trades: Iterable[ClosedTrade], flows: Iterable[Flow]) -> list[Move]:
    """Every close and every cash flow without credit, in the order of time; cash of the same moment comes first."""
    cash = sorted((flow for flow in flows if flow.kind != "credit"), key=lambda flow: (flow.at, flow.sequence))
    moves = [Move(flow.at, flow.amount, ZERO, is_trade=False) for flow in cash]
    moves += [Move(trade.closed_at, ZERO, trade.net, is_trade=True) for trade in trades]
    moves.sort(key=lambda move: move.at)
    return moves


def balances_before(opening: Decimal, moves: Iterable[Move]) -> list[Decimal]:
    """The balance right before each close."""
    before: list[Decimal] = []
    balance = opening
    for move in moves:
        if move.is_trade:
            before.append(balance)
        balance += move.cash + move.gained
    return before


def balance_drawdown(opening: Decimal, moves: Iterable[Move]) -> Drawdown:
    """The falls of the balance, which cash neither makes nor heals.

    In money they are falls of the sum of results; in percent cash moves the peak in proportion (see RunningPeak).
    """
    held = RunningPeak(opening)
    result = best = lowest = ZERO
    maximal = maximal_ratio = relative_ratio = relative_money = ZERO
    for move in moves:
        if not move.is_trade:
            held.pay(move.cash)
            continue
        held.earn(move.gained)
        result += move.gained
        best, lowest = max(best, result), min(lowest, result)
        fall, ratio = best - result, held.ratio
        if fall > maximal:
            maximal, maximal_ratio = fall, ratio
        if ratio > relative_ratio:
            relative_ratio, relative_money = ratio, fall
    return Drawdown(-lowest, maximal, maximal_ratio, relative_ratio, relative_money)


def fall_values(fall: Drawdown) -> dict[str, Decimal | None]:
    """The drawdowns by the names of `FALLS`, ratios in percent."""
    ratios = fall.maximal_ratio * HUNDRED, fall.relative_ratio * HUNDRED
    values = fall.absolute, fall.maximal, ratios[0], fall.relative_money, ratios[1]
    return dict(zip(FALLS, values, strict=True))


def fall_figures(sample: Sample, trades: Sequence[ClosedTrade]) -> FigureValues:
    """The drawdowns of the balance, and how often the net profit makes up for the deepest."""
    known = bool(trades) and sample.opening_balance is not None
    why = NO_BALANCE if trades else NO_TRADES
    fall = balance_drawdown(sample.opening_balance or ZERO, moves_of(trades, sample.flows)) if known else None
    net = sum((trade.net for trade in trades), ZERO)
    parts = fall_values(fall) if fall else dict.fromkeys(FALLS)
    count = len(trades)
    found = {f"balance_drawdown_{name}": value for name, value in parts.items()}
    figures = {key: figure(key, value, count, why) for key, value in found.items()}
    recovery = net / fall.maximal if fall and fall.maximal else None
    return figures | {"recovery_factor": figure("recovery_factor", recovery, count, NEVER_FELL if known else why)}


def path_figures(sample: Sample, trades: Sequence[ClosedTrade]) -> FigureValues:
    """The portal's figures of growth and of the shape of the path: each return is of the balance before the close."""
    known = bool(trades) and sample.opening_balance is not None
    before = balances_before(sample.opening_balance or ZERO, moves_of(trades, sample.flows)) if known else []
    nets = [trade.net for trade in trades]
    returns = trade_returns(nets, before) if known else None
    why = NO_TRADES if not trades else (NOT_ABOVE_ZERO if known else NO_BALANCE)
    # The line is drawn through what trading made of the first balance: cash would bend it.
    line = list(accumulate(nets, initial=before[0])) if known else []
    correlation, error = regression(line)
    bent = why if not known else FEW_POINTS
    count = len(trades)
    sharpe = sharpe_ratio(returns) if returns else None
    values = [
        figure("sharpe_ratio", sharpe, count, ALL_ALIKE if returns else why),
        figure("lr_correlation", correlation, count, bent if error is None else _("The balance never moved.")),
        figure("lr_standard_error", error, count, bent),
    ]
    return {value.key: value for value in values} | _growth(returns, count, why) | order_figures(trades)


def gain_figures(sample: Sample, trades: Sequence[ClosedTrade]) -> FigureValues:
    """Myfxbook's gain: each result is a share of the balance at which its trade was opened."""
    count = len(trades)
    shares = [
        trade.net / trade.balance_at_open for trade in trades if trade.balance_at_open and trade.balance_at_open > 0
    ]
    returns = shares if trades and len(shares) == count else None
    why = NO_BALANCE if trades else NO_TRADES
    gain = _product(returns) - ONE if returns else None
    path = accumulate((max(ZERO, ONE + share) for share in returns), mul, initial=ONE) if returns else ()
    fall = drawdown(ONE, path).relative_ratio * HUNDRED if returns else None
    paid_in = sum((flow.amount for flow in sample.flows if flow.kind == "deposit"), sample.opening_balance or ZERO)
    net = sum((trade.net for trade in trades), ZERO)
    known = bool(trades) and sample.opening_balance is not None
    absolute = net / paid_in * HUNDRED if known and paid_in > 0 else None
    values = [
        figure("gain_percent", None if gain is None else gain * HUNDRED, count, why),
        figure("absolute_gain_percent", absolute, count, NO_DEPOSIT if known else why),
        figure("gain_drawdown_percent", fall, count, why),
    ]
    return (
        {value.key: value for value in values}
        | _gain_by_time(sample, gain, why)
        | _growth(returns, count, why)
        | order_figures(trades)
    )


def _gain_by_time(sample: Sample, gain: Decimal | None, why: str) -> FigureValues:
    """The constant gain of a day and of a month that would have led to the same gain, compounded."""
    count = len(sample.trades)
    days = _length_days(sample) if count else ZERO
    reason = why if gain is None else LOST_ALL if gain <= -ONE else NO_DAY
    found: FigureValues = {}
    for key, parts in (("daily_gain_percent", days), ("monthly_gain_percent", days / MONTH_DAYS)):
        is_told = gain is not None and gain > -ONE and days >= 1
        value = (((ONE + gain).ln() / parts).exp() - ONE) * HUNDRED if is_told and gain is not None else None
        found[key] = figure(key, value, int(days), reason)
    return found


def _length_days(sample: Sample) -> Decimal:
    """From the beginning of the period, else the first deposit or opening, to the last close."""
    paid_in = [flow.at for flow in sample.flows if flow.kind == "deposit"]
    first = sample.starts_at or min([*paid_in, *(trade.opened_at for trade in sample.trades)])
    length = max(trade.closed_at for trade in sample.trades) - first
    return Decimal(length // timedelta(microseconds=1)) / (timedelta(days=1) // timedelta(microseconds=1))


def order_figures(trades: Sequence[ClosedTrade]) -> FigureValues:
    """Whether wins and losses come in streaks; results of zero are left out."""
    nets = [trade.net for trade in trades if trade.net]
    score = z_score(nets)
    why = NO_MIX if trades else NO_TRADES
    return {
        "z_score": figure("z_score", score, len(nets), why),
        "z_confidence_percent": figure("z_confidence_percent", z_confidence_percent(score), len(nets), why),
    }


def _growth(returns: Sequence[Decimal] | None, count: int, why: str) -> FigureValues:
    geometric = geometric_factor(_product(returns), count) if returns else None
    return {
        "ahpr": figure("ahpr", average_factor(returns) if returns else None, count, why),
        "ghpr": figure("ghpr", geometric, count, LOST_ALL if returns else why),
    }


def _product(returns: Iterable[Decimal]) -> Decimal:
    growth = ONE
    for share in returns:
        growth *= max(ZERO, ONE + share)
    return growth
