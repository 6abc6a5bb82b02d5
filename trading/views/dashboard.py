"""The first page after sign-in: what there is, what it earned, what needs attention."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount, Trader
from trading import formatting
from trading.context import Frame
from trading.formatting import Formats
from trading.models import Position
from trading.queries.daily import daily_results
from trading.queries.day_notes import days_with_notes
from trading.queries.overview import overviews
from trading.queries.trades import ROW_FIELDS, closed_trades
from trading.views import calendar_cells
from trading.views.attention import notices
from trading.views.charts import chart_part, chosen_span, curve_json, ms_of, read_charts, span_links, step_links
from trading.views.converted import converted_part, held_in_currencies
from trading.views.dashboard_strip import strips
from trading.views.first_steps import first_steps
from trading.views.guards import guard_cards
from trading.views.open_risk_lines import open_risk_lines, open_risks
from trading.views.statements import upload_limits

_POSITIONS = 6
_TRADES = 8


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    frame, now = Frame(request), timezone.now()
    trader, formats = _trader(request), frame.formats
    if not frame.accounts:
        return render(request, "trading/dashboard_empty.html", _start(trader, frame))
    chosen = _chosen(frame)
    shown = overviews(chosen)
    span = chosen_span(request.GET.dict(), formats, frame.period, now)
    charts = read_charts(chosen, formats, span, now)
    risks = open_risks(chosen)
    context = {
        **_start(trader, frame),
        "strips": strips(shown, formats, now),
        "converted": converted_part(trader, [*held_in_currencies(shown), (_("Every stop hit"), risks)], formats, now),
        "charts": [chart_part(drawn, formats) for drawn in charts],
        "shows_whole": span.name == "all",
        "spans": span_links(request, span),
        "steps": step_links(request, span, charts, formats, now),
        "curve_url": f"{reverse('dashboard_curve')}?{request.GET.urlencode()}",
        "notices": notices(trader, chosen, formats, now),
        "guards": guard_cards(chosen, frame),
        "positions": _positions(chosen, formats, now),
        "open_risk": open_risk_lines(risks, formats),
        "month": _month(trader, chosen, frame, now),
        "calendar_url": calendar_cells.calendar_url({}, str(frame.account.pk) if frame.account else ""),
        "positions_count": sum(overview.positions for overview in shown),
        "trades": _recent_trades(trader, frame, formats, now),
        "many_accounts": len(chosen) > 1,
        "is_new": not any(overview.has_history for overview in shown),
    }
    return render(request, "trading/dashboard.html", context)


@login_required
@require_safe
def dashboard_curve(request: HttpRequest) -> HttpResponse:
    """The points of the balance chart, one curve per currency; with ?words= also what says the same without a picture."""
    frame, now = Frame(request), timezone.now()
    span = chosen_span(request.GET.dict(), frame.formats, frame.period, now)
    charts = read_charts(_drawn(request, frame), frame.formats, span, now)
    curves = [curve_json(drawn, frame.formats) for drawn in charts]
    if "words" in request.GET:
        for curve, drawn in zip(curves, charts, strict=True):
            part = chart_part(drawn, frame.formats)
            curve["words"] = render_to_string("trading/_balance_words.html", {"chart": part})
    response = JsonResponse({"from": ms_of(span.start), "to": ms_of(span.end), "curves": curves})
    response["Cache-Control"] = "private, no-cache"
    return response


def _start(trader: Trader, frame: Frame) -> dict[str, Any]:
    """What a portal with little in it needs: the first steps, and the form of the first upload."""
    return {"frame": frame, "first_steps": first_steps(trader, frame), **upload_limits()}


def _trader(request: HttpRequest) -> Trader:
    assert isinstance(request.user, Trader)
    return request.user


def _chosen(frame: Frame) -> Sequence[BrokerAccount]:
    return [frame.account] if frame.account else frame.accounts


def _drawn(request: HttpRequest, frame: Frame) -> Sequence[BrokerAccount]:
    """The accounts of the chart: the page of an archived account has one as well."""
    asked = request.GET.get("account", "")
    if not asked or frame.account:
        return _chosen(frame)
    archived = BrokerAccount.objects.for_trader(request.user).filter(archived_at__isnull=False)
    return [account for account in archived if str(account.pk) == asked] or frame.accounts


def _month(trader: Trader, chosen: Sequence[BrokerAccount], frame: Frame, now: datetime) -> calendar_cells.Month:
    """The present month, whatever the period of the page."""
    today = now.astimezone(frame.formats.zone).date()
    start, end = calendar_cells.span_of_month(today.replace(day=1))
    results = daily_results(chosen, frame.formats.zone, start, end)
    noted = days_with_notes(trader, start, end)
    account = str(frame.account.pk) if frame.account else ""
    return calendar_cells.month(results, today.replace(day=1), frame.formats, today, noted, account)


def _positions(chosen: Sequence[BrokerAccount], formats: Formats, now: datetime) -> list[dict[str, Any]]:
    accounts = {account.pk: account for account in chosen}
    rows = Position.objects.filter(account__in=list(accounts)).order_by("-opened_at", "-id")[:_POSITIONS]
    return [_position(row, accounts[row.account_id], formats, now) for row in rows]


def _position(row: Position, account: BrokerAccount, formats: Formats, now: datetime) -> dict[str, Any]:
    def price(value: Decimal | None, reason: str) -> str:
        return formats.price(value) if value else formatting.unknown(reason)

    year = str(now.astimezone(formats.zone).year)
    return {
        "symbol": row.symbol,
        "side": row.side,
        "lots": formats.lots(row.volume_lots),
        "opened": _short(formats, row.opened_at, row.opened_text, year),
        "entry": formats.price(row.open_price),
        "now": price(row.current_price, _("The broker did not report a price.")),
        "stop_loss": price(row.stop_loss, _("There is no stop loss, so the risk has no bound.")),
        "take_profit": price(row.take_profit, _("There is no take profit.")),
        "swap": formats.money(row.swap, account.currency),
        "floating": formats.amount(row.floating_profit + row.swap + row.commission, account.currency),
        "account": account.label,
        "currency": account.currency,
    }


def _recent_trades(trader: Trader, frame: Frame, formats: Formats, now: datetime) -> list[dict[str, Any]]:
    accounts = {account.pk: account for account in _chosen(frame)}
    trades = closed_trades(trader).filter(account__in=list(accounts))
    if frame.period.starts_at:
        trades = trades.filter(closed_at__gte=frame.period.starts_at)
    if frame.period.ends_at:
        trades = trades.filter(closed_at__lt=frame.period.ends_at)
    year = str(now.astimezone(formats.zone).year)
    rows = trades.order_by("-closed_at", "-id").values(*ROW_FIELDS)[:_TRADES]
    return [_trade(row, accounts[row["account_id"]], formats, year) for row in rows]


def _trade(row: dict[str, Any], account: BrokerAccount, formats: Formats, year: str) -> dict[str, Any]:
    return {
        "url": reverse("trade_detail", args=[row["id"]]),
        "closed": _short(formats, row["closed_at"], row["closed_text"], year),
        "symbol": row["symbol"],
        "side": row["side"],
        "lots": formats.lots(row["volume_lots"]),
        "net": formats.amount(row["net_profit"], account.currency),
        "currency": account.currency,
    }


def _short(formats: Formats, at: datetime, broker_text: str, year: str) -> SafeString:
    """To the minute, and without the year when it is the present one."""
    return formats.moment(at, broker_text, seconds=False, hidden_year=year)
