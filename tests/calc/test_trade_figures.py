"""R multiples, holding times, spread, time in the market and margin use."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calc.example import START, example_sample, trip
from tests.calc.test_properties import unhurried
from trading.calc.closed_trades import ClosedTrade
from trading.calc.figure_types import EquityPoint, FigureValue, Sample
from trading.calc.trade_figures import (
    LEFT_OUT,
    NO_PERIOD,
    NO_REPORTS,
    NO_STOP,
    ONE_STOP,
    ONE_TRADE,
    SAME_R,
    deviation,
    holding_figures,
    market_figures,
    risk_figures,
    spread_figures,
)
from trading.calc.undefined import NO_LOST_TRADES, NO_TRADES, NO_WON_TRADES

HOUR = timedelta(hours=1)


def test_a_trade_without_an_initial_stop_is_in_no_r_figure() -> None:
    found = risk_figures([trip(1, "-50"), trip(2, "30", risk="10")])
    assert [found["r_count"].value, found["r_mean"].value, found["r_mean"].sample] == [1, 3, 1]
    assert (found["sqn"].value, found["sqn"].reason) == (None, ONE_STOP)


@pytest.mark.parametrize(
    ("trades", "reason"),
    [([], NO_TRADES), ([trip(1, "5")], NO_STOP)],
)
def test_without_a_stop_there_is_a_reason_and_no_zero(trades: list[ClosedTrade], reason: str) -> None:
    found = risk_figures(trades)
    assert found["r_count"].value == 0
    assert {(of.value, of.reason) for key, of in found.items() if key != "r_count"} == {(None, reason)}


def test_quality_of_r_that_never_differs_is_undefined() -> None:
    found = risk_figures([trip(1, "10", risk="10"), trip(2, "20", risk="20")])
    assert found["r_deviation"].value == 0
    assert (found["sqn"].value, found["sqn"].reason) == (None, SAME_R)


def test_capped_quality_stops_growing_at_a_hundred_trades() -> None:
    trades = [trip(number, "20" if number % 2 else "-10", risk="10") for number in range(1, 401)]
    found = risk_figures(trades)
    assert found["sqn"].value is not None and found["sqn_capped"].value is not None
    assert abs(found["sqn"].value - 2 * found["sqn_capped"].value) < Decimal("1E-20")
    few = risk_figures(trades[:100])
    assert few["sqn"].value == few["sqn_capped"].value


def test_deviation_divides_by_one_less_than_the_number_of_trades() -> None:
    assert spread_figures([trip(1, "10"), trip(2, "-10")])["result_deviation"].value == Decimal(200).sqrt()
    assert spread_figures([trip(1, "10")])["result_deviation"] == FigureValue("result_deviation", None, ONE_TRADE, 1)
    assert spread_figures([])["result_deviation"].reason == NO_TRADES


def test_holding_weights_partial_closes_by_volume() -> None:
    found = holding_figures([trip(1, "5", hours=9, closes=[(1, "0.9"), (9, "0.1")])])
    assert found["holding_median"].value == Decimal(6480)
    assert found["holding_average"].value == found["holding_wins_median"].value == Decimal(6480)


def test_a_result_of_zero_is_held_by_neither_wins_nor_losses() -> None:
    found = holding_figures([trip(1, "0", hours=3)])
    assert found["holding_median"].value == 3 * 3600
    assert (found["holding_wins_median"].reason, found["holding_losses_median"].reason) == (
        NO_WON_TRADES,
        NO_LOST_TRADES,
    )
    assert {of.reason for of in holding_figures([]).values()} == {NO_TRADES}


def test_median_of_an_even_number_lies_halfway() -> None:
    found = holding_figures([trip(number, "1", hours=hours) for number, hours in enumerate((1, 8, 2, 3), 1)])
    assert found["holding_median"].value == Decimal("2.5") * 3600


def in_market(sample: Sample) -> FigureValue:
    return market_figures(sample)["time_in_market_percent"]


def test_time_in_market_counts_overlapping_trades_once() -> None:
    trades = [
        trip(1, at=START, hours=4),
        trip(2, at=START + HOUR, hours=1),
        trip(3, at=START + 2 * HOUR, hours=3),
        trip(4, at=START + 9 * HOUR, hours=1),
    ]
    assert in_market(Sample(trades)).value == 60


def test_time_in_market_looks_no_further_than_the_period() -> None:
    trades = [trip(1, at=START, hours=4)]
    assert in_market(Sample(trades, starts_at=START + 3 * HOUR, ends_at=START + 7 * HOUR)).value == 25
    assert in_market(Sample(trades, starts_at=START + HOUR, ends_at=START + 2 * HOUR)).value == 100
    assert in_market(Sample(trades, starts_at=START + 5 * HOUR, ends_at=START + 7 * HOUR)).value == 0


def test_time_in_market_needs_time() -> None:
    assert in_market(Sample([])).reason == NO_TRADES
    assert in_market(Sample([trip(1, hours=0)])).reason == NO_PERIOD


def margins(*reports: tuple[float, str, str | None]) -> tuple[FigureValue, FigureValue]:
    points = [
        EquityPoint(START + hours * HOUR, Decimal(equity), None if margin is None else Decimal(margin))
        for hours, equity, margin in reports
    ]
    found = market_figures(Sample([], equity=points))
    return found["margin_use_average_percent"], found["margin_use_maximal_percent"]


def test_margin_use_counts_each_report_until_the_next() -> None:
    average, highest = margins((3, "100", "50"), (0, "100", "10"), (4, "100", "90"))
    assert [average.value, highest.value, average.sample] == [20, 90, 3]


def test_one_report_is_its_own_average() -> None:
    average, highest = margins((0, "200", "50"))
    assert average.value == highest.value == 25


def test_a_report_without_a_margin_ends_the_one_before_it() -> None:
    average, _ = margins((0, "100", "10"), (1, "100", None), (9, "100", "30"), (10, "100", "0"))
    assert [average.value, average.sample, average.note] == [20, 3, ""]


def test_margin_against_no_equity_is_left_out_and_said() -> None:
    average, highest = margins((0, "100", "10"), (1, "0", "10"), (2, "-5", "10"))
    assert [average.value, highest.value, average.note] == [10, 10, LEFT_OUT]


def test_margin_use_needs_reports() -> None:
    assert [of.reason for of in margins()] == [NO_REPORTS, NO_REPORTS]
    assert [of.reason for of in margins((0, "100", None))] == [NO_REPORTS, NO_REPORTS]


spans = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 50)), min_size=1, max_size=20)


@unhurried
@given(spans)
def test_time_in_market_lies_between_nothing_and_all_in_any_order(found: list[tuple[int, int]]) -> None:
    trades = [trip(number, at=START + after * HOUR, hours=hours) for number, (after, hours) in enumerate(found, 1)]
    value = in_market(Sample(trades)).value
    assert value is None or 0 <= value <= 100
    assert in_market(Sample(trades[::-1])).value == value
    hours = {hour for after, length in found for hour in range(after, after + length)}
    whole = max(after + length for after, length in found) - min(after for after, _ in found)
    assert value is None or value == Decimal(len(hours)) / whole * 100


@given(st.lists(st.decimals(-1000, 1000, places=2), min_size=2, max_size=30), st.decimals(-1000, 1000, places=2))
def test_deviation_does_not_change_when_every_result_moves_by_the_same(values: list[Decimal], by: Decimal) -> None:
    spread, moved = deviation(values), deviation([value + by for value in values])
    assert spread is not None and moved is not None
    assert abs(spread - moved) < Decimal("1E-20")
    assert spread >= 0


def test_the_example_has_all_of_them() -> None:
    sample = example_sample()
    found = risk_figures(sample.trades) | holding_figures(sample.trades) | market_figures(sample)
    assert [key for key, of in found.items() if of.value is None] == []
