"""What must hold for any account whatsoever."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calc.example import START
from trading.calc.balance_proof import balance_proof
from trading.calc.drawdown import drawdown
from trading.calc.equity import balance_curve
from trading.calc.history import Fill, Flow, History
from trading.calc.metatrader import Definition, metatrader_figures
from trading.calc.streaks import streaks
from trading.calc.undefined import why_undefined

money = st.decimals(-5000, 5000, places=2)
costs = st.decimals(-50, 0, places=2)
hours = st.integers(0, 2000)
#: A busy machine is no reason to fail.
unhurried = settings(deadline=None)
DEFINITIONS: st.SearchStrategy[Definition] = st.sampled_from(["mt4", "mt5"])


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any fills and flows, each with a number of its own."""
    fills = [
        Fill(
            at=START + timedelta(hours=draw(hours)),
            sequence=number,
            is_exit=draw(st.booleans()),
            side=draw(st.sampled_from(["buy", "sell"])),
            gross_profit=draw(money),
            commission=draw(costs),
            swap=draw(costs),
            fee=draw(costs),
        )
        for number in range(draw(st.integers(0, 25)))
    ]
    flows = [
        Flow(
            at=START + timedelta(hours=draw(hours)),
            sequence=1000 + number,
            kind=draw(st.sampled_from(["deposit", "withdrawal", "credit", "dividend"])),
            amount=draw(money),
        )
        for number in range(draw(st.integers(0, 5)))
    ]
    return History(fills, flows, opening_balance=draw(money), margin=Decimal(0))


@unhurried
@given(histories(), st.randoms(use_true_random=False), DEFINITIONS)
def test_order_of_the_rows_does_not_matter(history: History, random: Random, definition: Definition) -> None:
    fills, flows = list(history.fills), list(history.flows)
    random.shuffle(fills)
    random.shuffle(flows)
    shuffled = History(fills, flows, opening_balance=history.opening_balance, margin=history.margin)
    assert metatrader_figures(shuffled, definition) == metatrader_figures(history, definition)


@unhurried
@given(histories())
def test_net_is_gross_profit_plus_gross_loss_and_moves_the_balance(history: History) -> None:
    figures = metatrader_figures(history, "mt5")
    net = sum((fill.net for fill in history.fills), Decimal(0))
    cash = sum((flow.amount for flow in history.flows if flow.kind != "credit"), Decimal(0))
    assert figures["net_profit"] == (figures["gross_profit"] or 0) + (figures["gross_loss"] or 0) == net
    assert figures["balance"] == (history.opening_balance or 0) + cash + net


@unhurried
@given(histories(), st.booleans(), DEFINITIONS)
def test_a_figure_has_a_value_or_a_reason(history: History, is_complete: bool, definition: Definition) -> None:
    known = history if is_complete else replace(history, opening_balance=None, margin=None)
    figures = metatrader_figures(known, definition)
    assert [key for key, value in figures.items() if bool(why_undefined(key, figures)) is not (value is None)] == []


@unhurried
@given(histories())
def test_trades_are_won_or_lost_short_or_long(history: History) -> None:
    figures = metatrader_figures(history, "mt4")
    total = figures["trades_total"]
    assert (figures["trades_won"] or 0) + (figures["trades_lost"] or 0) == total
    assert (figures["trades_short"] or 0) + (figures["trades_long"] or 0) == total


@unhurried
@given(st.lists(money), money)
def test_drawdown_is_never_negative_and_maximal_is_at_least_absolute(nets: Sequence[Decimal], start: Decimal) -> None:
    balances = [start + sum(nets[: number + 1], Decimal(0)) for number in range(len(nets))]
    fall = drawdown(start, balances)
    assert fall.absolute >= 0
    assert fall.maximal >= fall.absolute
    assert fall.relative_ratio >= fall.maximal_ratio >= 0


@unhurried
@given(st.lists(money), money)
def test_drawdown_is_what_each_balance_says_against_the_highest_before_it(
    nets: Sequence[Decimal], start: Decimal
) -> None:
    balances = list(accumulate(nets, initial=start))
    peaks = list(accumulate(balances, max))
    falls = [
        (peak - balance, (peak - balance) / peak if peak > 0 else Decimal(0))
        for peak, balance in zip(peaks, balances, strict=True)
    ]
    fall = drawdown(start, balances[1:])
    assert fall.absolute == start - min(balances)
    assert fall.maximal == max(money for money, _ in falls)
    assert fall.relative_ratio == max(ratio for _, ratio in falls)
    assert (fall.maximal, fall.maximal_ratio) in falls or fall.maximal_ratio == 0
    assert (fall.relative_money, fall.relative_ratio) in falls


@unhurried
@given(st.lists(money))
def test_runs_are_those_of_a_walk_through_the_trades(nets: Sequence[Decimal]) -> None:
    runs: list[list[Decimal]] = []
    for net in nets:
        if runs and (runs[-1][0] >= 0) == (net >= 0):
            runs[-1].append(net)
        else:
            runs.append([net])
    found = streaks(nets)
    for kind, own in (
        (found.wins, [run for run in runs if run[0] >= 0]),
        (found.losses, [run for run in runs if run[0] < 0]),
    ):
        assert kind.runs == len(own)
        assert kind.longest.count == max(map(len, own), default=0)
        assert abs(kind.richest.money) == max((abs(sum(run, Decimal(0))) for run in own), default=0)


@unhurried
@given(st.lists(money))
def test_every_trade_is_in_exactly_one_run(nets: Sequence[Decimal]) -> None:
    found = streaks(nets)
    assert found.wins.trades + found.losses.trades == len(nets)
    assert abs(found.wins.runs - found.losses.runs) <= 1
    assert found.wins.longest.count >= found.wins.richest.count
    assert found.wins.richest.money >= found.wins.longest.money


@unhurried
@given(histories())
def test_proof_telescopes(history: History) -> None:
    opening = history.opening_balance or Decimal(0)
    proof = balance_proof(opening, history.flows, history.fills, zone=UTC)
    closings = [opening, *(day.closing for day in proof.days)]
    assert [day.opening for day in proof.days] == closings[:-1]
    assert proof.closing == metatrader_figures(history, "mt5")["balance"]


@unhurried
@given(histories())
def test_curve_ends_where_the_proof_ends(history: History) -> None:
    opening = history.opening_balance or Decimal(0)
    points = balance_curve(opening, history.flows, history.fills)
    proof = balance_proof(opening, history.flows, history.fills, zone=UTC)
    assert (points[-1].balance if points else opening) == proof.closing
    assert all(point.drawdown_ratio >= 0 for point in points)
