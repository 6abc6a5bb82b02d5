"""What the arithmetic works on: an account's fills and cash flows, free of any platform, file or table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

#: Cash that is neither earned nor lost. Interest, dividends, fees, taxes and corrections are.
EXTERNAL_KINDS = ("deposit", "withdrawal", "credit", "bonus")


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `side` is the side of the *trade* it belongs to ("buy" for an exit that sells a long).

    `is_exit` is true for out, in/out and out by. Costs are negative. `sequence` orders fills of the same moment.
    """

    at: datetime
    sequence: int
    is_exit: bool
    side: str
    gross_profit: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal

    @property
    def net(self) -> Decimal:
        return self.gross_profit + self.commission + self.swap + self.fee


class Booking(NamedTuple):
    """What one execution moved the balance by, all costs included: as much of a fill as a balance needs."""

    at: datetime
    sequence: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that moved without a trade. `kind` is a cash flow kind of the glossary (deposit, credit, dividend ...)."""

    at: datetime
    sequence: int
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OpenPosition:
    swap: Decimal
    commission: Decimal
    floating_profit: Decimal


@dataclass(frozen=True, slots=True)
class History:
    """Shape: fills and flows in any order; the functions sort. `opening_balance` is None where it is not known.

    `margin` is the broker's own (it can't be computed from trades); None where not reported. `credit` is the broker's
    own where the flows don't tell it; None where it is the sum of the credit flows. `exposures` are the broker's own as
    well: what the account holds of each asset, in its currency; empty where not reported. Some brokers leave floating profit
    out of the free margin: `free_margin_counts_floating` is then False.
    """

    fills: Sequence[Fill]
    flows: Sequence[Flow]
    positions: Sequence[OpenPosition] = ()
    opening_balance: Decimal | None = None
    margin: Decimal | None = None
    exposures: Sequence[Decimal] = ()
    credit: Decimal | None = None
    free_margin_counts_floating: bool = True
