"""The rows of an export as typed rows. Every value is checked: the file may have been edited since."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from trading.statements.rows import (
    CashFlowRow,
    Direction,
    ExecutionRow,
    FlowKind,
    JournalRow,
    Side,
    TradeRow,
)
from trading.statements.values import NAME_CHARS

_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,18})?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_TRUTH = {"true": True, "false": False}
_EARLIEST_YEAR, _LATEST_YEAR = 1990, 2100
_CLOCK_TEXT_CHARS, _LONG_NAME_CHARS, _TAG_CHARS = 40, 80, 40
_RATINGS = range(1, 6)

Choice = TypeVar("Choice", bound=StrEnum)


class RowRefused(Exception):  # it ends as a problem of the file, not as an error
    """A row that can't be what an export wrote; the message is the reason."""


class Fields:
    """The values of one record, read by name."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, most: int | None = None, *, needed: bool = False) -> str:
        value = self._values.get(name)
        if value is None:
            value = ""
        if not isinstance(value, str) or (most is not None and len(value) > most):
            raise RowRefused(f"The {_words(name)} of this row is not one.")
        value = value.replace("\x00", "")  # PostgreSQL can't keep one in a text
        if needed and not value:
            raise RowRefused(f"This row has no {_words(name)}.")
        return value

    def number(self, name: str) -> Decimal:
        value = self.optional_number(name)
        if value is None:
            raise RowRefused(f"This row has no {_words(name)}.")
        return value

    def optional_number(self, name: str) -> Decimal | None:
        value = self._values.get(name)
        if value is None or value == "":
            return None
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not _NUMBER.fullmatch(text):
            raise RowRefused(f"The {_words(name)} of this row is not a plain number.")
        return Decimal(text)

    def integer(self, name: str) -> int:
        value = self._values.get(name)
        text = "0" if value is None else str(value)
        if isinstance(value, bool) or not _INTEGER.fullmatch(text):
            raise RowRefused(f"The {_words(name)} of this row is not a whole number.")
        return int(text)

    def truth(self, name: str) -> bool:
        value = _TRUTH.get(str(self._values.get(name)).lower())
        if value is None:
            raise RowRefused(f"The {_words(name)} of this row is neither true nor false.")
        return value

    def choice(self, name: str, kind: type[Choice]) -> Choice:
        try:
            return kind(str(self._values.get(name)))
        except ValueError:
            raise RowRefused(f"The {_words(name)} of this row is not known.") from None

    def moment(self, name: str) -> datetime:
        value = self.optional_moment(name)
        if value is None:
            raise RowRefused(f"This row has no {_words(name)}.")
        return value

    def optional_moment(self, name: str) -> datetime | None:
        """An aware moment in UTC."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
            moment = moment.astimezone(UTC) if moment and moment.tzinfo else None
        except (ValueError, OverflowError):
            moment = None
        if moment is None or not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
            raise RowRefused(f"The {_words(name)} of this row is not a moment such as 2026-01-31T09:30:00Z.")
        return moment

    def tags(self) -> tuple[str, ...]:
        """A list in JSON; names joined by a comma elsewhere."""
        value = self._values.get("tags")
        names = value if isinstance(value, list) else str(value or "").split(",")
        if not all(isinstance(name, str) and len(name) <= _TAG_CHARS for name in names):
            raise RowRefused("The tags of this row are not names.")
        plain = (name.replace("\x00", "").strip() for name in names)
        return tuple(dict.fromkeys(name for name in plain if name))


