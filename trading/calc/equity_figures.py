"""What the equity that the broker reported says: how far it fell, and how much of the record its reports cover."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from trading.calc.figure_types import EquityPoint, FigureValues, Sample, figure
from trading.calc.path_figures import FALLS, Move, balance_drawdown, fall_values
from trading.calc.returns import between_reports
from trading.calc.words import marked as _

ZERO = Decimal(0)
NO_FEED = _("No live feed has reported equity in this period.")
ONE_REPORT = _("It needs two reports of the equity.")
#: Reports cover a record that lacks no more than this share of its weekdays.
_MOST_MISSING = Decimal("0.1")
_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Coverage:
    """From the first report to the last: how many weekdays there are, and how many of them have none."""

    first_at: datetime
    last_at: datetime
    weekdays: int
    missing: int


def in_order_of_time(points: Sequence[EquityPoint]) -> list[EquityPoint]:
    """The reports in the order of time, one for each moment: of two the same one, in whatever order they come."""
    ordered = sorted(points, key=lambda point: (point.at, point.equity))
    return list({point.at: point for point in ordered}.values())


def coverage_of(points: Sequence[EquityPoint], zone: tzinfo) -> Coverage | None:
    """What the reports, in the order of time, cover by the days of the zone; None without any."""
    if not points:
        return None
    first, last = points[0].at, points[-1].at
    reported = {point.at.astimezone(zone).date() for point in points}
    weekdays = _weekdays(first, last, zone)
    return Coverage(first, last, weekdays, weekdays - sum(on.weekday() < _SATURDAY for on in reported))


def covers(covered: Coverage, record: tuple[datetime, datetime] | None, zone: tzinfo) -> bool:
    """Whether the reports reach from the first day of the record to its last, a tenth of the weekdays left out."""
    if record is None:
        return covered.first_at < covered.last_at
    starts_at, ends_at = record
    before = _weekdays(starts_at, covered.first_at - _DAY, zone)
    after = _weekdays(covered.last_at + _DAY, ends_at, zone)
    missing = before + after + covered.missing
    return covered.first_at < covered.last_at and missing <= (before + after + covered.weekdays) * _MOST_MISSING


def equity_figures(sample: Sample) -> FigureValues:
    """The drawdowns of the reported equity, which cash neither makes nor heals: by the rule for the balance."""
    points = in_order_of_time(sample.equity)
    fall = balance_drawdown(points[0].equity, _moves(sample, points)) if len(points) > 1 else None
    why = ONE_REPORT if points else sample.no_equity or NO_FEED
    values = fall_values(fall) if fall else dict.fromkeys(FALLS)
    return {
        key: figure(key, value, len(points), why)
        for key, value in ((f"equity_drawdown_{name}", of) for name, of in values.items())
    }


def _moves(sample: Sample, points: Sequence[EquityPoint]) -> Iterator[Move]:
    for before, after, cash in between_reports(points, sample.flows):
        paid = ZERO
        for flow in cash:
            paid += flow.amount
            yield Move(flow.at, flow.amount, ZERO, is_trade=False)
        yield Move(after.at, ZERO, after.equity - before.equity - paid, is_trade=True)


def _weekdays(first: datetime, last: datetime, zone: tzinfo) -> int:
    """How many Mondays to Fridays there are from the day of `first` to that of `last`, both counted."""
    on, until = first.astimezone(zone).date(), last.astimezone(zone).date()
    weeks, rest = divmod(max(0, (until - on).days + 1), 7)
    return weeks * 5 + sum((on + timedelta(days=number)).weekday() < _SATURDAY for number in range(rest))
