"""Equity as it was recorded, of one account or of several together: what nobody recorded is a gap, never a line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

#: A silence that is longer is a gap. The coarsest record has one moment per hour: two of them can lie so far apart.
SILENCE = timedelta(hours=2)

Key = TypeVar("Key")


class EquityPoint(NamedTuple):
    at: datetime
    equity: Decimal


class Seen(NamedTuple):
    """What was recorded of an account in one slice of time: when at first, and its lowest, highest and last equity."""

    first_at: datetime
    lowest: EquityPoint
    highest: EquityPoint
    last: EquityPoint


@dataclass(frozen=True, slots=True)
class EquityLine:
    """Runs without a gap, each in the order of time; empty where nothing was recorded."""

    runs: Sequence[Sequence[EquityPoint]] = ()

    @property
    def last(self) -> EquityPoint | None:
        return self.runs[-1][-1] if self.runs else None


class _Runs:
    def __init__(self) -> None:
        self.runs: list[list[EquityPoint]] = []

    def add(self, since: datetime, points: Iterable[EquityPoint]) -> None:
        """`since` is from when on the points stand without a gap between them."""
        if not self.runs or since - self.runs[-1][-1].at > SILENCE:
            self.runs.append([])
        run = self.runs[-1]
        run += [point for point in sorted(set(points)) if not run or point.at > run[-1].at]


def line_of_one(slices: Iterable[Seen]) -> EquityLine:
    """Of one account; its slices come in the order of time."""
    found = _Runs()
    for seen in slices:
        found.add(seen.first_at, (seen.lowest, seen.highest, seen.last))
    return EquityLine(found.runs)


def line_of_several(count: int, slices: Iterable[Mapping[Key, Seen]]) -> EquityLine:
    """The sum of `count` accounts, where each of them was heard of not longer ago than SILENCE."""
    heard: dict[Key, EquityPoint] = {}
    found = _Runs()
    for seen in slices:
        heard |= {key: of.last for key, of in seen.items()}
        at = max(of.last.at for of in seen.values())
        fresh = [point.equity for point in heard.values() if at - point.at <= SILENCE]
        if len(fresh) == count:
            found.add(min(of.first_at for of in seen.values()), [EquityPoint(at, sum(fresh, Decimal(0)))])
    return EquityLine(found.runs)
