"""Turns the rows of a parsed statement, with the broker's clock, into staged rows in UTC."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from trading.statements.rows import CashFlowRow, Direction, ParsedStatement, PositionRow, TradeRow

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Moments:
    """When the broker made the report, and when money first and last moved in it."""

    reported_at: datetime
    period_start: datetime | None
    period_end: datetime | None


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


def moments_of(parsed: ParsedStatement, clock: ServerClock, fallback: datetime) -> Moments:
    """The moments in UTC. `fallback` is that of a report that tells none and holds no rows."""
    first, last = (None if at is None else clock.utc(at) for at in _period(parsed))
    reported_at = parsed.header.reported_at
    return Moments(clock.utc(reported_at) if reported_at else last or fallback, first, last)


def staged_rows(parsed: ParsedStatement, clock: ServerClock, reported_at: datetime) -> dict[str, Iterator[Row]]:
    """The rows of each table, by its word. Shape: in the order of `Table.shared_columns`, then `staged_only`."""
    return {
        "trades": _trades(parsed.trades, clock),
        "executions": _executions(parsed, clock),
        "cash_flows": (_cash_flow(row, clock) for row in parsed.cash_flows),
        "positions": (_position(row, clock, reported_at) for row in parsed.positions),
        "snapshots": _snapshots(parsed, reported_at),
    }


def has_figures(parsed: ParsedStatement) -> bool:
    """Whether the broker reports the account as a whole, and so all of its open positions."""
    return parsed.figures.balance is not None or parsed.figures.equity is not None


def _period(parsed: ParsedStatement) -> tuple[datetime | None, datetime | None]:
    """When money first and last moved. An open that costs nothing doesn't count: it may lie before the file's period."""
    fills = [row.executed_at for row in parsed.executions if not row.is_derived or row.direction is not Direction.IN]
    moments = fills + [flow.booked_at for flow in parsed.cash_flows]
    return min(moments, default=None), max(moments, default=None)


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
    if not has_figures(parsed):
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
