"""Reads the statement of MetaTrader 4 (Statement and DetailedStatement), whatever its language or template.

Shape: 14 columns - ticket, open time, type, size, item, price, S/L, T/P, close time, price, commission, taxes, swap,
profit. A row is known by its shape: a ticket and a time begin it; two times make it closed; no item makes it a balance
row. Labels are never read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from trading.errors import StatementRefused
from trading.statements import words
from trading.statements.derived import derived_executions
from trading.statements.figure_labels import read_labelled
from trading.statements.figures import (
    MT4_DETAILS,
    MT4_SUMMARY,
    PairRow,
    account_figures,
    doubt,
    pair_row,
    read_block,
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

_COLUMNS = 14
_MAGIC = re.compile(r"#(\d{1,20})(?:\s+|$)")
_PARENT = re.compile(r"from #(\d{1,20})", re.IGNORECASE)
_CHILD = re.compile(r"to #(\d{1,20})", re.IGNORECASE)
_TOTALS = ("commission", "taxes", "swap", "gross")
_COLUMNS_WITHOUT_TAXES = 13
_FIRST_MONEY = 10
_TABLE_CELLS = 8


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
    return any(read_header([row], "") is not None for row in rows[:5]) or any(_is_data(row) for row in rows)


def _is_data(row: Row) -> bool:
    texts = row.texts
    return len(texts) > 2 and is_identifier(texts[0]) and is_dated(texts[1])


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
        self._totals: list[Row] = []
        self._sums = {"closed": [ZERO] * 4, "open": [ZERO] * 4}
        self._children: dict[str, str] = {}
        self._in_tables = False
        self._has_taxes = True  # a broker's own daily report may lack them
        self._above = ""  # what the row above was, "trade" or "order": the next row may go on about it

    def read(self, rows: Iterator[Row]) -> None:
        for row in rows:
            if not self._in_tables and (width := len(row.filled())) >= _TABLE_CELLS:
                self._in_tables = True
                self._has_taxes = width != _COLUMNS_WITHOUT_TAXES
            if len(self._head) < 5:
                self._head.append(row)
            if _is_data(row):
                self._data(row)
            elif self._is_continuation(row):
                self._continuation(row)
            else:
                self._other(row)
                self._above = ""

    # Rows

    def _data(self, row: Row) -> None:
        row.texts.extend([""] * (_COLUMNS - len(row.texts)))
        self._above = ""
        texts = row.texts
        opened_at = self._values.time(texts[1])
        if any(is_dated(text) for text in texts[_COLUMNS:]):
            return self._ledger.problem(row, "Two rows of this table have run together.", amount_of(row))
        if opened_at is None:
            return self._ledger.problem(row, "The time of this row is not a date that exists.", amount_of(row))
        side = words.side(texts[2])
        if side is not None:
            return self._trade(row, side, opened_at)
        if words.is_pending(texts[2]):
            return self._pending(row)
        if not any(texts[4:12]):
            return self._flow(row, opened_at)
        self._ledger.problem(row, f"The type {texts[2]!r} is not known.", amount_of(row))

    def _pending(self, row: Row) -> None:
        is_closed = self._values.time(row.texts[8]) is not None
        self._ledger.counts["cancelled_orders" if is_closed else "working_orders"] += 1
        self._above = "order"

    def _flow(self, row: Row, booked_at: datetime) -> None:
        ticket, texts = row.texts[0], row.texts
        amount = self._values.number(next(filter(None, reversed(texts[4:])), ""))
        if amount is None:
            return self._ledger.problem(row, "This balance row states no amount.", amount_of(row))
        if not self._ledger.is_first("ticket", ticket, row):
            return
        comment = texts[3] or row.title
        self._flows.append(
            _Flow(
                texts[2].lower(),
                CashFlowRow(
                    ticket, FlowKind.DEPOSIT, amount, booked_at, texts[1], int(ticket), comment, None, row.line
                ),
            )
        )

    def _trade(self, row: Row, side: Side, opened_at: datetime) -> None:
        texts, number = row.texts, self._values.number
        volume, open_price, price = parse_volume(texts[3]), number(texts[5]), number(texts[9])
        money = [number(text) for text in self._money_texts(texts)]
        closed_at = self._values.time(texts[8])
        reason = _why_not(volume, open_price, price, money, texts[8], closed_at, opened_at)
        if len(texts[4]) > NAME_CHARS:
            reason = "The symbol of this trade is longer than any symbol."
        if reason or volume is None or open_price is None:
            return self._ledger.problem(row, reason, amount_of(row))
        if not self._ledger.is_first("ticket", texts[0], row):
            return
        strategy_id, comment = _comment(row.title)
        parent = _PARENT.match(comment)
        child = _CHILD.match(comment)
        if child:
            self._children[child[1]] = texts[0]
        self._ledger.counts["partial_close_heads"] += bool(child)
        self._ledger.counts["partial_close_rests"] += bool(parent)
        is_open = closed_at is None
        booked = _Money(ZERO, ZERO, ZERO, ZERO) if is_open else _Money(*(part or ZERO for part in money))
        self._add_sums("open" if is_open else "closed", money)
        self._trades.append(
            TradeRow(
                ticket=texts[0],
                symbol=self._values.shared(texts[4]),
                side=side,
                volume_lots=volume,
                closed_volume_lots=ZERO if is_open else volume,
                opened_at=opened_at,
                opened_text=texts[1],
                open_price=open_price,
                closed_at=closed_at,
                closed_text="" if is_open else texts[8],
                close_price=None if is_open else price,
                stop_loss=none_if_zero(number(texts[6])),
                take_profit=none_if_zero(number(texts[7])),
                commission=booked.commission,
                swap=booked.swap,
                fee=booked.taxes,
                gross_profit=booked.gross,
                strategy_id=strategy_id,
                comment=self._values.shared(comment),
                parent_ticket=parent[1] if parent else "",
                line=row.line,
            )
        )
        if is_open:
            self._position(self._trades[-1], price, _Money(*(part or ZERO for part in money)))
        self._above = "trade"

    def _money_texts(self, texts: list[str]) -> list[str]:
        """Commission, taxes, swap and profit of a row."""
        if self._has_taxes:
            return texts[_FIRST_MONEY:_COLUMNS]
        commission, swap, profit = texts[_FIRST_MONEY : _COLUMNS - 1]
        return [commission, "0", swap, profit]

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
        """Some brokers write the strategy's number and the comment in a row of their own under each trade."""
        filled = row.filled()
        return bool(self._above) and 0 < len(filled) <= 2 and filled[0] == 9 and not row.texts[9].endswith(":")

    def _continuation(self, row: Row) -> None:
        self._ledger.counts["extra_comment_rows"] += 1
        above, self._above = self._above, ""
        strategy_id, comment = row.texts[9], next(iter(row.texts[10:]), "")
        if above == "trade" and is_identifier(strategy_id) and not self._trades[-1].strategy_id:
            last = self._trades[-1]
            self._trades[-1] = replace(last, strategy_id=strategy_id, comment=last.comment or comment)

    def _other(self, row: Row) -> None:
        filled = row.filled()
        if not filled:
            return
        numbers = [column for column in filled if self._values.number(row.texts[column]) is not None]
        if filled == numbers and filled[0] == _FIRST_MONEY and len(filled) in (3, 4):
            self._totals.append(row)
        elif found := pair_row(row):
            if len(found.pairs) > 1:
                self._pairs.append(found)
        elif self._in_tables and (numbers or any(is_dated(row.texts[column]) for column in filled)):
            self._ledger.problem(row, "This row was not recognised.", amount_of(row))

    # The whole

    def finish(self, before: str) -> ParsedStatement:
        header = read_header(self._head, before)
        if header is None:
            raise StatementRefused("This statement does not say which account it is about.", code="not_a_statement")
        if not self._pairs:
            raise StatementRefused(
                "This statement has no Summary at its end, so rows may be missing. Save it again from the terminal.",
                code="truncated",
            )
        stated = self._stated()
        opening = _opening({figure.key: figure.value for figure in stated})
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
        for table, row in zip(("closed", "open"), self._totals, strict=False):
            texts = self._money_texts([*row.texts, ""])
            for text, name, expected in zip(texts, _TOTALS, self._sums[table], strict=True):
                if name == "taxes" and not self._has_taxes:
                    continue
                figure = total(f"{table}_{name}", text, row.line)
                if figure:
                    stated.append(doubt(figure, None if self._ledger.problems else expected, "", ""))
        summary, details = split_blocks(self._pairs, MT4_SUMMARY)
        for rows, layout in ((summary, MT4_SUMMARY), (details, MT4_DETAILS)):
            figures = read_block(rows, layout)
            if figures is None:
                figures, unknown = read_labelled(rows, "mt4")
                self._ledger.problems.extend(unknown)
            stated.extend(figures)
        return stated

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
    try:
        return stated["balance"] - stated["closed_profit"] - stated["deposit_withdrawal"]
    except KeyError:
        return None
