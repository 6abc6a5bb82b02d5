"""The simulated terminal keeps its own books, repeats itself from a seed, and outlives its process."""

from decimal import Decimal
from pathlib import Path

import pytest

from bridge.market import DAY_S, Market
from bridge.simulated import SimulatedTerminal
from bridge.story import LENGTH_S
from tests.bridge.conftest import ATHENS, START, Clock

AT_S = int(START.timestamp())


def booked(market: Market) -> Decimal:
    return sum((deal.profit + deal.commission + deal.swap for deal in market.deals), Decimal(0))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_balance_is_the_sum_of_its_deals(seed: int) -> None:
    market = Market.begin(AT_S, seed=seed)
    for _ in range(6):
        market.advance(market.now_s + 600)
    assert len(market.deals) > 20
    assert booked(market) == market.balance


def test_the_same_seed_gives_the_same_account_and_another_does_not() -> None:
    one, same, other = (Market.begin(AT_S, seed=seed) for seed in (5, 5, 6))
    one.advance(AT_S + 500)
    for second in range(500):
        same.advance(AT_S + second + 1)
    other.advance(AT_S + 500)
    assert one.to_json() == same.to_json() != other.to_json()


def test_positions_are_closed_by_their_stops_and_targets() -> None:
    market = Market.begin(AT_S, walks=False, trades=False)
    stopped = market.open("EURUSD", "buy", Decimal("1.00"), stop=100, target=200)
    taken = market.open("GBPUSD", "sell", Decimal("1.00"), stop=100, target=200)
    market.move("EURUSD", -150)
    market.move("GBPUSD", -300)
    market.advance(AT_S + 1)
    ends = {deal.position: (deal.comment, deal.profit) for deal in market.deals if deal.entry == 1}
    assert ends == {
        stopped.ticket: ("[sl]", Decimal("-100.00")),
        taken.ticket: ("[tp]", Decimal("200.00")),
    }


def test_swap_is_booked_at_midnight_and_shared_out_by_a_partial_close() -> None:
    market = Market.begin(AT_S - AT_S % DAY_S - 1, walks=False, trades=False)
    position = market.open("EURUSD", "buy", Decimal("1.00"))
    market.advance(market.now_s + 1)
    assert position.swap == Decimal("-1.20")
    deal = market.close(position.ticket, Decimal("0.25"))
    assert (deal.swap, position.swap, position.volume) == (Decimal("-0.30"), Decimal("-0.90"), Decimal("0.75"))
    assert booked(market) == market.balance


def test_a_terminal_in_a_file_is_the_same_for_another_process(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "terminal.json"
    first = SimulatedTerminal(path, ATHENS, clock=clock, trades=False)
    with first.market() as market:
        market.open("USDJPY", "sell", Decimal("0.30"))
    clock.now_s += 100
    second = SimulatedTerminal(path, ATHENS, clock=clock)
    assert second.positions_get() == first.positions_get() != ()
    assert second.account_info() == first.account_info()


def test_a_saved_terminal_goes_on_where_it_ended(tmp_path: Path, clock: Clock) -> None:
    first = SimulatedTerminal(None, ATHENS, clock=clock)
    clock.now_s += 300
    first.save(tmp_path / "kept.json")
    second = SimulatedTerminal(None, ATHENS, clock=clock)
    second.load(tmp_path / "kept.json")
    assert second.account_info() == first.account_info()


def test_the_story_shows_a_wrong_fill_a_late_trade_and_a_loss_that_recovers() -> None:
    clock = Clock()
    terminal = SimulatedTerminal(None, ATHENS, clock=clock, tells_story=True, trades=False, deposit=Decimal(50_000))
    assert terminal.initialize()
    seen = {}
    for second in range(1, LENGTH_S + 1):
        clock.now_s = AT_S + second
        with terminal.market() as market:
            is_wrong = any(row.shown for row in market.positions.values())
            is_late = len(list(market.shown_deals())) < len(market.deals)
            seen[second] = (is_wrong, is_late, market.equity())
    assert [second for second, (is_wrong, _, _) in seen.items() if is_wrong] == list(range(20, 80))
    assert [second for second, (_, is_late, _) in seen.items() if is_late] == list(range(110, 150))
    lowest = min(equity for _, _, equity in seen.values())
    assert Decimal(47_000) < lowest < Decimal(49_000)
    assert seen[LENGTH_S][2] > Decimal(49_700)
    with terminal.market() as market:
        assert (market.positions, booked(market)) == ({}, market.balance)
