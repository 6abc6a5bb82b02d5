"""A made-up account is believable, and the same whenever it is made."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from trading.calc.equity import balance_curve
from trading.calc.metatrader import metatrader_figures
from trading.samplefiles.account import AccountLife, Profile
from trading.samplefiles.simulate import simulate
from trading.samplefiles.snapshot import flows, mt5_history, snapshot

PROFILE = Profile(seed=5, trades=300)


@pytest.fixture(scope="module")
def life() -> AccountLife:
    return simulate(PROFILE)


def test_equal_profiles_live_equal_lives(life: AccountLife) -> None:
    assert simulate(PROFILE) == life
    assert simulate(replace(PROFILE, seed=6)).positions != life.positions


def test_has_what_a_real_account_has(life: AccountLife) -> None:
    shown = snapshot(life)
    assert len({position.instrument.symbol for position in life.positions}) >= 6
    assert {position.side for position in life.positions} == {"buy", "sell"}
    assert any(move.amount < 0 for move in shown.cash)
    assert any(len(holding.exits) > 1 for holding in shown.holdings)
    assert any(holding.is_open and holding.exits for holding in shown.holdings)
    assert any(position.stop_loss is None for position in life.positions)
    assert any(leg.swap for position in life.positions for leg in position.exits)
    assert any(not order.filled for order in shown.done_orders)
    assert len(shown.working_orders) >= 2


@pytest.mark.parametrize("seed", range(1, 7))
def test_earns_modestly_with_a_believable_drawdown(seed: int) -> None:
    shown = snapshot(simulate(Profile(seed=seed, trades=500)))
    history = mt5_history(shown)
    figures = metatrader_figures(history, "mt5")
    worst = max(point.drawdown_ratio for point in balance_curve(Decimal(0), flows(shown), history.fills))
    assert Decimal("0.02") < worst < Decimal("0.30")
    assert Decimal("-0.15") < (figures["net_profit"] or 0) / PROFILE.deposit < Decimal("1.5")
    assert 35 < (figures["trades_won_percent"] or 0) < 70


def test_volumes_of_the_exits_add_up_to_that_of_the_entry(life: AccountLife) -> None:
    for position in life.positions:
        assert sum(leg.lots for leg in position.exits) == position.entry.lots
        assert all(leg.lots > 0 for leg in position.exits)


def test_nothing_leaves_before_it_entered(life: AccountLife) -> None:
    for position in life.positions:
        times = [position.entry.at, *(leg.at for leg in position.exits)]
        assert times == sorted(times)
        assert position.entry.order.placed_at <= position.entry.at


def test_numbers_rise_with_time(life: AccountLife) -> None:
    assert all(one.number < other.number for one, other in pairwise(life.orders))
    assert all(one.placed_at <= other.placed_at for one, other in pairwise(life.orders))
    deals = snapshot(life).deals
    assert all(one.entry.deal < other.entry.deal for one, other in pairwise(deals))
    assert all(one.entry.at <= other.entry.at for one, other in pairwise(deals))


def test_trades_open_on_weekdays_only(life: AccountLife) -> None:
    assert {position.entry.at.weekday() for position in life.positions} <= {0, 1, 2, 3, 4}


def test_stop_and_target_lie_on_their_sides_of_the_entry(life: AccountLife) -> None:
    for position in life.positions:
        sign = 1 if position.side == "buy" else -1
        if position.stop_loss is not None:
            assert (position.entry.price - position.stop_loss) * sign > 0
        if position.take_profit is not None:
            assert (position.take_profit - position.entry.price) * sign > 0


def test_an_open_position_stands_between_its_stop_and_its_target(life: AccountLife) -> None:
    for holding in snapshot(life).open_holdings:
        guards = [g for g in (holding.position.stop_loss, holding.position.take_profit) if g is not None]
        assert all((holding.current_price - g) * (holding.position.entry.price - g) > 0 for g in guards)


def test_an_earlier_snapshot_is_a_part_of_the_later_one(life: AccountLife) -> None:
    later, earlier = snapshot(life), snapshot(life, PROFILE.ends_at - timedelta(days=200))
    assert 0 < len(earlier.deals) < len(later.deals)
    assert list(earlier.deals) == list(later.deals[: len(earlier.deals)])
    closed = [holding for holding in earlier.holdings if not holding.is_open]
    assert [holding for holding in later.holdings if holding in closed] == closed


def test_an_account_without_trades_holds_its_cash() -> None:
    shown = snapshot(simulate(Profile(trades=0)))
    assert [deal.balance for deal in shown.deals] == [25_000, 35_000, 32_500, 28_500]
    assert not shown.holdings


def test_yen_have_no_decimals() -> None:
    shown = snapshot(simulate(Profile(currency="JPY", deposit=Decimal(3_000_000), trades=60)))
    assert all(deal.balance == round(deal.balance) for deal in shown.deals)
