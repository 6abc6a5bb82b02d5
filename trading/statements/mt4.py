"""Reads the statement of MetaTrader 4 (Statement and DetailedStatement), whatever its language or template.

A row is known by its shape: a ticket and a time begin it; two times make it closed; no prices make it a balance row.
What its cells are: see mt4_columns.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from trading.errors import StatementRefused
from trading.statements import mt4_columns as at
from trading.statements import words
from trading.statements.derived import derived_executions
from trading.statements.figure_blocks import read_rows
from trading.statements.figure_labels import read_labelled
from trading.statements.figures import (
    MT4_CONFIRMATION,
    MT4_DETAILS,
    MT4_SUMMARY,
    PREVIOUS_BALANCE,
    Layout,
    PairRow,
    account_figures,
    doubt,
    inline_pairs,
    pair_row,
    split_blocks,
    total,
)
from trading.statements.flows import flow_kind
from trading.statements.ledger import ZERO, Ledger, amount_of, none_if_zero
from trading.statements.limits import Limits
from trading.statements.mt4_header import read_header
from trading.statements.rows import (
    CashFlowRow,
    FlowKind,
    ParsedStatement,
    PositionRow,
    Side,
    StatedFigure,
    TradeRow,
)
from trading.statements.tables import Row
from trading.statements.values import NAME_CHARS, Values, is_dated, is_identifier, parse_volume

READER_VERSION = 1
FORMAT = "mt4-statement-html"

_MAGIC = re.compile(r"#(\d{1,20})(?:\s+|$)")
_PARENT = re.compile(r"(?:split )?from #(\d{1,20})", re.IGNORECASE)
_CHILD = re.compile(r"to #(\d{1,20})", re.IGNORECASE)
_TOTALS = ("commission", "taxes", "swap", "gross")
_LAST_COMMENT_COLUMN = 9
_HEAD_ROWS = 40


@dataclass(frozen=True, slots=True)
class _Flow:
    """A balance row whose kind is decided at the end, when it is known what came before it."""

    row_type: str
    flow: CashFlowRow


@dataclass(frozen=True, slots=True)
class _Money:
    commission: Decimal
    taxes: Decimal
    swap: Decimal
    gross: Decimal

    @property
    def net(self) -> Decimal:
        return self.commission + self.taxes + self.swap + self.gross


def starts_like_mt4(rows: list[Row]) -> bool:
    """Whether a page's first rows are those of a MetaTrader 4 statement."""
    return any(read_header([row], "") is not None for row in rows[:5]) or any(map(at.Columns().cells, rows))


