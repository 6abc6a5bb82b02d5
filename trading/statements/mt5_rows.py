"""Tells the rows of a MetaTrader 5 report apart, by shape, and reads each kind.

Shape: a row begins with time, number and symbol (a "Trade" report puts the symbol first). What follows decides: a
deal has a direction; an order a volume pair and a state; a closed position two times; an open one a market price.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.statements import words
from trading.statements.flows import is_known_type
from trading.statements.ledger import ZERO, none_if_zero
from trading.statements.mt5_match import Book
from trading.statements.rows import ExecutionRow, PositionRow, Side
from trading.statements.tables import Row
from trading.statements.values import NAME_CHARS, Values, is_dated, is_identifier, parse_number, parse_volume

_FINAL_STATES = {"filled", "canceled", "cancelled", "expired", "rejected", "partial"}
_DEAL_COLUMNS, _DEAL_COLUMNS_WITHOUT_FEE = 14, 13
_FEWEST_CELLS = 10
_COMMENT = 13  # a position's comment, where a re-saved file shows one


class Kind(StrEnum):
    POSITION = "positions"
    ORDER = "orders"
    DEAL = "deals"
    OPEN = "open"
    WORKING = "working"


#: Where the amounts of a row stand, its profit last. A deal is counted from the right: see `deal_money`.
_MONEY = {Kind.POSITION: slice(10, 13), Kind.OPEN: slice(9, 11), Kind.DEAL: slice(-6, -2)}


class Unreadable(Exception):
    """A row whose kind is known but whose values are not; the text says what is wrong with it."""


@dataclass(slots=True, kw_only=True)
class Position(Book):
    """A row of the Positions table: what is closed of it, which is all of it unless it is still open."""

    opened_text: str
    open_price: Decimal
    closed_text: str
    stop_loss: Decimal | None
    take_profit: Decimal | None
    commission: Decimal
    comment: str
    line: int

    @property
    def net(self) -> Decimal:
        return self.commission + self.swap + self.profit


@dataclass(slots=True)
class BalanceRow:
    """A deal that trades nothing: a deposit, a credit, a dividend ..."""

    deal_id: str
    row_type: str
    amount: Decimal
    booked_at: datetime
    booked_text: str
    balance: Decimal | None
    comment: str
    line: int


@dataclass(slots=True)
class DealMoney:
    commission: Decimal
    fee: Decimal
    swap: Decimal
    profit: Decimal
    balance: Decimal | None

    @property
    def booked(self) -> Decimal:
        return self.commission + self.fee + self.swap + self.profit


class Mt5Rows:
    """Reads rows under the heading row that stands above them."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._columns: list[int] = []
        self._last_balance = ("", ZERO)

    def heading(self, columns: list[int]) -> None:
        """Takes a heading row: only its named columns count, so merged and unnamed ones shift nothing."""
        self._columns = columns

    def cells(self, row: Row) -> list[str] | None:
        """The row's texts as time, number, symbol, type ... wherever the symbol stood; None if it is no data."""
        texts = row.texts
        if self._columns:
            size = len(texts)
            texts = [texts[column] if column < size else "" for column in self._columns]
        if len(texts) < _FEWEST_CELLS or not is_identifier(texts[1]):
            return None
        if is_dated(texts[0]):
            return texts
        if is_dated(texts[2]):
            return [texts[2], texts[1], texts[0], *texts[3:]]
        return None

    def is_two_rows(self, row: Row) -> bool:
        """Whether a second row has run into this one, as happens where a page is damaged."""
        width = self._columns[-1] + 1 if self._columns else len(row.texts)
        return len(row.texts) > width and any(is_dated(text) for text in row.texts[width:])

    def kind(self, cells: list[str]) -> Kind:
        volume = cells[4].lower()
        side = words.side(cells[3])
        if volume in words.DIRECTIONS or (side is None and not words.is_pending(cells[3]) and "/" not in volume):
            return Kind.DEAL
        has_second_time = is_dated(cells[8])
        is_direction = "/" not in volume and parse_volume(volume) is None  # a word, though not one that is known
        if is_direction and not has_second_time and len(cells) >= _DEAL_COLUMNS_WITHOUT_FEE:
            return Kind.DEAL
        if has_second_time and side is not None and len(cells) > 12 and self._values.number(cells[9]) is not None:
            return Kind.POSITION
        if "/" in volume or side is None:
            is_final = has_second_time or cells[9].lower() in _FINAL_STATES
            return Kind.ORDER if is_final else Kind.WORKING
        return Kind.POSITION if has_second_time else Kind.OPEN

    def amount(self, kind: Kind, cells: list[str]) -> Decimal | None:
        """What a row that can't be read would move; None where that can't be read either."""
        texts = cells[_MONEY[kind]] if kind in _MONEY else []
        if kind is Kind.DEAL and len(cells) < _DEAL_COLUMNS:
            texts = texts[1:]
        amounts = [self._values.number(text) for text in texts]
        return sum(filter(None, amounts), ZERO) if amounts and amounts[-1] is not None else None

    def position(self, cells: list[str], row: Row) -> Position:
        closed, _, total = cells[4].partition("/")
        closed_volume = _volume(closed)
        volume = _volume(total) if total else closed_volume
        if closed_volume > volume:
            raise Unreadable("This position closes more than it held.")
        opened_at, closed_at = self._time(cells[0]), self._time(cells[8])
        if closed_at < opened_at:
            raise Unreadable("This position closes before it opens.")
        if len(cells) < 13:
            raise Unreadable("This position has too few columns.")
        return Position(
            ticket=cells[1],
            symbol=self._name(cells[2], "symbol"),
            side=_side(cells[3]),
            volume=volume,
            closed_volume=closed_volume,
            left=closed_volume,
            opened_at=opened_at,
            opened_text=cells[0],
            open_price=self._number(cells[5], "price"),
            closed_at=closed_at,
            closed_text=cells[8],
            close_price=self._number(cells[9], "close price"),
            stop_loss=none_if_zero(self._values.number(cells[6])),
            take_profit=none_if_zero(self._values.number(cells[7])),
            commission=self._money(cells[10]),
            swap=self._money(cells[11]),
            profit=self._number(cells[12], "profit"),
            comment=self._values.shared(row.hidden or (cells[_COMMENT] if len(cells) > _COMMENT else "")),
            line=row.line,
        )

    def open_position(self, cells: list[str], row: Row) -> PositionRow:
        if len(cells) < 11:
            raise Unreadable("This open position has too few columns.")
        return PositionRow(
            ticket=cells[1],
            symbol=self._name(cells[2], "symbol"),
            side=_side(cells[3]),
            volume_lots=_volume(cells[4]),
            opened_at=self._time(cells[0]),
            opened_text=cells[0],
            open_price=self._number(cells[5], "price"),
            current_price=self._values.number(cells[8]),
            stop_loss=none_if_zero(self._values.number(cells[6])),
            take_profit=none_if_zero(self._values.number(cells[7])),
            swap=self._money(cells[9]),
            commission=ZERO,
            floating_profit=self._number(cells[10], "profit"),
            comment=self._values.shared(cells[11] if len(cells) > 11 else ""),
            line=row.line,
        )

    def deal_money(self, cells: list[str]) -> DealMoney:
        """Older reports have no fee; some show a cost column. Counted from the right, both fall into place."""
        if len(cells) < _DEAL_COLUMNS_WITHOUT_FEE:
            raise Unreadable("This deal has too few columns.")
        has_fee = len(cells) >= _DEAL_COLUMNS
        return DealMoney(
            commission=self._money(cells[-6 if has_fee else -5]),
            fee=self._money(cells[-5]) if has_fee else ZERO,
            swap=self._money(cells[-4]),
            profit=self._number(cells[-3], "profit"),
            balance=self._balance(cells[-2]) if cells[-2] else None,
        )

    def execution(self, cells: list[str], row: Row, money: DealMoney) -> ExecutionRow:
        direction = words.DIRECTIONS.get(cells[4].lower())
        if direction is None:
            raise Unreadable(f"The direction {cells[4]!r} of this deal is not known.")
        return ExecutionRow(
            deal_id=cells[1],
            ticket="",
            symbol=self._name(cells[2], "symbol"),
            direction=direction,
            side=_side(cells[3]),
            volume_lots=_volume(cells[5]),
            price=self._number(cells[6], "price"),
            executed_at=self._time(cells[0]),
            executed_text=cells[0],
            sequence=int(cells[1]),
            commission=money.commission,
            swap=money.swap,
            fee=money.fee,
            gross_profit=money.profit,
            order_id=self._name(cells[7], "order"),
            balance_after=money.balance,
            comment=self._values.shared(cells[-1]),
            line=row.line,
        )

    def balance_row(self, cells: list[str], row: Row, money: DealMoney) -> BalanceRow:
        if parse_volume(cells[5]) and self._values.number(cells[6]) and not is_known_type(cells[3]):
            raise Unreadable(f"The type {cells[3][:40]!r} of this deal is not known.")
        return BalanceRow(
            deal_id=cells[1],
            row_type=cells[3].lower(),
            amount=money.booked,
            booked_at=self._time(cells[0]),
            booked_text=cells[0],
            balance=money.balance,
            comment=cells[-1],
            line=row.line,
        )

    def _name(self, text: str, what: str) -> str:
        if len(text) > NAME_CHARS:
            raise Unreadable(f"The {what} of this row, {text[:40]!r}, is longer than any.")
        return self._values.shared(text)

    def _balance(self, text: str) -> Decimal:
        """Read without the cache of values: a balance is printed once, or twice in a row by an entry that costs nothing."""
        if text != self._last_balance[0]:
            value = parse_number(text)
            if value is None:
                raise Unreadable(f"The balance of this row, {text[:40]!r}, is not a number.")
            self._last_balance = text, value
        return self._last_balance[1]

    def _time(self, text: str) -> datetime:
        value = self._values.time(text)
        if value is None:
            raise Unreadable(f"{text!r} is not a date and time that exist.")
        return value

    def _number(self, text: str, what: str) -> Decimal:
        value = self._values.number(text)
        if value is None:
            raise Unreadable(f"The {what} of this row, {text[:40]!r}, is not a number.")
        return value

    def _money(self, text: str) -> Decimal:
        return self._number(text, "amount") if text else ZERO


def _volume(text: str) -> Decimal:
    value = parse_volume(text)
    if not value:
        raise Unreadable(f"The volume {text.strip()[:40]!r} is not a number above zero.")
    return value


def _side(text: str) -> Side:
    value = words.side(text)
    if value is None:
        raise Unreadable(f"The type {text[:40]!r} is neither buy nor sell.")
    return value
