"""Says which cell of a MetaTrader 4 row holds what.

Shape: fourteen columns, in the order of `PLACES`. A broker's daily statement has no taxes. Brokers' own templates add a
counter, a comment or a magic number, or change the order: their English heading says so. Where a heading says nothing
that is known, as in any other language, the columns are where the terminal puts them.
"""

import re
from collections.abc import Sequence

from trading.statements.mt4_header import is_heading
from trading.statements.tables import Row
from trading.statements.values import is_dated, is_identifier

TICKET, OPENED, TYPE, SIZE, ITEM, OPEN_PRICE, STOP, TARGET, CLOSED, CLOSE_PRICE = range(10)
COMMISSION, TAXES, SWAP, PROFIT, COMMENT, STRATEGY = range(10, 16)
COLUMNS = 14
_WITHOUT_TAXES: tuple[int | None, ...] = (*range(COMMISSION), COMMISSION, None, TAXES, SWAP)
_NAMES = {
    "ticket": TICKET,
    "order": TICKET,
    "opentime": OPENED,
    "time": OPENED,
    "type": TYPE,
    "size": SIZE,
    "lots": SIZE,
    "volume": SIZE,
    "item": ITEM,
    "symbol": ITEM,
    "price": OPEN_PRICE,
    "openprice": OPEN_PRICE,
    "sl": STOP,
    "stoploss": STOP,
    "tp": TARGET,
    "takeprofit": TARGET,
    "closetime": CLOSED,
    "closeprice": CLOSE_PRICE,
    "commission": COMMISSION,
    "commis": COMMISSION,
    "taxes": TAXES,
    "tax": TAXES,
    "swap": SWAP,
    "roswap": SWAP,
    "profit": PROFIT,
    "tradepl": PROFIT,
    "comment": COMMENT,
    "comments": COMMENT,
    "magic": STRATEGY,
    "magicnumber": STRATEGY,
}
_NEEDED = {TICKET, OPENED, TYPE, SIZE, ITEM, OPEN_PRICE, CLOSED, CLOSE_PRICE, PROFIT}
_NOT_A_LETTER = re.compile(r"[^a-z]")


class Columns:
    """Learns from the first wide row of a page, and gives every row's cells in the terminal's order."""

    def __init__(self) -> None:
        self.is_known = False
        self._places: Sequence[int | None] | None = None  # None where the terminal puts them
        self._width = COLUMNS
        #: Which of commission, taxes, swap and profit this page has.
        self.money: Sequence[int] = range(COMMISSION, COMMENT)

    def learn(self, row: Row) -> None:
        """Takes the first row that is wide enough for a table's as its heading."""
        width = len(row.filled())
        if self.is_known or is_heading(row.words()):
            return
        self.is_known = True
        self._width = max(COLUMNS, len(row.texts))
        named = _named(row.texts)
        if named is not None:
            self._places = None if named == (*range(COLUMNS), None, None) else named
        elif width == COLUMNS - 1:
            self._places = (*_WITHOUT_TAXES, None, None)
        if self._places is not None:
            self.money = [place for place in self.money if self._places[place] is not None]

    def cells(self, row: Row) -> list[str] | None:
        """A row's sixteen texts, comment and strategy last; None for a row that is no ticket's."""
        texts = row.texts
        if self._places is not None:
            size = len(texts)
            texts = ["" if place is None or place >= size else texts[place] for place in self._places]
        elif len(texts) > OPENED + 1 and is_identifier(texts[0]) and is_identifier(texts[1]) and is_dated(texts[2]):
            texts = texts[1:]  # a counter stands in front
        if len(texts) <= TYPE or not is_identifier(texts[TICKET]) or not is_dated(texts[OPENED]):
            return None
        if self._places is None:
            texts = [*texts[:COLUMNS], *[""] * (COMMENT + 2 - min(len(texts), COLUMNS))]
        return texts

    def is_totals(self, filled: list[int]) -> bool:
        """Whether these columns, the only ones filled, are those of the amounts."""
        if self._places is None:
            return filled[0] in (COMMISSION, COMMISSION + 1) and len(filled) in (3, 4)
        return filled == sorted(place for column in self.money if (place := self._places[column]) is not None)

    def is_two_rows(self, row: Row) -> bool:
        return len(row.texts) > self._width and any(is_dated(text) for text in row.texts[self._width :])


def _named(labels: Sequence[str]) -> tuple[int | None, ...] | None:
    """The place of each column by its English label, None where too few labels are known."""
    places: dict[int, int] = {}
    for place, label in enumerate(labels):
        column = _NAMES.get(_NOT_A_LETTER.sub("", label.lower()))
        if column == OPEN_PRICE and OPEN_PRICE in places:
            column = CLOSE_PRICE
        if column is not None:
            places.setdefault(column, place)
    return tuple(places.get(column) for column in range(STRATEGY + 1)) if places.keys() >= _NEEDED else None
