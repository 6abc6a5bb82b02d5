"""The balance of several accounts as one line per currency, cut to a span of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.equity import BalancePoint
from trading.calc.outline import Outline, opened_with, outline
from trading.queries.figures import flows_of
from trading.queries.movements import read_movements
from trading.queries.overview import opening_balances

#: The spans that a chart offers, by the word in the address.
SPANS = {
    "1w": gettext_noop("1W"),
    "1m": gettext_noop("1M"),
    "3m": gettext_noop("3M"),
    "6m": gettext_noop("6M"),
    "ytd": gettext_noop("YTD"),
    "1y": gettext_noop("1Y"),
    "all": gettext_noop("All"),
}
POINTS = 500
_MARKS = 40
_DAYS = {"1w": 7, "1m": 31, "3m": 92, "6m": 183, "1y": 366}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that a chart shows: from `start` to before `end`; None is without end on that side.

    `name` is the word in the address; of a stretch between two days, both of them.
    """

    name: str
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month of the curve: the balance at its end, what flowed in or out, the deepest drawdown within it."""

    month: str
    balance: Decimal
    flows: Decimal
    drawdown_ratio: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """One currency. `months` covers the span with all of its points; `points` are thinned for drawing.

    `marks` are its latest cash flows. `left_out` names the accounts whose opening balance is not known: their balance
    can't be drawn.
    """

    currency: str
    points: Sequence[BalancePoint]
    months: Sequence[MonthLine]
    peak: BalancePoint | None
    deepest: BalancePoint | None
    marks: Sequence[tuple[datetime, Decimal]]
    left_out: Sequence[str]


ALWAYS = Span("all")


def read_span(text: str, now: datetime, zone: ZoneInfo) -> Span | None:
    """The span of that word, or of two days as in 2026-01-05..2026-02-10, both of which belong to it; else None."""
    today = now.astimezone(zone).date()
    if text in SPANS:
        first_on = today.replace(month=1, day=1) if text == "ytd" else _days_before(today, text)
        return Span(text, datetime.combine(first_on, time(), tzinfo=zone) if first_on else None)
    first, _, last = text.partition("..")
    try:
        begins_on, ends_on = date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1)
        # Not every day between the first and the last of the calendar has a beginning in UTC.
        start, end = (datetime.combine(on, time(), tzinfo=zone) for on in (begins_on, ends_on))
        return Span(text, start, end) if date(1970, 1, 2) <= begins_on < ends_on <= date(2200, 1, 1) else None
    except (ValueError, OverflowError):
        return None


def _days_before(today: date, name: str) -> date | None:
    return today - timedelta(days=_DAYS[name]) if name in _DAYS else None


def currency_curve(accounts: Sequence[BrokerAccount], zone: ZoneInfo, span: Span = ALWAYS) -> Curve:
    """The curve of accounts of one currency. `span.name` tells spans apart in the cache."""
    parts = [f"{account.pk}.{account.history_revision}" for account in accounts]
    days = (span.start.date() if span.start else "all", span.end and span.end.date())
    return cache.remembered(
        "span", (zone.key, span.name, *days, *parts), cache.CURVE_S, lambda: _curve(accounts, zone, span)
    )


def account_curve(account: BrokerAccount, points: int) -> list[BalancePoint]:
    """The balance of an account in at most `points` points; empty where the opening balance is not known."""
    return cache.remembered(
        "curve",
        (account.pk, account.history_revision, points),
        cache.CURVE_S,
        lambda: _Book([account]).outline(ALWAYS, points, ZoneInfo("UTC")).points,
    )


def _curve(accounts: Sequence[BrokerAccount], zone: ZoneInfo, span: Span) -> Curve:
    book = _Book(accounts)
    known_point = None
    if span.start is not None:
        # Whoever looks at a span has mostly seen the whole, which tells where to go on from.
        whole = currency_curve(accounts, zone)
        known_point = next((point for point in reversed(whole.points) if point.at < span.start), None)
    found = book.outline(span, POINTS, zone, known_point)
    inside = sorted(
        (flow.at, flow.amount) for flow in book.flows if flow.kind != "credit" and _is_inside(flow.at, span)
    )
    return Curve(
        currency=accounts[0].currency,
        points=found.points,
        months=_months(found, zone),
        peak=found.whole.highest,
        deepest=found.whole.deepest,
        marks=inside[-_MARKS:],
        left_out=book.left_out,
    )


class _Book:
    """Those of the accounts whose opening balance is known, taken together."""

    def __init__(self, accounts: Sequence[BrokerAccount]) -> None:
        openings = opening_balances([account.pk for account in accounts])
        known = {account.pk: opening for account in accounts if (opening := openings.get(account.pk)) is not None}
        self.keys = list(known)
        self.opening = sum(known.values(), Decimal(0))
        self.left_out = [account.label for account in accounts if account.pk not in known]
        self.flows = [flow for key in self.keys for flow in flows_of(key)]

    def outline(self, span: Span, limit: int, zone: ZoneInfo, known_point: BalancePoint | None = None) -> Outline:
        before = known_point or opened_with(self.opening)
        after = known_point.at if known_point else None
        moved = read_movements(self.keys, self.flows, before.balance, after, span.end)
        return outline(before, moved, limit, span.start, lambda first, last: _month_starts(first, last, zone))


def _is_inside(at: datetime, span: Span) -> bool:
    return (span.start is None or at >= span.start) and (span.end is None or at < span.end)


def _months(found: Outline, zone: ZoneInfo) -> list[MonthLine]:
    flowed = found.lead.flows if found.lead else Decimal(0)
    lines: list[MonthLine] = []
    for part in found.parts:
        if part.last is not None and part.deepest is not None:
            month = f"{part.last.at.astimezone(zone):%Y-%m}"
            lines.append(MonthLine(month, part.last.balance, part.last.flows - flowed, part.deepest.drawdown_ratio))
            flowed = part.last.flows
    return lines


def _month_starts(first: datetime, last: datetime, zone: ZoneInfo) -> list[datetime]:
    """The first midnights of the months after the one of `first`, up to `last`."""
    starts = [_next_month(first.astimezone(zone))]
    while starts[-1] <= last:
        starts.append(_next_month(starts[-1]))
    return starts[:-1]


def _next_month(moment: datetime) -> datetime:
    """The first midnight of the month after, in the zone of `moment`."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return datetime(year, month, 1, tzinfo=moment.tzinfo)
