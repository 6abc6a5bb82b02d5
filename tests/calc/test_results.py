"""What closed trades brought: sums, counts, averages and runs."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calc.example import example_sample, trip
from tests.calc.test_properties import money, unhurried
from trading.calc.closed_trades import ClosedTrade, in_order
from trading.calc.figure_types import FigureValues
from trading.calc.results import SMALL_SAMPLE, cost_figures, profit_factor, rate, result_figures, streak_figures
from trading.calc.undefined import NO_LOSSES, NO_LOST_TRADES, NO_TRADES, NO_WINS, NO_WON_TRADES


def values(figures: FigureValues) -> dict[str, Decimal | None]:
    return {key: figure.value for key, figure in figures.items()}


def trades_of(*nets: str) -> list[ClosedTrade]:
    return [trip(number, net) for number, net in enumerate(nets, 1)]


def test_the_example_worked_by_hand() -> None:
    found = values(result_figures(in_order(example_sample().trades)))
    assert found["average_profit_trade"] == 44
    assert found["average_loss_trade"] == -21
    assert [found["largest_profit_trade"], found["largest_loss_trade"]] == [59, -41]
    assert [found[f"trades_{name}"] for name in ("total", "won", "lost", "even")] == [5, 2, 3, 0]
    assert [found[f"trades_{name}"] for name in ("long", "short")] == [3, 2]
    assert found["trades_short_won_percent"] == 0
    assert found["trades_long_won_percent"] == Decimal(200) / 3


def test_a_result_of_zero_is_neither_won_nor_lost() -> None:
    found = values(result_figures(trades_of("10", "0", "-5", "0")))
    assert [found[f"trades_{name}"] for name in ("won", "lost", "even")] == [1, 1, 2]
    assert [found["trades_won_percent"], found["trades_lost_percent"]] == [25, 25]
    assert found["expected_payoff"] == Decimal("1.25")


@pytest.mark.parametrize(
    ("nets", "reasons"),
    [
        ((), {"profit_factor": NO_TRADES, "payoff_ratio": NO_TRADES, "average_profit_trade": NO_TRADES}),
        (("5",), {"profit_factor": NO_LOSSES, "payoff_ratio": NO_LOSSES, "largest_loss_trade": NO_LOST_TRADES}),
        (("-5",), {"payoff_ratio": NO_WINS, "average_profit_trade": NO_WON_TRADES}),
        (("0",), {"profit_factor": NO_LOSSES, "average_loss_trade": NO_LOST_TRADES}),
    ],
)
def test_what_is_undefined_has_its_reason(nets: tuple[str, ...], reasons: dict[str, str]) -> None:
    found = result_figures(trades_of(*nets))
    assert {key: found[key].reason for key in reasons} == reasons
    assert all(found[key].value is None for key in reasons)


def test_nothing_lost_is_no_profit_factor_and_nothing_won_is_zero() -> None:
    assert profit_factor([Decimal(5)]) is None
    assert profit_factor([Decimal(-5)]) == 0
    assert profit_factor([]) is None


def test_costs_against_gross() -> None:
    found = cost_figures([trip(1, "16", swap="-3"), trip(2, "-6")])
    assert values(found) == {
        "gross_result": 17,
        "commission_total": -4,
        "swap_total": -3,
        "fee_total": 0,
        "cost_share_percent": Decimal(7) / 17 * 100,
    }
    assert cost_figures([])["cost_share_percent"].reason == NO_TRADES
    losing = cost_figures(trades_of("-20"))["cost_share_percent"]
    assert losing.value is None and losing.reason not in {"", NO_TRADES}


def test_runs_pass_over_a_result_of_zero() -> None:
    found = values(streak_figures([Decimal(net) for net in ("10", "0", "20", "-1", "100", "0", "-2", "-3")]))
    assert [found["max_consecutive_wins"], found["max_consecutive_wins_money"]] == [2, 30]
    assert [found["max_consecutive_profit"], found["max_consecutive_profit_count"]] == [100, 1]
    assert [found["max_consecutive_losses"], found["max_consecutive_losses_money"]] == [2, -5]
    assert [found["average_consecutive_wins"], found["average_consecutive_losses"]] == [Decimal("1.5"), Decimal("1.5")]
    assert {of.reason for of in streak_figures([]).values()} == {NO_TRADES}


def test_a_rate_of_few_trades_shows_its_interval_and_of_many_none() -> None:
    few = rate("trades_won_percent", 2, 5)
    assert few.value == 40
    assert few.low is not None and few.high is not None
    assert (round(few.low, 2), round(few.high, 2)) == (Decimal("11.76"), Decimal("76.93"))
    assert rate("trades_won_percent", 10, SMALL_SAMPLE - 1).low is not None
    assert rate("trades_won_percent", 10, SMALL_SAMPLE).low is None
    assert rate("trades_won_percent", 0, 0).reason == NO_TRADES


@given(st.integers(1, 100), st.data())
def test_the_interval_of_a_rate_holds_it_and_stays_within_nothing_and_all(count: int, data: st.DataObject) -> None:
    found = rate("trades_won_percent", data.draw(st.integers(0, count)), count)
    assert found.value is not None
    if count < SMALL_SAMPLE:
        assert found.low is not None and found.high is not None
        # A rate of exactly 0 or 1 is an end of its interval, but for the last digit.
        assert 0 <= found.low <= found.value + Decimal("1E-20")
        assert found.value - Decimal("1E-20") <= found.high <= 100


@st.composite
def trips(draw: st.DrawFn) -> list[ClosedTrade]:
    sides = st.sampled_from(["buy", "sell"])
    nets = draw(st.lists(money, max_size=25))
    return [
        trip(number, str(net), side=draw(sides), swap=str(draw(st.decimals(-20, 20, places=2))))
        for number, net in enumerate(nets, 1)
    ]


@unhurried
@given(trips())
def test_gross_profit_and_gross_loss_make_the_net_and_so_do_gross_and_costs(trades: list[ClosedTrade]) -> None:
    found = values(result_figures(trades) | cost_figures(trades))
    net = sum((trade.net for trade in trades), Decimal(0))
    assert found["net_profit"] == (found["gross_profit"] or 0) + (found["gross_loss"] or 0) == net
    costs = [found[key] or 0 for key in ("gross_result", "commission_total", "swap_total", "fee_total")]
    assert sum(costs) == net


@unhurried
@given(trips(), st.integers())
def test_sums_and_averages_do_not_depend_on_the_order(trades: list[ClosedTrade], seed: int) -> None:
    shuffled = Random(seed).sample(trades, len(trades))
    assert result_figures(shuffled) == result_figures(trades)
    assert cost_figures(shuffled) == cost_figures(trades)


@unhurried
@given(trips())
def test_every_trade_is_won_lost_or_even_and_long_or_short(trades: list[ClosedTrade]) -> None:
    found = values(result_figures(trades))
    assert sum(found[f"trades_{name}"] or 0 for name in ("won", "lost", "even")) == len(trades)
    assert sum(found[f"trades_{name}"] or 0 for name in ("long", "short")) == len(trades)
    assert all((of.value is None) is bool(of.reason) for of in result_figures(trades).values())
