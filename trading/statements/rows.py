"""The typed rows that every reader returns, whatever the broker's file looked like.

Times in rows are the broker server's own clock: naive, with the broker's text beside them. `to_utc` (clock.py) turns
them into aware UTC by the account's server time zone. An export of the portal itself gives aware UTC, which stays as it
is. Amounts are signed (a cost is negative) and keep the decimals that
the file printed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

#: Called by a reader with (done, total) in any unit, so that long reads can show how far they are.
Progress = Callable[[int, int], None]


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Direction(StrEnum):
    """Which way a fill moves its trade: MetaTrader 5 prints in, out, in/out (a reversal) and out by (a close by)."""

    IN = "in"
    OUT = "out"
    IN_OUT = "in_out"
    OUT_BY = "out_by"


class FlowKind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    CREDIT = "credit"
    BONUS = "bonus"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    FEE = "fee"
    TAX = "tax"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class AccountHeader:
    """Who the file says it is about. Empty text where the file does not say."""

    number: str
    platform: str  # "mt4" or "mt5"
    currency: str = ""
    name: str = ""
    broker: str = ""
    server: str = ""
    leverage: int | None = None  # 100 for 1:100
    margin_mode: str = ""  # "hedging", "netting" or ""
    kind: str = ""  # "demo", "real" or ""
    title: str = ""
    reported_at: datetime | None = None  # server clock
    reported_text: str = ""
    time_zone: str = ""  # IANA name; no broker's file says it


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One round trip, or an open one: `closed_at` and `close_price` are then None.

    A trade that is partly closed and still open has closed_volume_lots above zero, and its money fields hold what has
    been realised so far. `commission` holds all commission booked for the trade, entry included.
    """

    ticket: str
    symbol: str
    side: Side
    volume_lots: Decimal
    closed_volume_lots: Decimal
    opened_at: datetime
    opened_text: str
    open_price: Decimal
    closed_at: datetime | None
    closed_text: str
    close_price: Decimal | None
    stop_loss: Decimal | None  # None where the file prints 0 or nothing
    take_profit: Decimal | None
    commission: Decimal
    swap: Decimal
    fee: Decimal
    gross_profit: Decimal
    strategy_id: str = ""
    comment: str = ""
    parent_ticket: str = ""  # MetaTrader 4: the ticket whose partial close left this one
    open_stop_loss: Decimal | None = None  # None where the file does not tell it apart from the last one
    open_take_profit: Decimal | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """One fill. `side` is the fill's own (an exit of a buy is a sell); `ticket` is the trade it belongs to, or "".

    `is_derived` marks a fill that the file does not list and that was derived from its trade (MetaTrader 4, and files
    with positions only): deal_id is then "<ticket>:in" or "<ticket>:out". A listed fill always wins over a derived one.
    `sequence` orders fills of the same second: the number of the deal, or of the ticket.
    """

    deal_id: str
    ticket: str
    symbol: str
    direction: Direction
    side: Side
    volume_lots: Decimal
    price: Decimal
    executed_at: datetime
    executed_text: str
    sequence: int
    commission: Decimal
    swap: Decimal
    fee: Decimal
    gross_profit: Decimal
    order_id: str = ""
    balance_after: Decimal | None = None
    comment: str = ""
    is_derived: bool = False
    position_ticket: str = ""  # the position that a sync named
    line: int = 0


@dataclass(frozen=True, slots=True)
class CashFlowRow:
    reference: str
    kind: FlowKind
    amount: Decimal
    booked_at: datetime
    booked_text: str
    sequence: int
    comment: str = ""
    balance_after: Decimal | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class JournalRow:
    """What a trader had added to a trade, in an export of the portal."""

    ticket: str
    notes: str
    tags: Sequence[str]
    initial_stop_loss: Decimal | None
    rating: int | None


@dataclass(frozen=True, slots=True)
class PositionRow:
    """An open position as the broker reports it: `volume_lots` is what is still open."""

    ticket: str
    symbol: str
    side: Side
    volume_lots: Decimal
    opened_at: datetime
    opened_text: str
    open_price: Decimal
    current_price: Decimal | None
    stop_loss: Decimal | None
    take_profit: Decimal | None
    swap: Decimal
    commission: Decimal
    floating_profit: Decimal  # the broker's own figure, without swap and commission
    comment: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """The account as the broker prints it at the moment of the report. None where the file does not say."""

    balance: Decimal | None = None
    equity: Decimal | None = None
    margin: Decimal | None = None
    free_margin: Decimal | None = None
    floating_profit: Decimal | None = None
    credit: Decimal | None = None
    #: What the account holds of each asset, in its own currency: the rows of a report's exposure table.
    exposures: Sequence[Decimal] = ()


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """A total that the file prints. `value` keeps the printed decimals, which state its precision; sign as printed.

    `untrusted` holds the reason when the file itself shows that the printed figure can't be right, else "".
    """

    key: str
    value: Decimal
    text: str
    label: str = ""
    line: int = 0
    untrusted: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was not understood, kept word for word with its line and the money it would move, if known."""

    line: int
    reason: str
    text: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    """Everything a file holds, every row of it accounted for in `counts`.

    `has_history` is False for a report of open positions only. `opening_balance` is what the account held before the
    first row: zero for a file that starts with the first deposit, None where it can't be known. `counts` uses the
    words of docs/statements.md (closed_trades, deals, deals_in, deals_out, orders, cancelled_orders, cash_flows,
    open_positions, working_orders, totals ...). `notes` are sentences for the trader about the file as a whole.
    `needs_trades` is True for fills alone, whose trades have to be in the book before them.
    """

    format: str
    reader_version: int
    header: AccountHeader
    trades: Sequence[TradeRow] = ()
    executions: Sequence[ExecutionRow] = ()
    cash_flows: Sequence[CashFlowRow] = ()
    positions: Sequence[PositionRow] = ()
    journal: Sequence[JournalRow] = ()
    needs_trades: bool = False
    figures: AccountFigures = field(default_factory=AccountFigures)
    stated: Sequence[StatedFigure] = ()
    opening_balance: Decimal | None = None
    has_history: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    notes: Sequence[str] = ()
