"""A closed round trip, free of any platform, file or table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """One round trip, opened and wholly closed.

    Units: money in the account's currency, costs negative. `risk` is what the initial stop put at stake, positive; None
    without an initial stop. `balance_at_open` is the balance right before the trade opened; None where not known.
    `closes` is the moment and the volume of each partial close; empty where the source gives none.
    """

    id: UUID
    account_id: UUID
    symbol: str
    side: str
    opened_at: datetime
    closed_at: datetime
    volume_lots: Decimal
    gross_profit: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    strategy: str = ""
    tags: tuple[str, ...] = ()
    risk: Decimal | None = None
    balance_at_open: Decimal | None = None
    closes: tuple[tuple[datetime, Decimal], ...] = ()
    #: Added up once, since nearly every figure asks for it.
    net: Decimal = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "net", self.gross_profit + self.commission + self.swap + self.fee)

    @property
    def r_multiple(self) -> Decimal | None:
        """The result as a multiple of what was put at stake; None without an initial stop."""
        return self.net / self.risk if self.risk else None

    @property
    def holding(self) -> timedelta:
        """How long the trade was held: the mean over its partial closes, each with its volume as weight."""
        volume = sum((lots for _, lots in self.closes), ZERO) if self.closes else ZERO
        if not volume:
            return self.closed_at - self.opened_at
        # Whole microseconds: what is left over is less than a clock can tell.
        held = sum(((at - self.opened_at) // timedelta(microseconds=1) * lots for at, lots in self.closes), ZERO)
        return timedelta(microseconds=int(held / volume))


def in_order(trades: Iterable[ClosedTrade]) -> Sequence[ClosedTrade]:
    """The trades in the order in which they closed, then in which they opened, then by id: the same in every process."""
    return sorted(trades, key=lambda trade: (trade.closed_at, trade.opened_at, trade.id))
