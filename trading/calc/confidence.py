"""How sure averages are: 95 % intervals by drawing the same trades anew, again and again (percentile bootstrap).

Source: Efron, "Bootstrap methods: another look at the jackknife" (1979). Binary fractions are used inside: the draw is the
larger error by orders of magnitude. Random numbers follow from the seed, so that the same trades show the same interval.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from trading.calc.closed_trades import ClosedTrade, in_order
from trading.calc.figure_types import FigureValues

#: Fewer trades say nothing about what others like them would have brought.
FEWEST_TRADES = 10
DRAWS = 1_000
#: More trades than this are drawn in as many bundles, so that a page waits no longer than about a second.
MOST_BUNDLES = 1_000
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True)
class _Sums:
    """What is added up of the drawn trades: how many there are, were won and lost, and their money."""

    count: float
    won: float
    lost: float
    profit: float
    loss: float


@dataclass(frozen=True, slots=True)
class _Mean:
    """The same of trades with one value each: R multiples, holding times."""

    count: float
    total: float


def with_intervals(figures: FigureValues, trades: Sequence[ClosedTrade], seed: int = 1) -> FigureValues:
    """The figures, averages of round trips among them with the ends of their 95 % interval.

    An average of fewer than ten trades gets none, nor does one that has no value in more draws than the interval leaves out.
    """
    ordered = in_order(trades)
    multiples = [float(r) for trade in ordered if (r := trade.r_multiple) is not None]
    held = [trade.holding.total_seconds() for trade in ordered]
    found = _of_results([float(trade.net) for trade in ordered], seed)
    found |= {"r_mean": _of_mean(multiples, seed), "holding_average": _of_mean(held, seed)}
    return figures | {
        key: replace(figures[key], low=edges[0], high=edges[1])
        for key, edges in found.items()
        if edges and key in figures and figures[key].value is not None
    }


_Edges = tuple[Decimal, Decimal] | None


def _of_results(nets: Sequence[float], seed: int) -> dict[str, _Edges]:
    columns = [
        [1.0] * len(nets),
        [float(net > 0) for net in nets],
        [float(net < 0) for net in nets],
        [max(net, 0.0) for net in nets],
        [max(-net, 0.0) for net in nets],
    ]
    drawn = [_Sums(*sums) for sums in _draws(columns, seed)]
    return {key: _edges([of(sums) for sums in drawn]) for key, of in _RESULTS.items()}


def _of_mean(values: Sequence[float], seed: int) -> _Edges:
    drawn = [_Mean(*sums) for sums in _draws([[1.0] * len(values), values], seed)]
    return _edges([sums.total / sums.count for sums in drawn])


def _draws(columns: Sequence[Sequence[float]], seed: int) -> list[list[float]]:
    """The sum of each column over as many trades as there are, drawn with replacement, time after time."""
    size = len(columns[0])
    if size < FEWEST_TRADES:
        return []
    random = Random(seed)
    bundles = min(size, MOST_BUNDLES)
    # Bundles of trades by chance: neighbours, or every so-many-eth, could follow a rhythm of the record.
    order = random.sample(range(size), size)
    bundled = [
        [math.fsum(column[at] for at in order[first::bundles]) for first in range(bundles)] for column in columns
    ]
    places = range(bundles)
    found = []
    for _ in range(DRAWS):
        chosen = random.choices(places, k=bundles)
        found.append([sum(map(column.__getitem__, chosen)) for column in bundled])
    return found


def _edges(drawn: Sequence[float | None]) -> _Edges:
    """The values between which 95 % of the draws lie; a draw without a value is left out."""
    known = sorted(value for value in drawn if value is not None)
    if len(known) < _HIGH * DRAWS:
        return None
    low, high = known[round(_LOW * (len(known) - 1))], known[round(_HIGH * (len(known) - 1))]
    return (_decimal(low), _decimal(high)) if math.isfinite(high) else None


def _decimal(value: float) -> Decimal:
    return Decimal(repr(round(value, 8)))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _profit_factor(sums: _Sums) -> float | None:
    """Without a loss it is beyond any number."""
    return sums.profit / sums.loss if sums.loss else math.inf


def _payoff_ratio(sums: _Sums) -> float | None:
    if not sums.won:
        return None
    return sums.profit / sums.won / (sums.loss / sums.lost) if sums.loss else math.inf


def _average_loss(sums: _Sums) -> float | None:
    share = _share(sums.loss, sums.lost)
    return None if share is None else -share


_RESULTS: Mapping[str, Callable[[_Sums], float | None]] = {
    "expected_payoff": lambda sums: (sums.profit - sums.loss) / sums.count,
    "profit_factor": _profit_factor,
    "payoff_ratio": _payoff_ratio,
    "average_profit_trade": lambda sums: _share(sums.profit, sums.won),
    "average_loss_trade": _average_loss,
}
