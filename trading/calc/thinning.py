"""A line in fewer points that keeps its shape to the eye."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LinePoint:
    """`drawdown_ratio` is 0.05 where `value` lies 5 % under its peak."""

    at: datetime
    value: Decimal
    drawdown_ratio: Decimal = ZERO


def thin(points: Sequence[LinePoint], limit: int) -> list[LinePoint]:
    """At most `limit` of the points, chosen so that the drawn line keeps its shape; first and last always stay.

    Source: Steinarsson, Downsampling Time Series for Visual Representation (2013), largest triangle three buckets.
    Binary fractions are used to choose, never to compute: every point that stays is untouched.
    """
    if limit >= len(points):
        return list(points)
    if limit < 3:
        return [*points[:1], *points[-1:]][:limit]
    xs = [point.at.timestamp() for point in points]
    ys = [float(point.value) for point in points]
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
