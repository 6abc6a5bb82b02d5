"""A made-up account: all that ever happened in it, as its broker's server recorded it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from trading.samplefiles.instruments import Instrument

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the account belongs to and how long its life is. Equal profiles give equal lives, to the last cent.

    Units: times are the server's own clock, naive; `deposit` and `credit` are in the account's currency.
    """

    number: str = "51000001"
    name: str = "Demo Trader"
    company: str = "Northwind Markets Ltd"
    server: str = "NorthwindMarkets-Demo"
    currency: str = "USD"
    leverage: int = 100
    kind: str = "demo"
    margin_mode: str = "Hedge"
    seed: int = 1
    trades: int = 400
    ends_at: datetime = datetime(2026, 6, 26, 17, 30)
    days: int = 548
    deposit: Decimal = Decimal(25_000)
    credit: Decimal = ZERO

    @property
    def starts_at(self) -> datetime:
        return self.ends_at - timedelta(days=self.days)


@dataclass(slots=True)
class Order:
    """`kind` is "buy", "sell", "buy limit" ...; `price` is None at market. Not `filled` means cancelled."""

    placed_at: datetime
    done_at: datetime
    symbol: str
    kind: str
    lots: Decimal
    price: Decimal | None
    stop_loss: Decimal | None
    take_profit: Decimal | None
    filled: bool
    comment: str
    number: int = 0


@dataclass(slots=True)
class Leg:
    """One fill of a position: its entry (`gross_profit` and `swap` zero) or one of its exits."""

    at: datetime
    lots: Decimal
    price: Decimal
    gross_profit: Decimal
    commission: Decimal
    swap: Decimal
    comment: str
    order: Order
    deal: int = 0

    @property
    def net(self) -> Decimal:
        return self.gross_profit + self.commission + self.swap


@dataclass(slots=True)
class Position:
    """A round trip. `exits` are in the order of time and take all of the volume, if need be after the life ends."""

    instrument: Instrument
    side: str
    entry: Leg
    exits: Sequence[Leg]
    stop_loss: Decimal | None
    take_profit: Decimal | None
    strategy: str
    magic: int

    @property
    def ticket(self) -> int:
        return self.entry.order.number


@dataclass(slots=True)
class CashMove:
    """`kind` is "balance" or "credit", as MetaTrader calls it. `number` is its ticket, `deal` its deal."""

    at: datetime
    kind: str
    amount: Decimal
    comment: str
    number: int = 0
    deal: int = 0


@dataclass(slots=True)
class PricePath:
    """One price per day from `starts_at`; in between, the line from one to the next."""

    starts_at: datetime
    daily: Sequence[float]

    def at(self, moment: datetime) -> float:
        days = (moment - self.starts_at).total_seconds() / 86_400
        index = min(max(int(days), 0), len(self.daily) - 2)
        part = min(max(days - index, 0.0), 1.0)
        return self.daily[index] + (self.daily[index + 1] - self.daily[index]) * part


@dataclass(slots=True)
class AccountLife:
    """`positions`, `orders` and `cash` are each in the order of their numbers."""

    profile: Profile
    positions: Sequence[Position]
    orders: Sequence[Order]
    cash: Sequence[CashMove]
    prices: Mapping[str, PricePath] = field(default_factory=dict)
