"""Turns the rows of a parsed statement, with the broker's clock, into lines of COPY with times in UTC.

A history of 100,000 trades is 300,000 lines, so that each of them is one join of ready texts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from zoneinfo import ZoneInfo

from trading.statements.rows import CashFlowRow, Direction, ExecutionRow, ParsedStatement, PositionRow, TradeRow

#: Fields in the text format of COPY, joined by tabs, without the id that the writer puts before them.
Line = str

NULL = r"\N"
_SPECIAL = re.compile(r"[\x00\\\t\n\r]")
_TRUTH = {True: "t", False: "f"}


@dataclass(frozen=True, slots=True)
class Moments:
    """When the broker made the report, and when money first and last moved in it."""

    reported_at: datetime
    period_start: datetime | None
    period_end: datetime | None


class ServerClock:
    """From the broker server's clock to UTC.

    In the hour that comes twice in autumn the first is taken, unless `not_before` (server clock, its first pass) shows
    that it must be the second. A time in the hour that spring skips, where a server does not really change its clock,
    may come out after the times that follow it: what can't lie before `not_before` then lies at the same moment.
    An aware time is a moment already.
    """

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self._offsets: dict[date, str] = {}  # of the days on which no clock is changed

    def utc(self, at: datetime, not_before: datetime | None = None) -> datetime:
        if at.tzinfo:
            return at
        moment = at.replace(tzinfo=self._zone).astimezone(UTC)
        if not_before is None:
            return moment
        start = not_before.replace(tzinfo=self._zone).astimezone(UTC)
        return moment if moment >= start else max(start, at.replace(tzinfo=self._zone, fold=1).astimezone(UTC))

    def text(self, at: datetime, not_before: datetime | None = None) -> str:
        """The moment as PostgreSQL reads it. Nearly every day has one offset, which is worked out once."""
        if at.tzinfo:
            return at.isoformat(" ")
        day = at.date()
        offset = self._offsets.get(day)
        if offset is None:
            offset = self._offsets[day] = self._offset_of(day)
        return at.isoformat(" ") + offset if offset else self.utc(at, not_before).isoformat(" ")

    def _offset_of(self, day: date) -> str:
        """The offset of the whole day as "+02:00", or "" for a day on which the clock is changed."""
        starts = datetime.combine(day, time(), tzinfo=self._zone)
        ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=self._zone)
        return starts.isoformat()[19:] if starts.utcoffset() == ends.utcoffset() else ""


def moments_of(parsed: ParsedStatement, clock: ServerClock, fallback: datetime) -> Moments:
    """The moments in UTC. `fallback` is that of a report that tells none and holds no rows.

    A report is dated by the clock of the trader's computer, which may lie hours behind the server's: what it lists had
    happened when it was made, so that it is never dated before its last row.
    """
    first, last = (None if at is None else clock.utc(at) for at in _period(parsed))
    reported_at = parsed.header.reported_at
    stamped = clock.utc(reported_at) if reported_at else None
    known = [at for at in (stamped, last) if at]
    return Moments(max(known, default=fallback), first, last)


def staged_lines(parsed: ParsedStatement, clock: ServerClock, reported_at: datetime) -> dict[str, Iterator[Line]]:
    """The lines of each table, by its word. Shape: fields in the order of `Table.staged_columns`."""
    # An exit in the hour that comes twice lies after the open of its trade.
    opened = {trade.ticket: trade.opened_at for trade in parsed.trades if trade.closed_at}
    return {
        "trades": (_trade(row, clock) for row in parsed.trades),
        "executions": (_execution(row, clock, opened.get(row.ticket)) for row in parsed.executions),
        "cash_flows": (_cash_flow(row, clock) for row in parsed.cash_flows),
        "positions": (_position(row, clock, reported_at) for row in parsed.positions),
        "snapshots": _snapshots(parsed, reported_at),
    }


def has_figures(parsed: ParsedStatement) -> bool:
    """Whether the broker reports the account as a whole, and so all of its open positions."""
    return parsed.figures.balance is not None or parsed.figures.equity is not None


def _period(parsed: ParsedStatement) -> tuple[datetime | None, datetime | None]:
    """When money first and last moved. An open that costs nothing doesn't count: it may lie before the file's period."""
    first = last = None
    fills = (row.executed_at for row in parsed.executions if not row.is_derived or row.direction is not Direction.IN)
    for at in chain(fills, (flow.booked_at for flow in parsed.cash_flows)):
        first = at if first is None or at < first else first
        last = at if last is None or at > last else last
    return first, last


def _trade(row: TradeRow, clock: ServerClock) -> Line:
    return "\t".join(
        (
            _escaped(row.ticket),
            _escaped(row.symbol),
            row.side,
            str(row.volume_lots),
            str(row.closed_volume_lots),
            clock.text(row.opened_at),
            _escaped(row.opened_text),
            str(row.open_price),
            clock.text(row.closed_at, row.opened_at) if row.closed_at else NULL,
            _escaped(row.closed_text),
            _number(row.close_price),
            _number(row.stop_loss),
            _number(row.take_profit),
            str(row.commission),
            str(row.swap),
            str(row.fee),
            str(row.gross_profit),
            _escaped(row.strategy_id),
            _escaped(row.comment),
            _escaped(row.parent_ticket),
            _number(row.open_stop_loss),
            _number(row.open_take_profit),
        )
    )


def _execution(row: ExecutionRow, clock: ServerClock, opened_at: datetime | None) -> Line:
    return "\t".join(
        (
            _escaped(row.deal_id),
            _escaped(row.symbol),
            row.direction,
            row.side,
            str(row.volume_lots),
            str(row.price),
            clock.text(row.executed_at, None if row.direction is Direction.IN else opened_at),
            _escaped(row.executed_text),
            str(row.sequence),
            str(row.commission),
            str(row.swap),
            str(row.fee),
            str(row.gross_profit),
            _TRUTH[row.is_derived],
            _escaped(row.order_id),
            _escaped(row.comment),
            _escaped(row.position_ticket),
            _number(row.balance_after),
            _escaped(row.ticket),
        )
    )


def _cash_flow(row: CashFlowRow, clock: ServerClock) -> Line:
    return "\t".join(
        (
            _escaped(row.reference),
            row.kind,
            str(row.amount),
            clock.text(row.booked_at),
            _escaped(row.booked_text),
            str(row.sequence),
            _escaped(row.comment),
            _number(row.balance_after),
        )
    )


def _position(row: PositionRow, clock: ServerClock, reported_at: datetime) -> Line:
    return "\t".join(
        (
            _escaped(row.ticket),
            _escaped(row.symbol),
            row.side,
            str(row.volume_lots),
            clock.text(row.opened_at),
            _escaped(row.opened_text),
            str(row.open_price),
            _number(row.current_price),
            _number(row.stop_loss),
            _number(row.take_profit),
            str(row.swap),
            str(row.commission),
            str(row.floating_profit),
            reported_at.isoformat(),
            _escaped(row.comment),
        )
    )


def _snapshots(parsed: ParsedStatement, reported_at: datetime) -> Iterator[Line]:
    if not has_figures(parsed):
        return
    figures = parsed.figures
    amounts = (
        figures.balance,
        figures.equity,
        figures.margin,
        figures.free_margin,
        figures.floating_profit,
        figures.credit,
    )
    yield "\t".join((reported_at.isoformat(), str(len(parsed.positions)), *map(_number, amounts)))


def _number(value: Decimal | None) -> str:
    return NULL if value is None else str(value)


def _escaped(value: str) -> str:
    """Text as COPY wants it. A NUL can't be stored, and says nothing."""
    if _SPECIAL.search(value) is None:
        return value
    value = value.replace("\x00", "").replace("\\", r"\\")
    return value.replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