def trade_of(values: Mapping[str, Any], line: int) -> TradeRow:
    fields = Fields(values)
    row = TradeRow(
        ticket=fields.text("ticket", NAME_CHARS, needed=True),
        symbol=fields.text("symbol", NAME_CHARS, needed=True),
        side=fields.choice("side", Side),
        volume_lots=fields.number("volume_lots"),
        closed_volume_lots=fields.number("closed_volume_lots"),
        opened_at=fields.moment("opened_at"),
        opened_text=fields.text("opened_text", _CLOCK_TEXT_CHARS),
        open_price=fields.number("open_price"),
        closed_at=fields.optional_moment("closed_at"),
        closed_text=fields.text("closed_text", _CLOCK_TEXT_CHARS),
        close_price=fields.optional_number("close_price"),
        stop_loss=fields.optional_number("stop_loss"),
        take_profit=fields.optional_number("take_profit"),
        commission=fields.number("commission"),
        swap=fields.number("swap"),
        fee=fields.number("fee"),
        gross_profit=fields.number("gross_profit"),
        strategy_id=fields.text("strategy_id", NAME_CHARS),
        comment=fields.text("comment"),
        parent_ticket=fields.text("parent_ticket", NAME_CHARS),
        open_stop_loss=fields.optional_number("open_stop_loss"),
        open_take_profit=fields.optional_number("open_take_profit"),
        line=line,
    )
    if not 0 <= row.closed_volume_lots <= row.volume_lots or row.volume_lots == 0:
        raise RowRefused("The volume of this row is not more than zero, or less than what was closed of it.")
    is_closed = row.closed_volume_lots == row.volume_lots
    if is_closed != (row.closed_at is not None) or is_closed != (row.close_price is not None):
        raise RowRefused("This row is neither open nor closed: its volumes, exit time and exit price contradict.")
    if row.closed_at is not None and row.closed_at < row.opened_at:
        raise RowRefused("This trade closes before it opens.")
    return row


def execution_of(values: Mapping[str, Any], line: int) -> ExecutionRow:
    fields = Fields(values)
    position = fields.text("position_ticket", NAME_CHARS)
    row = ExecutionRow(
        deal_id=fields.text("deal_id", _LONG_NAME_CHARS, needed=True),
        ticket=fields.text("ticket", NAME_CHARS),
        symbol=fields.text("symbol", NAME_CHARS),
        direction=fields.choice("direction", Direction),
        side=fields.choice("side", Side),
        volume_lots=fields.number("volume_lots"),
        price=fields.number("price"),
        executed_at=fields.moment("executed_at"),
        executed_text=fields.text("executed_text", _CLOCK_TEXT_CHARS),
        sequence=fields.integer("sequence"),
        commission=fields.number("commission"),
        swap=fields.number("swap"),
        fee=fields.number("fee"),
        gross_profit=fields.number("gross_profit"),
        order_id=fields.text("order_id", NAME_CHARS),
        balance_after=fields.optional_number("balance_after"),
        comment=fields.text("comment"),
        is_derived=fields.truth("is_derived"),
        position_ticket=position,
        line=line,
    )
    if row.volume_lots <= 0:
        raise RowRefused("The volume of this row is not more than zero.")
    return row


def cash_flow_of(values: Mapping[str, Any], line: int) -> CashFlowRow:
    fields = Fields(values)
    return CashFlowRow(
        reference=fields.text("reference", _LONG_NAME_CHARS, needed=True),
        kind=fields.choice("kind", FlowKind),
        amount=fields.number("amount"),
        booked_at=fields.moment("booked_at"),
        booked_text=fields.text("booked_text", _CLOCK_TEXT_CHARS),
        sequence=fields.integer("sequence"),
        comment=fields.text("comment"),
        balance_after=fields.optional_number("balance_after"),
        line=line,
    )


def journal_of(values: Mapping[str, Any]) -> JournalRow | None:
    """What the trader had added to a trade; None where nothing."""
    fields = Fields(values)
    rating = fields.integer("rating") if values.get("rating") not in (None, "") else None
    if rating is not None and rating not in _RATINGS:
        raise RowRefused("The rating of this row is not from 1 to 5.")
    row = JournalRow(
        ticket=fields.text("ticket", NAME_CHARS, needed=True),
        notes=fields.text("notes"),
        tags=fields.tags(),
        initial_stop_loss=fields.optional_number("initial_stop_loss"),
        rating=rating,
    )
    return row if row.notes or row.tags or row.initial_stop_loss is not None or row.rating is not None else None


def _words(name: str) -> str:
    return name.replace("_", " ")
