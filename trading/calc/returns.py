"""Time-weighted returns: what a unit of money that stayed from the beginning became, by stretch and by day.

A stretch ends where external cash moves, and at the end of each day: r = what was earned / what was there at its beginning.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from math import prod

from trading.calc.closed_trades import ClosedTrade
from trading.calc.figure_types import EquityPoint
from trading.calc.history import EXTERNAL_KINDS, Flow

ZERO, ONE = Decimal(0), Decimal(1)
_SATURDAY = 5
_MICROSECOND = timedelta(microseconds=1)
_DAY_MICROSECONDS = timedelta(days=1) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Stretch:
    """`base` is the money at work, `gained` what it earned. `is_estimate`: cash moved in it at a moment between two reports."""

    on: date
    base: Decimal
    gained: Decimal
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class Returns:
    """`growth` is what one became: 1.1 for 10 %, 0 where all was lost. `daily` has the return of each of `days` as a ratio.

    Days are Mondays to Fridays from the first to the last, and other days on which something moved. `estimates` counts
    the stretches whose return is Modified Dietz.
    """

    growth: Decimal
    days: Sequence[date]
    daily: Sequence[Decimal]
    length_days: Decimal
    estimates: int = 0


def returns_of(stretches: Iterable[Stretch], starts_at: datetime, ends_at: datetime, zone: tzinfo) -> Returns | None:
    """The returns of stretches in the order of time. None where something was earned with nothing, or less, at work."""
    by_day: dict[date, Decimal] = {}
    estimates = 0
    for stretch in stretches:
        if not stretch.gained:
            continue
        if stretch.base <= 0:
            return None
        factor = max(ZERO, ONE + stretch.gained / stretch.base)
        by_day[stretch.on] = by_day.get(stretch.on, ONE) * factor
        estimates += stretch.is_estimate
    length = Decimal((ends_at - starts_at) // _MICROSECOND) / _DAY_MICROSECONDS
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    days = [on for on in every if on.weekday() < _SATURDAY or on in by_day]
    daily = [by_day.get(on, ONE) - ONE for on in days]
    return Returns(prod(by_day.values(), start=ONE), days, daily, length, estimates)


def balance_stretches(
    opening: Decimal, trades: Iterable[ClosedTrade], flows: Iterable[Flow], zone: tzinfo
) -> Iterator[Stretch]:
    """The stretches of the balance, trades and flows in any order; cash of the same moment as a close comes before it.

    The balance is known at every flow, so nothing is estimated. Cash that is earned or paid for (interest, dividends, fees,
    taxes, corrections) is part of the result; credit is no balance.
    """
    events = [(flow.at, flow.kind not in EXTERNAL_KINDS, flow.amount) for flow in flows if flow.kind != "credit"]
    events += [(trade.closed_at, True, trade.net) for trade in trades]
    events.sort(key=lambda event: event[:2])
    base, gained = opening, ZERO
    on, until = date.min, datetime.min.replace(tzinfo=zone)
    for at, is_earned, amount in events:
        if at >= until:
            if gained:
                yield Stretch(on, base, gained)
            base, gained = base + gained, ZERO
            on = at.astimezone(zone).date()
            until = datetime.combine(on + timedelta(days=1), time.min, zone)
        if is_earned:
            gained += amount
            continue
        if gained:
            yield Stretch(on, base, gained)
        base, gained = base + gained + amount, ZERO
    if gained:
        yield Stretch(on, base, gained)


def equity_stretches(points: Sequence[EquityPoint], flows: Iterable[Flow], zone: tzinfo) -> Iterator[Stretch]:
    """The stretches between reports of the equity, in the order of time.

    Where cash moved between two of them the return is Modified Dietz: base = E + sum of w F, w = the share of the stretch
    that was left when F moved. Where one report stands right before the cash and one right after, it is next to exact.
    """
    for before, after, cash in between_reports(points, flows):
        length = (after.at - before.at) // _MICROSECOND
        paid = sum((flow.amount for flow in cash), ZERO)
        weighted = sum((flow.amount * ((after.at - flow.at) // _MICROSECOND) for flow in cash), ZERO)
        yield Stretch(
            on=after.at.astimezone(zone).date(),
            base=before.equity + weighted / length,
            gained=after.equity - before.equity - paid,
            is_estimate=bool(cash),
        )


def between_reports(
    points: Sequence[EquityPoint], flows: Iterable[Flow]
) -> Iterator[tuple[EquityPoint, EquityPoint, Sequence[Flow]]]:
    """Each two neighbouring reports, in the order of time, with the external cash after the first, up to and with the second."""
    cash = sorted((flow for flow in flows if flow.kind in EXTERNAL_KINDS), key=lambda flow: (flow.at, flow.sequence))
    place = 0
    for number in range(1, len(points)):
        before, after = points[number - 1], points[number]
        while place < len(cash) and cash[place].at <= before.at:
            place += 1
        first = place
        while place < len(cash) and cash[place].at <= after.at:
            place += 1
        yield before, after, cash[first:place]
