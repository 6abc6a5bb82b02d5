"""Checks what a sync sends, account by account. Fast and plain: a call can hold hundreds of thousands of values.

Good values leave as the texts that PostgreSQL reads, so that no number passes through a float and no row through an object.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from trading.errors import TradingError
from trading.models import Direction, FlowKind, Side

MAX_ACCOUNTS = 500
MAX_POSITIONS = MAX_QUOTES = 2_000
MAX_DEALS = 20_000
PROBLEMS_SHOWN = 20
#: Clocks differ; time zones differ by more.
FUTURE_TOLERANCE = timedelta(minutes=10)
_HAPPENED = (
    ("positions", "positions", "opened_at"),
    ("deals", "deals", "executed_at"),
    ("cash_flows", "flows", "booked_at"),
)
_MAX_SYMBOL = _MAX_ID = 64
_MAX_DEAL_ID = 80
_MAX_BROKER_TEXT = 40
_MAX_COMMENT = 500
_YEARS = range(1970, 2200)
_SHOWN = 40
#: Fifteen digits before the point hold every balance in every currency, and no accident such as 1e30.
_number = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,18})?").fullmatch
_WHOLE = range(-(10**15) + 1, 10**15)
_NEEDED: Any = object()
_NOTHING = ("", 0, "0", None)

Row = dict[str, Any]


class SyncRefused(TradingError):
    """The call as a whole can't be read. `fields` names what is wrong with it."""

    code = "invalid"

    def __init__(self, message: str, field_name: str = "accounts") -> None:
        super().__init__(message)
        self.fields = {field_name: [message]}


class BadValue(ValueError):
    """A value that makes no sense, with the sentence that says so."""


@dataclass(slots=True)
class Entry:
    """What a call says about one account. `problems` are by field; with any, nothing of it may be used.

    Shape: rows are by column of their table, in texts; None where the call leaves the list out.
    """

    name: str
    account_id: UUID | None = None
    sent_at: datetime | None = None
    currency: str = ""
    figures: Row | None = None
    positions: list[Row] | None = None
    quotes: list[Row] | None = None
    deals: list[Row] | None = None
    flows: list[Row] | None = None
    problems: dict[str, list[str]] = field(default_factory=dict)

    def problem(self, name: str, sentence: str) -> None:
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.setdefault(name, []).append(sentence)


def read_call(payload: Any, now: datetime) -> list[Entry]:
    """The entries of a call, in its order. Errors: SyncRefused where it can't be read at all."""
    accounts = payload.get("accounts") if isinstance(payload, dict) else None
    if not isinstance(accounts, list) or not accounts:
        raise SyncRefused("Send an object with “accounts”: a list of at least one account.")
    if len(accounts) > MAX_ACCOUNTS:
        raise SyncRefused(f"{len(accounts)} accounts are too many for one call. Send at most {MAX_ACCOUNTS}.")
    latest = (now + FUTURE_TOLERANCE).replace(microsecond=0).isoformat()
    return [_entry(raw, latest) for raw in accounts]


def _entry(raw: Any, latest: str) -> Entry:
    if not isinstance(raw, dict):
        entry = Entry("")
        entry.problem("account", "An account must be an object.")
        return entry
    entry = Entry(str(raw.get("account", ""))[:_MAX_ID])
    try:
        entry.account_id = UUID(entry.name)
    except ValueError:
        entry.problem("account", f"{_show(entry.name)} is not the id of an account.")
    _read_sent_at(entry, raw.get("sent_at"))
    if raw.get("figures") is not None:
        _read_figures(entry, raw["figures"])
    entry.positions = _rows(entry, "positions", raw.get("positions"), _POSITION, "ticket", MAX_POSITIONS)
    entry.quotes = _rows(entry, "quotes", raw.get("quotes"), _QUOTE, "symbol", MAX_QUOTES)
    entry.deals = _rows(entry, "deals", raw.get("deals"), _DEAL, "deal_id", MAX_DEALS)
    entry.flows = _rows(entry, "cash_flows", raw.get("cash_flows"), _FLOW, "reference", MAX_DEALS)
    _check_quotes(entry)
    for name, rows, column in _HAPPENED:
        _check_past(entry, name, getattr(entry, rows), column, latest)
    return entry


def _read_sent_at(entry: Entry, raw: Any) -> None:
    try:
        entry.sent_at = _parse_moment(raw)
    except BadValue as error:
        entry.problem("sent_at", str(error))


