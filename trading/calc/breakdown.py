"""Closed trades put into groups: what each group adds up to, and into which group a trade belongs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

ZERO = Decimal(0)
#: Hours of the day, [first, last), on Monday to Friday of the session's own zone; the session that opened last comes first.
SESSIONS: tuple[tuple[str, ZoneInfo, int, int], ...] = (
    ("new_york", ZoneInfo("America/New_York"), 8, 17),
    ("london", ZoneInfo("Europe/London"), 8, 17),
    ("asia", ZoneInfo("Asia/Tokyo"), 9, 18),
)
NO_SESSION = "none"
FRIDAY = 5
#: Name of each holding time, and the seconds it ends before; the last one has no end.
HOLDINGS: tuple[tuple[str, int | None], ...] = (
    ("under_5m", 300),
    ("5m_30m", 1_800),
    ("30m_2h", 7_200),
    ("2h_8h", 28_800),
    ("8h_1d", 86_400),
    ("1d_5d", 432_000),
    ("over_5d", None),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a group of trades of one currency comes to.

    Units: money with all costs in it, but for `costs` (commission, swap and fee; negative) alone. A trade with a net of
    zero counts in `trades` only.
    """

    trades: int = 0
    wins: int = 0
    losses: int = 0
    gross_profit: Decimal = ZERO
    gross_loss: Decimal = ZERO
    costs: Decimal = ZERO
    volume_lots: Decimal = ZERO

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.trades + other.trades,
            self.wins + other.wins,
            self.losses + other.losses,
            self.gross_profit + other.gross_profit,
            self.gross_loss + other.gross_loss,
            self.costs + other.costs,
            self.volume_lots + other.volume_lots,
        )

    @property
    def net(self) -> Decimal:
        return self.gross_profit + self.gross_loss

    @property
    def win_ratio(self) -> Decimal | None:
        return Decimal(self.wins) / self.trades if self.trades else None

    @property
    def profit_factor(self) -> Decimal | None:
        """None where nothing was lost."""
        return self.gross_profit / -self.gross_loss if self.gross_loss else None

    @property
    def average(self) -> Decimal | None:
        return self.net / self.trades if self.trades else None

    def share_of(self, whole: "Tally") -> Decimal | None:
        """The part of the trades, 0 to 1. A part of the money says nothing where groups won and lost."""
        return Decimal(self.trades) / whole.trades if whole.trades else None


def total(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def session_of(opened_at: datetime) -> str:
    """The session open at the entry; where two are, the one that opened last, so that a trade counts once."""
    for name, zone, first, last in SESSIONS:
        local = opened_at.astimezone(zone)
        if local.isoweekday() <= FRIDAY and first <= local.hour < last:
            return name
    return NO_SESSION


def holding_of(held: timedelta) -> str:
    """The name of the holding time, from the first opening to the last close."""
    return next(name for name, end_s in HOLDINGS if end_s is None or held < timedelta(seconds=end_s))


def holding_bounds(name: str) -> tuple[timedelta, timedelta | None]:
    """The shortest holding time of that name, and the one that it ends before. Errors: ValueError for a name of none."""
    names = [known for known, _end in HOLDINGS]
    place = names.index(name)
    least = HOLDINGS[place - 1][1] if place else 0
    end = HOLDINGS[place][1]
    return timedelta(seconds=least or 0), None if end is None else timedelta(seconds=end)
