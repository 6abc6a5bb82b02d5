"""Falls, growth and shape of the path of the balance."""

from datetime import timedelta
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.calc.example import START, example_sample, flow, trip
from tests.calc.test_properties import unhurried
from trading.calc.drawdown import drawdown
from trading.calc.figure_types import Sample
from trading.calc.myfxbook import myfxbook_figures
from trading.calc.path_figures import (
    LOST_ALL,
    NO_BALANCE,
    NOT_ABOVE_ZERO,
    Move,
    balance_drawdown,
    fall_figures,
    gain_figures,
    moves_of,
    order_figures,
    path_figures,
)
from trading.calc.portal import portal_figures
from trading.calc.registry import entries_in
from trading.calc.undefined import NEVER_FELL, NO_TRADES

RESULTS = st.lists(st.integers(-50_000, 50_000).map(lambda cents: Decimal(cents) / 100), min_size=1, max_size=30)
OPENING = Decimal(100_000)


def sample_of(results: list[Decimal], opening: Decimal | None = OPENING) -> Sample:
    return Sample([trip(number, str(net)) for number, net in enumerate(results, 1)], opening_balance=opening)


@unhurried
@given(RESULTS)
def test_a_fall_is_never_negative_and_the_deepest_is_at_least_the_loss(results: list[Decimal]) -> None:
    fall = balance_drawdown(OPENING, moves_of(sample_of(results).trades, []))
    assert fall.maximal >= fall.relative_money >= 0
    assert fall.maximal >= max(Decimal(0), -sum(results))
    assert fall.absolute == max(Decimal(0), -min(sum(results[: n + 1], Decimal(0)) for n in range(len(results))))


@unhurried
@given(RESULTS)
def test_a_series_that_only_rises_never_falls(results: list[Decimal]) -> None:
    sample = sample_of([abs(net) for net in results])
    found = fall_figures(sample, sample.trades)
    assert found["balance_drawdown_maximal"].value == 0
    assert (found["recovery_factor"].value, found["recovery_factor"].reason) == (None, NEVER_FELL)


@unhurried
@given(RESULTS, st.integers(1, 90_000), st.integers(0, 30))
def test_cash_neither_makes_a_fall_nor_heals_one(results: list[Decimal], amount: int, day: int) -> None:
    sample = sample_of(results)
    paid = flow(1, str(-amount), at=START + timedelta(days=day), kind="withdrawal")
    plain = balance_drawdown(OPENING, moves_of(sample.trades, []))
    moved = balance_drawdown(OPENING, moves_of(sample.trades, [paid]))
    assert (moved.absolute, moved.maximal) == (plain.absolute, plain.maximal)


def test_a_withdrawal_in_a_fall_does_not_deepen_its_percentage() -> None:
    sample = sample_of([Decimal(-100)], Decimal(1000))
    paid = flow(1, "-800", at=START + timedelta(days=5), kind="withdrawal")
    fall = balance_drawdown(Decimal(1000), moves_of(sample.trades, [paid]))
    assert (fall.maximal_ratio, fall.relative_ratio) == (Decimal("0.1"), Decimal("0.1"))


@unhurried
@given(
    st.lists(st.integers(-900, 900).map(lambda permille: Decimal(permille) / 1000), min_size=1, max_size=30),
    st.lists(st.integers(-900, 3000).map(lambda permille: Decimal(permille) / 1000), min_size=30, max_size=30),
)
def test_the_same_returns_make_the_same_fall_in_percent_whatever_cash_moves(
    returns: list[Decimal], shares: list[Decimal]
) -> None:
    """Cash after each trade, as a share of what is there: the deepest fall is the one of the returns alone."""
    plain, paid = Decimal(1000), Decimal(1000)
    without, with_cash = [], []
    for number, (share, cash) in enumerate(zip(returns, shares, strict=False), 1):
        at = START + timedelta(days=number)
        without.append(Move(at, Decimal(0), plain * share, is_trade=True))
        with_cash.append(Move(at, Decimal(0), paid * share, is_trade=True))
        plain, paid = plain * (1 + share), paid * (1 + share)
        with_cash.append(Move(at, paid * cash, Decimal(0), is_trade=False))
        paid += paid * cash
    expected = balance_drawdown(Decimal(1000), without).relative_ratio
    assert abs(balance_drawdown(Decimal(1000), with_cash).relative_ratio - expected) < Decimal("1E-18")


@unhurried
@given(RESULTS)
def test_without_cash_the_falls_are_those_of_the_balances(results: list[Decimal]) -> None:
    moves = moves_of(sample_of(results).trades, [])
    assert balance_drawdown(OPENING, moves) == drawdown(OPENING, accumulate(results, initial=OPENING))


@unhurried
@given(RESULTS)
def test_without_cash_growth_leads_to_the_last_balance(results: list[Decimal]) -> None:
    sample = sample_of(results)
    found = path_figures(sample, sample.trades)["ghpr"].value
    assert found is not None
    assert abs(OPENING * found ** len(results) - (OPENING + sum(results))) < Decimal("0.000001")


@unhurried
@given(RESULTS, st.integers(0, 30))
def test_results_of_zero_do_not_change_the_z_score(results: list[Decimal], at: int) -> None:
    with_zero = [*results[:at], Decimal(0), *results[at:]]
    plain, other = (order_figures(sample_of(nets).trades)["z_score"].value for nets in (results, with_zero))
    assert plain == other


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (Sample([], opening_balance=OPENING), NO_TRADES),
        (sample_of([Decimal(5)], None), NO_BALANCE),
        (sample_of([Decimal(5)], Decimal(0)), NOT_ABOVE_ZERO),
    ],
)
def test_growth_that_is_not_defined_says_why(sample: Sample, reason: str) -> None:
    found = path_figures(sample, sample.trades)
    assert {(found[key].value, found[key].reason) for key in ("ahpr", "ghpr", "sharpe_ratio")} == {(None, reason)}


def test_who_lost_everything_has_no_mean_growth() -> None:
    sample = sample_of([Decimal(-100_000)])
    found = path_figures(sample, sample.trades)["ghpr"]
    assert (found.value, found.reason) == (None, LOST_ALL)


def test_gain_needs_the_balance_at_each_opening() -> None:
    sample = sample_of([Decimal(5)])
    found = gain_figures(sample, sample.trades)
    assert (found["gain_percent"].value, found["gain_percent"].reason) == (None, NO_BALANCE)
    assert found["absolute_gain_percent"].value == Decimal("0.005")


def test_every_figure_that_the_registry_names_is_computed() -> None:
    sample = example_sample()
    assert portal_figures(sample).keys() == {entry.key for entry in entries_in("portal")}
    assert myfxbook_figures(sample).keys() == {entry.key for entry in entries_in("myfxbook")}
