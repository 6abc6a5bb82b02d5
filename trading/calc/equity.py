"""The balance of an account over time, and a thinned copy of it for drawing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from trading.calc.drawdown import RunningPeak
from trading.calc.history import Booking, Fill, Flow

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BalancePoint:
    """The account right after one moment. `flows` is all cash that moved so far, credit left out.

    `drawdown_ratio` is 0.05 where the balance lies 5 % under its peak. Cash moves the peak in proportion, so that it
    neither makes a drawdown nor heals one.
    """

    at: datetime
    balance: Decimal
    flows: Decimal
    drawdown_ratio: Decimal


def balance_curve(
    opening_balance: Decimal, flows: Iterable[Flow], fills: Iterable[Fill | Booking]
) -> list[BalancePoint]:
    """The balance after each moment at which it moved, in the order of time; rows may come in any order."""
    events: list[Flow | Fill | Booking] = [flow for flow in flows if flow.kind != "credit"]
    events += fills
    events.sort(key=lambda event: (event.at, event.sequence))
    held = RunningPeak(opening_balance)
    cash = ZERO
    points: list[BalancePoint] = []
    for event in events:
        if isinstance(event, Flow):
            held.pay(event.amount)
            cash += event.amount
        else:
            held.earn(event.net)
        point = BalancePoint(event.at, held.balance, cash, held.ratio)
        if points and points[-1].at == event.at:
            points[-1] = point
        else:
            points.append(point)
    return points


def thin(points: Sequence[BalancePoint], limit: int) -> list[BalancePoint]:
    """At most `limit` of the points, chosen so that the drawn line keeps its shape; first and last always stay.

    Source: Steinarsson, Downsampling Time Series for Visual Representation (2013), largest triangle three buckets.
    Binary fractions are used to choose, never to compute: every point that stays is untouched.
    """
    if limit >= len(points):
        return list(points)
    if limit < 3:
        return [*points[:1], *points[-1:]][:limit]
    xs = [point.at.timestamp() for point in points]
    ys = [float(point.balance) for point in points]
    buckets = _buckets(len(points), limit)
    kept = [0]
    for number, (start, end) in enumerate(buckets):
        after = buckets[number + 1] if number + 1 < len(buckets) else (len(points) - 1, len(points))
        target = (_mean(xs, *after), _mean(ys, *after))
        kept.append(_largest_triangle(xs, ys, kept[-1], target, range(start, end)))
    return [points[index] for index in kept] + [points[-1]]


def _buckets(count: int, limit: int) -> list[tuple[int, int]]:
    """The half-open index ranges that split everything between the first and the last point into `limit` - 2 parts."""
    parts = limit - 2
    edges = [1 + (count - 2) * part // parts for part in range(parts + 1)]
    return list(pairwise(edges))


def _mean(values: Sequence[float], start: int, end: int) -> float:
    return sum(values[start:end]) / (end - start)


def _largest_triangle(
    xs: Sequence[float], ys: Sequence[float], last: int, target: tuple[float, float], candidates: range
) -> int:
    """The candidate that spans the largest triangle with the point kept last and the middle of the next bucket."""
    x0, y0 = xs[last], ys[last]
    dx, dy = target[0] - x0, target[1] - y0
    return max(candidates, key=lambda index: abs(dx * (ys[index] - y0) - (xs[index] - x0) * dy))
