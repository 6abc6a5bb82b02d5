"""A line in fewer points."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.calc.example import START
from trading.calc.thinning import LinePoint, thin


def line(*values: int) -> list[LinePoint]:
    return [LinePoint(START + timedelta(hours=number), Decimal(value)) for number, value in enumerate(values)]


def test_thinning_keeps_first_last_and_the_spike() -> None:
    points = line(*[100] * 50, 900, *[100] * 49)
    kept = thin(points, 10)
    assert len(kept) == 10
    assert [kept[0], kept[-1]] == [points[0], points[-1]]
    assert points[50] in kept


@pytest.mark.parametrize(
    ("count", "limit", "expected"), [(0, 5, 0), (3, 5, 3), (9, 9, 9), (9, 2, 2), (9, 1, 1), (9, 3, 3)]
)
def test_thinning_never_gives_more_than_asked_for(count: int, limit: int, expected: int) -> None:
    assert len(thin(line(*range(count)), limit)) == expected
