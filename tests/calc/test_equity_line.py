"""Equity as it was recorded: gaps stay gaps, and accounts are added only where all of them were heard of."""

from datetime import timedelta

from tests.calc.example import START
from trading.calc.equity_line import EquityLine, EquityPoint, Seen, line_of_one, line_of_several

HOUR = timedelta(hours=1)


def seen(hours: float, *equities: int) -> Seen:
    """Recorded once a minute from then on."""
    points = [EquityPoint(START + hours * HOUR + timedelta(minutes=n), equity) for n, equity in enumerate(equities)]  # type: ignore[arg-type]
    by_equity = sorted(points, key=lambda point: point.equity)
    return Seen(points[0].at, by_equity[0], by_equity[-1], points[-1])


def shown(line: EquityLine) -> list[list[int]]:
    return [[int(point.equity) for point in run] for run in line.runs]


def test_lowest_and_highest_of_a_slice_stay_in_the_order_of_time() -> None:
    line = line_of_one([seen(0, 100, 130, 90, 95), seen(1, 80, 60, 70)])
    assert shown(line) == [[130, 90, 95, 80, 60, 70]]
    assert line.last == EquityPoint(START + HOUR + timedelta(minutes=2), 70)  # type: ignore[arg-type]


def test_a_silence_of_more_than_two_hours_is_a_gap() -> None:
    assert shown(line_of_one([seen(0, 100), seen(2, 101), seen(4.1, 102)])) == [[100, 101], [102]]


def test_nothing_recorded_is_nothing_drawn() -> None:
    assert line_of_one([]) == EquityLine([])
    assert EquityLine().last is None


def test_accounts_are_added_from_when_all_are_known() -> None:
    slices = [{"a": seen(0, 100)}, {"a": seen(1, 110), "b": seen(1, 1000)}, {"b": seen(1.5, 1001)}]
    assert shown(line_of_several(2, slices)) == [[1110, 1111]]


def test_one_that_fell_silent_makes_a_gap_in_the_sum() -> None:
    slices = [{"a": seen(0, 100), "b": seen(0, 1000)}]
    slices += [{"a": seen(hour, 100 + hour)} for hour in (1, 2, 3, 4)]
    slices += [{"a": seen(5, 105), "b": seen(5, 1005)}]
    assert shown(line_of_several(2, slices)) == [[1100, 1101, 1102], [1110]]
