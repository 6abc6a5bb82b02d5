"""Fills that a file does not list, derived from its trades."""

from collections.abc import Iterator
from functools import partial

from trading.statements.ledger import ZERO
from trading.statements.rows import Direction, ExecutionRow, Side, TradeRow


def opposite(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


def derived_executions(trade: TradeRow) -> Iterator[ExecutionRow]:
    """The fills that a trade must have had: one in, and one out that carries its money."""
    fill = partial(
        ExecutionRow,
        ticket=trade.ticket,
        symbol=trade.symbol,
        sequence=int(trade.ticket) if trade.ticket.isdecimal() else 0,
        is_derived=True,
        line=trade.line,
    )
    yield fill(
        deal_id=f"{trade.ticket}:in",
        direction=Direction.IN,
        side=trade.side,
        volume_lots=trade.volume_lots,
        price=trade.open_price,
        executed_at=trade.opened_at,
        executed_text=trade.opened_text,
        commission=ZERO,
        swap=ZERO,
        fee=ZERO,
        gross_profit=ZERO,
    )
    if trade.closed_at is None or trade.close_price is None:
        return
    yield fill(
        deal_id=f"{trade.ticket}:out",
        direction=Direction.OUT,
        side=opposite(trade.side),
        volume_lots=trade.closed_volume_lots,
        price=trade.close_price,
        executed_at=trade.closed_at,
        executed_text=trade.closed_text,
        commission=trade.commission,
        swap=trade.swap,
        fee=trade.fee,
        gross_profit=trade.gross_profit,
        comment=trade.comment,
    )
