"""A market and an account in it, made of nothing but a seed: prices that walk, fills, stops, costs. No clock of its own.

Prices are whole points and money is Decimal, so that the same seed and the same seconds give the same account everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
CENT = Decimal("0.01")
ZERO = Decimal(0)
#: Seconds of absence that are lived through; a longer one is skipped.
MOST_STEPS = 600
KEPT_DEALS = 4_000
DAY_S = 86_400
COMMISSION_A_LOT = Decimal("-3.50")
SWAP_A_LOT = Decimal("-1.20")


@dataclass(frozen=True, slots=True)
class Instrument:
    """Units: `start`, `spread` and `move` (the deviation of a second's step) in points."""

    symbol: str
    digits: int
    contract: int
    quote: str
    start: int
    spread: int
    move: float

    def price(self, points: int) -> Decimal:
        return Decimal(points).scaleb(-self.digits)

    def points(self, price: Decimal) -> int:
        return int(price.scaleb(self.digits))


INSTRUMENTS = {
    item.symbol: item
    for item in (
        Instrument("EURUSD", 5, 100_000, "USD", 108_500, 8, 4.0),
        Instrument("GBPUSD", 5, 100_000, "USD", 126_900, 11, 5.0),
        Instrument("USDJPY", 3, 100_000, "JPY", 154_200, 12, 6.0),
        Instrument("XAUUSD", 2, 100, "USD", 265_000, 22, 14.0),
        Instrument("US500", 1, 10, "USD", 59_800, 5, 3.0),
        Instrument("BTCUSD", 2, 1, "USD", 9_650_000, 1_500, 900.0),
    )
}


@dataclass(slots=True)
class Position:
    """Units: prices in points; `opened_s` in seconds since 1970, UTC. `shown` is an entry price that the broker got wrong."""

    ticket: int
    symbol: str
    side: str
    volume: Decimal
    opened_s: int
    open: int
    stop: int = 0
    target: int = 0
    swap: Decimal = ZERO
    magic: int = 0
    comment: str = ""
    shown: int = 0


@dataclass(slots=True)
class Deal:
    """A fill or a cash flow (symbol ""). `hidden_until_s`: the history shows it late."""

    ticket: int
    order: int
    position: int
    symbol: str
    type: int
    entry: int
    at_s: int
    volume: Decimal = ZERO
    price: int = 0
    commission: Decimal = ZERO
    swap: Decimal = ZERO
    profit: Decimal = ZERO
    magic: int = 0
    comment: str = ""
    hidden_until_s: int = 0


@dataclass(slots=True)
class Market:
    """The whole state. Shape: `faults` = name to the second until which it lasts; `orders` = every order that arrived."""

    seed: int = 1
    login: int = 61_000_001
    currency: str = "USD"
    leverage: int = 100
    now_s: int = 0
    steps: int = 0
    balance: Decimal = ZERO
    walks: bool = True
    trades: bool = True
    most_open: int = 5
    tells_story: bool = False
    next_number: int = 50_000_001
    hang_after_order_s: float = 0
    mids: dict[str, int] = field(default_factory=dict)
    day_open: dict[str, int] = field(default_factory=dict)
    previous_close: dict[str, int] = field(default_factory=dict)
    frozen_ticks: dict[str, int] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    deals: list[Deal] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    orders: list[Row] = field(default_factory=list)

    # ---- Beginning, keeping
    @classmethod
    def begin(cls, now_s: int, *, deposit: Decimal = Decimal(10_000), **options: Any) -> Market:
        """A new account with a deposit."""
        market = cls(now_s=now_s, **options)
        for symbol, item in INSTRUMENTS.items():
            market.mids[symbol] = market.day_open[symbol] = market.previous_close[symbol] = item.start
        market.book_cash(deposit, "Deposit")
        return market

    def to_json(self) -> Row:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Row) -> Market:
        positions = {int(key): _revived(Position, row) for key, row in data["positions"].items()}
        deals = [_revived(Deal, row) for row in data["deals"]]
        balance = Decimal(data["balance"])
        return cls(**{**data, "positions": positions, "deals": deals, "balance": balance})

    # ---- Time
    def advance(self, now_s: int) -> None:
        """Lives on until that second."""
        self.now_s = max(self.now_s, now_s - MOST_STEPS)
        while self.now_s < now_s:
            before_day = self.now_s // DAY_S
            self.now_s += 1
            self.steps += 1
            self._step(random.Random(f"{self.seed}/{self.steps}"))
            if self.now_s // DAY_S != before_day:
                self._new_day()
        del self.deals[:-KEPT_DEALS]
        del self.orders[:-KEPT_DEALS]

    def _step(self, rng: random.Random) -> None:
        if self.walks:
            for symbol, item in INSTRUMENTS.items():
                pull = (item.start - self.mids[symbol]) / item.start
                self.mids[symbol] += round(rng.gauss(pull * item.move * 4, item.move))
        self._hit_stops()
        if self.trades:
            self._trade(rng)

    def _new_day(self) -> None:
        for symbol, mid in self.mids.items():
            self.previous_close[symbol] = self.day_open[symbol] = mid
        for position in self.positions.values():
            position.swap += (SWAP_A_LOT * position.volume).quantize(CENT)

    def _hit_stops(self) -> None:
        for position in list(self.positions.values()):
            price, sign = self.exit_points(position), 1 if position.side == "buy" else -1
            if position.stop and (price - position.stop) * sign <= 0:
                self.close(position.ticket, comment="[sl]", at=position.stop)
            elif position.target and (price - position.target) * sign >= 0:
                self.close(position.ticket, comment="[tp]", at=position.target)

    def _trade(self, rng: random.Random) -> None:
        """A trader who opens, takes part of a profit, and closes."""
        symbols = [symbol for symbol in INSTRUMENTS if not (self.tells_story and symbol == "EURUSD")]
        own = [row for row in self.positions.values() if row.magic]
        if len(self.positions) < self.most_open and rng.random() < 1 / 40:
            symbol = rng.choice(symbols)
            distance = int(INSTRUMENTS[symbol].move * rng.uniform(20, 60))
            lots = Decimal(rng.randint(2, 20)) / 100
            self.open(symbol, rng.choice(("buy", "sell")), lots, stop=distance, target=distance * 3 // 2, magic=8001)
        elif own and rng.random() < 1 / 100:
            chosen = rng.choice(own)
            part = (chosen.volume / 2).quantize(CENT) if rng.random() < 0.5 else chosen.volume
            self.close(chosen.ticket, part or chosen.volume, comment="Strategy")

    # ---- Acts of the trader and the broker
    def open(
        self,
        symbol: str,
        side: str,
        volume: Decimal,
        *,
        stop: int = 0,
        target: int = 0,
        magic: int = 0,
        comment: str = "",
    ) -> Position:
        """A position at the market's price. Units: stop and target as distances in points, 0 for none."""
        bid, ask = self.quote(symbol)
        price, sign = (ask, 1) if side == "buy" else (bid, -1)
        position = Position(
            self._number(), symbol, side, volume, self.now_s, price, magic=magic, comment=comment,
            stop=price - sign * stop if stop else 0, target=price + sign * target if target else 0,
        )  # fmt: skip
        self.positions[position.ticket] = position
        self._fill(position, position.ticket, 0, price, volume, comment)
        return position

    def close(
        self, ticket: int, volume: Decimal | None = None, *, comment: str = "", magic: int = 0, at: int = 0
    ) -> Deal:
        """Closes a position or a part of it, at the market's price unless `at` says another."""
        position = self.positions[ticket]
        volume = position.volume if volume is None else min(volume, position.volume)
        price = at or self.exit_points(position)
        swap = (position.swap * volume / position.volume).quantize(CENT)
        deal = self._fill(position, self._number(), 1, price, volume, comment, magic=magic or position.magic)
        deal.swap, deal.profit = swap, self.profit(position, price, volume, position.open)
        self.balance += swap + deal.profit
        position.swap -= swap
        position.volume -= volume
        if not position.volume:
            del self.positions[ticket]
        return deal

    def book_cash(self, amount: Decimal, comment: str) -> Deal:
        deal = Deal(self._number(), 0, 0, "", 2, 0, self.now_s, profit=amount, comment=comment)
        self.deals.append(deal)
        self.balance += amount
        return deal

    def _fill(
        self,
        position: Position,
        order: int,
        entry: int,
        price: int,
        volume: Decimal,
        comment: str,
        magic: int | None = None,
    ) -> Deal:
        is_buy = (position.side == "buy") is (entry == 0)
        commission = (COMMISSION_A_LOT * volume).quantize(CENT)
        deal = Deal(
            self._number(), order, position.ticket, position.symbol, 0 if is_buy else 1, entry, self.now_s, volume, price,
            commission, magic=position.magic if magic is None else magic, comment=comment,
        )  # fmt: skip
        self.deals.append(deal)
        self.balance += commission
        return deal

    def _number(self) -> int:
        self.next_number += 1
        return self.next_number

    # ---- Prices and figures
    def move(self, symbol: str, points: int) -> None:
        """Moves the price by points, as news would."""
        self.mids[symbol] += points

    def quote(self, symbol: str) -> tuple[int, int]:
        """Bid and ask in points."""
        bid = self.mids[symbol] - INSTRUMENTS[symbol].spread // 2
        return bid, bid + INSTRUMENTS[symbol].spread

    def exit_points(self, position: Position) -> int:
        bid, ask = self.quote(position.symbol)
        return bid if position.side == "buy" else ask

    def profit(self, position: Position, price: int, volume: Decimal, entry: int) -> Decimal:
        """In the account's currency, without costs."""
        item = INSTRUMENTS[position.symbol]
        distance = item.price(price - entry) * (1 if position.side == "buy" else -1)
        return self._converted(distance * item.contract * volume, item.quote)

    def floating(self, position: Position) -> Decimal:
        """What the broker shows as the position's profit."""
        entry = position.shown or position.open
        return self.profit(position, self.exit_points(position), position.volume, entry)

    def margin(self, position: Position) -> Decimal:
        item = INSTRUMENTS[position.symbol]
        worth = item.price(self.mids[position.symbol]) * item.contract * position.volume
        return self._converted(worth / self.leverage, item.quote)

    def equity(self) -> Decimal:
        return self.balance + sum((self.floating(row) + row.swap for row in self.positions.values()), ZERO)

    def _converted(self, amount: Decimal, currency: str) -> Decimal:
        if currency == "JPY":
            amount /= INSTRUMENTS["USDJPY"].price(self.mids["USDJPY"])
        if self.currency == "EUR":
            amount /= INSTRUMENTS["EURUSD"].price(self.mids["EURUSD"])
        return amount.quantize(CENT)

    # ---- What goes wrong
    def begin_fault(self, name: str, seconds: int) -> None:
        """Lets something go wrong for a while: see the names in simulated.py."""
        self.faults[name] = self.now_s + seconds
        if name == "stale_ticks":
            self.frozen_ticks = dict.fromkeys(INSTRUMENTS, self.now_s)

    def has_fault(self, name: str) -> bool:
        return self.faults.get(name, 0) > self.now_s

    def misprice(self, ticket: int, points: int) -> None:
        """The broker shows an entry price that is not the fill's; 0 points puts it right."""
        position = self.positions[ticket]
        position.shown = position.open + points if points else 0

    def hide_deals_of(self, ticket: int, seconds: int) -> None:
        """The history is late: the position shows, its fill does not."""
        for deal in self.deals:
            if deal.position == ticket:
                deal.hidden_until_s = self.now_s + seconds

    def shown_deals(self) -> Iterator[Deal]:
        return (deal for deal in self.deals if deal.hidden_until_s <= self.now_s)


def _revived(kind: Any, row: Row) -> Any:
    """The row with its decimals, which JSON holds as texts."""
    amounts = {one.name for one in fields(kind) if one.type == "Decimal"}
    return kind(**{name: Decimal(value) if name in amounts else value for name, value in row.items()})
