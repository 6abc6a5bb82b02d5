"""What a terminal says, as a sync holds it: exact digits, UTC, and nothing that the terminal did not say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.simulated import SimulatedTerminal
from bridge.sync import NotANumber, Reader, exact, price
from bridge.terminal import TerminalError
from tests.bridge.conftest import ATHENS, START, Clock

LONG_AGO = START - timedelta(days=30)


def read(terminal: SimulatedTerminal, now: datetime = START) -> dict[str, object]:
    reading = Reader(terminal, ATHENS).read(LONG_AGO, now)
    return {**reading.body(), "deals": reading.deals, "cash_flows": reading.cash_flows, "warnings": reading.warnings}


def test_a_position_leaves_with_the_digits_of_its_symbol_and_in_utc(terminal: SimulatedTerminal) -> None:
    with terminal.market() as market:
        market.open("EURUSD", "buy", Decimal("0.50"), stop=500, magic=8001)
    found = read(terminal)
    assert isinstance(found["positions"], list)
    assert found["positions"][0] == {
        "ticket": "50000003",
        "symbol": "EURUSD",
        "side": "buy",
        "volume": "0.5",
        "open_price": "1.08504",
        "opened_at": "2026-11-24T07:20:10+00:00",
        "opened_text": "2026.11.24 09:20:10",
        "current_price": "1.08496",
        "stop_loss": "1.08004",
        "take_profit": None,
        "swap": "0.00",
        "floating_profit": "-4.00",
        "comment": "",
        "strategy_id": "8001",
    }


def test_figures_have_the_digits_of_the_currency(terminal: SimulatedTerminal) -> None:
    with terminal.market() as market:
        market.open("EURUSD", "buy", Decimal("0.50"))
    assert read(terminal)["figures"] == {
        "currency": "USD",
        "balance": "9998.25",
        "equity": "9994.25",
        "margin": "542.50",
        "free_margin": "9451.75",
        "floating_profit": "-4.00",
        "credit": "0.00",
    }


def test_the_fills_of_a_partial_close_and_the_deposit_are_read(terminal: SimulatedTerminal, clock: Clock) -> None:
    with terminal.market() as market:
        position = market.open("USDJPY", "sell", Decimal("0.40"))
        clock.now_s += 60
    with terminal.market() as market:
        market.close(position.ticket, Decimal("0.10"))
    found = read(terminal, clock.moment())
    assert isinstance(found["deals"], list) and isinstance(found["cash_flows"], list)
    shown = [(row["direction"], row["side"], row["volume"], row["price"]) for row in found["deals"]]
    assert shown == [("in", "sell", "0.4", "154.194"), ("out", "buy", "0.1", "154.206")]
    assert [row["executed_at"] for row in found["deals"]] == ["2026-11-24T07:20:10+00:00", "2026-11-24T07:21:10+00:00"]
    assert [(row["kind"], row["amount"]) for row in found["cash_flows"]] == [("deposit", "10000.00")]


def test_a_missing_list_of_positions_is_not_an_empty_one(terminal: SimulatedTerminal) -> None:
    with terminal.market() as market:
        market.open("EURUSD", "buy", Decimal("0.50"))
        market.begin_fault("no_positions", 60)
    found = read(terminal)
    assert "positions" not in found
    assert found["warnings"] == ["The terminal did not answer about positions: No IPC connection (-10004)."]


def test_equity_that_is_not_a_number_is_never_sent(terminal: SimulatedTerminal) -> None:
    with terminal.market() as market:
        market.begin_fault("not_a_number", 60)
    with pytest.raises(TerminalError, match="nan is not a number"):
        read(terminal)


def test_a_terminal_that_is_signed_in_elsewhere_is_refused(terminal: SimulatedTerminal) -> None:
    with pytest.raises(TerminalError, match="signed in to account 61000001, not to 7"):
        Reader(terminal, ATHENS, login=7).read(LONG_AGO, START)


def test_a_stale_quote_keeps_the_moment_at_which_it_stopped(terminal: SimulatedTerminal, clock: Clock) -> None:
    with terminal.market() as market:
        market.open("EURUSD", "buy", Decimal("0.50"))
        market.begin_fault("stale_ticks", 600)
    clock.now_s += 300
    quotes = read(terminal, clock.moment())["quotes"]
    assert isinstance(quotes, list)
    assert quotes[0]["quoted_at"] == "2026-11-24T07:20:10+00:00"


def test_an_account_that_moves_while_it_is_read_is_read_again(terminal: SimulatedTerminal) -> None:
    with terminal.market() as market:
        ticket = market.open("EURUSD", "buy", Decimal("0.50")).ticket

    class Moving(SimulatedTerminal):
        """Closes the position between the first question and the last."""

        def history_deals_get(self, *window: datetime, **narrow: object):  # type: ignore[no-untyped-def]
            with self.market() as market:
                if ticket in market.positions:
                    market.close(ticket)
            return super().history_deals_get(*window, **narrow)

    terminal.__class__ = Moving
    found = read(terminal)
    assert found["positions"] == []
    assert isinstance(found["deals"], list)
    assert [row["direction"] for row in found["deals"]] == ["in", "out"]


def test_summer_time_of_the_server_is_taken_into_account() -> None:
    reader = Reader(SimulatedTerminal(None, ATHENS), ATHENS)
    wall = datetime(2026, 7, 1, 12, 0, tzinfo=UTC).timestamp()
    assert reader.utc(wall) == datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


@given(st.integers(-(10**12), 10**12), st.integers(0, 8))
def test_what_a_broker_prints_survives_its_way_through_a_float(points: int, digits: int) -> None:
    printed = Decimal(points).scaleb(-digits)
    assert Decimal(exact(float(printed), digits)) == printed


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "much"])
def test_refuses_what_is_no_number(value: object) -> None:
    with pytest.raises(NotANumber):
        exact(value, 2)


def test_a_price_of_zero_says_none() -> None:
    assert price(0.0, 5) is None
    assert price(1.1, 5) == "1.10000"
