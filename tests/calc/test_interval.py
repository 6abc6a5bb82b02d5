"""The interval of a rate."""

from decimal import Decimal

import pytest

from trading.calc.interval import wilson_interval


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
        (81, 263, "0.2553", "0.3662"),
        (15, 148, "0.0624", "0.1605"),
        (0, 20, "0.0000", "0.1611"),
        (1, 29, "0.0061", "0.1718"),
    ],
)
def test_agrees_with_the_published_intervals(hits: int, n: int, low: str, high: str) -> None:
    found = wilson_interval(hits, n)
    assert found is not None
    assert [edge.quantize(Decimal("0.0001")) for edge in found] == [Decimal(low), Decimal(high)]


def test_there_is_no_interval_without_a_trade() -> None:
    assert wilson_interval(0, 0) is None


def test_it_never_leaves_zero_to_one() -> None:
    for n in (1, 3, 30):
        for hits in (0, n):
            low, high = wilson_interval(hits, n) or (Decimal(-1), Decimal(2))
            assert Decimal(0) <= low < high <= Decimal(1)
