"""Carries out close requests, each at most once, and tells the portal what became of it.

An attempt is written down before the order goes out. A bridge that dies in between finds the record when it comes back and
then never sends that order again: it looks into the terminal's history for what became of it. Only when the position is
still open, with no deal, well after the order could have been carried out, does it say "failed"; the portal may then ask
for another attempt, which has a number and a record of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bridge.client import Client, Refused
from bridge.spool import CloseRecord, Spool
from bridge.sync import NotANumber, Reader, exact
from bridge.terminal import (
    ACTION_DEAL,
    ALLOWS_FOK,
    ALLOWS_IOC,
    FILLING_FOK,
    FILLING_IOC,
    FILLING_RETURN,
    ORDER_BUY,
    ORDER_SELL,
    POSITION_BUY,
    TIME_GTC,
    UNCERTAIN,
    DealEntry,
    DealInfo,
    OrderResult,
    PositionInfo,
    Retcode,
    SymbolInfo,
    why,
)

logger = logging.getLogger("bridge.close")

Row = dict[str, Any]
#: An order that shows neither a deal nor a closed position after this time was not carried out.
SETTLES_WITHIN = timedelta(seconds=30)
#: How long a deal that was just made is looked for before other work goes on.
DEAL_SHOWS_WITHIN_S = 1.0
#: How far, in points, the price may have run since the terminal quoted it.
DEVIATION = 50
_COMMENT = "TradePortal guard"
#: The magic number of closing orders, by which the bridge knows its own deals again, and a trader finds them.
MAGIC = 7_477
_CLOSING = {DealEntry.OUT, DealEntry.OUT_BY, DealEntry.INOUT}


@dataclass(frozen=True, slots=True)
class Closer:
    """The closing half of a bridge."""

    account: str
    reader: Reader
    client: Client
    spool: Spool
    sleep: Callable[[float], None] = time.sleep

    def run(self, now: datetime) -> int:
        """Settles what is under way, tells it, then collects and carries out what is asked. Returns how many were sent.

        Errors: PortalError, TerminalError; nothing is lost by them, the next round goes on.
        """
        self.settle(now)
        self.tell()
        sent = [self._carry_out(request, now) for request in self.client.close_requests(self.account)]
        self.tell()
        return sum(sent)

    def settle(self, now: datetime) -> None:
        """Finds out what became of attempts whose end nobody noted."""
        for record in self.spool.closes_unknown():
            outcome = self._found_out(record, now)
            if outcome is not None:
                self.spool.end_close(record, outcome)
                logger.info("close %s of position %s: %s", record.request, record.ticket, _said(outcome))

    def tell(self) -> None:
        """Acknowledges every outcome that the portal does not know."""
        for record in self.spool.closes_untold():
            assert record.outcome is not None
            try:
                self.client.acknowledge(record.request, record.outcome)
            except Refused as refusal:
                if refusal.status not in (404, 409):
                    raise
                logger.warning("close %s: the portal has another word: %s", record.request, refusal)
            self.spool.told(record)

    def _carry_out(self, request: Row, now: datetime) -> bool:
        """Whether an order went out for this request."""
        if datetime.fromisoformat(request["expires_at"]) <= now:
            return False
        number, ticket = str(request["id"]), str(request["ticket"])
        position = self._position(ticket)
        if not self.spool.begin_close(number, int(request["attempts"]), ticket, now):
            return False  # It was sent before; what became of it is being found out.
        record = self.spool.close_record(number, int(request["attempts"]))
        assert record is not None
        if position is None:
            self.spool.end_close(record, {"result": "gone"})
            logger.info("close %s: position %s is not open any more", number, ticket)
            return False
        logger.warning("closing position %s, %s %s lots: asked by %s", ticket, position.symbol, position.volume, number)
        self._take(record, self._send(position), position, now)
        return True

    def _position(self, ticket: str) -> PositionInfo | None:
        found = self.reader.terminal.positions_get(ticket=int(ticket)) if ticket.isdecimal() else ()
        if found is None:
            raise why(self.reader.terminal, f"about position {ticket}")
        return next((row for row in found if str(row.ticket) == ticket), None)

    def _send(self, position: PositionInfo) -> OrderResult | None:
        terminal = self.reader.terminal
        is_buy = position.type == POSITION_BUY
        tick, info = terminal.symbol_info_tick(position.symbol), terminal.symbol_info(position.symbol)
        return terminal.order_send(
            {
                "action": ACTION_DEAL,
                "position": position.ticket,
                "symbol": position.symbol,
                "volume": position.volume,
                "type": ORDER_SELL if is_buy else ORDER_BUY,
                "price": 0.0 if tick is None else tick.bid if is_buy else tick.ask,
                "deviation": DEVIATION,
                "magic": MAGIC,
                "comment": _COMMENT,
                "type_time": TIME_GTC,
                "type_filling": _filling(info),
            }
        )

    def _take(self, record: CloseRecord, result: OrderResult | None, position: PositionInfo, now: datetime) -> None:
        """Notes what the terminal answered to the order; no answer, or an unsure one, is found out later."""
        if result is None or result.retcode in UNCERTAIN:
            logger.warning("close %s: no clear answer; what became of it is found out from the history", record.request)
            return
        if result.retcode == Retcode.POSITION_CLOSED:
            self.spool.end_close(record, {"result": "gone"})
        elif result.retcode == Retcode.DONE_PARTIAL:
            text = f"Only {result.volume} of {position.volume} lots were closed."
            self.spool.end_close(record, {"result": "failed", "error": text})
        elif result.retcode == Retcode.DONE:
            self._await_deal(self.spool.note_deal(record, str(result.deal or "")), now)
        else:
            text = f"{result.comment or 'The order was refused'} ({result.retcode})"
            self.spool.end_close(record, {"result": "failed", "error": text[:300]})
            logger.error("close %s of position %s failed: %s", record.request, record.ticket, text)

    def _await_deal(self, record: CloseRecord, now: datetime) -> None:
        """The deal of a close that was done may take a moment to show in the history."""
        give_up_at = time.monotonic() + DEAL_SHOWS_WITHIN_S
        while True:
            outcome = self._found_out(record, now)
            if outcome is not None or time.monotonic() >= give_up_at:
                break
            self.sleep(0.1)
        if outcome is not None:
            self.spool.end_close(record, outcome)
            logger.warning("closed position %s: %s", record.ticket, _said(outcome))

    def _found_out(self, record: CloseRecord, now: datetime) -> Row | None:
        """What the terminal's history says became of an attempt; None while it can't be known."""
        deals = self.reader.terminal.history_deals_get(position=int(record.ticket))
        position = self._position(record.ticket)
        if deals is None:
            return None
        # The server's clock and ours differ by seconds; an exit of long before the attempt is another one.
        since = record.started_at - timedelta(minutes=1)
        own = [row for row in deals if _is_own(row, record) and self.reader.utc(row.time) >= since]
        if own and (position is None or record.deal):
            return self._done(own)
        # An order with a deal was carried out, however late the history is.
        if record.deal or now - record.started_at < SETTLES_WITHIN:
            return None
        if position is None:
            return {"result": "gone"}
        return {"result": "failed", "error": "The order was not carried out: the position is still open."}

    def _done(self, exits: Sequence[DealInfo]) -> Row | None:
        """Price and profit of a close, of all its fills: prices weighted by volume, profit with costs."""
        try:
            volumes = [Decimal(exact(row.volume, None)) for row in exits]
            digits = self.reader.digits(exits[0].symbol)
            prices = [Decimal(exact(row.price, digits)) for row in exits]
            parts = [
                Decimal(exact(part, 2)) for row in exits for part in (row.profit, row.commission, row.swap, row.fee)
            ]
        except NotANumber as error:
            logger.warning("the deals of position %s can't be read: %s", exits[0].position_id, error)
            return None
        weighted = sum((price * volume for price, volume in zip(prices, volumes, strict=True)), Decimal(0))
        price = weighted / sum(volumes)
        return {"result": "done", "price": exact(price, digits), "profit": exact(sum(parts), 2)}


def _is_own(deal: DealInfo, record: CloseRecord) -> bool:
    """Whether a deal is the exit that the attempt made, and not one of the trader, or of a stop."""
    return deal.entry in _CLOSING and (deal.magic == MAGIC or str(deal.ticket) == record.deal)


def _filling(info: SymbolInfo | None) -> int:
    """How an order for the symbol may be filled; brokers refuse the ways that they don't offer."""
    modes = info.filling_mode if info else 0
    if modes & ALLOWS_IOC:
        return FILLING_IOC
    return FILLING_FOK if modes & ALLOWS_FOK else FILLING_RETURN


def _said(outcome: Row) -> str:
    if outcome["result"] == "done":
        return f"done at {outcome['price']}, profit {outcome['profit']}"
    return str(outcome.get("error") or outcome["result"])
