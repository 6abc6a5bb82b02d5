"""Reads the reports of MetaTrader 5: trade history and open trades, as a page or as a workbook, in any language."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from trading.errors import StatementRefused
from trading.statements import words
from trading.statements.derived import derived_executions
from trading.statements.figures import PairRow, account_figures, pair_row
from trading.statements.flows import flow_kind
from trading.statements.ledger import Ledger, amount_of
from trading.statements.limits import Limits
from trading.statements.mt5_header import names_account, read_header
from trading.statements.mt5_rows import BalanceRow, Kind, Mt5Rows, Position, Unreadable
from trading.statements.mt5_totals import BalanceChain, Totals, stated_pairs
from trading.statements.mt5_trades import TradeBuilder
from trading.statements.rows import (
    CashFlowRow,
    Direction,
    ExecutionRow,
    ParsedStatement,
    PositionRow,
    Problem,
    StatedFigure,
    TradeRow,
)
from trading.statements.tables import Row
from trading.statements.values import Values, is_dated

READER_VERSION = 1
FORMATS = ("mt5-history-html", "mt5-history-xlsx", "mt5-trade-html", "mt5-trade-xlsx")

_TURN = Direction.IN_OUT
_HEADING_CELLS = 9
_HISTORY_CELLS = 13
_EXPOSURE_CELLS = 4


def starts_like_mt5(rows: list[Row]) -> bool:
    return names_account(rows)


class Mt5Reader:
    """One report being read, row by row; `finish` gives the result."""

    def __init__(self, limits: Limits, container: str) -> None:
        self._container = container
        self._ledger = Ledger(limits)
        self._values = Values()
        self._rows = Mt5Rows(self._values)
        self._head: list[Row] = []
        self._in_tables = False
        self._has_history = False
        self._lists_open = False
        self._table: Kind | None = None
        self._is_new_table = False  # a heading stands above, and no row under it yet
        self._positions: list[Position] = []
        self._again: list[tuple[Position, Row]] = []
        self._open: list[PositionRow] = []
        self._deals: list[ExecutionRow] = []
        self._balances: list[BalanceRow] = []
        self._pairs: list[PairRow] = []
        self._chain = BalanceChain()
        self._totals = Totals()
        self._exposures: list[Decimal] = []
        self._listed = 0

    def read(self, rows: Iterator[Row]) -> None:
        for row in rows:
            cells = self._rows.cells(row)
            if cells is not None:
                self._in_tables = True
                self._data(cells, row)
            elif self._in_tables or self._heading(row):
                self._other(row)
            else:
                self._head.append(row)
        self._values.forget()
        self._take_reversed()
        self._ledger.forget()

    # Rows

    def _heading(self, row: Row) -> bool:
        """Takes the row as a table's heading if it is one: many words and not one number."""
        filled = row.filled()
        if len(filled) < _HEADING_CELLS or any(self._is_value(row.texts[column]) for column in filled):
            return False
        self._rows.heading(filled)
        self._in_tables = True
        self._table = None
        self._is_new_table = True
        if len(filled) >= _HISTORY_CELLS:
            self._has_history = True
        return True

    def _is_value(self, text: str) -> bool:
        return is_dated(text) or self._values.number(text) is not None

    def _data(self, cells: list[str], row: Row) -> None:
        kind = self._table = self._rows.kind(cells)
        self._is_new_table = False
        try:
            if self._rows.is_two_rows(row):
                raise Unreadable("Two rows of this table have run together.")
            if kind is Kind.DEAL:
                self._deal(cells, row)
            elif kind is Kind.POSITION:
                self._position(cells, row)
            elif kind is Kind.OPEN:
                self._open_position(cells, row)
            else:
                self._order(kind, cells)
        except Unreadable as error:
            self._ledger.problem(row, str(error), self._rows.amount(kind, cells))
            self._totals.has_gaps.add(kind)

    def _deal(self, cells: list[str], row: Row) -> None:
        money = self._rows.deal_money(cells)
        if words.side(cells[3]) is not None:
            deal = self._rows.execution(cells, row, money)
            if not self._ledger.is_first("deal", deal.deal_id, row, money.booked):
                return
            self._deals.append(deal)
            at = deal.executed_at
        else:
            balance = self._rows.balance_row(cells, row, money)
            if not self._ledger.is_first("deal", balance.deal_id, row, money.booked):
                return
            self._balances.append(balance)
            at = balance.booked_at
        self._totals.add_deal(money)
        self._chain.add(at, int(cells[1]), money, row.line)

    def _position(self, cells: list[str], row: Row) -> None:
        position = self._rows.position(cells, row)
        if self._ledger.is_known("position", position.ticket):
            self._again.append((position, row))
        elif self._ledger.is_first("position", position.ticket, row, position.net):
            self._positions.append(position)
            self._totals.add_position(position)

    def _take_reversed(self) -> None:
        """Gives a position whose number stands twice, because a reversal opened it, the number of the order that did."""
        turns = {(deal.symbol, deal.executed_at): deal.order_id for deal in self._deals if deal.direction is _TURN}
        for position, row in self._again:
            number = turns.get((position.symbol, position.opened_at), position.ticket)
            if self._ledger.is_first("position", number, row, position.net):
                position.ticket = number
                self._positions.append(position)
                self._totals.add_position(position)

    def _open_position(self, cells: list[str], row: Row) -> None:
        position = self._rows.open_position(cells, row)
        if self._ledger.is_first("open position", position.ticket, row, position.floating_profit + position.swap):
            self._open.append(position)
            self._totals.add_open(position)

    def _order(self, kind: Kind, cells: list[str]) -> None:
        counts = self._ledger.counts
        if kind is Kind.WORKING:
            counts["working_orders"] += 1
            return
        counts["orders"] += 1
        state = next((text.lower() for text in cells[8:11] if text.isalpha()), "unknown")
        counts[f"orders_{state}"] += 1

    def _other(self, row: Row) -> None:
        filled = row.filled()
        if not filled or self._heading(row):
            return
        numbers = [column for column in filled if self._values.number(row.texts[column]) is not None]
        if numbers == filled and self._totals.take(row, filled, self._table, is_empty=self._is_new_table):
            return
        if found := pair_row(row):
            self._pairs.append(found)
            self._table = None
            self._is_new_table = False
        elif len(filled) == _EXPOSURE_CELLS and len(numbers) >= 2 and self._pairs:
            self._exposures.append(self._values.number(row.texts[numbers[-1]]) or Decimal(0))
        elif numbers or any(is_dated(row.texts[column]) for column in filled):
            self._ledger.problem(row, "This row was not recognised.", amount_of(row))

    # The whole

    def finish(self) -> ParsedStatement:
        header = read_header(self._head)
        if header is None:
            raise StatementRefused("This report does not say which account it is about.", code="not_a_statement")
        if not self._in_tables:
            self._read_without_tables()
        self._listed = len(self._positions)
        is_history = self._positions or self._deals or self._balances or self._ledger.counts["orders"]
        self._has_history = bool(self._has_history or is_history)
        stated = self._stated()
        figures = replace(account_figures(stated), exposures=tuple(self._exposures))
        is_netting = header.margin_mode == "netting" if header.margin_mode else None
        builder = TradeBuilder(self._positions, self._open, self._deals, is_netting=is_netting)
        trades = builder.trades()
        self._tell(builder, trades)
        kind = "history" if self._has_history else "trade"
        return ParsedStatement(
            format=f"mt5-{kind}-{self._container}",
            reader_version=READER_VERSION,
            header=header,
            trades=trades if self._has_history else (),
            executions=self._executions(trades, builder),
            cash_flows=self._cash_flows(),
            positions=self._open,
            figures=figures,
            stated=stated,
            opening_balance=figures.balance if self._is_empty() else self._chain.opening,
            has_history=self._has_history,
            counts=self._counts(trades),
            problems=self._ledger.problems,
            notes=self._ledger.notes,
        )

    def _read_without_tables(self) -> None:
        """Takes the totals of a report that has no table, as of a period in which nothing happened."""
        paired = ((place, pair_row(row)) for place, row in enumerate(self._head))
        first = next((place for place, found in paired if found and len(found.pairs) > 1), None)
        if first is None:
            raise StatementRefused(
                "This report stops before its first table. Save it again from the terminal.", code="truncated"
            )
        for row in self._head[first:]:
            self._other(row)
        self._has_history = not self._exposures

    def _is_empty(self) -> bool:
        """Whether nothing happened in the period of this report, so that its balance is the one before it too."""
        nothing = not (self._listed or self._open or self._deals or self._balances or self._ledger.problems)
        return nothing and self._has_history

    def _executions(self, trades: list[TradeRow], builder: TradeBuilder) -> list[ExecutionRow]:
        if not self._has_history:
            return []
        if self._deals or self._balances:
            return builder.executions
        return [fill for trade in trades for fill in derived_executions(trade)]

    def _stated(self) -> list[StatedFigure]:
        stated = self._totals.stated(self._chain.closing)
        figures, problems = stated_pairs(self._pairs)
        self._ledger.problems.extend(problems)
        return stated + figures

    def _cash_flows(self) -> list[CashFlowRow]:
        first_trade = min((deal.executed_at for deal in self._deals), default=None)
        first = min(self._balances, key=lambda row: (row.booked_at, int(row.deal_id)), default=None)
        flows = []
        for row in self._balances:
            is_first = row is first and (first_trade is None or row.booked_at <= first_trade)
            opens = is_first and self._chain.opening == 0
            flows.append(
                CashFlowRow(
                    reference=row.deal_id,
                    kind=flow_kind(row.row_type, row.comment, row.amount, opens_account=opens),
                    amount=row.amount,
                    booked_at=row.booked_at,
                    booked_text=row.booked_text,
                    sequence=int(row.deal_id),
                    comment=row.comment,
                    balance_after=row.balance,
                    line=row.line,
                )
            )
        return flows

    def _tell(self, builder: TradeBuilder, trades: list[TradeRow]) -> None:
        """Puts into words what a trader should know about this file."""
        notes, problems = self._ledger.notes, self._ledger.problems
        if not self._has_history:
            notes.append(
                "This is a report of open trades only: it holds no history, so it updates the open positions and the "
                "account's figures and adds no closed trade."
            )
            return
        if self._is_empty():
            notes.append("Nothing was traded or booked in the period of this report: only its totals are in it.")
        if self._listed and not self._deals and not self._balances:
            notes.append(
                "This file lists positions without deals: fills were derived from them, and deposits and withdrawals "
                "are not in it."
            )
        for deal in builder.unmatched:
            problems.append(
                Problem(
                    deal.line,
                    f"Deal {deal.deal_id} closes a position that this file does not show.",
                    f"{deal.executed_text} {deal.symbol} {deal.side} {deal.volume_lots} at {deal.price}",
                    deal.gross_profit + deal.commission + deal.swap + deal.fee,
                )
            )
        if builder.guessed:
            notes.append(
                f"{builder.guessed} exits could be given to their positions by volume and time only, oldest first."
            )
        if self._chain.jump:
            notes.append(self._chain.jump)

    def _counts(self, trades: list[TradeRow]) -> dict[str, int]:
        counts: dict[str, int] = {}
        if self._listed:
            counts["positions"] = self._listed
        counts |= self._ledger.counts
        if self._deals or self._balances:
            counts |= self._deal_counts()
        if self._open or self._pairs:
            counts["open_positions"] = len(self._open)
            counts.setdefault("working_orders", 0)
        elif self._deals and (still_open := sum(trade.closed_at is None for trade in trades)):
            counts["entries_without_exit"] = still_open
        if self._exposures:
            counts["exposure_rows"] = len(self._exposures)
        return counts

    def _deal_counts(self) -> dict[str, int]:
        entries = sum(deal.direction is Direction.IN for deal in self._deals)
        counts = {
            "deals": len(self._deals) + len(self._balances),
            "deals_in": entries,
            "deals_out": sum(deal.direction is Direction.OUT for deal in self._deals),
            "closed_trades": len(self._deals) - entries,
            "cash_flows": len(self._balances),
        }
        for row in self._balances:
            key = "cash_flows_" + row.row_type.replace(" ", "_")
            counts[key] = counts.get(key, 0) + 1
        return counts
