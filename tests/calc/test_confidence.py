"""Intervals of averages."""

from decimal import Decimal
from random import Random
from statistics import NormalDist, stdev
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calc.example import trip
from tests.calc.test_properties import unhurried
from trading.calc.closed_trades import ClosedTrade
from trading.calc.confidence import FEWEST_TRADES, MOST_BUNDLES, with_intervals
from trading.calc.figure_types import FigureValue, FigureValues, Sample
from trading.calc.portal import portal_figures

AVERAGES = {
    "expected_payoff",
    "profit_factor",
    "payoff_ratio",
    "average_profit_trade",
    "average_loss_trade",
    "r_mean",
    "holding_average",
}


def record(count: int) -> list[ClosedTrade]:
    """Results from -50 to 60 by chance, each with 25 at stake."""
    chance = Random(7)
    return [
        trip(number, str(chance.randint(-50, 60)), hours=chance.randint(1, 10), risk="25")
        for number in range(1, count + 1)
    ]


def bounded(trades: list[ClosedTrade], seed: int = 1) -> FigureValues:
    return with_intervals(portal_figures(Sample(trades)), trades, seed)


def width(figure: FigureValue) -> Decimal:
    assert figure.low is not None and figure.high is not None
    return figure.high - figure.low


def test_every_average_gets_an_interval_around_its_value_and_sums_get_none() -> None:
    found = bounded(record(111))
    assert {key for key, of in found.items() if of.low is not None} == AVERAGES
    for key in AVERAGES:
        of = found[key]
        assert of.low is not None and of.value is not None and of.high is not None
        assert of.low < of.value < of.high


def test_interval_of_a_mean_is_that_of_the_normal_law_where_trades_are_many() -> None:
    trades = record(444)
    found = bounded(trades)["expected_payoff"]
    expected = 2 * NormalDist().inv_cdf(0.975) * stdev(float(trade.net) for trade in trades) / 444**0.5
    assert float(width(found)) == pytest.approx(expected, rel=0.08)


def test_bundles_of_trades_give_as_wide_an_interval_as_the_trades_themselves() -> None:
    trades = record(5 * MOST_BUNDLES)
    found = bounded(trades)["expected_payoff"]
    expected = 2 * NormalDist().inv_cdf(0.975) * stdev(float(trade.net) for trade in trades) / len(trades) ** 0.5
    assert float(width(found)) == pytest.approx(expected, rel=0.15)


def test_a_long_record_takes_no_longer() -> None:
    trades = record(20 * MOST_BUNDLES)
    figures = portal_figures(Sample(trades))
    began = process_time()
    with_intervals(figures, trades)
    assert process_time() - began < 10


def test_more_trades_are_surer() -> None:
    assert width(bounded(record(444))["r_mean"]) < width(bounded(record(111))["r_mean"])


def test_the_same_seed_gives_the_same_interval_in_any_order_of_rows() -> None:
    trades = record(40)
    assert bounded(trades) == bounded(trades[::-1])
    assert bounded(trades) != bounded(trades, seed=2)


def test_few_trades_get_no_interval() -> None:
    assert bounded(record(FEWEST_TRADES - 1))["expected_payoff"].low is None
    assert bounded(record(FEWEST_TRADES))["expected_payoff"].low is not None
    assert bounded([]) == portal_figures(Sample([]))


def test_a_factor_that_a_single_loss_decides_gets_no_interval() -> None:
    found = bounded([trip(number, "-5" if number == 7 else "10") for number in range(1, 31)])
    assert found["profit_factor"].value is not None
    assert found["profit_factor"].low is None
    assert found["payoff_ratio"].low is None
    assert found["average_loss_trade"].low is None
    assert found["expected_payoff"].low is not None


def test_an_average_without_a_value_gets_no_interval() -> None:
    found = bounded([trip(number, "10") for number in range(1, 31)])
    assert (found["profit_factor"].value, found["profit_factor"].low) == (None, None)
    assert (found["r_mean"].value, found["r_mean"].low) == (None, None)
    assert found["average_profit_trade"].low == found["average_profit_trade"].high == 10


@unhurried
@given(st.lists(st.decimals(-1000, 1000, places=2), max_size=30))
def test_ends_are_in_order_and_values_stay_as_they_are(nets: list[Decimal]) -> None:
    trades = [trip(number, str(net)) for number, net in enumerate(nets, 1)]
    plain, found = portal_figures(Sample(trades)), bounded(trades)
    assert {key: of.value for key, of in found.items()} == {key: of.value for key, of in plain.items()}
    for key in AVERAGES & found.keys():
        low, high = found[key].low, found[key].high
        assert (low is None) is (high is None)
        assert low is None or high is None or low <= high
