"""The instruments that a made-up account trades, and what a price move is worth."""

from dataclasses import dataclass
from decimal import Decimal

ONE = Decimal(1)

#: What one unit is worth in US dollars; good enough for an account that does not exist.
DOLLARS = {"USD": ONE, "EUR": Decimal("1.09"), "GBP": Decimal("1.28"), "JPY": ONE / 150, "CAD": Decimal("0.72")}
CURRENCY_DIGITS = {"JPY": 0}


@dataclass(frozen=True, slots=True)
class Instrument:
    """Units: `contract` is what one lot holds; `commission` and `swaps` are US dollars per lot, a side and a night."""

    symbol: str
    base: str
    quote: str
    digits: int
    contract: Decimal
    start_price: float
    daily_move_ratio: float
    commission: Decimal
    swap_long: Decimal
    swap_short: Decimal

    def price(self, value: float | Decimal) -> Decimal:
        return Decimal(f"{value:.{self.digits}f}")

    def profit(self, side: str, lots: Decimal, opened: Decimal, closed: Decimal, currency: str) -> Decimal:
        """What the move earned, rounded to the decimals of the account's currency."""
        move = closed - opened if side == "buy" else opened - closed
        return money(move * lots * self.contract * self._rate(closed, currency), currency)

    def value(self, lots: Decimal, price: Decimal, currency: str) -> Decimal:
        """The worth of the whole position in the account's currency."""
        return money(lots * self.contract * price * self._rate(price, currency), currency)

    def _rate(self, price: Decimal, currency: str) -> Decimal:
        if self.quote == currency:
            return ONE
        return ONE / price if self.base == currency else DOLLARS[self.quote] / DOLLARS[currency]


def money(amount: Decimal, currency: str) -> Decimal:
    """The amount with as many decimals as the currency has."""
    return round(amount, CURRENCY_DIGITS.get(currency, 2))


def from_dollars(amount: Decimal, currency: str) -> Decimal:
    return money(amount / DOLLARS[currency], currency)


def _forex(symbol: str, digits: int, price: float, move: float, swaps: tuple[str, str]) -> Instrument:
    swap_long, swap_short = (Decimal(swap) for swap in swaps)
    base, quote = symbol[:3], symbol[3:]
    return Instrument(symbol, base, quote, digits, Decimal(100_000), price, move, Decimal("3.5"), swap_long, swap_short)


INSTRUMENTS = (
    _forex("EURUSD", 5, 1.0870, 0.0045, ("-6.9", "2.3")),
    _forex("GBPUSD", 5, 1.2710, 0.0050, ("-3.1", "-1.2")),
    _forex("USDJPY", 3, 149.80, 0.0060, ("11.4", "-20.6")),
    _forex("USDCAD", 5, 1.3640, 0.0038, ("1.8", "-6.4")),
    _forex("EURJPY", 3, 162.90, 0.0058, ("8.2", "-17.9")),
    Instrument(
        "XAUUSD", "XAU", "USD", 2, Decimal(100), 2050.0, 0.0085, Decimal("3.5"), Decimal("-32.5"), Decimal("18.4")
    ),
    Instrument("GER40", "DAX", "EUR", 1, ONE, 16900.0, 0.0090, Decimal(0), Decimal("-3.2"), Decimal("-0.6")),
    Instrument("US500", "SPX", "USD", 1, Decimal(10), 4950.0, 0.0080, Decimal(0), Decimal("-8.7"), Decimal("-1.9")),
    Instrument("BTCUSD", "BTC", "USD", 2, ONE, 43500.0, 0.0250, Decimal("9.0"), Decimal("-21.0"), Decimal("-4.0")),
)
