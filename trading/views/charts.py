"""The balance chart: its data as JSON, and the same in words and as a table for those who can't see it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount
from trading.calc.equity_line import EquityLine, EquityPoint
from trading.formatting import Formats
from trading.periods import Period
from trading.queries.curves import SPANS, Curve, Span, currency_curve, read_span
from trading.queries.equity_lines import currency_equity
from trading.views.chart_steps import chart_steps

#: The newest ones of a span are listed: a long history would outweigh the rest of the page.
MONTHS = 12
#: A fall of less rounds to 0.00 %.
_VISIBLE = Decimal("0.00005")
#: The next moment that a drawing can tell apart.
_NEXT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one currency's chart is drawn from."""

    curve: Curve
    equity: EquityLine


@dataclass(frozen=True, slots=True)
class ChartPart:
    """One currency's chart on the page. The cells of a month are those of the table's head, in order."""

    currency: str
    balance: SafeString
    equity: str
    drawdown: str
    summary: str
    months: Sequence[Sequence[str]]
    has_points: bool
    left_out: str
    has_more: bool


def chosen_span(parameters: Mapping[str, str], formats: Formats, period: Period, now: datetime) -> Span:
    """The span that the address chooses for the chart, else the period of the page."""
    asked = read_span(parameters.get("span", ""), now, formats.zone)
    return asked or Span(period.name, period.starts_at, period.ends_at)


def read_charts(accounts: Sequence[BrokerAccount], formats: Formats, span: Span, now: datetime) -> list[Drawn]:
    """One for each currency."""
    by_currency: dict[str, list[BrokerAccount]] = {}
    for account in sorted(accounts, key=lambda account: account.pk):
        by_currency.setdefault(account.currency, []).append(account)
    return [
        Drawn(
            currency_curve(by_currency[code], formats.zone, span),
            currency_equity(by_currency[code], formats.zone, span, now),
        )
        for code in sorted(by_currency)
    ]


def span_links(request: HttpRequest, span: Span) -> list[dict[str, Any]]:
    """The buttons above a chart; each keeps the rest of the page's address."""
    return [
        {"label": _(label), "url": _span_url(request, name), "is_chosen": span.name == name}
        for name, label in SPANS.items()
    ]


def step_links(request: HttpRequest, span: Span, charts: Sequence[Drawn], formats: Formats, now: datetime) -> list[Any]:
    """For the keyboard, and where scripts don't run."""
    first = min((drawn.curve.points[0].at for drawn in charts if drawn.curve.points), default=now)
    return [(step, _span_url(request, step.span)) for step in chart_steps(span, first, now, formats.zone)]


def _span_url(request: HttpRequest, span: str) -> str:
    parameters = request.GET.copy()
    parameters["span"] = span
    return f"?{parameters.urlencode()}"


def chart_part(drawn: Drawn, formats: Formats) -> ChartPart:
    curve = drawn.curve
    last, equity = curve.points[-1] if curve.points else None, drawn.equity.last
    return ChartPart(
        currency=curve.currency,
        balance=formats.plain(
            last.balance if last else None, curve.currency, reason=_("Nothing is known in this span.")
        ),
        equity=formats.money(equity.equity, curve.currency) if equity else "",
        drawdown=formats.percent(-last.drawdown_ratio) if last else "",
        summary=_summary(drawn, formats),
        months=_months(drawn, formats),
        has_points=last is not None,
        left_out=", ".join(curve.left_out),
        has_more=len(curve.months) > MONTHS,
    )


def curve_json(drawn: Drawn, formats: Formats) -> dict[str, Any]:
    """What the drawing needs. Numbers are drawn, never computed with; texts are what a reader sees."""
    curve = drawn.curve
    return {
        "currency": curve.currency,
        "points": [
            [
                ms_of(point.at),
                float(point.balance),
                float(-point.drawdown_ratio),
                formats.clock(point.at, seconds=False),
                formats.money(point.balance, curve.currency),
                formats.percent(-point.drawdown_ratio),
            ]
            for point in curve.points
        ],
        "equity": list(_equity_json(drawn, formats)),
        "marks": [[ms_of(at), formats.signed(amount, curve.currency)] for at, amount in curve.marks],
        "group": formats.group,
        "point": formats.point,
        "zone": formats.zone.key,
    }


def _equity_json(drawn: Drawn, formats: Formats) -> Iterator[list[Any]]:
    """The points of the line; one without a value is where a gap begins."""
    for number, run in enumerate(drawn.equity.runs):
        if number:
            yield [ms_of(drawn.equity.runs[number - 1][-1].at + _NEXT), None, ""]
        for point in run:
            yield [ms_of(point.at), float(point.equity), formats.money(point.equity, drawn.curve.currency)]


def ms_of(at: datetime | None) -> int | None:
    return int(at.timestamp() * 1000) if at else None


def _months(drawn: Drawn, formats: Formats) -> list[list[str]]:
    """The newest first: month, balance, cash flows, drawdown, and equity where any was recorded."""
    currency = drawn.curve.currency
    recorded = {f"{p.at.astimezone(formats.zone):%Y-%m}": p.equity for run in drawn.equity.runs for p in run}
    rows = []
    for line in drawn.curve.months[: -1 - MONTHS : -1]:
        cells = [
            line.month,
            formats.money(line.balance, currency),
            formats.signed(line.flows, currency),
            formats.percent(-line.drawdown_ratio),
        ]
        if recorded:
            cells.append(formats.plain(recorded.get(line.month), currency, reason=_("No feed recorded it.")))
        rows.append(cells)
    return rows


def _summary(drawn: Drawn, formats: Formats) -> str:
    curve = drawn.curve
    if not curve.points or curve.peak is None or curve.deepest is None:
        return _("There is nothing to draw in this span.")
    said = [_now(curve, formats)]
    if curve.deepest.drawdown_ratio:
        fall = {"ratio": formats.percent(curve.deepest.drawdown_ratio), "day": formats.day(curve.deepest.at)}
        said.append(_("Deepest fall %(ratio)s, reached on %(day)s.") % fall)
        highest = {"amount": formats.money(curve.peak.balance, curve.currency), "currency": curve.currency}
        highest["day"] = formats.day(curve.peak.at)
        said.append(_("Highest balance %(amount)s %(currency)s on %(day)s.") % highest)
    else:
        said.append(_("It never fell in this span."))
    if drawn.equity.last:
        said.append(_equity_in_words(drawn, drawn.equity.last, formats))
    return " ".join(said)


def _now(curve: Curve, formats: Formats) -> str:
    last = curve.points[-1]
    if last.drawdown_ratio < _VISIBLE:
        return _("At its peak.")
    return _("%(ratio)s below its peak, cash flows set aside.") % {"ratio": formats.percent(last.drawdown_ratio)}


def _equity_in_words(drawn: Drawn, last: EquityPoint, formats: Formats) -> str:
    """The last equity, and from when on it is known."""
    words = {
        "amount": formats.money(last.equity, drawn.curve.currency),
        "currency": drawn.curve.currency,
        "at": formats.clock(last.at, seconds=False),
        "since": formats.day(drawn.equity.runs[0][0].at),
    }
    return _("Equity %(amount)s %(currency)s at %(at)s, recorded since %(since)s.") % words
