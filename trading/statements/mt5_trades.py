"""Makes trades out of a MetaTrader 5 report's positions, open positions and deals."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.statements.ledger import ZERO
from trading.statements.mt5_match import Book, match_deals
from trading.statements.mt5_rows import Position
from trading.statements.rows import Direction, ExecutionRow, PositionRow, TradeRow


@dataclass(slots=True)
class _Fills:
    """What the deals of one ticket add up to."""

    first: ExecutionRow | None = None
    comment: str = ""
    entered: Decimal = ZERO
    entered_value: Decimal = ZERO
    left: Decimal = ZERO
    left_value: Decimal = ZERO
    last_exit: ExecutionRow | None = None
    commission: Decimal = ZERO
    swap: Decimal = ZERO
    fee: Decimal = ZERO
    profit: Decimal = ZERO

    def enter(self, deal: ExecutionRow, volume: Decimal) -> None:
        if self.first is None:
            self.first, self.comment = deal, deal.comment
        self.entered += volume
        self.entered_value += volume * deal.price

    def add(self, deal: ExecutionRow, reversed_volume: Decimal) -> None:
        """Adds a deal up, all of its money, and of its volume what it did not use to open the next position."""
        if deal.direction is Direction.IN:
            self.enter(deal, deal.volume_lots)
        else:
            volume = deal.volume_lots - reversed_volume
            self.left += volume
            self.left_value += volume * deal.price
            if self.last_exit is None or (deal.executed_at, deal.sequence) > (
                self.last_exit.executed_at,
                self.last_exit.sequence,
            ):
                self.last_exit = deal
        self.commission += deal.commission
        self.swap += deal.swap
        self.fee += deal.fee
        self.profit += deal.gross_profit


class TradeBuilder:
    """Matches the deals once, then gives the trades, and the deals with the ticket of their trade on each.

    Uses up the positions and the deals that it is given.
    """

    def __init__(
        self,
        positions: list[Position],
        open_positions: Sequence[PositionRow],
        deals: list[ExecutionRow],
        *,
        is_netting: bool | None,
    ) -> None:
        self._positions = positions
        self._listed = {position.ticket for position in positions}
        self._open = [position for position in open_positions if position.ticket not in self._listed]
        matched = match_deals(deals, [*positions, *map(_book, self._open)], is_netting=is_netting)
        self._fills: dict[str, _Fills] = defaultdict(_Fills)
        self._comments: dict[str, str] = {}
        self._fees: dict[str, Decimal] = {}
        for index, ticket in enumerate(matched.tickets):
            if ticket:
                deals[index] = replace(deals[index], ticket=ticket)
                next_ticket, over = matched.reversals.get(index, ("", ZERO))
                self._add(ticket, deals[index], over)
                if over and next_ticket not in self._listed:
                    self._fills[next_ticket].enter(deals[index], over)
        self.executions = deals
        self.unmatched = [deals[index] for index in matched.unmatched]
        self.guessed = matched.guessed

    def _add(self, ticket: str, deal: ExecutionRow, reversed_volume: Decimal) -> None:
        """Adds a deal up; a listed position states its own sums, so only what it does not print is kept for it."""
        if ticket not in self._listed:
            self._fills[ticket].add(deal, reversed_volume)
            return
        if deal.fee:
            self._fees[ticket] = self._fees.get(ticket, ZERO) + deal.fee
        if deal.direction is Direction.IN and deal.comment:
            self._comments.setdefault(ticket, deal.comment)

    def trades(self) -> list[TradeRow]:
        trades: list[TradeRow] = []
        while self._positions:  # each gives way to its trade, so that a long history is not held twice
            trades.append(self._of_position(self._positions.pop()))
        trades.reverse()
        trades.extend(self._of_open(position) for position in self._open)
        known = {position.ticket for position in self._open}
        trades.extend(
            _of_fills(ticket, fills) for ticket, fills in self._fills.items() if ticket not in known and fills.first
        )
        return trades

    def _of_position(self, position: Position) -> TradeRow:
        is_open = position.closed_volume < position.volume
        return TradeRow(
            ticket=position.ticket,
            symbol=position.symbol,
            side=position.side,
            volume_lots=position.volume,
            closed_volume_lots=position.closed_volume,
            opened_at=position.opened_at,
            opened_text=position.opened_text,
            open_price=position.open_price,
            closed_at=None if is_open else position.closed_at,
            closed_text="" if is_open else position.closed_text,
            close_price=None if is_open else position.close_price,
            stop_loss=position.stop_loss,
            take_profit=position.take_profit,
            commission=position.commission,
            swap=position.swap,
            fee=self._fees.get(position.ticket, ZERO),
            gross_profit=position.profit,
            comment=self._comments.get(position.ticket, "") or position.comment,
            line=position.line,
        )

    def _of_open(self, position: PositionRow) -> TradeRow:
        fills = self._fills.get(position.ticket) or _Fills()
        return TradeRow(
            ticket=position.ticket,
            symbol=position.symbol,
            side=position.side,
            volume_lots=position.volume_lots + fills.left,
            closed_volume_lots=fills.left,
            opened_at=position.opened_at,
            opened_text=position.opened_text,
            open_price=position.open_price,
            closed_at=None,
            closed_text="",
            close_price=None,
            stop_loss=position.stop_loss,
            take_profit=position.take_profit,
            commission=fills.commission,
            swap=fills.swap,
            fee=fills.fee,
            gross_profit=fills.profit,
            comment=fills.comment or position.comment,
            line=position.line,
        )


def _book(position: PositionRow) -> Book:
    return Book(
        ticket=position.ticket,
        symbol=position.symbol,
        side=position.side,
        opened_at=position.opened_at,
        volume=position.volume_lots,
    )


def _of_fills(ticket: str, fills: _Fills) -> TradeRow:
    """A trade that only its deals speak of: closed once as much has left it as has entered it."""
    first, last = fills.first, fills.last_exit
    assert first is not None  # the caller looked
    is_closed = last is not None and fills.left >= fills.entered
    return TradeRow(
        ticket=ticket,
        symbol=first.symbol,
        side=first.side,
        volume_lots=fills.entered,
        closed_volume_lots=min(fills.left, fills.entered),
        opened_at=first.executed_at,
        opened_text=first.executed_text,
        open_price=_average(fills.entered_value, fills.entered, first.price),
        closed_at=last.executed_at if last is not None and is_closed else None,
        closed_text=last.executed_text if last is not None and is_closed else "",
        close_price=_average(fills.left_value, fills.left, last.price) if last is not None and is_closed else None,
        stop_loss=None,
        take_profit=None,
        commission=fills.commission,
        swap=fills.swap,
        fee=fills.fee,
        gross_profit=fills.profit,
        comment=fills.comment,
        line=first.line,
    )


def _average(value: Decimal, volume: Decimal, like: Decimal) -> Decimal:
    """The volume-weighted price, to the decimals of a price of the same symbol."""
    return (value / volume).quantize(like)
