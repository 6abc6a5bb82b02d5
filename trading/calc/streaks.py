"""Runs of winning and losing trades."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(slots=True)
class Run:
    """An unbroken row of trades on the same side of zero."""

    count: int = 0
    money: Decimal = ZERO

    def add(self, net: Decimal) -> None:
        self.count += 1
        self.money += net


@dataclass(slots=True)
class RunsOfOneKind:
    """The runs of wins, or those of losses. `richest` is the one that moved most money, in its own direction."""

    longest: Run = field(default_factory=Run)
    richest: Run = field(default_factory=Run)
    runs: int = 0
    trades: int = 0

    @property
    def average_length(self) -> Decimal:
        return Decimal(self.trades) / self.runs if self.runs else ZERO

    def close(self, run: Run) -> None:
        """Counts a finished run. Of equally long runs the one with more money is kept, as MetaTrader does."""
        if not run.count:
            return
        self.runs += 1
        self.trades += run.count
        if (run.count, abs(run.money)) > (self.longest.count, abs(self.longest.money)):
            self.longest = run
        if not self.richest.count or abs(run.money) > abs(self.richest.money):
            self.richest = run


@dataclass(slots=True)
class Streaks:
    wins: RunsOfOneKind = field(default_factory=RunsOfOneKind)
    losses: RunsOfOneKind = field(default_factory=RunsOfOneKind)


def streaks(nets: Iterable[Decimal]) -> Streaks:
    """The runs of wins (net of zero or more) and of losses, for results in the order of time."""
    found = Streaks()
    run, winning = Run(), True
    for net in nets:
        won = net >= 0
        if won is not winning:
            (found.wins if winning else found.losses).close(run)
            run, winning = Run(), won
        run.add(net)
    (found.wins if winning else found.losses).close(run)
    return found
