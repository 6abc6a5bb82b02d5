"""What a guard is given and what it answers. The words are those of the stored rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Level(StrEnum):
    NORMAL = "normal"
    WARNING = "warning"
    CRITICAL = "critical"


class Kind(StrEnum):
    DRAWDOWN = "drawdown"
    DAILY_LOSS = "daily_loss"
    MINIMUM_EQUITY = "minimum_equity"
    OPEN_RISK = "open_risk"
    MARGIN_USE = "margin_use"
    PROFIT_TARGET = "profit_target"
    MINIMUM_DAYS = "minimum_days"
    MARKET_GAP = "market_gap"
    SPREAD = "spread"
    STALE_QUOTE = "stale_quote"


MARKET_KINDS = frozenset({Kind.MARKET_GAP, Kind.SPREAD, Kind.STALE_QUOTE})
#: Reaching one is good news: it is told once and its level stays normal.
GOALS = frozenset({Kind.PROFIT_TARGET, Kind.MINIMUM_DAYS})
#: Whose critical level may close positions. Closing into a wide spread or without a quote would make the loss that it
#: should prevent, and too much open risk is cured by a nearer stop.
CLOSING_KINDS = frozenset({Kind.DRAWDOWN, Kind.DAILY_LOSS, Kind.MINIMUM_EQUITY, Kind.MARGIN_USE, Kind.MARKET_GAP})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as data. `warning` and `critical` are in `unit`: shares (0 to 1), money, days or seconds."""

    id: str
    kind: str
    critical: Decimal
    warning: Decimal | None = None
    unit: str = "ratio"
    reference: str = "peak_equity"
    trailing: str = "equity"
    share_of: str = "reference"
    initial_balance: Decimal | None = None
    lock_ratio: Decimal | None = None
    reset_time: time = time(0)
    reset_zone: str = "UTC"
    rearm_ratio: Decimal = Decimal("0.01")
    name: str = ""

    @property
    def follows_shares(self) -> bool:
        """Whether the loss that is allowed grows and shrinks with the line it is measured from."""
        return self.unit == "ratio" and self.share_of == "reference"


@dataclass(frozen=True, slots=True)
class Quote:
    symbol: str
    bid: Decimal
    ask: Decimal
    quoted_at: datetime
    previous_close: Decimal | None = None
    day_open: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """The account at a moment. Units: money in account currency.

    `flows` is everything that moved into the account without a trade, credit included, since its history began.
    `open_risk` is None where the loss at the stops has no bound. `quotes` are of the symbols with open positions.
    `checked_at` is when the quotes were looked at, where that is later than the figures.
    """

    at: datetime
    balance: Decimal
    equity: Decimal
    margin: Decimal = ZERO
    flows: Decimal = ZERO
    open_risk: Decimal | None = ZERO
    initial_balance: Decimal | None = None
    trading_days: int = 0
    quotes: tuple[Quote, ...] = ()
    checked_at: datetime | None = None

    @property
    def now(self) -> datetime:
        return self.checked_at or self.at


@dataclass(frozen=True, slots=True)
class Track:
    """What the account has been through, as far as one rule asks. All amounts are moved along with `flows`."""

    at: datetime
    balance: Decimal
    equity: Decimal
    flows: Decimal
    initial: Decimal
    start_flows: Decimal
    high: Decimal
    day: datetime
    day_balance: Decimal
    day_equity: Decimal


@dataclass(frozen=True, slots=True)
class Episodes:
    """Whether an episode of each level is going on, and how many there have been."""

    warning_open: bool = False
    critical_open: bool = False
    warnings: int = 0
    criticals: int = 0

    @property
    def level(self) -> Level:
        if self.critical_open:
            return Level.CRITICAL
        return Level.WARNING if self.warning_open else Level.NORMAL


@dataclass(frozen=True, slots=True)
class Carried:
    """What a rule takes along from one observation to the next. `episodes` go by symbol, "" for the account."""

    track: Track | None = None
    episodes: Mapping[str, Episodes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a rule is used up, in the unit of its thresholds. `forced` is a level that no number says.

    `headroom` is what may still be lost (or, for open risk and margin, still be taken on) before the rule breaks, in
    money; None for other units. `line` is what the loss is measured from, `floor` the equity at which the rule breaks.
    """

    used: Decimal | None
    warning: Decimal | None
    critical: Decimal
    rearm: Decimal
    forced: Level | None = None
    headroom: Decimal | None = None
    headroom_if_stopped: Decimal | None = None
    used_if_stopped: Decimal | None = None
    line: Decimal | None = None
    floor: Decimal | None = None
    is_unbounded: bool = False


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert: the level reached, and which episode of that level it opens."""

    level: Level
    episode: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where one rule stands for the account (symbol "") or for one symbol."""

    rule: Rule
    symbol: str
    level: Level
    reading: Reading
    fired: Fired | None = None
    is_reached: bool = False

    @property
    def should_close(self) -> bool:
        return self.level == Level.CRITICAL and self.rule.kind in CLOSING_KINDS


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts of one rule and what it carries on."""

    verdicts: tuple[Verdict, ...]
    carried: Carried
