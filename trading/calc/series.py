"""Figures of a series of trades: per-trade Sharpe ratio, holding-period returns, runs test and regression line."""

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import count as count_up
from operator import mul, ne

from trading.calc.rounding import WIDE_PRECISION

ZERO = Decimal(0)
ONE = Decimal(1)
POINTS_FOR_A_LINE = 3


def trade_returns(nets: Sequence[Decimal], balances_before: Sequence[Decimal]) -> list[Decimal] | None:
    """Each result as a share of the balance right before it; None where a balance was not positive or is not known."""
    if len(nets) != len(balances_before) or any(balance <= 0 for balance in balances_before):
        return None
    return [net / balance for net, balance in zip(nets, balances_before, strict=True)]


def sharpe_ratio(returns: Sequence[Decimal]) -> Decimal | None:
    """Mean / population standard deviation of the returns; None for no returns or for returns that never differ.

    This is the per-trade ratio of a MetaTrader 5 history report: not annualised, no risk-free rate.
    """
    if not returns:
        return None
    mean = sum(returns, ZERO) / len(returns)
    deviations = [value - mean for value in returns]
    variance = sum(map(mul, deviations, deviations), ZERO) / len(returns)
    return mean / variance.sqrt() if variance else None


def average_factor(returns: Sequence[Decimal]) -> Decimal | None:
    """AHPR: the arithmetic mean of the holding-period factors, 1.0023 for 0.23 % a trade."""
    return ONE + sum(returns, ZERO) / len(returns) if returns else None


def geometric_factor(growth: Decimal | None, trades: int) -> Decimal | None:
    """GHPR: the constant factor per trade that gives `growth` in all; None where the account lost everything."""
    if growth is None or growth <= 0 or not trades:
        return None
    return ((growth.ln()) / trades).exp()


def z_score(nets: Sequence[Decimal]) -> Decimal | None:
    """How far the number of runs is from chance, in standard deviations: below zero, wins follow wins.

    A zero result counts as won, as MetaTrader counts. None unless there are both wins and losses, and three trades.
    Source: Z = (N(R - 0.5) - P) / sqrt(P(P - N) / (N - 1)), P = 2WL.
    """
    total = len(nets)
    outcomes = [net >= 0 for net in nets]
    won = sum(outcomes)
    product = 2 * won * (total - won)
    if product <= total:
        return None
    runs: int = 1 + sum(map(ne, outcomes, outcomes[1:]))
    spread = (Decimal(product) * (product - total) / (total - 1)).sqrt()
    return (total * (runs - Decimal("0.5")) - product) / spread


def z_confidence_percent(score: Decimal | None) -> Decimal | None:
    """The two-sided confidence that the order of wins and losses is not chance; MetaTrader stops at 99.74."""
    if score is None:
        return None
    return Decimal(repr(100 * math.erf(abs(float(score)) / math.sqrt(2))))


def regression(balances: Sequence[Decimal]) -> tuple[Decimal | None, Decimal | None]:
    """LR correlation of (number of the trade, balance), and LR standard error: how far balances lie from the line.

    `balances` begins with the balance before the first trade, which counts as a point. The standard error divides by
    the number of points less two. (None, None) under three points; no correlation for a balance that never moved.
    """
    count = len(balances)
    if count < POINTS_FOR_A_LINE:
        return None, None
    with localcontext(prec=WIDE_PRECISION):
        # Sums of the indices 0 .. n-1 and of their squares have closed forms; everything is kept times n, so exact.
        index_sum = count * (count - 1) // 2
        index_square_sum = (count - 1) * count * (2 * count - 1) // 6
        total = sum(balances, ZERO)
        squares = sum(map(mul, balances, balances), ZERO)
        products = sum(map(mul, balances, count_up()), ZERO)
        spread_index = Decimal(count * index_square_sum - index_sum**2)
        spread_balance = count * squares - total * total
        spread_both = count * products - index_sum * total
        residual = max(ZERO, spread_balance - spread_both**2 / spread_index) / count
        error = (residual / (count - 2)).sqrt()
        correlation = spread_both / (spread_index * spread_balance).sqrt() if spread_balance else None
    return (None if correlation is None else +correlation), +error
