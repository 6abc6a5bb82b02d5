"""Monte Carlo of the balance."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from trading.calc.equity_paths import FEWEST_TRADES, MOST_STEPS, QUANTILES, Method, equity_paths

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


results = st.lists(st.decimals(-500, 500, places=2), min_size=FEWEST_TRADES, max_size=60)
METHODS: st.SearchStrategy[Method] = st.sampled_from(["shuffle", "blocks"])
#: A busy machine is no reason to fail; few examples, each of which draws many paths.
drawn = settings(deadline=None, max_examples=40)


@drawn
@given(results, st.decimals(1, 100_000, places=2), st.integers())
def test_any_trades_in_another_order_keep_the_final_balance(nets: list[Decimal], start: Decimal, seed: int) -> None:
    found = equity_paths(nets, start, "shuffle", 20, HALF, seed=seed)
    assert found is not None
    assert all(abs(balance - start - sum(nets)) < Decimal("1E-6") for balance in found.bands[-1].balances)


@drawn
@given(results, METHODS, st.integers(), st.integers(1, 15))
def test_any_seed_can_be_drawn_again(nets: list[Decimal], method: Method, seed: int, block: int) -> None:
    first, again = (equity_paths(nets, Decimal(1000), method, 20, HALF, block=block, seed=seed) for _ in range(2))
    assert first == again is not None


@drawn
@given(results, METHODS, st.decimals("0.01", 1, places=2))
def test_bands_falls_and_ruin_are_in_order(nets: list[Decimal], method: Method, loss: Decimal) -> None:
    found = equity_paths(nets, Decimal(1000), method, 40, loss)
    assert found is not None
    assert [band.trades for band in found.bands] == sorted({band.trades for band in found.bands})
    assert (found.bands[0].trades, found.bands[-1].trades) == (0, len(nets))
    for quantiles in (found.falls, *(band.balances for band in found.bands)):
        assert len(quantiles) == len(QUANTILES)
        assert list(quantiles) == sorted(quantiles)
    assert min(found.falls) >= 0
    assert 0 <= found.ruin_low <= found.ruin_ratio + Decimal("1E-20")
    assert found.ruin_ratio - Decimal("1E-20") <= found.ruin_high <= 1


@drawn
@given(results, METHODS)
def test_a_deeper_loss_never_ruins_more_paths(nets: list[Decimal], method: Method) -> None:
    shallow, deep = (equity_paths(nets, Decimal(1000), method, 40, Decimal(loss)) for loss in ("0.2", "0.6"))
    assert shallow is not None and deep is not None
    assert deep.ruin_ratio <= shallow.ruin_ratio
