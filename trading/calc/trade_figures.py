"""What trades put at stake, how long they were held, and how far their results lie from each other."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from itertools import pairwise

from trading.calc.closed_trades import ZERO, ClosedTrade
from trading.calc.figure_types import EquityPoint, FigureValues, Sample, figure
from trading.calc.rounding import WIDE_PRECISION
from trading.calc.undefined import NO_LOST_TRADES, NO_TRADES, NO_WON_TRADES
from trading.calc.words import marked as _

HUNDRED = Decimal(100)
#: More trades do not raise the capped system quality number.
MOST_IN_SQN = 100
NO_STOP = _("No trade has an initial stop.")
ONE_STOP = _("It needs two trades with an initial stop.")
SAME_R = _("All R multiples are the same.")
ONE_TRADE = _("It needs two trades.")
NO_PERIOD = _("All of it happened at one moment.")
NO_REPORTS = _("The broker reported no margin for these trades.")
LEFT_OUT = _("Without the reports whose equity was not above zero.")
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS = 1_000_000


def risk_figures(trades: Sequence[ClosedTrade]) -> FigureValues:
    """Figures of the R multiples; only trades with an initial stop have one."""
    multiples = [r for trade in trades if (r := trade.r_multiple) is not None]
    count = len(multiples)
    mean = sum(multiples, ZERO) / count if count else None
    spread = deviation(multiples)
    why = NO_TRADES if not trades else NO_STOP
    no_spread = why if not count else ONE_STOP
    no_sqn = no_spread if spread is None else SAME_R
    values = [
        figure("r_count", Decimal(count), count),
        figure("r_sum", sum(multiples, ZERO) if count else None, count, why),
        figure("r_mean", mean, count, why),
        figure("r_deviation", spread, count, no_spread),
        figure("sqn", _quality(mean, spread, count), count, no_sqn),
        figure("sqn_capped", _quality(mean, spread, min(count, MOST_IN_SQN)), count, no_sqn),
    ]
    return {value.key: value for value in values}


def spread_figures(trades: Sequence[ClosedTrade]) -> FigureValues:
    """The standard deviation of results."""
    count = len(trades)
    value = deviation([trade.net for trade in trades])
    return {"result_deviation": figure("result_deviation", value, count, ONE_TRADE if count else NO_TRADES)}


def holding_figures(trades: Sequence[ClosedTrade]) -> FigureValues:
    """How long trades were held, in seconds: in the middle, and of wins beside losses."""
    held = [_microseconds(trade.holding) for trade in trades]
    groups: Mapping[str, tuple[list[int], str]] = {
        "holding_median": (sorted(held), NO_TRADES),
        "holding_wins_median": (_held(held, trades, lambda net: net > 0), NO_WON_TRADES),
        "holding_losses_median": (_held(held, trades, lambda net: net < 0), NO_LOST_TRADES),
    }
    found = {
        key: figure(key, _median(ordered), len(ordered), why if trades else NO_TRADES)
        for key, (ordered, why) in groups.items()
    }
    return found | _average(held)


def average_holding(trades: Sequence[ClosedTrade]) -> FigureValues:
    """How long a trade was held on average, in seconds."""
    return _average([_microseconds(trade.holding) for trade in trades])


def _held(held: Sequence[int], trades: Sequence[ClosedTrade], belongs: Callable[[Decimal], bool]) -> list[int]:
    return sorted(span for span, trade in zip(held, trades, strict=True) if belongs(trade.net))


def _average(held: Sequence[int]) -> FigureValues:
    value = Decimal(sum(held)) / len(held) / _MICROSECONDS if held else None
    return {"holding_average": figure("holding_average", value, len(held), NO_TRADES)}


def market_figures(sample: Sample) -> FigureValues:
    """For how much of the period a trade was open, and how much of the equity positions tied up."""
    return {"time_in_market_percent": figure(*_time_in_market(sample))} | _margin_figures(sample.equity)


def deviation(values: Sequence[Decimal]) -> Decimal | None:
    """The standard deviation of a sample, dividing by N - 1; None for fewer than two values."""
    if len(values) <= 1:
        return None
    with localcontext(prec=WIDE_PRECISION):
        mean = sum(values, ZERO) / len(values)
        # Few of the results of a long history differ, so that each is squared once.
        squares = sum(((value - mean) ** 2 * times for value, times in Counter(values).items()), ZERO)
        spread = (squares / (len(values) - 1)).sqrt()
    return +spread


def _quality(mean: Decimal | None, spread: Decimal | None, count: int) -> Decimal | None:
    """sqrt(N) x mean / standard deviation."""
    return Decimal(count).sqrt() * mean / spread if mean is not None and spread else None


def _microseconds(span: timedelta) -> int:
    return span // _MICROSECOND


def _median(ordered: Sequence[int]) -> Decimal | None:
    """The middle of microseconds in order, in seconds; of an even number halfway between the two in the middle."""
    if not ordered:
        return None
    middle = len(ordered) // 2
    return Decimal(ordered[middle] + ordered[-middle - 1]) / 2 / _MICROSECONDS


def _time_in_market(sample: Sample) -> tuple[str, Decimal | None, int, str]:
    key, count = "time_in_market_percent", len(sample.trades)
    if not count:
        return key, None, 0, NO_TRADES
    starts = sample.starts_at or min(trade.opened_at for trade in sample.trades)
    ends = sample.ends_at or max(trade.closed_at for trade in sample.trades)
    if ends <= starts:
        return key, None, count, NO_PERIOD
    covered = _covered([(trade.opened_at, trade.closed_at) for trade in sample.trades], starts, ends)
    return key, Decimal(_microseconds(covered)) / _microseconds(ends - starts) * HUNDRED, count, ""


def _covered(spans: Sequence[tuple[datetime, datetime]], starts: datetime, ends: datetime) -> timedelta:
    """How much of the period lies in at least one of the spans."""
    covered, reached = timedelta(0), starts
    for opened, closed in sorted(spans):
        begins, stops = max(opened, reached), min(closed, ends)
        if stops > begins:
            covered += stops - begins
            reached = stops
    return covered


def _margin_figures(points: Sequence[EquityPoint]) -> FigureValues:
    # A report without a margin still ends the stretch of the one before it.
    shares = [(point.at, _use(point)) for point in sorted(points, key=lambda point: point.at)]
    known = [(at, share) for at, share in shares if share is not None]
    note = LEFT_OUT if any(point.margin is not None and point.equity <= 0 for point in points) else ""
    values = {
        "margin_use_average_percent": _mean_over_time(shares),
        "margin_use_maximal_percent": max((share for _, share in known), default=None),
    }
    return {key: figure(key, value, len(known), NO_REPORTS, note) for key, value in values.items()}


def _use(point: EquityPoint) -> Decimal | None:
    """Margin in percent of the equity; None where it is not known or nothing is left."""
    return None if point.margin is None or point.equity <= 0 else point.margin / point.equity * HUNDRED


def _mean_over_time(shares: Sequence[tuple[datetime, Decimal | None]]) -> Decimal | None:
    """Each share counting until the next report; the plain mean where no time lies between reports."""
    weighted = [(share, _microseconds(until - at)) for (at, share), (until, _) in pairwise(shares) if share is not None]
    total = sum(weight for _, weight in weighted)
    if total:
        return sum((share * weight for share, weight in weighted), ZERO) / total
    known = [share for _, share in shares if share is not None]
    return sum(known, ZERO) / len(known) if known else None
