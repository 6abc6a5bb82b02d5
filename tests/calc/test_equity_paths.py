"""Monte Carlo of the balance."""

from decimal import Decimal

from trading.calc.equity_paths import FEWEST_TRADES, MOST_STEPS, equity_paths

HALF = Decimal("0.5")
NETS = [Decimal(net) for net in ("60", "-40", "-20", "25")] * 10


def test_another_order_never_changes_where_a_path_ends() -> None:
    found = equity_paths(NETS, Decimal(1000), "shuffle", 200, HALF)
    assert found is not None
    assert {*found.bands[0].balances} == {Decimal(1000)}
    assert {*found.bands[-1].balances} == {Decimal(1250)}
    assert found.falls[0] > 0


def test_trades_drawn_anew_end_in_many_places() -> None:
    found = equity_paths(NETS, Decimal(1000), "blocks", 200, HALF, block=3)
    assert found is not None
    assert found.bands[-1].balances[0] < found.bands[-1].balances[4]


def test_the_same_seed_draws_the_same_paths_and_another_one_others() -> None:
    first, again, other = (equity_paths(NETS, Decimal(1000), "blocks", 100, HALF, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_ruin_is_the_share_of_paths_that_ever_lost_so_much() -> None:
    falling = [Decimal(-10), *[Decimal(1)] * 10] * 3
    found = equity_paths(falling, Decimal(1000), "shuffle", 300, Decimal("0.02"))
    assert found is not None
    assert 0 < found.ruin_low <= found.ruin_ratio <= found.ruin_high < 1
    never = equity_paths(falling, Decimal(1000), "shuffle", 300, HALF)
    assert never is not None and never.ruin_ratio == 0


def test_every_path_is_ruined_where_every_trade_loses() -> None:
    found = equity_paths([Decimal(-10)] * 60, Decimal(1000), "blocks", 100, HALF)
    assert found is not None and found.ruin_ratio == 1


def test_too_few_trades_and_no_balance_are_not_drawn() -> None:
    assert equity_paths(NETS[: FEWEST_TRADES - 1], Decimal(1000), "shuffle", 100, HALF) is None
    assert equity_paths(NETS, Decimal(0), "shuffle", 100, HALF) is None


def test_a_long_record_gets_fewer_paths() -> None:
    found = equity_paths(NETS * 100, Decimal(100_000), "shuffle", 2000, HALF)
    assert found is not None
    assert found.paths * found.trades <= MOST_STEPS
    assert len(found.bands) <= 61
