"""Totals rows, the summary and the running balance of a MetaTrader 5 report."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from trading.statements.figure_blocks import read_rows
from trading.statements.figures import (
    MT5_ACCOUNT,
    MT5_RESULTS,
    PairRow,
    doubt,
    split_blocks,
    total,
)
from trading.statements.ledger import ZERO
from trading.statements.mt5_rows import DealMoney, Kind, Position
from trading.statements.rows import PositionRow, Problem, StatedFigure
from trading.statements.tables import Row

#: What a totals row holds, by the table it closes and by how many figures it has.
_NAMES: dict[tuple[Kind | None, int], tuple[str, ...]] = {
    (Kind.DEAL, 5): ("commission", "fee", "swap", "profit", "balance"),
    (Kind.DEAL, 4): ("commission", "swap", "profit", "balance"),
    (Kind.OPEN, 2): ("swap", "profit"),
    (Kind.POSITION, 3): ("commission", "swap", "profit"),
}
_BY_LENGTH = {length: kind for kind, length in _NAMES}
_PREFIX = {Kind.DEAL: "deals_total", Kind.OPEN: "open_total", Kind.POSITION: "positions_total"}
_SAME = Decimal("0.005")


@dataclass(slots=True)
class Totals:
    """The sums of each table's columns beside the totals that the report prints."""

    has_gaps: set[Kind] = field(default_factory=set)
    _sums: dict[str, Decimal] = field(default_factory=dict)
    _found: list[tuple[Kind | None, Row, list[int]]] = field(default_factory=list)

    def add_deal(self, money: DealMoney) -> None:
        self._add("deals_total", commission=money.commission, fee=money.fee, swap=money.swap, profit=money.profit)

    def add_open(self, position: PositionRow) -> None:
        self._add("open_total", swap=position.swap, profit=position.floating_profit)

    def add_position(self, position: Position) -> None:
        self._add("positions_total", commission=position.commission, swap=position.swap, profit=position.profit)

    def _add(self, prefix: str, **amounts: Decimal) -> None:
        for name, amount in amounts.items():
            if amount:
                key = f"{prefix}_{name}"
                self._sums[key] = self._sums.get(key, ZERO) + amount

    def take(self, row: Row, filled: list[int], table: Kind | None, *, is_empty: bool) -> bool:
        """Keeps a row of bare numbers if it can be the totals of the table above it, which may be an empty one."""
        if is_empty:
            table = _BY_LENGTH.get(len(filled))
        is_exposure = table is None and len(filled) == 1
        if is_exposure or (table, len(filled)) in _NAMES:
            self._found.append((table, row, filled))
            return True
        return False

    def stated(self, closing: Decimal | None) -> list[StatedFigure]:
        """Every total, those that the file itself contradicts marked as untrusted."""
        figures: list[StatedFigure] = []
        for table, row, filled in self._found:
            if table is None:
                figures.extend(filter(None, [total("exposure_total", row.printed(filled[0]), row.line)]))
                continue
            for column, name in zip(filled, _NAMES[table, len(filled)], strict=True):
                key = f"{_PREFIX[table]}_{name}"
                figure = total(key, row.printed(column), row.line)
                if figure is not None:
                    expected = closing if name == "balance" else self._sums.get(key, ZERO)
                    known = None if table in self.has_gaps else expected
                    figures.append(doubt(figure, known, row.formulas.get(column, ""), row.sheet))
        return figures


def stated_pairs(pairs: Sequence[PairRow]) -> tuple[list[StatedFigure], list[Problem]]:
    """The figures of the account's block and of the results, and a problem for each that was not recognised."""
    account, results = split_blocks(pairs, MT5_ACCOUNT)
    if not account:
        return read_rows(results, [*MT5_ACCOUNT, *MT5_RESULTS], "mt5")
    figures, problems = read_rows(account, MT5_ACCOUNT, "mt5")
    more, unknown = read_rows(results, MT5_RESULTS, "mt5")
    return figures + more, problems + unknown


class BalanceChain:
    """Follows the Balance column: each deal's balance is the one before plus what the deal booked."""

    def __init__(self) -> None:
        self.opening: Decimal | None = None
        self.closing: Decimal | None = None
        self._oldest: tuple[datetime, int] | None = None
        self._newest: tuple[datetime, int] | None = None
        self._previous: tuple[tuple[datetime, int], Decimal, Decimal, int] | None = None
        self._jumps: list[str] = []

    def add(self, at: datetime, number: int, money: DealMoney, line: int) -> None:
        if money.balance is None:
            return
        key = (at, number)
        if self._oldest is None or key < self._oldest:
            self._oldest, self.opening = key, money.balance - money.booked
        if self._newest is None or key > self._newest:
            self._newest, self.closing = key, money.balance
        if self._previous is not None:
            self._compare(key, money.balance, money.booked, line)
        self._previous = (key, money.balance, money.booked, line)

    @property
    def jump(self) -> str:
        """A sentence about the places where the column does not follow from its rows, or ""."""
        if not self._jumps:
            return ""
        more = f" (and in {len(self._jumps) - 1} more places)" if len(self._jumps) > 1 else ""
        return self._jumps[0] + more + ": rows are missing there, or were changed."

    def _compare(self, key: tuple[datetime, int], balance: Decimal, booked: Decimal, line: int) -> None:
        assert self._previous is not None  # the caller looked
        before_key, before, before_booked, _ = self._previous
        # Reports run oldest first; one sorted the other way round has the older deal below.
        expected = before + booked if key >= before_key else before - before_booked
        difference = balance - expected
        if abs(difference) > _SAME:
            self._jumps.append(f"The Balance column jumps by {difference} in line {line}")
