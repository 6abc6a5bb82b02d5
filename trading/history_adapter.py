"""From the typed rows of a statement to the input of the arithmetic.

It stands outside trading/statements and trading/calc, because neither of them may know the other.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from trading.calc.history import Fill, Flow, History, OpenPosition
from trading.statements.rows import (
    CashFlowRow,
    Direction,
    ExecutionRow,
    ParsedStatement,
    PositionRow,
    Side,
    TradeRow,
)

_OTHER_SIDE = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


def history_from_parsed(parsed: ParsedStatement) -> History:
    """The history that a statement holds, with the broker's server clock taken for UTC: order is what matters here."""
    figures = parsed.figures
    return History(
        fills=list(_fills(parsed)),
        flows=[_flow(row) for row in parsed.cash_flows],
        positions=[_position(row) for row in parsed.positions],
        opening_balance=parsed.opening_balance if parsed.has_history else figures.balance,
        margin=figures.margin,
        exposures=figures.exposures,
        credit=None if parsed.has_history else figures.credit,
        free_margin_counts_floating=_free_margin_counts_floating(parsed),
    )


def _fills(parsed: ParsedStatement) -> Iterator[Fill]:
    """One fill per execution; for MetaTrader 4, which lists none, one per closed ticket, with all its costs."""
    if parsed.header.platform == "mt4" or not parsed.executions:
        return (_fill_of_trade(row, number) for number, row in enumerate(parsed.trades) if row.closed_at)
    return (_fill_of_execution(row) for row in parsed.executions)


def _fill_of_execution(row: ExecutionRow) -> Fill:
    is_exit = row.direction is not Direction.IN
    return Fill(
        at=_aware(row.executed_at),
        sequence=row.sequence,
        is_exit=is_exit,
        side=_OTHER_SIDE[row.side] if is_exit else row.side,
        gross_profit=row.gross_profit,
        commission=row.commission,
        swap=row.swap,
        fee=row.fee,
    )


def _fill_of_trade(row: TradeRow, number: int) -> Fill:
    return Fill(
        at=_aware(row.closed_at or row.opened_at),
        sequence=int(row.ticket) if row.ticket.isdigit() else number,
        is_exit=True,
        side=row.side,
        gross_profit=row.gross_profit,
        commission=row.commission,
        swap=row.swap,
        fee=row.fee,
    )


def _flow(row: CashFlowRow) -> Flow:
    return Flow(at=_aware(row.booked_at), sequence=row.sequence, kind=row.kind, amount=row.amount)


def _position(row: PositionRow) -> OpenPosition:
    return OpenPosition(swap=row.swap, commission=row.commission, floating_profit=row.floating_profit)


def _free_margin_counts_floating(parsed: ParsedStatement) -> bool:
    """False where the printed free margin is balance and credit less margin: a setting of some brokers' servers."""
    figures = parsed.figures
    if figures.balance is None or figures.margin is None or figures.free_margin is None or not parsed.positions:
        return True
    return figures.free_margin != figures.balance + (figures.credit or 0) - figures.margin


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
