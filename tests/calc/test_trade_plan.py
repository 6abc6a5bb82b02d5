"""The plan of a trade beside its result: the worked example of docs/formulas.md, its mirror, and what can't be said."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.calc.trade_plan import Levels, plan_of, worth_of

D = Decimal
LOSS = Levels("buy", D("1.10000"), D("1.09480"), D("1.09500"), D("1.11000"))
WORTH = D(100_000)


def mirrored(levels: Levels) -> Levels:
    """The same distances as a sale."""

    def turned(price: Decimal | None) -> Decimal | None:
        return None if price is None else 2 * levels.entry - price

    return Levels("sell", levels.entry, turned(levels.exit_), turned(levels.stop), turned(levels.target))


@pytest.mark.parametrize("levels", [LOSS, mirrored(LOSS)], ids=["buy", "sell"])
def test_the_worked_example(levels: Levels) -> None:
    assert levels.exit_ is not None
    worth = worth_of(levels.entry, levels.exit_, D(-520))
    plan = plan_of(levels, worth, D(-527))
    assert (worth, plan.risk, plan.reward, plan.ratio) == (WORTH, D(500), D(1000), D(2))
    assert plan.r_multiple == D("-1.054")
    assert (plan.beyond_stop, plan.slippage) == (D("0.00020"), D(20))
    assert (plan.locks_in, plan.risk_reason, plan.reward_reason) == (False, "", "")


def test_an_exit_at_the_stop_or_before_it_is_not_beyond_it() -> None:
    for exit_ in ("1.09500", "1.09501", "1.10500"):
        assert plan_of(replace(LOSS, exit_=D(exit_)), WORTH, D(0)).beyond_stop is None


def test_without_a_stop_there_is_no_risk_and_no_multiple() -> None:
    plan = plan_of(replace(LOSS, stop=None), WORTH, D(-527))
    assert (plan.risk, plan.ratio, plan.r_multiple, plan.risk_reason) == (None, None, None, "no_stop")
    assert plan.reward == D(1000)


def test_a_stop_or_a_target_at_the_entry_is_no_plan() -> None:
    plan = plan_of(replace(LOSS, stop=LOSS.entry, target=LOSS.entry), WORTH, D(-527))
    assert (plan.risk, plan.risk_reason) == (None, "stop_at_entry")
    assert (plan.reward, plan.reward_reason) == (None, "target_at_entry")


def test_without_the_worth_of_a_price_unit_there_is_no_money_but_the_price_beyond_the_stop() -> None:
    plan = plan_of(LOSS, None, D(-7))
    assert (plan.risk, plan.reward, plan.slippage) == (None, None, None)
    assert (plan.risk_reason, plan.reward_reason) == ("no_worth", "no_worth")
    assert plan.beyond_stop == D("0.00020")
    assert worth_of(D(1), D(1), D(5)) is None
    assert worth_of(D(1), D(2), D(0)) is None


def test_an_open_trade_has_a_plan_and_no_result() -> None:
    plan = plan_of(replace(LOSS, exit_=None), WORTH, None)
    assert (plan.risk, plan.ratio) == (D(500), D(2))
    assert (plan.net, plan.r_multiple, plan.beyond_stop) == (None, None, None)


def test_a_stop_on_the_side_of_profit_is_told_and_nothing_lies_beyond_it() -> None:
    plan = plan_of(replace(LOSS, stop=D("1.10500")), WORTH, D(-527))
    assert plan.locks_in
    assert plan.beyond_stop is None


prices = st.decimals(min_value=D("0.5"), max_value=D(2), places=5)


@given(entry=prices, exit_=prices, stop=prices, net=st.decimals(min_value=-9999, max_value=9999, places=2))
def test_buying_and_selling_are_mirrors(entry: Decimal, exit_: Decimal, stop: Decimal, net: Decimal) -> None:
    levels = Levels("buy", entry, exit_, stop, None)
    assert plan_of(levels, WORTH, net) == plan_of(mirrored(levels), WORTH, net)
