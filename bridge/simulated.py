"""A simulated MetaTrader 5 terminal: the same calls, on a market made of a seed, with what goes wrong in real life.

With a path, its state lives in that file, so that a bridge that is killed finds the same terminal again, and a test can act
on the market beside it: `with terminal.market() as market: market.move("EURUSD", -500)`.

Faults, by name: disconnected (no answer to anything), no_positions and no_history (None for these alone), stale_ticks (quotes that
stand still), not_a_number (NaN for equity), no_answer (an order is carried out, the answer lost), rejected (orders are
refused), partial (half of an order is filled).
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bridge import story
from bridge.market import CENT, INSTRUMENTS, Deal, Market, Position
from bridge.terminal import ALLOWS_FOK, ALLOWS_IOC, Retcode

INVALID_VOLUME, MARKET_CLOSED = 10014, 10018
NO_CONNECTION = (-10004, "No IPC connection")
_SUCCESS = (1, "Success")


class AccountRow(NamedTuple):
    login: int
    currency: str
    currency_digits: int
    balance: float
    credit: float
    profit: float
    equity: float
    margin: float
    margin_free: float


class PositionRow(NamedTuple):
    ticket: int
    symbol: str
    type: int
    magic: int
    time: int
    volume: float
    price_open: float
    price_current: float
    sl: float
    tp: float
    swap: float
    profit: float
    comment: str


class DealRow(NamedTuple):
    ticket: int
    order: int
    position_id: int
    symbol: str
    type: int
    entry: int
    magic: int
    time: int
    volume: float
    price: float
    commission: float
    swap: float
    profit: float
    fee: float
    comment: str


class TickRow(NamedTuple):
    time_msc: int
    bid: float
    ask: float


class SymbolRow(NamedTuple):
    digits: int
    filling_mode: int
    session_open: float
    session_close: float


class ResultRow(NamedTuple):
    retcode: int
    deal: int
    volume: float
    price: float
    comment: str


class SimulatedTerminal:
    """Fits `bridge.terminal.Terminal`. `options` are those of `Market.begin`, for a state that does not exist yet.

    Without a path the state lives in this process alone; `load` and `save` carry it over to the next one.
    """

    def __init__(
        self, path: Path | None, zone: ZoneInfo, *, clock: Callable[[], float] = time.time, **options: Any
    ) -> None:
        self._path, self._zone, self._clock, self._options = path, zone, clock, options
        self._kept: Market | None = None
        self._error = _SUCCESS

    # ---- The state
    @contextmanager
    def market(self) -> Iterator[Market]:
        """The market as it is at this moment; what is done to it stays."""
        if self._path is None:
            market = self._kept = self._kept or self._begun()
            self._live_on(market)
            yield market
            return
        with _locked(self._path.with_suffix(".lock")):
            market = self._loaded(self._path)
            self._live_on(market)
            yield market
            _write(self._path, market)

    def load(self, path: Path) -> None:
        """Goes on where a saved state ended, if there is one."""
        if path.exists():
            self._kept = Market.from_json(json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        with self.market() as market:
            _write(path, market)

    def _begun(self) -> Market:
        return Market.begin(int(self._clock()), **self._options)

    def _loaded(self, path: Path) -> Market:
        if not path.exists():
            return self._begun()
        return Market.from_json(json.loads(path.read_text(encoding="utf-8")))

    def _live_on(self, market: Market) -> None:
        now_s = int(self._clock())
        if market.tells_story:
            story.live(market, now_s)
        else:
            market.advance(now_s)

    # ---- The calls of the package
    def initialize(self, *arguments: Any, **options: Any) -> bool:
        with self.market() as market:
            return self._answers(market)

    def shutdown(self) -> None:
        return

    def last_error(self) -> tuple[int, str]:
        return self._error

    def account_info(self) -> AccountRow | None:
        with self.market() as market:
            return self._account(market) if self._answers(market) else None

    def positions_get(self, **narrow: Any) -> Sequence[PositionRow] | None:
        with self.market() as market:
            if not self._answers(market, "no_positions"):
                return None
            wanted = narrow.get("ticket")
            rows = market.positions.values()
            return tuple(self._position(market, row) for row in rows if wanted in (None, row.ticket))

    def history_deals_get(self, *window: datetime, **narrow: Any) -> Sequence[DealRow] | None:
        with self.market() as market:
            if not self._answers(market, "no_history"):
                return None
            deals = list(market.shown_deals())
        if "position" in narrow:
            return tuple(self._deal(deal) for deal in deals if deal.position == narrow["position"])
        start, end = (moment.timestamp() for moment in window)
        rows = (self._deal(deal) for deal in deals)
        return tuple(row for row in rows if start <= row.time <= end)

    def symbol_info(self, symbol: str) -> SymbolRow | None:
        with self.market() as market:
            item = INSTRUMENTS.get(symbol)
            if item is None or not self._answers(market):
                return None
            first, last = item.price(market.day_open[symbol]), item.price(market.previous_close[symbol])
            return SymbolRow(item.digits, ALLOWS_FOK | ALLOWS_IOC, float(first), float(last))

    def symbol_info_tick(self, symbol: str) -> TickRow | None:
        with self.market() as market:
            item = INSTRUMENTS.get(symbol)
            if item is None or not self._answers(market):
                return None
            at_s = market.frozen_ticks[symbol] if market.has_fault("stale_ticks") else market.now_s
            bid, ask = market.quote(symbol)
            return TickRow(self._server_time(at_s) * 1000, float(item.price(bid)), float(item.price(ask)))

    def order_send(self, request: Mapping[str, Any]) -> ResultRow | None:
        with self.market() as market:
            if not self._answers(market):
                return None
            answer = self._carry_out(market, request)
            hang_s, is_lost = market.hang_after_order_s, market.has_fault("no_answer")
        if hang_s:
            time.sleep(hang_s)
        if is_lost:
            self._error = NO_CONNECTION
            return None
        return answer

    # ---- Answers
    def _answers(self, market: Market, fault: str = "disconnected") -> bool:
        failing = market.has_fault("disconnected") or market.has_fault(fault)
        self._error = NO_CONNECTION if failing else _SUCCESS
        return not failing

    def _account(self, market: Market) -> AccountRow:
        rows = market.positions.values()
        floating = sum((market.floating(row) + row.swap for row in rows), Decimal(0))
        margin = sum((market.margin(row) for row in rows), Decimal(0))
        equity = market.balance + floating
        return AccountRow(
            login=market.login,
            currency=market.currency,
            currency_digits=2,
            balance=float(market.balance),
            credit=0.0,
            profit=float(floating),
            equity=math.nan if market.has_fault("not_a_number") else float(equity),
            margin=float(margin),
            margin_free=float(equity - margin),
        )

    def _position(self, market: Market, row: Position) -> PositionRow:
        price = INSTRUMENTS[row.symbol].price
        return PositionRow(
            ticket=row.ticket,
            symbol=row.symbol,
            type=0 if row.side == "buy" else 1,
            magic=row.magic,
            time=self._server_time(row.opened_s),
            volume=float(row.volume),
            price_open=float(price(row.shown or row.open)),
            price_current=float(price(market.exit_points(row))),
            sl=float(price(row.stop)),
            tp=float(price(row.target)),
            swap=float(row.swap),
            profit=float(market.floating(row)),
            comment=row.comment,
        )

    def _deal(self, deal: Deal) -> DealRow:
        price = INSTRUMENTS[deal.symbol].price(deal.price) if deal.symbol else Decimal(0)
        return DealRow(
            ticket=deal.ticket,
            order=deal.order,
            position_id=deal.position,
            symbol=deal.symbol,
            type=deal.type,
            entry=deal.entry,
            magic=deal.magic,
            time=self._server_time(deal.at_s),
            volume=float(deal.volume),
            price=float(price),
            commission=float(deal.commission),
            swap=float(deal.swap),
            profit=float(deal.profit),
            fee=0.0,
            comment=deal.comment,
        )

    def _server_time(self, utc_s: int) -> int:
        """The wall clock of the broker's server, counted as if it were UTC: what MetaTrader hands out."""
        wall = datetime.fromtimestamp(utc_s, self._zone).replace(tzinfo=UTC)
        return int(wall.timestamp())

    def _carry_out(self, market: Market, request: Mapping[str, Any]) -> ResultRow:
        ticket, volume = int(request.get("position", 0)), Decimal(repr(request["volume"])).quantize(CENT)
        market.orders.append({"position": ticket, "volume": str(volume), "at_s": market.now_s})
        if market.has_fault("rejected"):
            return ResultRow(MARKET_CLOSED, 0, 0.0, 0.0, "Market closed")
        if volume <= 0:
            return ResultRow(INVALID_VOLUME, 0, 0.0, 0.0, "Invalid volume")
        if not ticket:
            market.open(request["symbol"], "buy" if request["type"] == 0 else "sell", volume)
            return self._filled(market.deals[-1], Retcode.DONE)
        if ticket not in market.positions:
            return ResultRow(Retcode.POSITION_CLOSED, 0, 0.0, 0.0, "Position doesn't exist")
        code = Retcode.DONE
        if market.has_fault("partial"):
            volume, code = (volume / 2).quantize(CENT), Retcode.DONE_PARTIAL
        deal = market.close(ticket, volume, comment=request.get("comment", ""), magic=int(request.get("magic", 0)))
        return self._filled(deal, code)

    def _filled(self, deal: Deal, code: int) -> ResultRow:
        price = INSTRUMENTS[deal.symbol].price(deal.price)
        return ResultRow(code, deal.ticket, float(deal.volume), float(price), "Request executed")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the state for one process at a time. The lock is the system's, and goes with a process that is killed."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(path: Path, market: Market) -> None:
    """Replaces the file in one step: a reader finds the old state or the new one."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(market.to_json(), default=str), encoding="utf-8")
    draft.replace(path)
