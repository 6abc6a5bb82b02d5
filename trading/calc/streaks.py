"""Runs of winning and losing trades."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

ZERO = Decimal(0)


@dataclass(slots=True)
class Run:
    """An unbroken row of trades on the same side of zero."""

    count: int = 0
    money: Decimal = ZERO


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
    for won, results in groupby(nets, key=ZERO.__le__):
        run = list(results)
        (found.wins if won else found.losses).close(Run(len(run), sum(run, ZERO)))
    return found
