"""An account's days in percent: its time-weighted index, which starts at 100 and says nothing of amounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal

from trading.calc.history import Booking, Flow

ZERO, START = Decimal(0), Decimal(100)


@dataclass(frozen=True, slots=True)
class PercentDay:
    """A day on which the balance moved. `held` is the balance before its first booking, `balance` the one at its end.

    Units: `index` at the end of the day; `drawdown_ratio` is the deepest fall of the index below its peak on that day.
    """

    day: date
    held: Decimal
    balance: Decimal
    index: Decimal
    drawdown_ratio: Decimal


def percent_days(
    opening_balance: Decimal, flows: Iterable[Flow], bookings: Iterable[Booking], zone: tzinfo
) -> tuple[list[PercentDay], int]:
    """The days of `zone` in order, and how many results have no percentage; rows may come in any order.

    Each result multiplies the index by 1 + result / balance right before it, so that cash moves nothing. A result that is
    booked while nothing is held has no percentage and leaves the index; what lost everything leaves it at zero.
    """
    events: list[Flow | Booking] = [flow for flow in flows if flow.kind != "credit"]
    events += bookings
    events.sort(key=lambda event: (event.at, event.sequence))
    balance, index, peak = opening_balance, START, START
    days: list[PercentDay] = []
    current: date | None = None
    held, deepest, without = balance, ZERO, 0

    def close_day() -> None:
        if current is not None:
            days.append(PercentDay(current, held, balance, index, deepest))

    for event in events:
        day = event.at.astimezone(zone).date()
        if day != current:
            close_day()
            current, held, deepest = day, balance, _fall(index, peak)
        if isinstance(event, Flow):
            balance += event.amount
            continue
        if balance > 0:
            index = max(ZERO, index * (1 + event.net / balance))
            peak = max(peak, index)
            deepest = max(deepest, _fall(index, peak))
        elif event.net:
            without += 1
        balance += event.net
    close_day()
    return days, without


def _fall(index: Decimal, peak: Decimal) -> Decimal:
    return 1 - index / peak