def _read_figures(entry: Entry, raw: Any) -> None:
    if not isinstance(raw, dict):
        entry.problem("figures", "The figures must be an object.")
        return
    found = _row(entry, "figures", raw, _FIGURES)
    currency = raw.get("currency", "")
    entry.currency = currency if isinstance(currency, str) else str(currency)[:_SHOWN]
    if entry.problems:
        return
    balance, equity, credit = (Decimal(found[name]) for name in ("balance", "equity", "credit"))
    if found["floating_profit"] is None:
        found["floating_profit"] = str(equity - balance - credit)
    if found["free_margin"] is None:
        found["free_margin"] = str(equity - Decimal(found["margin"]))
    entry.figures = found


def _rows(entry: Entry, name: str, raw: Any, fields: "Sequence[Column]", key: str, at_most: int) -> list[Row] | None:
    if raw is None:
        return None
    if not isinstance(raw, list):
        entry.problem(name, "This must be a list.")
        return None
    if len(raw) > at_most:
        entry.problem(name, f"{len(raw)} are too many for one call. Send at most {at_most}.")
        return None
    rows, seen = [], set()
    for index, one in enumerate(raw):
        if not isinstance(one, dict):
            entry.problem(f"{name}.{index}", "This must be an object.")
            continue
        row = _row(entry, f"{name}.{index}", one, fields)
        number = row.get(key)
        if number in seen:
            entry.problem(f"{name}.{index}.{key}", f"{_show(number)} stands in this list twice.")
        seen.add(number)
        rows.append(row)
    return rows


def _row(entry: Entry, name: str, raw: Row, fields: "Sequence[Column]") -> Row:
    row: Row = {}
    for column, source, read, default in fields:
        value = raw.get(source)
        if value is None:
            if default is _NEEDED:
                entry.problem(f"{name}.{source}", "This is needed.")
            else:
                row[column] = default
            continue
        try:
            row[column] = read(value)
        except BadValue as error:
            entry.problem(f"{name}.{source}", str(error))
    return row


def _check_quotes(entry: Entry) -> None:
    if entry.problems:
        return
    for index, row in enumerate(entry.quotes or ()):
        if Decimal(row["ask"]) < Decimal(row["bid"]):
            sentence = f"The ask {row['ask']} is below the bid {row['bid']}. Were they swapped?"
            entry.problem(f"quotes.{index}.ask", sentence)


def _check_past(entry: Entry, name: str, rows: list[Row] | None, column: str, latest: str) -> None:
    """What has happened lies in the past. The texts are all UTC and to the second, so that they compare as moments do."""
    for index, row in enumerate(rows or ()):
        if row.get(column, "") > latest:
            sentence = f"{row[column]} lies in the future. Is it the time of the broker's server, and not UTC?"
            entry.problem(f"{name}.{index}.{column}", sentence)


# ---- Values: each reader takes what JSON holds and returns the text for PostgreSQL, or raises BadValue ---------------


