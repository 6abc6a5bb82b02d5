"""A history in the order of time, and of each fill only what figures of the balance need: a long one is quick to read so."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from trading.calc.history import Fill, Flow

ZERO = Decimal(0)
#: What a fill is: an entry, or an exit from a trade of this side.
ENTRY, EXIT_OF_BUY, EXIT_OF_SELL = range(3)


class PlacedFlow(NamedTuple):
    """Cash that moved after so many of the fills."""

    after: int
    flow: Flow


@dataclass(frozen=True, slots=True)
class Sums:
    """What all fills add up to, by column."""

    gross_profit: Decimal = ZERO
    commission: Decimal = ZERO
    swap: Decimal = ZERO
    fee: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.gross_profit + self.commission + self.swap + self.fee


@dataclass(frozen=True, slots=True)
class Ledger:
    """Shape: `nets` and `marks` hold one item for each fill and are in order, as are `flows`."""

    nets: Sequence[Decimal]
    marks: bytes
    flows: Sequence[PlacedFlow]
    sums: Sums


def ledger_of(fills: Sequence[Fill], flows: Sequence[Flow]) -> Ledger:
    """The ledger of fills and flows in any order. Of the same moment and sequence, a fill comes before a flow."""
    ordered = sorted(fills, key=lambda fill: (fill.at, fill.sequence))
    moments = [(fill.at, fill.sequence) for fill in ordered]
    return Ledger(
        nets=[fill.net for fill in ordered],
        marks=bytes(_mark(fill) for fill in ordered),
        flows=[
            PlacedFlow(bisect_right(moments, (flow.at, flow.sequence)), flow)
            for flow in sorted(flows, key=lambda flow: (flow.at, flow.sequence))
        ],
        sums=Sums(
            gross_profit=sum((fill.gross_profit for fill in fills), ZERO),
            commission=sum((fill.commission for fill in fills), ZERO),
            swap=sum((fill.swap for fill in fills), ZERO),
            fee=sum((fill.fee for fill in fills), ZERO),
        ),
    )


def _mark(fill: Fill) -> int:
    if not fill.is_exit:
        return ENTRY
    return EXIT_OF_BUY if fill.side == "buy" else EXIT_OF_SELL
