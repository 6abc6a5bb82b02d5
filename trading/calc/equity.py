"""The balance of an account over time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.calc.drawdown import RunningPeak
from trading.calc.history import Fill, Flow

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BalancePoint:
    """The account right after one moment. `flows` is all cash that moved so far, credit left out.

    `peak` is what the fall in percent is measured from. Cash moves it in proportion, so that it neither makes a drawdown
    nor heals one. Whoever knows a point can go on from it.
    """

    at: datetime
    balance: Decimal
    flows: Decimal
    peak: Decimal

    @property
    def drawdown_ratio(self) -> Decimal:
        """0.05 where the balance lies 5 % under its peak."""
        return (self.peak - self.balance) / self.peak if self.peak > 0 else ZERO


def balance_curve(opening_balance: Decimal, flows: Iterable[Flow], fills: Iterable[Fill]) -> list[BalancePoint]:
    """The balance after each moment at which it moved, in the order of time; rows may come in any order."""
    events: list[Flow | Fill] = [flow for flow in flows if flow.kind != "credit"]
    events += fills
    events.sort(key=lambda event: (event.at, event.sequence))
    held = RunningPeak(opening_balance)
    cash = ZERO
    points: list[BalancePoint] = []
    for event in events:
        if isinstance(event, Flow):
            held.pay(event.amount)
            cash += event.amount
        else:
            held.earn(event.net)
        point = BalancePoint(event.at, held.balance, cash, held.peak)
        if points and points[-1].at == event.at:
            points[-1] = point
        else:
            points.append(point)
    return points
