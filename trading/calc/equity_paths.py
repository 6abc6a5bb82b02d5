"""What the same trades could have made of a balance in another order, or a second time: Monte Carlo of the balance.

Binary fractions are used inside: a path is one draw among many, and what is told of all of them is rounded for display.
Random numbers follow from the seed, so that the same choice always shows the same picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Literal

from trading.calc.interval import wilson_interval

#: "shuffle": every trade once, in another order. "blocks": as many trades, drawn in blocks of neighbours, so that what
#: follows each other in the record does so in the draw; a trade can come up more than once.
Method = Literal["shuffle", "blocks"]
#: Fewer results say nothing about what else they could have made.
FEWEST_TRADES = 30
#: Paths times trades; a page waits no longer than about a second.
MOST_STEPS = 1_000_000
MOST_TRADES = 5_000
QUANTILES = (5, 25, 50, 75, 95)
_POINTS = 60


@dataclass(frozen=True, slots=True)
class Band:
    """The balance after that many trades: below it in 5, 25, 50, 75 and 95 of 100 paths."""

    trades: int
    balances: Sequence[Decimal]


@dataclass(frozen=True, slots=True)
class EquityPaths:
    """`ruin_ratio` is the share of paths that ever lost `ruin_loss_ratio` of the start; `falls` are quantiles of the deepest
    fall from a peak, as ratios. `ruin_low` and `ruin_high` are the ends of its 95 % interval."""

    bands: Sequence[Band]
    paths: int
    trades: int
    ruin_ratio: Decimal
    ruin_low: Decimal
    ruin_high: Decimal
    falls: Sequence[Decimal]


def equity_paths(
    nets: Sequence[Decimal],
    start: Decimal,
    method: Method,
    paths: int,
    ruin_loss_ratio: Decimal,
    *,
    block: int = 10,
    seed: int = 1,
) -> EquityPaths | None:
    """The paths of a balance that begins with `start`; None where there is too little to draw from, or no balance."""
    results = [float(net) for net in nets[-MOST_TRADES:]]
    if len(results) < FEWEST_TRADES or start <= 0:
        return None
    paths = max(1, min(paths, MOST_STEPS // len(results)))
    draw = _drawer(results, method, block, Random(seed))
    marks = _marks(len(results))
    ruin = float(start * (1 - ruin_loss_ratio))
    at_marks: list[list[float]] = [[] for _ in marks]
    falls: list[float] = []
    ruined = 0
    for _ in range(paths):
        path = list(accumulate(draw(), initial=float(start)))
        for place, mark in enumerate(marks):
            at_marks[place].append(path[mark])
        falls.append(_deepest_fall(path))
        ruined += min(path) <= ruin
    interval = wilson_interval(ruined, paths) or (Decimal(0), Decimal(1))
    return EquityPaths(
        bands=[Band(mark, _quantiles(values)) for mark, values in zip(marks, at_marks, strict=True)],
        paths=paths,
        trades=len(results),
        ruin_ratio=Decimal(ruined) / paths,
        ruin_low=interval[0],
        ruin_high=interval[1],
        falls=_quantiles(falls),
    )


def _drawer(results: Sequence[float], method: Method, block: int, random: Random) -> Callable[[], Sequence[float]]:
    size = len(results)

    def shuffled() -> Sequence[float]:
        return random.sample(results, size)

    def blocks() -> Sequence[float]:
        # The record is taken as a circle, so that its ends come up as often as its middle.
        circle = [*results, *results[:block]]
        drawn: list[float] = []
        while len(drawn) < size:
            first = random.randrange(size)
            drawn += circle[first : first + block]
        return drawn[:size]

    return shuffled if method == "shuffle" else blocks


def _marks(size: int) -> list[int]:
    """After how many trades the bands are told: the start, the end, and evenly between."""
    return sorted({size * place // min(size, _POINTS) for place in range(min(size, _POINTS) + 1)})


def _deepest_fall(path: Sequence[float]) -> float:
    peaks = accumulate(path, max)
    return max((peak - balance) / peak for peak, balance in zip(peaks, path, strict=True))


def _quantiles(values: list[float]) -> list[Decimal]:
    """The values of which 5, 25, 50, 75 and 95 % lie below, each one that was drawn."""
    values.sort()
    return [Decimal(repr(round(values[(len(values) - 1) * quantile // 100], 8))) for quantile in QUANTILES]
