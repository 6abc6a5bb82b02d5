"""How far a balance fell below its own highest point."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Units: money in account currency, ratios as 0.05 for 5 %. A ratio can exceed 1 where a balance went below zero.

    `maximal` is the deepest fall in money and `maximal_ratio` the same fall against its peak; `relative_ratio` is the
    deepest fall against its peak and `relative_money` the same fall in money: it may be another episode.
    `absolute` is how far the lowest balance lay under the start.
    """

    absolute: Decimal = ZERO
    maximal: Decimal = ZERO
    maximal_ratio: Decimal = ZERO
    relative_ratio: Decimal = ZERO
    relative_money: Decimal = ZERO


def drawdown(start: Decimal, balances: Iterable[Decimal]) -> Drawdown:
    """The drawdown of the balances after each event, in the order of time, measured from `start`."""
    peak = lowest = start
    maximal = maximal_ratio = relative_ratio = relative_money = ZERO
    for balance in balances:
        if balance >= peak:
            peak = balance
            continue
        lowest = min(lowest, balance)
        fall = peak - balance
        ratio = fall / peak if peak > 0 else ZERO
        if fall > maximal:
            maximal, maximal_ratio = fall, ratio
        if ratio > relative_ratio:
            relative_ratio, relative_money = ratio, fall
    return Drawdown(start - lowest, maximal, maximal_ratio, relative_ratio, relative_money)
