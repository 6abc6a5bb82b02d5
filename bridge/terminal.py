"""What the bridge needs of a trading terminal: the few calls of the `MetaTrader5` package, as a type.

The package itself fits as it is, since these are its own names, arguments and answers: `None` for "no answer, see
last_error", tuples of rows otherwise, numbers as floats, times as seconds of the server's wall clock counted as if it were UTC.

Source: https://www.mql5.com/en/docs/python_metatrader5
"""

from __future__ import annotations

import importlib
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol, cast


# ---- Constants, as documented for MetaTrader 5 ----------------------------------------------------------------------
class DealType(IntEnum):
    BUY = 0
    SELL = 1
    BALANCE = 2
    CREDIT = 3
    CHARGE = 4
    CORRECTION = 5
    BONUS = 6
    COMMISSION = 7
    COMMISSION_DAILY = 8
    COMMISSION_MONTHLY = 9
    COMMISSION_AGENT_DAILY = 10
    COMMISSION_AGENT_MONTHLY = 11
    INTEREST = 12
    BUY_CANCELED = 13
    SELL_CANCELED = 14
    DIVIDEND = 15
    DIVIDEND_FRANKED = 16
    TAX = 17


class DealEntry(IntEnum):
    IN = 0
    OUT = 1
    INOUT = 2
    OUT_BY = 3


POSITION_BUY, POSITION_SELL = 0, 1
ORDER_BUY, ORDER_SELL = 0, 1
ACTION_DEAL = 1
TIME_GTC = 0
FILLING_FOK, FILLING_IOC, FILLING_RETURN = 0, 1, 2
#: Bits of `symbol_info().filling_mode`.
ALLOWS_FOK, ALLOWS_IOC = 1, 2


class Retcode(IntEnum):
    """The answers of the trade server that the bridge treats in a way of their own."""

    PLACED = 10008
    DONE = 10009
    DONE_PARTIAL = 10010
    TIMEOUT = 10012
    CONNECTION = 10031
    POSITION_CLOSED = 10036


#: After these, nobody knows yet whether the order was carried out.
UNCERTAIN = frozenset({Retcode.PLACED, Retcode.TIMEOUT, Retcode.CONNECTION})


# ---- Answers --------------------------------------------------------------------------------------------------------
class AccountInfo(Protocol):
    @property
    def login(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def currency_digits(self) -> int: ...
    @property
    def balance(self) -> float: ...
    @property
    def credit(self) -> float: ...
    @property
    def profit(self) -> float: ...
    @property
    def equity(self) -> float: ...
    @property
    def margin(self) -> float: ...
    @property
    def margin_free(self) -> float: ...


class PositionInfo(Protocol):
    @property
    def ticket(self) -> int: ...
    @property
    def symbol(self) -> str: ...
    @property
    def type(self) -> int: ...
    @property
    def magic(self) -> int: ...
    @property
    def time(self) -> int: ...
    @property
    def volume(self) -> float: ...
    @property
    def price_open(self) -> float: ...
    @property
    def price_current(self) -> float: ...
    @property
    def sl(self) -> float: ...
    @property
    def tp(self) -> float: ...
    @property
    def swap(self) -> float: ...
    @property
    def profit(self) -> float: ...
    @property
    def comment(self) -> str: ...


class DealInfo(Protocol):
    @property
    def ticket(self) -> int: ...
    @property
    def order(self) -> int: ...
    @property
    def position_id(self) -> int: ...
    @property
    def symbol(self) -> str: ...
    @property
    def type(self) -> int: ...
    @property
    def entry(self) -> int: ...
    @property
    def magic(self) -> int: ...
    @property
    def time(self) -> int: ...
    @property
    def volume(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def commission(self) -> float: ...
    @property
    def swap(self) -> float: ...
    @property
    def profit(self) -> float: ...
    @property
    def fee(self) -> float: ...
    @property
    def comment(self) -> str: ...


class Tick(Protocol):
    @property
    def time_msc(self) -> int: ...
    @property
    def bid(self) -> float: ...
    @property
    def ask(self) -> float: ...


class SymbolInfo(Protocol):
    @property
    def digits(self) -> int: ...
    @property
    def filling_mode(self) -> int: ...
    @property
    def session_open(self) -> float: ...
    @property
    def session_close(self) -> float: ...


class OrderResult(Protocol):
    @property
    def retcode(self) -> int: ...
    @property
    def deal(self) -> int: ...
    @property
    def volume(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def comment(self) -> str: ...


class Terminal(Protocol):
    """A terminal that is signed in to one account."""

    def initialize(self, *arguments: Any, **options: Any) -> bool: ...
    def shutdown(self) -> None: ...
    def last_error(self) -> tuple[int, str]: ...
    def account_info(self) -> AccountInfo | None: ...
    def positions_get(self, **narrow: Any) -> Sequence[PositionInfo] | None: ...
    def history_deals_get(self, *window: datetime, **narrow: Any) -> Sequence[DealInfo] | None: ...
    def symbol_info(self, symbol: str) -> SymbolInfo | None: ...
    def symbol_info_tick(self, symbol: str) -> Tick | None: ...
    def order_send(self, request: Mapping[str, Any]) -> OrderResult | None: ...


class TerminalError(Exception):
    """The terminal gave no answer, or one that can't be used, as one sentence."""


def metatrader() -> Terminal:
    """The `MetaTrader5` package. Errors: TerminalError where it can't run."""
    if platform.system() != "Windows":
        raise TerminalError("The MetaTrader5 package runs on Windows only, beside the terminal.")
    try:
        return cast("Terminal", importlib.import_module("MetaTrader5"))
    except ImportError as error:
        raise TerminalError("The MetaTrader5 package is missing: pip install MetaTrader5.") from error


def why(terminal: Terminal, what: str) -> TerminalError:
    """The error for a call that answered None, with the terminal's own words."""
    code, words = terminal.last_error()
    return TerminalError(f"The terminal did not answer {what}: {words} ({code}).")
