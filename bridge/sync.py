"""Turns a terminal's answers into the body of a sync: exact decimals, UTC, and only what the terminal really said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from bridge.terminal import (
    POSITION_BUY,
    AccountInfo,
    DealEntry,
    DealInfo,
    DealType,
    PositionInfo,
    Terminal,
    TerminalError,
    why,
)

Row = dict[str, Any]
#: Readings that are tried until the account holds still between the first question and the last.
SETTLE_ATTEMPTS = 4
#: A server's clock is ahead of UTC by this at most; asking further than now costs nothing.
CLOCK_AHEAD = timedelta(days=1)
VOLUME_DIGITS = 8
_DIRECTIONS = {DealEntry.IN: "in", DealEntry.OUT: "out", DealEntry.INOUT: "in_out", DealEntry.OUT_BY: "out_by"}
_TRADES = {DealType.BUY: "buy", DealType.SELL: "sell"}
_FEES = {
    DealType.CHARGE,
    DealType.COMMISSION,
    DealType.COMMISSION_DAILY,
    DealType.COMMISSION_MONTHLY,
    DealType.COMMISSION_AGENT_DAILY,
    DealType.COMMISSION_AGENT_MONTHLY,
}
_FLOWS = {
    DealType.CREDIT: "credit",
    DealType.CORRECTION: "correction",
    DealType.BONUS: "bonus",
    DealType.INTEREST: "interest",
    DealType.DIVIDEND: "dividend",
    DealType.DIVIDEND_FRANKED: "dividend",
    DealType.TAX: "tax",
} | dict.fromkeys(_FEES, "fee")


@dataclass(slots=True)
class Reading:
    """What the terminal said at one moment. `positions` is None where it gave no list: that is not "nothing is open"."""

    sent_at: datetime
    figures: Row
    positions: list[Row] | None
    quotes: list[Row]
    deals: list[Row] = field(default_factory=list)
    cash_flows: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def body(self) -> Row:
        """The figures, positions and quotes of a sync."""
        found: Row = {"sent_at": self.sent_at.isoformat(), "figures": self.figures, "quotes": self.quotes}
        return found if self.positions is None else {**found, "positions": self.positions}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one terminal. `login` is the account that it must be signed in to; None takes any."""

    terminal: Terminal
    zone: ZoneInfo
    login: int | None = None

    def read(self, since: datetime, now: datetime) -> Reading:
        """One consistent reading with the deals since that moment. Errors: TerminalError.

        The calls to a terminal are not one: a position that closes in between would be seen open and closed at once. So
        the account is asked again at the end, and all of it read anew where it moved.
        """
        for _ in range(SETTLE_ATTEMPTS):
            account, positions = self._account(), self.terminal.positions_get()
            deals = self.terminal.history_deals_get(self._server_clock(since), self._server_clock(now) + CLOCK_AHEAD)
            if _is_settled(account, positions, self._account(), self.terminal.positions_get()):
                break
        reading = Reading(now, figures(account), None, [])
        self._take_positions(reading, positions)
        self._take_deals(reading, deals)
        return reading

    def _account(self) -> AccountInfo:
        account = self.terminal.account_info()
        if account is None:
            raise why(self.terminal, "about the account")
        if self.login is not None and account.login != self.login:
            raise TerminalError(f"The terminal is signed in to account {account.login}, not to {self.login}.")
        return account

    def _server_clock(self, moment: datetime) -> datetime:
        """The server's wall clock, marked as UTC: what the package expects in questions about history."""
        return moment.astimezone(self.zone).replace(tzinfo=UTC)

    def utc(self, seconds: float) -> datetime:
        """The moment that a time of the server stands for."""
        wall = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=self.zone)
        return wall.astimezone(UTC)

    def _take_positions(self, reading: Reading, positions: Sequence[PositionInfo] | None) -> None:
        if positions is None:
            reading.warnings.append(str(why(self.terminal, "about positions")))
            return
        try:
            reading.positions = [self._position(row, self.digits(row.symbol)) for row in positions]
        except NotANumber as error:
            # A list without one of its positions would say that it is closed.
            reading.warnings.append(f"The positions are left out of this sync: {error}")
        for symbol in sorted({row.symbol for row in positions}):
            self._take_quote(reading, symbol)

    def _take_quote(self, reading: Reading, symbol: str) -> None:
        tick, info = self.terminal.symbol_info_tick(symbol), self.terminal.symbol_info(symbol)
        try:
            if tick is None or info is None or not 0 < tick.bid <= tick.ask:
                raise NotANumber(f"{symbol} has no price.")
            digits = info.digits
            reading.quotes.append(
                {
                    "symbol": symbol,
                    "bid": exact(tick.bid, digits),
                    "ask": exact(tick.ask, digits),
                    "quoted_at": self.utc(tick.time_msc / 1000).isoformat(),
                    "previous_close": price(info.session_close, digits),
                    "day_open": price(info.session_open, digits),
                }
            )
        except NotANumber as error:
            reading.warnings.append(f"No quote: {error}")

    def _take_deals(self, reading: Reading, deals: Sequence[DealInfo] | None) -> None:
        if deals is None:
            reading.warnings.append(str(why(self.terminal, "about deals")))
            return
        for deal in deals:
            try:
                if deal.type in _TRADES:
                    reading.deals.append(self.deal(deal))
                elif deal.type == DealType.BALANCE or deal.type in _FLOWS:
                    reading.cash_flows.append(self._cash_flow(deal))
            except NotANumber as error:
                reading.warnings.append(f"Deal {deal.ticket} is left out until it can be read: {error}")

    def digits(self, symbol: str) -> int:
        """The digits of the symbol's prices; many where the terminal does not know it, so that none is lost."""
        info = self.terminal.symbol_info(symbol)
        return VOLUME_DIGITS if info is None else info.digits

    def _position(self, row: PositionInfo, digits: int) -> Row:
        opened = self.utc(row.time)
        return {
            "ticket": str(row.ticket),
            "symbol": row.symbol,
            "side": "buy" if row.type == POSITION_BUY else "sell",
            "volume": exact(row.volume, None),
            "open_price": exact(row.price_open, digits),
            "opened_at": opened.isoformat(),
            "opened_text": self._text(row.time),
            "current_price": price(row.price_current, digits),
            "stop_loss": price(row.sl, digits),
            "take_profit": price(row.tp, digits),
            "swap": exact(row.swap, 2),
            "floating_profit": exact(row.profit, 2),
            "comment": row.comment,
            "strategy_id": str(row.magic) if row.magic else "",
        }

    def deal(self, deal: DealInfo) -> Row:
        """A fill, as a sync holds it."""
        return {
            "deal_id": str(deal.ticket),
            "order_id": str(deal.order) if deal.order else "",
            "ticket": str(deal.position_id),
            "symbol": deal.symbol,
            "direction": _DIRECTIONS[DealEntry(deal.entry)],
            "side": _TRADES[DealType(deal.type)],
            "volume": exact(deal.volume, None),
            "price": exact(deal.price, self.digits(deal.symbol)),
            "executed_at": self.utc(deal.time).isoformat(),
            "executed_text": self._text(deal.time),
            "commission": exact(deal.commission, 2),
            "swap": exact(deal.swap, 2),
            "fee": exact(deal.fee, 2),
            "gross_profit": exact(deal.profit, 2),
            "comment": deal.comment,
            "strategy_id": str(deal.magic) if deal.magic else "",
        }

    def _cash_flow(self, deal: DealInfo) -> Row:
        parts = (deal.profit, deal.commission, deal.swap, deal.fee)
        amount = exact(sum(Decimal(exact(part, 2)) for part in parts), 2)
        kind = _FLOWS.get(DealType(deal.type)) or ("withdrawal" if amount.startswith("-") else "deposit")
        return {
            "reference": str(deal.ticket),
            "kind": kind,
            "amount": amount,
            "booked_at": self.utc(deal.time).isoformat(),
            "booked_text": self._text(deal.time),
            "comment": deal.comment,
        }

    def _text(self, seconds: int) -> str:
        """The server's own wording, as MetaTrader prints it."""
        return f"{datetime.fromtimestamp(seconds, UTC):%Y.%m.%d %H:%M:%S}"


