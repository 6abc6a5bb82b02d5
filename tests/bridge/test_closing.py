"""Close requests: each carried out at most once, whatever happens between the order and its acknowledgement."""

from decimal import Decimal

import pytest

from bridge.closer import MAGIC
from bridge.simulated import SimulatedTerminal
from bridge.spool import Spool
from bridge.worker import Bridge
from tests.bridge.conftest import Clock
from tests.bridge.portal import Portal


@pytest.fixture
def ticket(terminal: SimulatedTerminal) -> int:
    with terminal.market() as market:
        ticket = market.open("EURUSD", "buy", Decimal("0.50")).ticket
        market.move("EURUSD", -100)
    return ticket


def orders(terminal: SimulatedTerminal) -> list[int]:
    with terminal.market() as market:
        return [order["position"] for order in market.orders]


def test_closes_what_is_asked_and_says_price_and_profit(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, ticket: int
) -> None:
    stub.ask_to_close("r1", ticket)
    bridge.round()
    # 108 points of 0.50 lots, and the exit's own commission.
    assert stub.acks == [("r1", {"result": "done", "price": "1.08396", "profit": "-55.75"})]
    assert orders(terminal) == [ticket]
    bridge.round()
    assert stub.syncs[-1]["positions"] == []
    assert [row["direction"] for row in stub.syncs[-1]["deals"]] == ["out"]


def test_a_request_that_comes_again_is_not_carried_out_again(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, ticket: int
) -> None:
    stub.ask_to_close("r1", ticket)
    bridge.round()
    stub.ask_to_close("r1", ticket)
    bridge.round()
    assert orders(terminal) == [ticket]


def test_an_acknowledgement_that_could_not_be_told_is_told_later(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, spool: Spool, ticket: int
) -> None:
    bridge.round()
    assert spool.begin_close("r1", 0, str(ticket), bridge.clock())
    with terminal.market() as market:
        market.close(ticket, magic=MAGIC)
    stub.status = 503
    bridge.round()
    assert stub.acks == []
    stub.status = 200
    bridge.round()
    assert [(number, ack["result"]) for number, ack in stub.acks] == [("r1", "done")]
    assert orders(terminal) == []


def test_an_order_whose_answer_was_lost_is_found_in_the_history(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, ticket: int
) -> None:
    with terminal.market() as market:
        market.begin_fault("no_answer", 60)
    stub.ask_to_close("r1", ticket)
    bridge.round()
    assert stub.acks == []
    bridge.round()
    assert stub.acks == [("r1", {"result": "done", "price": "1.08396", "profit": "-55.75"})]
    assert orders(terminal) == [ticket]


def test_a_position_that_its_trader_closed_meanwhile_is_not_said_to_be_our_close(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, spool: Spool, clock: Clock, ticket: int
) -> None:
    assert spool.begin_close("r1", 0, str(ticket), clock.moment())
    with terminal.market() as market:
        market.close(ticket)
    clock.now_s += 31
    bridge.round()
    assert stub.acks == [("r1", {"result": "gone"})]


def test_an_order_that_never_left_is_said_to_have_failed_and_tried_under_a_new_number(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, spool: Spool, clock: Clock, ticket: int
) -> None:
    # The bridge was killed after it wrote the attempt down and before the order left.
    assert spool.begin_close("r1", 0, str(ticket), clock.moment())
    stub.ask_to_close("r1", ticket)
    bridge.round()
    assert (orders(terminal), stub.acks) == ([], [])
    clock.now_s += 31
    bridge.round()
    assert stub.acks[0][1] == {
        "result": "failed",
        "error": "The order was not carried out: the position is still open.",
    }
    assert orders(terminal) == []
    stub.ask_to_close("r1", ticket, attempts=1)
    bridge.round()
    assert orders(terminal) == [ticket]
    assert stub.acks[1][1]["result"] == "done"


def test_a_close_whose_deal_shows_late_is_never_said_to_have_failed(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, clock: Clock, ticket: int
) -> None:
    with terminal.market() as market:
        market.begin_fault("no_history", 60)
    stub.ask_to_close("r1", ticket)
    bridge.round()
    clock.now_s += 45
    bridge.round()
    assert stub.acks == []
    clock.now_s += 30
    bridge.round()
    assert [ack["result"] for _, ack in stub.acks] == ["done"]
    assert orders(terminal) == [ticket]


def test_a_refused_order_says_why(bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, ticket: int) -> None:
    with terminal.market() as market:
        market.begin_fault("rejected", 60)
    stub.ask_to_close("r1", ticket)
    bridge.round()
    assert stub.acks == [("r1", {"result": "failed", "error": "Market closed (10018)"})]


def test_a_partial_fill_leaves_the_rest_to_the_next_attempt(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, clock: Clock, ticket: int
) -> None:
    with terminal.market() as market:
        market.begin_fault("partial", 5)
    stub.ask_to_close("r1", ticket)
    bridge.round()
    assert stub.acks == [("r1", {"result": "failed", "error": "Only 0.25 of 0.5 lots were closed."})]
    clock.now_s += 10
    stub.ask_to_close("r1", ticket, attempts=1)
    bridge.round()
    assert stub.acks[1][1]["result"] == "done"
    assert orders(terminal) == [ticket, ticket]


def test_a_position_that_is_gone_is_said_to_be_gone(bridge: Bridge, stub: Portal, terminal: SimulatedTerminal) -> None:
    stub.ask_to_close("r1", 999)
    bridge.round()
    assert stub.acks == [("r1", {"result": "gone"})]
    assert orders(terminal) == []


def test_a_request_that_has_expired_is_left_alone(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, ticket: int
) -> None:
    stub.ask_to_close("r1", ticket)
    stub.requests[0]["expires_at"] = "2026-11-24T07:20:10Z"
    bridge.round()
    assert (orders(terminal), stub.acks) == ([], [])


def test_a_request_of_another_account_is_left_alone(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, ticket: int
) -> None:
    stub.ask_to_close("r1", ticket)
    stub.requests[0]["account"] = "0199f3c2-0000-7000-8000-000000000002"
    bridge.round()
    assert (orders(terminal), stub.acks) == ([], [])


def test_a_bridge_that_may_not_close_collects_nothing(
    bridge: Bridge, stub: Portal, terminal: SimulatedTerminal, ticket: int
) -> None:
    bridge.close = False
    stub.ask_to_close("r1", ticket)
    bridge.round()
    assert orders(terminal) == []
