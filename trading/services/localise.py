"""Turns the rows of a parsed statement, with the broker's clock, into staged rows in UTC."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from trading.statements.rows import CashFlowRow, Direction, ParsedStatement, PositionRow, TradeRow

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Localised:
    """What an import is about to stage. Shape: rows in the order of `tables.Table.shared_columns`, then `staged_only`.

    `has_figures` is true where the broker reports the account as a whole, and so all of its open positions.
    """

    trades: Callable[[], Iterator[Row]]
    executions: Callable[[], Iterator[Row]]
    cash_flows: Callable[[], Iterator[Row]]
    positions: Callable[[], Iterator[Row]]
    snapshots: Callable[[], Iterator[Row]]
    reported_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    has_figures: bool


class ServerClock:
    """From the broker server's clock to UTC.

    In the hour that comes twice in autumn the first is taken, unless `not_before` shows that it must be the second.
    """

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self._offsets: dict[tuple[int, ...], timedelta] = {}

    def utc(self, at: datetime, not_before: datetime | None = None) -> datetime:
        half_hour = (at.year, at.month, at.day, at.hour, at.minute // 30)  # no zone shifts in between
        offset = self._offsets.get(half_hour)
        if offset is None:
            offset = at.replace(tzinfo=self._zone).utcoffset() or timedelta(0)
            self._offsets[half_hour] = offset
        moment = (at - offset).replace(tzinfo=UTC)
        if not_before is not None and moment < not_before:
            later = at.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
            return max(moment, later)
        return moment


def localise(parsed: ParsedStatement, time_zone: str, fallback: datetime) -> Localised:
    """The rows in UTC. `fallback` stands for the moment of the report where the file tells none and holds no rows."""
    clock = ServerClock(time_zone)
    moments = [clock.utc(at) for at in _money_moments(parsed)]
    first, last = min(moments, default=None), max(moments, default=None)
    header = parsed.header
    reported_at = clock.utc(header.reported_at) if header.reported_at else last or fallback
    figures = parsed.figures
    return Localised(
        trades=lambda: _trades(parsed.trades, clock),
        executions=lambda: _executions(parsed, clock),
        cash_flows=lambda: (_cash_flow(row, clock) for row in parsed.cash_flows),
        positions=lambda: (_position(row, clock, reported_at) for row in parsed.positions),
        snapshots=lambda: _snapshots(parsed, reported_at),
        reported_at=reported_at,
        period_start=first,
        period_end=last,
        has_figures=figures.balance is not None or figures.equity is not None,
    )


def _money_moments(parsed: ParsedStatement) -> Iterator[datetime]:
    """When money moved. An open that costs nothing doesn't count: it may lie before the period of the file."""
    for row in parsed.executions:
        if not row.is_derived or row.direction is not Direction.IN:
            yield row.executed_at
    for flow in parsed.cash_flows:
        yield flow.booked_at


def _trades(rows: Iterable[TradeRow], clock: ServerClock) -> Iterator[Row]:
    for row in rows:
        opened_at = clock.utc(row.opened_at)
        yield (
            row.ticket,
            row.symbol,
            row.side,
            row.volume_lots,
            row.closed_volume_lots,
            opened_at,
            row.opened_text,
            row.open_price,
            clock.utc(row.closed_at, opened_at) if row.closed_at else None,
            row.closed_text,
            row.close_price,
            row.stop_loss,
            row.take_profit,
            row.commission,
            row.swap,
            row.fee,
            row.gross_profit,
            row.strategy_id,
            row.comment,
            row.parent_ticket,
        )


def _executions(parsed: ParsedStatement, clock: ServerClock) -> Iterator[Row]:
    """The fills; an exit in the hour that comes twice lies after the open of its trade."""
    opened = {trade.ticket: trade.opened_at for trade in parsed.trades if trade.closed_at}
    for row in parsed.executions:
        is_exit = row.direction is not Direction.IN
        entry = opened.get(row.ticket) if is_exit else None
        yield (
            row.deal_id,
            row.symbol,
            row.direction,
            row.side,
            row.volume_lots,
            row.price,
            clock.utc(row.executed_at, clock.utc(entry) if entry else None),
            row.executed_text,
            row.sequence,
            row.commission,
            row.swap,
            row.fee,
            row.gross_profit,
            row.is_derived,
            row.order_id,
            row.comment,
            row.balance_after,
            row.ticket,
        )


def _cash_flow(row: CashFlowRow, clock: ServerClock) -> Row:
    return (
        row.reference,
        row.kind,
        row.amount,
        clock.utc(row.booked_at),
        row.booked_text,
        row.sequence,
        row.comment,
        row.balance_after,
    )


def _position(row: PositionRow, clock: ServerClock, reported_at: datetime) -> Row:
    return (
        row.ticket,
        row.symbol,
        row.side,
        row.volume_lots,
        clock.utc(row.opened_at),
        row.opened_text,
        row.open_price,
        row.current_price,
        row.stop_loss,
        row.take_profit,
        row.swap,
        row.commission,
        row.floating_profit,
        reported_at,
        row.comment,
    )


def _snapshots(parsed: ParsedStatement, reported_at: datetime) -> Iterator[Row]:
    figures = parsed.figures
    if figures.balance is None and figures.equity is None:
        return
    yield (
        reported_at,
        len(parsed.positions),
        figures.balance,
        figures.equity,
        figures.margin,
        figures.free_margin,
        figures.floating_profit,
        figures.credit,
    )
