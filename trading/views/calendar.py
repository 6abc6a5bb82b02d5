"""The calendar: profit per day of a month, and the months of a year."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount
from trading.context import Frame, own_accounts
from trading.queries.daily import daily_results
from trading.queries.day_notes import days_with_notes
from trading.views import calendar_cells as cells

_YEARS = range(1970, 2200)


@login_required
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    frame = Frame(request)
    account = str(frame.account.pk) if frame.account else ""
    today = timezone.now().astimezone(frame.formats.zone).date()
    asked = request.GET.get("year", "")
    if asked.isascii() and asked.isdigit() and int(asked) in _YEARS:
        return render(request, "trading/calendar_year.html", _year(request, frame, int(asked), today, account))
    first = read_month(request.GET.get("month", ""), today)
    return render(request, "trading/calendar_month.html", _month(request, frame, first, today, account))


def shown_accounts(request: HttpRequest, frame: Frame) -> Sequence[BrokerAccount]:
    """The chosen account, else all of the trader's, archived ones included: their trades are in the trade list too."""
    return [frame.account] if frame.account else own_accounts(request)


def read_month(text: str, today: date) -> date:
    """The first day of the month "2026-11"; of the present one where the address makes no sense."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    return first if first.year in _YEARS else today.replace(day=1)


def _month(request: HttpRequest, frame: Frame, first: date, today: date, account: str) -> dict[str, Any]:
    start, end = cells.span_of_month(first)
    results = daily_results(shown_accounts(request, frame), frame.formats.zone, start, end)
    noted = days_with_notes(request.user, start, end)

    def at(step: int) -> str:
        return cells.calendar_url({"month": f"{cells.month_after(first, step):%Y-%m}"}, account)

    return {
        "month": cells.month(results, first, frame.formats, today, noted, account),
        "previous_url": at(-1),
        "next_url": at(1),
        "today_url": cells.calendar_url({"month": f"{today:%Y-%m}"}, account),
        "year_url": cells.calendar_url({"year": str(first.year)}, account),
        "trades_from": first.isoformat(),
        "trades_to": cells.last_of(first).isoformat(),
        "account": account,
        "has_trades": bool(results),
    }


def _year(request: HttpRequest, frame: Frame, number: int, today: date, account: str) -> dict[str, Any]:
    accounts = shown_accounts(request, frame)
    results = daily_results(accounts, frame.formats.zone, date(number, 1, 1), date(number, 12, 31))
    month = today.month if today.year == number else 1
    return {
        "number": number,
        "cards": cells.year(results, number, frame.formats, account),
        "amounts": cells.totals(results, frame.formats),
        "previous_url": cells.calendar_url({"year": str(number - 1)}, account),
        "next_url": cells.calendar_url({"year": str(number + 1)}, account),
        "today_url": cells.calendar_url({"year": str(today.year)}, account),
        "month_url": cells.calendar_url({"month": f"{number}-{month:02}"}, account),
        "has_trades": bool(results),
    }
