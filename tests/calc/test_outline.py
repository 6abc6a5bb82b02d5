"""A long curve in few points: each of them is one of the whole curve's, and none that stands out is missing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calc.example import START, example_history, fill, flow
from trading.calc.equity import BalancePoint, balance_curve
from trading.calc.history import Fill, Flow
from trading.calc.outline import Movements, Outline, Stretch, count_of, opened_with, outline

#: Of a share of the peak, in binary fractions.
_TINY = Decimal("1e-12")
_MINUTES = st.one_of(st.integers(0, 9), st.integers(0, 5000))


@st.composite
def rows(draw: st.DrawFn) -> list[Fill | Flow]:
    """Fills and flows, many of the same moment."""
    amounts = st.decimals(-900, 900, places=2)
    found: list[Fill | Flow] = []
    for number in range(draw(st.integers(0, 60))):
        at = START + timedelta(minutes=draw(_MINUTES))
        is_cash = draw(st.integers(0, 7)) == 0
        text = str(draw(amounts))
        found.append(flow(number, text, at=at) if is_cash else fill(number, text, at=at))
    return sorted(found, key=lambda row: (row.at, row.sequence))


def moved(of: Sequence[Fill | Flow]) -> Movements:
    amounts = [row.amount if isinstance(row, Flow) else row.net for row in of]
    cash = [place for place, row in enumerate(of) if isinstance(row, Flow)]
    return Movements([count_of(row.at) for row in of], [int(amount * 100) for amount in amounts], cash, 2, 2)


def plain(opening: Decimal, of: Sequence[Fill | Flow]) -> list[BalancePoint]:
    return balance_curve(
        opening, [row for row in of if isinstance(row, Flow)], [row for row in of if isinstance(row, Fill)]
    )


def check(stretch: Stretch, points: Sequence[BalancePoint]) -> None:
    assert stretch.lowest and stretch.highest and stretch.deepest
    assert stretch.lowest.balance == min(point.balance for point in points)
    assert stretch.highest.balance == max(point.balance for point in points)
    assert abs(stretch.deepest.drawdown_ratio - max(point.drawdown_ratio for point in points)) < _TINY
    assert stretch.last == points[-1]


@settings(deadline=None, max_examples=300)
@given(rows(), st.decimals(-100, 1000, places=2), st.integers(1, 40))
def test_every_point_is_one_of_the_whole_curve_and_the_extremes_are_there(
    of: list[Fill | Flow], opening: Decimal, limit: int
) -> None:
    whole = plain(opening, of)
    found = outline(opened_with(opening), moved(of), limit)
    assert len(found.points) <= limit
    assert [point for point in found.points if point not in whole] == []
    assert [point.at for point in found.points] == sorted({point.at for point in found.points})
    if whole:
        check(found.whole, whole)
        assert found.points[-1] == whole[-1]
        assert limit == 1 or found.points[0] == whole[0]
    if limit > 6 and whole:
        assert min(point.balance for point in found.points) == min(point.balance for point in whole)
        assert max(point.balance for point in found.points) == max(point.balance for point in whole)


@settings(deadline=None, max_examples=300)
@given(rows(), st.decimals(0, 1000, places=2), st.integers(0, 5000), st.data())
def test_a_span_is_led_by_what_was_held_and_can_go_on_from_any_point_before(
    of: list[Fill | Flow], opening: Decimal, minutes: int, data: st.DataObject
) -> None:
    start = START + timedelta(minutes=minutes)
    whole = plain(opening, of)
    before, inside = [p for p in whole if p.at < start], [p for p in whole if p.at >= start]
    led = [BalancePoint(start, before[-1].balance, before[-1].flows, before[-1].peak)] if before else []
    found = outline(opened_with(opening), moved(of), 100, start)
    assert found.points == [*led, *inside]
    if before:
        check(found.whole, [*led, *inside])
        known = data.draw(st.sampled_from(before))
        assert outline(known, moved([row for row in of if row.at > known.at]), 100, start) == found


@settings(deadline=None)
@given(rows(), st.integers(1, 5000))
def test_each_part_knows_its_own_extremes(of: list[Fill | Flow], minutes: int) -> None:
    edge = START + timedelta(minutes=minutes)
    whole = plain(Decimal(100), of)
    found = outline(opened_with(Decimal(100)), moved(of), 10, edges=lambda first, last: [edge])
    sides = [[p for p in whole if p.at < edge], [p for p in whole if p.at >= edge]]
    assert len(found.parts) == len([side for side in sides if side])
    for part, side in zip(found.parts, filter(None, sides), strict=True):
        check(part, side)


def thinned(balances: Sequence[int], limit: int) -> Outline:
    of = [fill(number, str(new - old)) for number, (old, new) in enumerate(zip([0, *balances], balances, strict=False))]
    return outline(opened_with(Decimal(0)), moved(of), limit)


def test_a_spike_stays() -> None:
    found = thinned([100] * 500 + [900] + [100] * 499, 10)
    assert [point.balance for point in found.points if point.balance != 100] == [900]
    assert found.points[-1].at == START + timedelta(hours=999)


@pytest.mark.parametrize(("count", "limit", "expected"), [(0, 5, 0), (3, 5, 3), (9, 9, 9), (9, 2, 2), (9, 1, 1)])
def test_never_gives_more_than_asked_for(count: int, limit: int, expected: int) -> None:
    assert len(thinned(range(1, count + 1), limit).points) == expected


def test_a_long_rise_with_one_fall_in_it_is_deepest_there() -> None:
    balances = [*range(1000, 3000), 2500, *range(3000, 5000)]
    deepest = thinned(balances, 50).whole.deepest
    assert deepest is not None
    assert (deepest.balance, deepest.peak) == (Decimal(2500), Decimal(2999))


def test_follows_the_worked_example() -> None:
    history = example_history()
    events: list[Fill | Flow] = [*history.fills, *history.flows]
    of = sorted(events, key=lambda row: (row.at, row.sequence))
    found = outline(opened_with(Decimal(0)), moved(of), 100)
    assert found.points == balance_curve(Decimal(0), history.flows, history.fills)
    assert found.points[-1].balance == 1024


def test_moments_are_exact() -> None:
    at = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=START.tzinfo)
    found = outline(opened_with(Decimal(1)), moved([fill(1, "2", at=at)]), 5)
    assert [point.at for point in found.points] == [at]