def _show(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _amount(value: Any) -> str:
    if type(value) is str and _number(value):
        return value
    if type(value) is int and value in _WHOLE:
        return str(value)
    if isinstance(value, float):
        raise BadValue(f"{value} is a number with a point: send it as a text in the broker's digits, such as “1.50”.")
    raise BadValue(f"{_show(value)} is not an amount. Send up to 15 digits, a point, and up to 18 decimals, as a text.")


def _is_positive(text: str) -> bool:
    return text[0] != "-" and bool(text.strip("0."))


def _volume(value: Any) -> str:
    text = _amount(value)
    if not _is_positive(text):
        raise BadValue(f"{text} is not a volume: it must be more than 0.")
    return text


def _price(value: Any) -> str:
    text = _amount(value)
    if not _is_positive(text):
        raise BadValue(f"{text} is not a price: it must be more than 0.")
    return text


def _price_or_none(value: Any) -> str | None:
    """Terminals write 0 for no stop and no target."""
    return None if value in _NOTHING or _amount(value).strip("0.") == "" else _price(value)


def _not_below_zero(value: Any) -> str:
    text = _amount(value)
    if text[0] == "-" and text.strip("-0."):
        raise BadValue(f"{text} must not be below 0.")
    return text


def _id(longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
        if not text or len(text) > longest or not text.isprintable():
            raise BadValue(f"{_show(value)!r} must be a text of 1 to {longest} characters.")
        return text

    return read


def _text(longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = value if isinstance(value, str) else str(value) if type(value) is int else None
        if text is None or len(text) > longest:
            raise BadValue(f"This must be a text of at most {longest} characters.")
        # A NUL can't be stored, and says nothing.
        return text.replace("\x00", "")

    return read


def _one_of(choices: Sequence[str]) -> Callable[[Any], str]:
    known, listed = frozenset(choices), ", ".join(choices)

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise BadValue(f"{_show(value)} is not one of {listed}.")
        return value

    return read


def _parse_moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None and moment.year in _YEARS:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise BadValue(f"{_show(value)} is not a moment. Write it with its offset, such as 2026-11-24T07:20:10Z.")


def _second(value: Any) -> str:
    """To the second, as statements print it: the same fill has the same moment wherever it comes from."""
    return _parse_moment(value).replace(microsecond=0).isoformat()


def _moment(value: Any) -> str:
    return _parse_moment(value).isoformat()


#: The column of the table, the field of the call, its reader, and what stands for a missing one.
Column = tuple[str, str, Callable[[Any], Any], Any]
_symbol, _ticket, _side = _id(_MAX_SYMBOL), _id(_MAX_ID), _one_of(Side.values)
_broker_text, _comment, _short = _text(_MAX_BROKER_TEXT), _text(_MAX_COMMENT), _text(_MAX_ID)

_FIGURES: Sequence[Column] = (
    ("balance", "balance", _amount, _NEEDED),
    ("equity", "equity", _amount, _NEEDED),
    ("margin", "margin", _not_below_zero, "0"),
    ("free_margin", "free_margin", _amount, None),
    ("floating_profit", "floating_profit", _amount, None),
    ("credit", "credit", _amount, "0"),
)
_POSITION: Sequence[Column] = (
    ("ticket", "ticket", _ticket, _NEEDED),
    ("symbol", "symbol", _symbol, _NEEDED),
    ("side", "side", _side, _NEEDED),
    ("volume_lots", "volume", _volume, _NEEDED),
    ("opened_at", "opened_at", _second, _NEEDED),
    ("opened_text", "opened_text", _broker_text, ""),
    ("open_price", "open_price", _price, _NEEDED),
    ("current_price", "current_price", _price_or_none, None),
    ("stop_loss", "stop_loss", _price_or_none, None),
    ("take_profit", "take_profit", _price_or_none, None),
    ("swap", "swap", _amount, "0"),
    ("commission", "commission", _amount, "0"),
    ("floating_profit", "floating_profit", _amount, _NEEDED),
    ("comment", "comment", _comment, ""),
)
_QUOTE: Sequence[Column] = (
    ("symbol", "symbol", _symbol, _NEEDED),
    ("bid", "bid", _price, _NEEDED),
    ("ask", "ask", _price, _NEEDED),
    ("quoted_at", "quoted_at", _moment, _NEEDED),
    ("previous_close", "previous_close", _price_or_none, None),
    ("day_open", "day_open", _price_or_none, None),
)
_DEAL: Sequence[Column] = (
    ("deal_id", "deal_id", _id(_MAX_DEAL_ID), _NEEDED),
    ("position_ticket", "ticket", _ticket, _NEEDED),
    ("order_id", "order_id", _short, ""),
    ("symbol", "symbol", _symbol, _NEEDED),
    ("direction", "direction", _one_of(Direction.values), _NEEDED),
    ("side", "side", _side, _NEEDED),
    ("volume_lots", "volume", _volume, _NEEDED),
    ("price", "price", _price, _NEEDED),
    ("executed_at", "executed_at", _second, _NEEDED),
    ("executed_text", "executed_text", _broker_text, ""),
    ("commission", "commission", _amount, "0"),
    ("swap", "swap", _amount, "0"),
    ("fee", "fee", _amount, "0"),
    ("gross_profit", "gross_profit", _amount, "0"),
    ("balance_after", "balance_after", _amount, None),
    ("comment", "comment", _comment, ""),
    ("strategy_id", "strategy_id", _short, ""),
)
_FLOW: Sequence[Column] = (
    ("reference", "reference", _id(_MAX_DEAL_ID), _NEEDED),
    ("kind", "kind", _one_of(FlowKind.values), _NEEDED),
    ("amount", "amount", _amount, _NEEDED),
    ("booked_at", "booked_at", _second, _NEEDED),
    ("booked_text", "booked_text", _broker_text, ""),
    ("balance_after", "balance_after", _amount, None),
    ("comment", "comment", _comment, ""),
)
