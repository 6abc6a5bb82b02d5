"""Closed trades: the list, its file, one trade and what its trader adds to it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from trading.formatting import Formats
from trading.forms import JournalForm
from trading.models import Side
from trading.queries.trade_detail import trade_story
from trading.queries.trades import all_trades, corrected_trades, journals, neighbours
from trading.services.journal import save_journal
from trading.templatetags.portal import side
from trading.views.trade_columns import TableShape
from trading.views.trade_csv import trade_lines
from trading.views.trade_figures import booked_lines, filter_chips, strips
from trading.views.trade_listing import TradeListing
from trading.views.trade_rows import RowContext, TradeRow, largest_results, trade_rows
from trading.views.trade_story import tell

_ROWS = "trading/_trade_rows.html"
_PAGE = "trading/closed_trade_list.html"


@login_required
@require_safe
def trade_list(request: HttpRequest) -> HttpResponse:
    listing = TradeListing.of(request)
    if "" in request.GET.values():
        # A form sends its empty fields too; an address without them says the same, and is what links are made from.
        return redirect(listing.url)
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    if htmx and not htmx.history_restore_request and request.GET.get("cursor"):
        response = render(request, _ROWS, _table(listing))
    else:
        page = _table(listing) | {
            "shape": TableShape.of(request),
            "chips": filter_chips(request, listing),
            "booked": booked_lines(listing, Formats.of(listing.trader)),
        }
        response = render(request, _PAGE, page)
        if htmx:
            response["HX-Push-Url"] = listing.url
    patch_vary_headers(response, ["HX-Request"])
    return response


def _table(listing: TradeListing) -> dict[str, Any]:
    formats = Formats.of(listing.trader)
    return {
        "listing": listing,
        "rows": _rows(listing, formats),
        "strips": strips(listing.totals, formats),
        "has_strategies": bool(listing.choices.strategies),
        "many_accounts": len(listing.chosen_accounts) > 1,
        "many_currencies": len(listing.totals) > 1,
    }


def _rows(listing: TradeListing, formats: Formats) -> list[TradeRow]:
    found = listing.page.rows
    context = RowContext(
        formats=formats,
        accounts={account.pk: account for account in listing.accounts},
        largest=largest_results(listing.totals),
        journals=journals(listing.trader, ((row["account_id"], row["ticket"]) for row in found)),
        corrected=corrected_trades([row["id"] for row in found]),
        query=listing.query,
        has_fees=listing.has_fees,
        sides={name: side(name) for name in Side.values},
    )
    return trade_rows(found, context)


@login_required
@require_safe
def trade_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The whole filter as a file, sent while it is read."""
    listing = TradeListing.of(request)
    response = StreamingHttpResponse(
        trade_lines(listing.trades, listing.accounts), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="closed-trades.csv"'
    return response


@login_required
def trade_detail(request: HttpRequest, trade_id: Any) -> HttpResponse:
    listing = TradeListing.of(request)
    trade = get_object_or_404(all_trades(listing.trader).select_related("account", "added_by"), pk=trade_id)
    story = trade_story(trade)
    form = JournalForm(request.POST or None, story=story)
    if request.method == "POST" and form.is_valid():
        save_journal(trade, **form.cleaned_data)
        messages.success(request, "Your notes are saved. The broker's figures are as they were.")
        return redirect(request.get_full_path())
    previous, following = neighbours(listing.trades, trade, listing.sort)
    context = {
        "story": tell(story, Formats.of(listing.trader)),
        "form": form,
        "listing": listing,
        "previous": previous,
        "following": following,
    }
    return render(request, "trading/trade_detail.html", context)
