"""However the deals of a life are cut into calls, the same trades follow: the arithmetic alone, without a database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from trading.services.deals_building import MONEY, Builder, Fill, RoundTrip

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
ZERO = Decimal(0)


class Book:
    """What a database would keep between two calls."""

    def __init__(self, *, is_netting: bool) -> None:
        self.is_netting = is_netting
        self.trades: dict[str, RoundTrip] = {}
        self.fills: dict[str, Fill] = {}

    def take(self, deals: Sequence[Fill]) -> None:
        linked: dict[UUID, list[Fill]] = {}
        waiting = []
        for fill in self.fills.values():
            if fill.trade_id:
                linked.setdefault(fill.trade_id, []).append(replace(fill))
            else:
                waiting.append(replace(fill))
        builder = Builder([replace(trade) for trade in self.trades.values()], linked, is_netting=self.is_netting)
        fresh = [replace(deal) for deal in deals if deal.deal_id not in self.fills]
        builder.take([*fresh, *waiting])
        for _before, after in builder.trades():
            after.id = self.trades[after.ticket].id if after.ticket in self.trades else uuid7()
            self.trades[after.ticket] = after
        for fill in (*fresh, *waiting):
            fill.trade_id = self.trades[fill.trade_ticket].id if fill.trade_ticket else None
            self.fills[fill.deal_id] = fill

    def essence(self) -> list[Any]:
        return sorted(
            (
                trade.ticket,
                trade.side,
                trade.volume_lots,
                trade.closed_volume_lots,
                trade.opened_at,
                trade.closed_at,
                trade.open_price,
                trade.close_price,
                *(getattr(trade, name) for name in MONEY),
            )
            for trade in self.trades.values()
        )


def fill(number: int, ticket: str, direction: str, side: str, lots: int, price: int, order: str = "") -> Fill:
    return Fill(
        deal_id=str(number),
        position_ticket=ticket,
        order_id=order or f"order {number}",
        symbol="EURUSD",
        direction=direction,
        side=side,
        volume_lots=Decimal(lots) / 100,
        price=Decimal(price) / 100_000,
        executed_at=START + timedelta(minutes=number),
        executed_text="",
        sequence=number,
        commission=Decimal(-lots) / 10,
        swap=ZERO,
        fee=ZERO,
        gross_profit=Decimal(number) if direction != "in" else ZERO,
        balance_after=None,
        comment="",
    )


@st.composite
def hedging_lives(draw: st.DrawFn) -> list[Fill]:
    """Positions with one to three entries, closed in up to three parts, or left open; all in one symbol."""
    deals: list[Fill] = []
    for position in range(draw(st.integers(1, 4))):
        ticket, left = f"P{position}", 0
        for _ in range(draw(st.integers(1, 3))):
            lots = draw(st.integers(1, 50))
            deals.append(fill(len(deals) + 1, ticket, "in", "buy", lots, draw(st.integers(90_000, 110_000))))
            left += lots
        for _ in range(draw(st.integers(0, 3))):
            if left:
                lots = draw(st.integers(1, left))
                left -= lots
                deals.append(fill(len(deals) + 1, ticket, "out", "sell", lots, draw(st.integers(90_000, 110_000))))
    return deals


@st.composite
def netting_lives(draw: st.DrawFn) -> list[Fill]:
    """One position at a time, that grows, shrinks, is closed and turned round; a turned one keeps its first id."""
    deals: list[Fill] = []
    ticket, side, held = "", "buy", 0
    for number in range(1, draw(st.integers(1, 12)) + 1):
        lots, price = draw(st.integers(1, 50)), draw(st.integers(90_000, 110_000))
        other = "sell" if side == "buy" else "buy"
        if not held:
            ticket, side, held = f"P{number}", draw(st.sampled_from(["buy", "sell"])), lots
            deals.append(fill(number, ticket, "in", side, lots, price, order=ticket))
        elif draw(st.booleans()):
            deals.append(fill(number, ticket, "in", side, lots, price))
            held += lots
        elif lots <= held:
            deals.append(fill(number, ticket, "out", other, lots, price))
            held -= lots
        else:
            deals.append(fill(number, ticket, "in_out", other, lots, price))
            side, held = other, lots - held
    return deals


def cut(draw: st.DrawFn, deals: list[Fill]) -> list[list[Fill]]:
    marks = sorted(draw(st.sets(st.integers(0, len(deals)), max_size=5)) | {0, len(deals)})
    return [deals[start:end] for start, end in pairwise(marks)]


def together(deals: list[Fill], *, is_netting: bool) -> Book:
    book = Book(is_netting=is_netting)
    book.take(deals)
    return book


@settings(max_examples=150, deadline=None)
@given(st.data(), hedging_lives())
def test_order_and_calls_make_no_difference_where_positions_stand_apart(data: Any, deals: list[Fill]) -> None:
    shuffled = data.draw(st.permutations(deals))
    book = Book(is_netting=False)
    for part in cut(data.draw, shuffled):
        book.take(part)
        book.take(part)  # again is harmless
    whole = together(deals, is_netting=False)
    assert book.essence() == whole.essence()


@settings(max_examples=150, deadline=None)
@given(st.data(), netting_lives())
def test_calls_make_no_difference_where_positions_turn(data: Any, deals: list[Fill]) -> None:
    book = Book(is_netting=True)
    for part in cut(data.draw, deals):
        book.take(part)
    whole = together(deals, is_netting=True)
    assert [trade[:6] for trade in book.essence()] == [trade[:6] for trade in whole.essence()]
    assert [trade[8:] for trade in book.essence()] == [trade[8:] for trade in whole.essence()]
    # The entry that a reversal brought is only known by the average that the book kept, which is rounded.
    for cut_up, at_once in zip(book.essence(), whole.essence(), strict=True):
        assert abs(cut_up[6] - at_once[6]) <= Decimal("0.00003")


@settings(max_examples=150, deadline=None)
@given(st.one_of(hedging_lives(), netting_lives().map(lambda deals: deals)))
def test_no_money_and_no_volume_gets_lost(deals: list[Fill]) -> None:
    is_netting = any(deal.order_id == deal.position_ticket for deal in deals)
    book = together(deals, is_netting=is_netting)
    trades = book.trades.values()
    for name in MONEY:
        assert sum((getattr(trade, name) for trade in trades), ZERO) == sum((getattr(d, name) for d in deals), ZERO)
    entered = sum((deal.volume_lots for deal in deals if deal.direction == "in"), ZERO)
    left = sum((deal.volume_lots for deal in deals if deal.direction != "in"), ZERO)
    still = sum((trade.volume_lots - trade.closed_volume_lots for trade in trades), ZERO)
    if not any(deal.direction == "in_out" for deal in deals):
        assert still == entered - left
    assert all(trade.closed_volume_lots <= trade.volume_lots for trade in trades)
    assert all(book.fills[deal.deal_id].trade_id for deal in deals)