class Mt4Reader:
    """One statement being read, row by row; `finish` gives the result."""

    def __init__(self, limits: Limits) -> None:
        self._ledger = Ledger(limits)
        self._values = Values()
        self._head: list[Row] = []
        self._trades: list[TradeRow] = []
        self._positions: list[PositionRow] = []
        self._flows: list[_Flow] = []
        self._pairs: list[PairRow] = []
        self._totals: dict[str, Row] = {}
        self._sums = {"closed": [ZERO] * 4, "open": [ZERO] * 4}
        self._children: dict[str, str] = {}
        self._singles: list[PairRow] = []  # subtotals under the tables
        self._inline: list[PairRow] = []
        self._columns = at.Columns()
        self._above = ""  # what the row above was, "trade" or "order": the next row may go on about it

    def read(self, rows: Iterator[Row]) -> None:
        for row in rows:
            if not self._columns.is_known:
                self._columns.learn(row)
                self._head = [*self._head, row][:_HEAD_ROWS]
            cells = self._columns.cells(row)
            if cells is not None:
                self._above = ""
                self._data(cells, row)
            elif self._is_continuation(row):
                self._continuation(row)
            else:
                self._other(row)
                self._above = ""

    # Rows

    def _data(self, cells: list[str], row: Row) -> None:
        opened_at = self._values.time(cells[at.OPENED])
        if self._columns.is_two_rows(row):
            return self._ledger.problem(row, "Two rows of this table have run together.", amount_of(row))
        if opened_at is None:
            return self._ledger.problem(row, "The time of this row is not a date that exists.", self._amount(cells))
        side = words.side(cells[at.TYPE])
        if side is not None:
            return self._trade(cells, row, side, opened_at)
        moves_nothing = bool(cells[at.COMMISSION]) and not any(cells[at.TAXES : at.COMMENT])
        if words.is_pending(cells[at.TYPE]) or (moves_nothing and self._values.number(cells[at.COMMISSION]) is None):
            return self._pending(cells)  # in whatever language: a word stands where the amounts would
        if not any(map(self._says, (cells[at.OPEN_PRICE], cells[at.CLOSE_PRICE]))):
            return self._flow(cells, row, opened_at)
        self._ledger.problem(row, f"The type {cells[at.TYPE]!r} is not known.", self._amount(cells))

    def _says(self, text: str) -> bool:
        """Whether a cell holds more than nothing or a zero."""
        return bool(text) and self._values.number(text) != 0

    def _amount(self, cells: list[str]) -> Decimal | None:
        """What a row would move; None where its profit can't be read."""
        amounts = [self._values.number(text) for text in cells[at.COMMISSION : at.COMMENT]]
        return None if amounts[-1] is None else sum(filter(None, amounts), ZERO)

    def _pending(self, cells: list[str]) -> None:
        is_closed = self._values.time(cells[at.CLOSED]) is not None
        self._ledger.counts["cancelled_orders" if is_closed else "working_orders"] += 1
        self._above = "order"

    def _flow(self, cells: list[str], row: Row, booked_at: datetime) -> None:
        ticket = cells[at.TICKET]
        # A merged comment may be wider or narrower than the terminal's: then the amount is what stands last.
        amount = self._values.number(cells[at.PROFIT] or next(filter(None, reversed(row.texts)), ""))
        if amount is None:
            return self._ledger.problem(row, "This balance row states no amount.")
        if not self._ledger.is_first("ticket", ticket, row, amount):
            return
        texts = (cells[at.SIZE], cells[at.ITEM], cells[at.COMMENT], row.title)
        comment = next(filter(self._says, texts), "")
        self._flows.append(
            _Flow(
                cells[at.TYPE].lower(),
                CashFlowRow(
                    ticket, FlowKind.DEPOSIT, amount, booked_at, cells[at.OPENED], int(ticket), comment, None, row.line
                ),
            )
        )

    def _trade(self, cells: list[str], row: Row, side: Side, opened_at: datetime) -> None:
        number = self._values.number
        volume, open_price = parse_volume(cells[at.SIZE]), number(cells[at.OPEN_PRICE])
        price, closed_at = number(cells[at.CLOSE_PRICE]), self._values.time(cells[at.CLOSED])
        present = self._columns.money
        money = [number(cells[place]) if place in present else ZERO for place in range(at.COMMISSION, at.COMMENT)]
        reason = _why_not(volume, open_price, price, money, cells[at.CLOSED], closed_at, opened_at)
        if len(cells[at.ITEM]) > NAME_CHARS:
            reason = "The symbol of this trade is longer than any symbol."
        if reason or volume is None or open_price is None:
            return self._ledger.problem(row, reason, self._amount(cells))
        if not self._ledger.is_first("ticket", cells[at.TICKET], row, self._amount(cells)):
            return
        is_open = closed_at is None
        floating = _Money(*(part or ZERO for part in money))
        booked = _Money(ZERO, ZERO, ZERO, ZERO) if is_open else floating
        self._add_sums("open" if is_open else "closed", money)
        trade = TradeRow(
            ticket=cells[at.TICKET],
            symbol=self._values.shared(cells[at.ITEM]),
            side=side,
            volume_lots=volume,
            closed_volume_lots=ZERO if is_open else volume,
            opened_at=opened_at,
            opened_text=cells[at.OPENED],
            open_price=open_price,
            closed_at=closed_at,
            closed_text="" if is_open else cells[at.CLOSED],
            close_price=None if is_open else price,
            stop_loss=none_if_zero(number(cells[at.STOP])),
            take_profit=none_if_zero(number(cells[at.TARGET])),
            commission=booked.commission,
            swap=booked.swap,
            fee=booked.taxes,
            gross_profit=booked.gross,
            strategy_id=cells[at.STRATEGY] if is_identifier(cells[at.STRATEGY]) else "",
            line=row.line,
        )
        self._trades.append(self._commented(trade, row.title or cells[at.COMMENT]))
        if is_open:
            self._position(self._trades[-1], price, floating)
        self._above = "trade"

    def _commented(self, trade: TradeRow, text: str) -> TradeRow:
        """The trade with what its comment says: the strategy's number, and the ticket it came from or went on as."""
        strategy_id, comment = _comment(text)
        parent, child = _PARENT.match(comment), _CHILD.match(comment)
        if child:
            self._children[child[1]] = trade.ticket
        self._ledger.counts["partial_close_heads"] += bool(child)
        self._ledger.counts["partial_close_rests"] += bool(parent)
        return replace(
            trade,
            strategy_id=strategy_id or trade.strategy_id,
            comment=self._values.shared(comment),
            parent_ticket=parent[1] if parent else "",
        )

    def _position(self, trade: TradeRow, price: Decimal | None, money: _Money) -> None:
        self._positions.append(
            PositionRow(
                ticket=trade.ticket,
                symbol=trade.symbol,
                side=trade.side,
                volume_lots=trade.volume_lots,
                opened_at=trade.opened_at,
                opened_text=trade.opened_text,
                open_price=trade.open_price,
                current_price=price,
                stop_loss=trade.stop_loss,
                take_profit=trade.take_profit,
                swap=money.swap,
                commission=money.commission + money.taxes,
                floating_profit=money.gross,
                comment=trade.comment,
                line=trade.line,
            )
        )

    def _add_sums(self, table: str, money: list[Decimal | None]) -> None:
        self._sums[table] = [total + (part or ZERO) for total, part in zip(self._sums[table], money, strict=True)]

    def _is_continuation(self, row: Row) -> bool:
        """Some terminals write the strategy's number and the comment in a row of their own under each trade."""
        filled = row.filled()
        is_short = bool(self._above) and 0 < len(filled) <= 2 and 0 < filled[0] <= _LAST_COMMENT_COLUMN
        return is_short and not row.texts[filled[0]].endswith(":")

    def _continuation(self, row: Row) -> None:
        self._ledger.counts["extra_comment_rows"] += 1
        above, self._above = self._above, ""
        first, *rest = row.words()
        is_number = is_identifier(first) and row.filled()[0] == _LAST_COMMENT_COLUMN
        strategy_id, comment = (first, "".join(rest)) if is_number else ("", " ".join(row.words()))
        if above != "trade":
            return
        last = self._trades[-1]
        if comment and not last.comment:
            last = self._commented(last, comment)
        self._trades[-1] = replace(last, strategy_id=last.strategy_id or strategy_id)

    def _other(self, row: Row) -> None:
        filled = row.filled()
        if not filled or not self._columns.is_known:
            return
        numbers = [column for column in filled if self._values.number(row.texts[column]) is not None]
        if filled == numbers and self._columns.is_totals(filled):
            is_open = bool(self._positions or self._totals)  # an empty table may have no totals
            self._totals.setdefault("open" if is_open else "closed", row)
        elif found := pair_row(row):
            is_summary = len(found.pairs) > 1 or self._pairs
            (self._pairs if is_summary else self._singles).append(found)
        elif inline := inline_pairs(row):
            self._inline.append(inline)
        elif numbers or any(is_dated(row.texts[column]) for column in filled):
            self._ledger.problem(row, "This row was not recognised.", amount_of(row))

    # The whole

    def finish(self, before: str) -> ParsedStatement:
        header = read_header(self._head, before)
        if header is None:
            raise StatementRefused("This statement does not say which account it is about.", code="not_a_statement")
        self._pairs = self._pairs or (self._inline if sum(len(row.pairs) for row in self._inline) > 1 else [])
        if not self._pairs:
            raise StatementRefused(
                "This statement has no Summary at its end, so rows may be missing. Save it again from the terminal.",
                code="truncated",
            )
        stated = self._stated()
        opening = _opening({figure.key: figure.value for figure in stated})
        stated = [figure for figure in stated if figure.key != PREVIOUS_BALANCE]
        trades = [
            replace(trade, parent_ticket=self._children.get(trade.ticket, "")) if not trade.parent_ticket else trade
            for trade in self._trades
        ]
        return ParsedStatement(
            format=FORMAT,
            reader_version=READER_VERSION,
            header=header,
            trades=trades,
            executions=[fill for trade in trades for fill in derived_executions(trade)],
            cash_flows=self._cash_flows(opening),
            positions=self._positions,
            figures=account_figures(stated),
            stated=stated,
            opening_balance=opening,
            counts=self._counts(),
            problems=self._ledger.problems,
            notes=self._ledger.notes,
        )

    def _stated(self) -> list[StatedFigure]:
        stated: list[StatedFigure] = []
        money = self._columns.money
        for table, row in self._totals.items():
            sums = dict(enumerate(self._sums[table], start=at.COMMISSION))
            for column, place in zip(row.filled(), money, strict=False):
                figure = total(f"{table}_{_TOTALS[place - at.COMMISSION]}", row.printed(column), row.line)
                if figure:
                    stated.append(doubt(figure, None if self._ledger.problems else sums[place], "", ""))
        for rows, layout in self._blocks():
            figures, unknown = read_rows(rows, layout, "mt4")
            self._ledger.problems.extend(unknown)
            stated.extend(figures)
        known = {figure.key for figure in stated}
        subtotals, _ = read_labelled(self._singles, "mt4")
        return stated + [figure for figure in subtotals if figure.key not in known]

    def _blocks(self) -> Iterator[tuple[Sequence[PairRow], Layout]]:
        """The account's totals, of a terminal's statement or of a broker's daily one, and the details under them."""
        for layout in (MT4_SUMMARY, MT4_CONFIRMATION):
            summary, details = split_blocks(self._pairs, layout)
            if summary:
                yield summary, layout
                yield details, MT4_DETAILS
                return
        yield self._pairs, [*MT4_SUMMARY, *MT4_DETAILS]

    def _cash_flows(self, opening: Decimal | None) -> list[CashFlowRow]:
        first_trade = min((trade.opened_at for trade in self._trades), default=None)
        first = min(self._flows, key=lambda found: (found.flow.booked_at, found.flow.sequence), default=None)
        rows = []
        for found in self._flows:
            flow = found.flow
            opens = found is first and not opening and (first_trade is None or flow.booked_at <= first_trade)
            kind = flow_kind(found.row_type, flow.comment, flow.amount, opens_account=opens)
            rows.append(replace(flow, kind=kind))
        return rows

    def _counts(self) -> dict[str, int]:
        closed = [trade for trade in self._trades if trade.closed_at]
        counts = {
            "closed_trades": len(closed),
            "closed_buy": sum(trade.side is Side.BUY for trade in closed),
            "closed_sell": sum(trade.side is Side.SELL for trade in closed),
            "cancelled_orders": 0,
            "cash_flows": len(self._flows),
            "open_trades": len(self._trades) - len(closed),
            "working_orders": 0,
        }
        for found in self._flows:
            key = "cash_flows_" + found.row_type
            counts[key] = counts.get(key, 0) + 1
        return counts | {key: number for key, number in self._ledger.counts.items() if number}


