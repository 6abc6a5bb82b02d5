"""What is lost from now on if every stop is hit at once, from the broker's own figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """One open position. Units: prices as quoted; `floating_profit` in account currency, swap and commission left out."""

    symbol: str
    side: str
    volume_lots: Decimal
    open_price: Decimal
    current_price: Decimal | None
    stop_loss: Decimal | None
    floating_profit: Decimal


def open_risk(positions: Iterable[OpenPosition]) -> Decimal | None:
    """The money between the equity now and the equity with every stop hit; None where that has no bound.

    A stop that locks in a profit still gives back what lies between the price and the stop. No bound: a position
    without a stop, or one whose worth per price unit cannot be told because its price has not moved since it opened
    and no other position in its symbol has moved either.
    """
    rows = list(positions)
    worth = value_per_lot(rows)
    total = ZERO
    for row in rows:
        loss = _loss_at_stop(row, worth)
        if loss is None:
            return None
        total += loss
    return total


def value_per_lot(positions: Iterable[OpenPosition]) -> dict[str, Decimal]:
    """What one lot earns in account currency when the price rises by one, by symbol.

    Taken from the position that earned or lost the most: brokers round profit to the cent, so a small one says little.
    """
    best: dict[str, OpenPosition] = {}
    for row in positions:
        if not row.current_price or row.current_price == row.open_price or not row.floating_profit:
            continue
        if row.symbol not in best or abs(row.floating_profit) > abs(best[row.symbol].floating_profit):
            best[row.symbol] = row
    return {symbol: _value(row) for symbol, row in best.items()}


def _value(row: OpenPosition) -> Decimal:
    assert row.current_price is not None
    return row.floating_profit / (_sign(row) * (row.current_price - row.open_price) * row.volume_lots)


def _loss_at_stop(row: OpenPosition, worth: dict[str, Decimal]) -> Decimal | None:
    """Never below zero: a stop on the far side of the price would be hit at the price itself."""
    if not row.stop_loss or not row.current_price or row.symbol not in worth:
        return None
    distance = _sign(row) * (row.current_price - row.stop_loss)
    return max(ZERO, distance * row.volume_lots * worth[row.symbol])


def _sign(row: OpenPosition) -> int:
    return 1 if row.side == "buy" else -1