class NotANumber(TerminalError):
    """A value that is no number (or no price) where one is needed."""


def figures(account: AccountInfo) -> Row:
    """The account's figures in its own digits. Errors: NotANumber."""
    digits = account.currency_digits
    return {
        "currency": account.currency,
        "balance": exact(account.balance, digits),
        "equity": exact(account.equity, digits),
        "margin": exact(account.margin, digits),
        "free_margin": exact(account.margin_free, digits),
        "floating_profit": exact(account.profit, digits),
        "credit": exact(account.credit, digits),
    }


def exact(value: Any, digits: int | None) -> str:
    """The number as the broker prints it: the shortest text of the float, in that many digits (None: as many as it has).

    A float of 1.085 is 1.08499999999999996447 inside; its shortest text is what the broker meant. Errors: NotANumber.
    """
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            raise NotANumber(f"{value} is not a number.")
        step = Decimal(1).scaleb(-(VOLUME_DIGITS if digits is None else digits))
        number = number.quantize(step)
    except (InvalidOperation, TypeError, ValueError):
        raise NotANumber(f"{value!r} is not a number.") from None
    if digits is None:
        number = number.normalize()
    return f"{number if number else abs(number):f}"


def price(value: Any, digits: int) -> str | None:
    """A price that may be missing: terminals write 0 for none."""
    return exact(value, digits) if value else None


def _is_settled(
    account: AccountInfo,
    positions: Sequence[PositionInfo] | None,
    account_after: AccountInfo,
    positions_after: Sequence[PositionInfo] | None,
) -> bool:
    return account.balance == account_after.balance and _held(positions) == _held(positions_after)


def _held(positions: Sequence[PositionInfo] | None) -> set[tuple[int, float]] | None:
    return None if positions is None else {(row.ticket, row.volume) for row in positions}
