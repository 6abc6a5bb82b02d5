"""What one trade put at stake and aimed for, and what came of it. The one place that knows what a unit of price is worth."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Reason = Literal["", "no_stop", "stop_at_entry", "no_target", "target_at_entry", "no_worth"]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Levels:
    """The prices of a trade. `stop` is the initial one; `exit_` is None while the trade is open."""

    side: str
    entry: Decimal
    exit_: Decimal | None
    stop: Decimal | None
    target: Decimal | None

    @property
    def sign(self) -> int:
        return 1 if self.side == "buy" else -1


@dataclass(frozen=True, slots=True)
class Plan:
    """Units: money in the account's currency; risk and reward are positive. `ratio` is reward / risk.

    `beyond_stop` is by how much, in price, the exit was worse than the initial stop, and `slippage` its money; both are
    None where it was not. `locks_in` says that the stop stood on the side of profit, so that it put nothing at stake.
    The reasons say why risk and reward are None.
    """

    risk: Decimal | None
    reward: Decimal | None
    ratio: Decimal | None
    net: Decimal | None
    r_multiple: Decimal | None
    beyond_stop: Decimal | None
    slippage: Decimal | None
    locks_in: bool
    risk_reason: Reason
    reward_reason: Reason


def worth_of(entry: Decimal, exit_: Decimal, gross: Decimal) -> Decimal | None:
    """What a unit of price was worth to this trade, by its own money; None where price or money did not move."""
    return None if exit_ == entry or not gross else abs(gross / (exit_ - entry))


def risk_of(entry: Decimal, stop: Decimal, worth: Decimal | None) -> Decimal | None:
    """What the initial stop put at stake; None where it stood at the entry, or a unit of price has no known worth.

    Source: domain.md, R multiple.
    """
    return None if worth is None or stop == entry else abs(entry - stop) * worth


def plan_of(levels: Levels, worth: Decimal | None, net: Decimal | None) -> Plan:
    """The plan beside the result. `worth` is what a unit of price is worth to the whole volume; `net` None while open."""
    risk = None if levels.stop is None else risk_of(levels.entry, levels.stop, worth)
    reward = None if levels.target is None else risk_of(levels.entry, levels.target, worth)
    locks_in = levels.stop is not None and (levels.stop - levels.entry) * levels.sign > 0
    beyond = None if locks_in else _beyond(levels)
    return Plan(
        risk=risk,
        reward=reward,
        ratio=reward / risk if reward is not None and risk else None,
        net=net,
        r_multiple=net / risk if net is not None and risk else None,
        beyond_stop=beyond,
        slippage=beyond * worth if beyond is not None and worth is not None else None,
        locks_in=locks_in,
        risk_reason=_reason(levels.stop, levels.entry, worth, "no_stop", "stop_at_entry"),
        reward_reason=_reason(levels.target, levels.entry, worth, "no_target", "target_at_entry"),
    )


def _beyond(levels: Levels) -> Decimal | None:
    if levels.exit_ is None or levels.stop is None:
        return None
    distance = (levels.stop - levels.exit_) * levels.sign
    return distance if distance > 0 else None


def _reason(level: Decimal | None, entry: Decimal, worth: Decimal | None, missing: Reason, at_entry: Reason) -> Reason:
    if level is None:
        return missing
    if level == entry:
        return at_entry
    return "no_worth" if worth is None else ""
