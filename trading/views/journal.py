"""The journal: a note for each day, beside what the day brought."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import BrokerAccount, Trader
from trading.context import Frame
from trading.filters import TradeFilter
from trading.formatting import Formats
from trading.forms import DayNoteForm
from trading.models import DayNote
from trading.notes import render_notes
from trading.queries.daily import daily_results
from trading.queries.day_notes import note_of, note_page
from trading.queries.trades import ROW_FIELDS, closed_trades
from trading.services.journal import save_day_note
from trading.views import calendar_cells as cells
from trading.views.calendar import shown_accounts

_TRADES = 50
_YEARS = range(1970, 2200)


@login_required
@require_safe
def journal_list(request: HttpRequest) -> HttpResponse:
    frame = Frame(request)
    search = request.GET.get("find", "").strip().replace("\0", "")[:200]
    page = note_page(request.user, search, _day(request.GET.get("before", "")))
    kept = {"find": search} if search else {}
    more = urlencode(kept | {"before": page.next_before.isoformat()}) if page.next_before else ""
    context = {
        "rows": _rows(page.notes, shown_accounts(request, frame), frame),
        "search": search,
        "next_url": f"{reverse('journal_list')}?{more}" if more else "",
        "today_url": cells.day_url(_today(frame.formats)),
    }
    return render(request, "trading/journal_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def journal_day(request: HttpRequest) -> HttpResponse:
    """One day: what it brought, its trades and its note. `?day=` names it; today otherwise."""
    frame, trader = Frame(request), request.user
    assert isinstance(trader, Trader)
    day = _day(request.GET.get("day", "")) or _today(frame.formats)
    note = note_of(trader, day)
    form = DayNoteForm(request.POST or None, initial={"text": note})
    preview = None
    if request.method == "POST" and form.is_valid():
        if "preview" not in request.POST:
            kept = save_day_note(trader, day, form.cleaned_data["text"])
            messages.success(request, _("The note is saved.") if kept else _("The note is gone."))
            return redirect(request.get_full_path())
        preview = render_notes(form.cleaned_data["text"])
    accounts = shown_accounts(request, frame)
    account = str(frame.account.pk) if frame.account else ""
    results = daily_results(accounts, frame.formats.zone, day, day)
    context = {
        "day": frame.formats.day(day),
        "amounts": [cells.money(line, frame.formats) for line in results],
        "trades": _trades(request, accounts, day, frame.formats),
        "trades_url": f"{reverse('trade_list')}?{urlencode(_of_day(day, account))}",
        "count": sum(line.trades for line in results),
        "note": render_notes(note) if note else None,
        "form": form,
        "preview": preview,
        "previous_url": cells.day_url(day - timedelta(days=1), account),
        "next_url": cells.day_url(day + timedelta(days=1), account),
        "calendar_url": cells.calendar_url({"month": f"{day:%Y-%m}"}, account),
        "many_currencies": len(results) > 1,
    }
    return render(request, "trading/journal_day.html", context)


def _rows(notes: Sequence[DayNote], accounts: Sequence[BrokerAccount], frame: Frame) -> list[dict[str, Any]]:
    """The notes, each with what its day brought: one query for the page."""
    formats = frame.formats
    found = daily_results(accounts, formats.zone, notes[-1].day, notes[0].day) if notes else []
    return [
        {
            "day": formats.day(note.day),
            "url": cells.day_url(note.day),
            "text": render_notes(note.text),
            "amounts": [cells.money(line, formats) for line in found if line.day == note.day],
        }
        for note in notes
    ]


def _trades(
    request: HttpRequest, accounts: Sequence[BrokerAccount], day: date, formats: Formats
) -> list[dict[str, Any]]:
    """The first trades of the day, by the filter of the trade list, so that both show the same ones."""
    own = closed_trades(request.user).filter(account__in=[account.pk for account in accounts])
    currencies = {account.pk: account.currency for account in accounts}
    narrowed = TradeFilter(_of_day(day), own, request=request).qs
    rows = narrowed.order_by("closed_at", "id").values(*ROW_FIELDS)[:_TRADES]
    return [
        {
            "url": reverse("trade_detail", args=[row["id"]]) + f"?{urlencode(_of_day(day))}",
            "closed": formats.moment(row["closed_at"], row["closed_text"], seconds=False, hidden_year=str(day.year)),
            "symbol": row["symbol"],
            "side": row["side"],
            "net": formats.amount(row["net_profit"], currencies[row["account_id"]]),
            "currency": currencies[row["account_id"]],
        }
        for row in rows
    ]


def _of_day(day: date, account: str = "") -> dict[str, str]:
    window = {"from": day.isoformat(), "to": day.isoformat()}
    return {**window, **({"account": account} if account else {})}


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _today(formats: Formats) -> date:
    return timezone.now().astimezone(formats.zone).date()
