"""The closed trades of one group of the analysis, by the same rules that put them there: see queries.breakdowns."""

from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Expression, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Abs, Coalesce, ExtractHour, ExtractIsoWeekDay

from tradeportal.fields import ExactDecimalField
from trading.calc.breakdown import FRIDAY, NO_SESSION, SESSIONS, holding_bounds
from trading.models import JournalEntry, Trade

Trades = QuerySet[Trade]


def on_weekday(trades: Trades, weekday: int, zone: ZoneInfo) -> Trades:
    """Closed on this day of the week, 1 (Monday) to 7, in this zone."""
    return trades.alias(weekday=ExtractIsoWeekDay("closed_at", tzinfo=zone)).filter(weekday=weekday)


def at_hour(trades: Trades, hour: int, zone: ZoneInfo) -> Trades:
    """Closed in this hour of the day, 0 to 23, in this zone."""
    return trades.alias(hour=ExtractHour("closed_at", tzinfo=zone)).filter(hour=hour)


def of_session(trades: Trades, session: str) -> Trades:
    """Opened while this session was the one that had opened last."""
    moments: dict[str, Any] = {}
    for name, zone, _first, _last in SESSIONS:
        moments[f"{name}_day"] = ExtractIsoWeekDay("opened_at", tzinfo=zone)
        moments[f"{name}_hour"] = ExtractHour("opened_at", tzinfo=zone)
    names = [name for name, *_rest in SESSIONS]
    own = Q() if session == NO_SESSION else _is_open(session)
    later = names if session == NO_SESSION else names[: names.index(session)]
    elsewhere = reduce(or_, (_is_open(name) for name in later), Q())
    return trades.alias(**moments).filter(own & ~elsewhere if later else own)


def _is_open(session: str) -> Q:
    first, last = next((first, last) for name, _zone, first, last in SESSIONS if name == session)
    return Q(**{f"{session}_day__lte": FRIDAY, f"{session}_hour__gte": first, f"{session}_hour__lt": last})


def of_holding(trades: Trades, holding: str) -> Trades:
    """Held as long as this name of calc.breakdown.HOLDINGS says."""
    least, below = holding_bounds(holding)
    if least:
        trades = trades.filter(closed_at__gte=F("opened_at") + least)
    return trades.filter(closed_at__lt=F("opened_at") + below) if below else trades


def with_r(trades: Trades) -> Trades:
    """Those that have an R multiple: an initial stop, and a result that tells what a unit of price is worth."""
    return trades.alias(at_stake=_at_stake()).filter(at_stake__gt=0).exclude(close_price=F("open_price"))


def without_r(trades: Trades) -> Trades:
    has_none = Q(at_stake__isnull=True) | Q(at_stake=0) | Q(close_price=F("open_price"))
    return trades.alias(at_stake=_at_stake()).filter(has_none)


def r_at_least(trades: Trades, least: Decimal) -> Trades:
    return with_r(trades).alias(over=_distance(least)).filter(over__gte=0)


def r_below(trades: Trades, below: Decimal) -> Trades:
    return with_r(trades).alias(under=_distance(below)).filter(under__lt=0)


def _distance(r: Decimal) -> Expression:
    """How far a result is from `r` times what was at stake, both multiplied by the way of the price: nothing is divided,
    so that a trade on the edge of two groups is in one of them."""
    way = Abs(F("close_price") - F("open_price"))
    return _exact(F("net_profit") * way - Value(r, ExactDecimalField()) * F("at_stake"))


def _at_stake() -> Expression:
    """What the initial stop put at stake, times the way of the price; the trader's own stop goes before the broker's."""
    own = JournalEntry.objects.filter(account=OuterRef("account_id"), ticket=OuterRef("ticket"))
    stop = Coalesce(Subquery(own.values("initial_stop_loss")[:1]), F("open_stop_loss"))
    return _exact(Abs(F("open_price") - stop) * Abs(F("gross_profit")))


def _exact(expression: Any) -> Expression:
    return ExpressionWrapper(expression, output_field=ExactDecimalField())
