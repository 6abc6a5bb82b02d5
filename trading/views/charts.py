"""The balance chart: its data as JSON, and the same in words and as a table for those who can't see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import BrokerAccount
from trading.formatting import Formats
from trading.periods import Period
from trading.queries.curves import SPANS, Curve, currency_curve, span_start

#: A fall of less rounds to 0.00 %.
_VISIBLE = Decimal("0.00005")


@dataclass(frozen=True, slots=True)
class ChartPart:
    """One currency's chart on the page."""

    currency: str
    balance: SafeString
    drawdown: str
    summary: str
    months: Sequence[Mapping[str, Any]]
    has_points: bool
    left_out: str


def chosen_span(parameters: Mapping[str, str]) -> str:
    span = parameters.get("span", "")
    return span if span in SPANS else ""


def read_curves(
    accounts: Sequence[BrokerAccount], formats: Formats, span: str, period: Period, now: datetime
) -> list[Curve]:
    """One curve per currency: of the span when one is chosen, else of the page's period."""
    by_currency: dict[str, list[BrokerAccount]] = {}
    for account in sorted(accounts, key=lambda account: account.pk):
        by_currency.setdefault(account.currency, []).append(account)
    start, end, name = period.starts_at, period.ends_at, period.name
    if span:
        start, end, name = span_start(span, now, formats.zone), None, span
    return [currency_curve(by_currency[code], formats.zone, start, end, name) for code in sorted(by_currency)]


def span_links(request: HttpRequest, span: str, period: Period) -> list[dict[str, Any]]:
    """The buttons above a chart; each keeps the rest of the page's address."""
    links = []
    for name, label in SPANS.items():
        parameters = request.GET.copy()
        parameters["span"] = name
        is_chosen = span == name or (not span and name == "all" and period.name == "all")
        links.append({"label": label, "url": f"?{parameters.urlencode()}", "is_chosen": is_chosen})
    return links


def chart_part(curve: Curve, formats: Formats) -> ChartPart:
    last = curve.points[-1] if curve.points else None
    return ChartPart(
        currency=curve.currency,
        balance=formats.plain(last.balance if last else None, curve.currency, reason="Nothing is known in this span."),
        drawdown=formats.percent(-last.drawdown_ratio) if last else "",
        summary=_summary(curve, formats),
        months=[
            {
                "month": line.month,
                "balance": formats.money(line.balance, curve.currency),
                "flows": formats.signed(line.flows, curve.currency),
                "drawdown": formats.percent(-line.drawdown_ratio),
            }
            for line in reversed(curve.months)
        ],
        has_points=last is not None,
        left_out=", ".join(curve.left_out),
    )


def curve_json(curve: Curve, formats: Formats) -> dict[str, Any]:
    """What the drawing needs. Numbers are drawn, never computed with; texts are what a reader sees."""
    return {
        "currency": curve.currency,
        "points": [
            [
                int(point.at.timestamp() * 1000),
                float(point.balance),
                float(-point.drawdown_ratio),
                formats.clock(point.at, seconds=False),
                formats.money(point.balance, curve.currency),
                formats.percent(-point.drawdown_ratio),
            ]
            for point in curve.points
        ],
        "marks": [[int(at.timestamp() * 1000), formats.signed(amount, curve.currency)] for at, amount in curve.marks],
        "group": formats.group,
        "point": formats.point,
        "zone": formats.zone.key,
    }


def _summary(curve: Curve, formats: Formats) -> str:
    if not curve.points or curve.peak is None or curve.deepest is None:
        return "There is nothing to draw in this span."
    last, deepest = curve.points[-1], curve.deepest
    is_below = last.drawdown_ratio >= _VISIBLE
    now = (
        f"{formats.percent(last.drawdown_ratio)} below its peak, cash flows set aside." if is_below else "At its peak."
    )
    if not deepest.drawdown_ratio:
        return f"{now} It never fell in this span."
    highest = f"{formats.money(curve.peak.balance, curve.currency)} {curve.currency} on {formats.day(curve.peak.at)}"
    fall = f"{formats.percent(deepest.drawdown_ratio)}, reached on {formats.day(deepest.at)}"
    return f"{now} Deepest fall {fall}. Highest balance {highest}."
