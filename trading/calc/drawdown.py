"""How far a balance fell below its own highest point."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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
    lowest = start
    maximal = maximal_ratio = relative_ratio = relative_money = ZERO
    for peak, trough in _episodes(start, balances):
        lowest = min(lowest, trough)
        fall = peak - trough
        ratio = fall / peak if peak > 0 else ZERO
        if fall > maximal:
            maximal, maximal_ratio = fall, ratio
        if ratio > relative_ratio:
            relative_ratio, relative_money = ratio, fall
    return Drawdown(start - lowest, maximal, maximal_ratio, relative_ratio, relative_money)


def _episodes(start: Decimal, balances: Iterable[Decimal]) -> Iterator[tuple[Decimal, Decimal]]:
    """Each peak and the lowest balance before the next one: of the falls from one peak only the deepest counts."""
    peak = trough = start
    for balance in balances:
        if balance >= peak:
            if trough < peak:
                yield peak, trough
            peak = trough = balance
        elif balance < trough:
            trough = balance
    if trough < peak:
        yield peak, trough


@dataclass(slots=True)
class RunningPeak:
    """A balance on its way, and the peak that its fall in percent is measured from.

    Cash moves the peak in proportion, so that it leaves the fall in percent as it was: who lost a tenth and then takes
    out most of the rest has still lost a tenth. An account that holds nothing begins anew with the next deposit.
    """

    balance: Decimal
    peak: Decimal = field(init=False)

    def __post_init__(self) -> None:
        self.peak = self.balance

    @property
    def ratio(self) -> Decimal:
        """How far the balance lies under its peak: 0.05 for 5 %; 0 where there never was a peak above nothing."""
        return (self.peak - self.balance) / self.peak if self.peak > 0 else ZERO

    def earn(self, result: Decimal) -> None:
        """Moves the balance by what trading made or lost."""
        self.balance += result
        self.peak = max(self.peak, self.balance)

    def pay(self, cash: Decimal) -> None:
        """Moves the balance by cash, and the peak along."""
        before, self.balance = self.balance, self.balance + cash
        if before == self.peak or before <= 0 or self.balance <= 0:
            self.peak = self.balance  # at the peak it stays exact; from nothing, and to nothing, it begins anew
        else:
            self.peak *= self.balance / before
