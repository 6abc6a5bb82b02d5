"""A long balance curve in few points, read off whole numbers: of every stretch of time what stays is exact.

Of each stretch stay the lowest, the highest, the deepest and the last point. Nothing is computed with binary fractions;
they only tell which of several falls is the deepest.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from math import floor

from trading.calc.drawdown import RunningPeak
from trading.calc.equity import BalancePoint

#: Where the moments of movements are counted from.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_KEPT_OF_A_STRETCH = 4
_CHUNK = 64
_MICROSECOND = timedelta(microseconds=1)

#: The moments between two others at which parts begin.
Edges = Callable[[datetime, datetime], Sequence[datetime]]


@dataclass(frozen=True, slots=True)
class Movements:
    """What moved a balance, in order. `cash` are the places in the order of those that are cash.

    Units: `times` in microseconds since EPOCH; `amounts` in 10 ** -`decimals` of the currency, of which no more than
    `shown` decimals are in use.
    """

    times: Sequence[int]
    amounts: Sequence[int]
    cash: Sequence[int]
    decimals: int
    shown: int

    def money(self, amount: int) -> Decimal:
        return Decimal(amount // 10 ** (self.decimals - self.shown)).scaleb(-self.shown)


@dataclass(slots=True)
class Stretch:
    """What stays of a stretch of time; None where it holds no point. `share` is what the deepest left of its peak."""

    lowest: BalancePoint | None = None
    highest: BalancePoint | None = None
    deepest: BalancePoint | None = None
    last: BalancePoint | None = None
    share: float = float("inf")

    def take(self, later: "Stretch") -> None:
        if later.lowest and (self.lowest is None or later.lowest.balance < self.lowest.balance):
            self.lowest = later.lowest
        if later.highest and (self.highest is None or later.highest.balance > self.highest.balance):
            self.highest = later.highest
        if later.share < self.share:
            self.deepest, self.share = later.deepest, later.share
        self.last = later.last or self.last

    @property
    def points(self) -> list[BalancePoint]:
        kept = {p.at: p for p in (self.lowest, self.highest, self.deepest, self.last) if p is not None}
        return [kept[at] for at in sorted(kept)]


@dataclass(slots=True)
class Outline:
    """`points` are thinned for drawing; `whole` and `parts` look at all that there are. `lead` is what was held before."""

    lead: BalancePoint | None = None
    points: list[BalancePoint] = field(default_factory=list)
    whole: Stretch = field(default_factory=Stretch)
    parts: list[Stretch] = field(default_factory=list)


def opened_with(balance: Decimal) -> BalancePoint:
    """Before anything moved."""
    return BalancePoint(_BEGINNING, balance, Decimal(0), balance)


def count_of(moment: datetime) -> int:
    """In microseconds since EPOCH."""
    return (moment - EPOCH) // _MICROSECOND


def outline(
    before: BalancePoint, moved: Movements, limit: int, start: datetime | None = None, edges: Edges | None = None
) -> Outline:
    """The curve from `start` on, led by what was held then, in at most `limit` points.

    `before` is where the movements go on from: a point of the same curve, or `opened_with`.
    """
    reader = _Reader(before, moved)
    first = bisect_left(moved.times, count_of(start)) if start else 0
    for begin, end in pairwise(sorted({0, first, *reader.cash_in(0, first)})):
        reader.read(begin, end)
    found = Outline(parts=[Stretch()])
    if start and (first or before.at > _BEGINNING):
        held = reader.held(start)
        found.lead = held
        found.points.append(held)
        for stretch in (found.whole, found.parts[0]):
            stretch.take(Stretch(held, held, held, held, _share(held)))
    if first < len(moved.times):
        _walk(found, reader, first, limit, edges)
    if limit < 1 + _KEPT_OF_A_STRETCH and len(found.points) > 1:
        found.points = [found.points[0], found.points[-1]][-limit:]
    found.parts = [part for part in found.parts if part.last]
    return found


def _walk(found: Outline, reader: "_Reader", first: int, limit: int, edges: Edges | None) -> None:
    times = reader.moved.times
    begins = found.points[0].at if found.points else reader.moment(first)
    is_few = len(times) - first <= limit - len(found.points)
    drawn = set(range(first, len(times)) if is_few else _stretches(times, first, limit - 1))
    parts = {bisect_left(times, count_of(at), lo=first) for at in edges(begins, reader.moment(-1))} if edges else set()
    blocks = sorted({first, len(times)} | drawn | parts | set(reader.cash_in(first, len(times))))
    held = Stretch()
    for begin, end in pairwise(blocks):
        if begin in parts:
            found.parts.append(Stretch())
        if begin in drawn:
            found.points += held.points
            held = Stretch()
        block = reader.read(begin, end)
        for stretch in (held, found.parts[-1], found.whole):
            stretch.take(block)
    found.points += held.points


def _stretches(times: Sequence[int], first: int, room: int) -> list[int]:
    """Where stretches of equal length begin; the first moment stays by itself."""
    start, length = times[first], times[-1] + 1 - times[first]
    count = max(1, room // _KEPT_OF_A_STRETCH)
    edges = [start + 1] + [start + length * number // count for number in range(1, count)]
    return [bisect_left(times, edge, lo=first) for edge in edges]


class _Reader:
    """Reads movements block by block. A block may begin with cash and holds none after that."""

    def __init__(self, before: BalancePoint, moved: Movements) -> None:
        self.moved = moved
        self._cash = frozenset(moved.cash)
        self._flows = before.flows
        self._running = RunningPeak(before.balance)
        self._running.peak = before.peak
        start = int(before.balance.scaleb(moved.decimals))
        levels = accumulate(moved.amounts, initial=start)
        next(levels)
        self._levels = list(levels)

    def moment(self, place: int) -> datetime:
        return EPOCH + timedelta(microseconds=self.moved.times[place])

    def cash_in(self, first: int, end: int) -> list[int]:
        return [place for place in self.moved.cash if first <= place < end]

    def held(self, at: datetime) -> BalancePoint:
        return BalancePoint(at, self._running.balance, self._flows, self._running.peak)

    def read(self, begin: int, end: int) -> Stretch:
        if begin in self._cash:
            self._pay(begin)
        block = _Block(begin, self._levels[begin:end], self._running.peak, self.moved, self._flows)
        self._running.balance = self.moved.money(block.levels[-1])
        self._running.peak = block.peak_at(len(block.levels) - 1)
        return block.stretch()

    def _pay(self, place: int) -> None:
        amount = self.moved.money(self.moved.amounts[place])
        self._running.pay(amount)
        self._flows += amount


class _Block:
    """Movements between which no cash moved."""

    def __init__(self, begin: int, levels: Sequence[int], peak: Decimal, moved: Movements, flows: Decimal) -> None:
        self.levels = levels
        self._begin, self._peak, self._moved, self._flows = begin, peak, moved, flows
        self._floor = floor(peak.scaleb(moved.decimals))
        self._top = max(levels)
        # The highest level so far, where each chunk begins.
        self._highs = [self._floor]
        if self._top > self._floor:
            tops = (max(levels[at : at + _CHUNK]) for at in range(0, len(levels), _CHUNK))
            self._highs = list(accumulate(tops, max, initial=self._floor))

    def stretch(self) -> Stretch:
        last = next((place for place in reversed(range(len(self.levels))) if self._ends_a_moment(place)), None)
        if last is None:
            return Stretch()
        lowest = self._best(min)
        # Where it stays below its peak, it is deepest where it is lowest.
        deepest = self._point(self._deepest() if self._top > self._floor else lowest)
        points = self._point(lowest), self._point(self._best(max)), deepest, self._point(last)
        return Stretch(*points, _share(deepest))

    def peak_at(self, place: int) -> Decimal:
        if self._top <= self._floor:
            return self._peak
        chunk = place // _CHUNK
        high = max(self._highs[chunk], *self.levels[chunk * _CHUNK : place + 1])
        return self._peak if high == self._floor else self._moved.money(high)

    def _ends_a_moment(self, place: int) -> bool:
        times, place = self._moved.times, self._begin + place
        return place + 1 == len(times) or times[place] != times[place + 1]

    def _best(self, choose: Callable[..., int]) -> int:
        """The place of the lowest or highest level after a moment; what it was in the middle of one is not seen."""
        place = self.levels.index(choose(self.levels))
        if self._ends_a_moment(place):
            return place
        ends = [place for place in range(len(self.levels)) if self._ends_a_moment(place)]
        return choose(ends, key=self.levels.__getitem__)

    def _deepest(self) -> int:
        """Looks into chunks only while one may hold a deeper fall than the deepest found."""
        bounds = sorted((self._bound(chunk), chunk) for chunk in range(len(self._highs) - 1))
        best, found = float("inf"), 0
        for bound, chunk in bounds:
            if bound > best:
                break
            begin = chunk * _CHUNK
            levels = self.levels[begin : begin + _CHUNK]
            highs = accumulate(levels, max, initial=self._highs[chunk])
            next(highs)
            shares = [level / high if high > 0 else 1.0 for level, high in zip(levels, highs, strict=True)]
            while (share := min(shares)) < best:
                place = shares.index(share)
                shares[place] = float("inf")
                if self._ends_a_moment(begin + place):
                    best, found = share, begin + place
        return found

    def _bound(self, chunk: int) -> float:
        """What the chunk leaves of a peak at the least."""
        lowest, high = min(self.levels[chunk * _CHUNK : (chunk + 1) * _CHUNK]), self._highs[chunk + 1]
        return lowest / high if lowest >= 0 and high > 0 else float("-inf")

    def _point(self, place: int) -> BalancePoint:
        moved = self._moved
        at = EPOCH + timedelta(microseconds=moved.times[self._begin + place])
        return BalancePoint(at, moved.money(self.levels[place]), self._flows, self.peak_at(place))


def _share(point: BalancePoint) -> float:
    return float(point.balance / point.peak) if point.peak > 0 else 1.0
