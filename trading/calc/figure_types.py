"""What figures are computed from, what they come out as, and how each is described."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

from trading.calc.closed_trades import ClosedTrade
from trading.calc.history import Flow

#: "money" is written without a plus sign, "signed" with one; "percent" is 12.5 for 12.5 %; "number" needs four decimals,
#: "factor" two; "duration" is in seconds.
Kind = Literal["money", "signed", "percent", "count", "number", "factor", "duration"]
#: Whose rules a figure follows.
DefinitionSet = Literal["mt5", "myfxbook", "portal"]
#: What the sample size of a figure counts.
Counted = Literal["trades", "days", "points"]


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """The account as the broker reported it at one moment."""

    at: datetime
    equity: Decimal
    margin: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The trades that figures are wanted of, and what the account held around them; all in one currency.

    Shape: trades, flows and equity in any order. `no_equity` says why there is no equity, where there is a reason for it. `opening_balance` is what was there before the first of them; where it
    is None, figures in money remain and figures in percent have a reason instead. `starts_at` and `ends_at` (half-open)
    are the period that was asked for; without them it reaches from the first opening to the last close. `zone` is the
    one whose days count.
    """

    trades: Sequence[ClosedTrade]
    flows: Sequence[Flow] = ()
    opening_balance: Decimal | None = None
    equity: Sequence[EquityPoint] = ()
    zone: tzinfo = UTC
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    no_equity: str = ""


@dataclass(frozen=True, slots=True)
class FigureValue:
    """One figure. `value` is None where it is undefined, and `reason` then says why; `note` says what to know of a value.

    `sample` is how many trades (days, points: see the registry) it rests on. `low` and `high` are the ends of its 95 %
    interval, in its own unit, where one was computed. `on` is the day that it is of, where it is of one.
    """

    key: str
    value: Decimal | None
    reason: str = ""
    sample: int = 0
    low: Decimal | None = None
    high: Decimal | None = None
    note: str = ""
    on: date | None = None


#: Figures by their key.
FigureValues = dict[str, FigureValue]


def figure(key: str, value: Decimal | None, sample: int, why: str = "", note: str = "") -> FigureValue:
    """A figure, with `why` as its reason only where there is no value, and `note` only where there is one."""
    if value is None:
        return FigureValue(key, None, reason=why, sample=sample)
    return FigureValue(key, value, sample=sample, note=note)


@dataclass(frozen=True, slots=True)
class FigureEntry:
    """What a figure is called, means and rests on.

    `label` stands alone, `short` under the heading of its `group`. `sets` has the definition sets in which the figure
    exists; the text is where that set departs from `formula`, "" where it does not. `version` rises whenever the same
    input gives another number. Below `minimum` of what `counted` names, the figure is too thin to be told. `beside` is
    the key of a second figure that is written after it in parentheses. `aliases` are other names that lead to it.
    """

    key: str
    label: str
    kind: Kind
    meaning: str
    formula: str
    sets: Mapping[DefinitionSet, str]
    group: str = ""
    short: str = ""
    beside: str = ""
    minimum: int = 1
    counted: Counted = "trades"
    version: int = 1
    aliases: tuple[str, ...] = ()