def _why_not(
    volume: Decimal | None,
    open_price: Decimal | None,
    price: Decimal | None,
    money: list[Decimal | None],
    closed_text: str,
    closed_at: datetime | None,
    opened_at: datetime,
) -> str:
    """Why a trade row can't be taken, or ""."""
    if not volume:
        return "The size of this trade is not a number above zero."
    if open_price is None or price is None:
        return "A price of this trade is not a number."
    if None in money:
        return "An amount of this trade is not a number."
    if closed_text and closed_at is None:
        return "The close time of this trade is not a date that exists."
    if closed_at is not None and closed_at < opened_at:
        return "This trade closes before it opens."
    return ""


def _comment(title: str) -> tuple[str, str]:
    """`#8002 name[sl]` -> the strategy's number and the comment."""
    match = _MAGIC.match(title)
    return (match[1], title[match.end() :]) if match else ("", title)


def _opening(stated: dict[str, Decimal]) -> Decimal | None:
    """What the account held before the first row. The statement's own totals give it, so that a row that could not be
    read shows as a difference instead of vanishing into the opening balance."""
    if PREVIOUS_BALANCE in stated:
        return stated[PREVIOUS_BALANCE]
    try:
        return stated["balance"] - stated["closed_profit"] - stated["deposit_withdrawal"]
    except KeyError:
        return None
