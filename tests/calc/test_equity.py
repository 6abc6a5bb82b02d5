"""The balance curve."""

from decimal import Decimal

from tests.calc.example import START, example_history, fill, flow
from trading.calc.equity import balance_curve


def test_follows_the_worked_example() -> None:
    history = example_history()
    points = balance_curve(Decimal(0), history.flows, history.fills)
    assert [point.balance for point in points][:4] == [1000, 999, 1059, 1058]
    assert points[-1].balance == 1024
    assert max(point.drawdown_ratio for point in points) == Decimal(64) / 1059


def test_a_withdrawal_makes_no_drawdown_and_a_deposit_heals_none() -> None:
    flows = [flow(1, "-500", kind="withdrawal"), flow(3, "1000")]
    points = balance_curve(Decimal(1000), flows, [fill(2, "-100")])
    assert [point.drawdown_ratio for point in points] == [0, Decimal("0.2"), Decimal("0.2")]
    assert [point.flows for point in points] == [-500, -500, 500]


def test_a_withdrawal_in_a_fall_leaves_it_as_deep_as_it_was() -> None:
    points = balance_curve(Decimal(1000), [flow(2, "-800", kind="withdrawal")], [fill(1, "-100"), fill(3, "-10")])
    assert [point.balance for point in points] == [900, 100, 90]
    assert [round(point.drawdown_ratio, 20) for point in points] == [Decimal("0.1"), Decimal("0.1"), Decimal("0.19")]


def test_an_emptied_account_begins_anew() -> None:
    flows = [flow(2, "-900", kind="withdrawal"), flow(3, "500")]
    points = balance_curve(Decimal(1000), flows, [fill(1, "-100"), fill(4, "-50")])
    assert [point.drawdown_ratio for point in points] == [Decimal("0.1"), 0, 0, Decimal("0.1")]


def test_one_point_stands_for_all_that_happened_in_a_second() -> None:
    points = balance_curve(Decimal(0), [flow(1, "100", at=START), flow(2, "5", at=START)], [fill(3, "1", at=START)])
    assert [point.balance for point in points] == [106]


def test_leaves_credit_out() -> None:
    points = balance_curve(Decimal(0), [flow(1, "100"), flow(2, "50", kind="credit")], [])
    assert [point.balance for point in points] == [100]
