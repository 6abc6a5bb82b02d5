"""Closed trades: the list, its file, one trade and what its trader adds to it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from trading.downloads import download
from trading.formatting import Formats
from trading.forms import JournalForm
from trading.models import Side
from trading.queries.exports import TRADES
from trading.queries.trade_detail import trade_story
from trading.queries.trades import all_trades, corrected_trades, journals, neighbours
from trading.services.journal import save_journal
from trading.templatetags.portal import icon, side
from trading.views.kept import kept_page
from trading.views.screenshots import shots_context
from trading.views.trade_columns import COOKIE, TableShape
from trading.views.trade_figures import booked_lines, filter_chips, strips
from trading.views.trade_listing import MORE_ROWS, TradeListing
from trading.views.trade_rows import RowContext, largest_results, trade_rows
from trading.views.trade_story import tell

_ROWS = "trading/_trade_rows.html"
_PAGE = "trading/closed_trade_list.html"


@login_required
@require_safe
def trade_list(request: HttpRequest) -> HttpResponse:
    if "" in request.GET.values():
        # A form sends its empty fields too; an address without them says the same, and is what links are made from.
        return redirect(TradeListing.of(request).url)
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    only_rows = bool(htmx and not htmx.history_restore_request and request.GET.get("cursor"))
    shape = request.COOKIES.get(COOKIE, "")
    response = kept_page(request, (bool(htmx), only_rows, shape), lambda: _template(request, only_rows=only_rows))
    if htmx and not only_rows:
        response["HX-Push-Url"] = TradeListing.of(request).url
    patch_vary_headers(response, ["HX-Request"])
    return response


def _template(request: HttpRequest, *, only_rows: bool) -> tuple[str, dict[str, Any]]:
    listing, shape = TradeListing.of(request), TableShape.of(request)
    if only_rows:
        listing.page_size = MORE_ROWS
        return _ROWS, _table(listing, shape)
    return _PAGE, _table(listing, shape) | {
        "shape": shape,
        "chips": filter_chips(request, listing),
        "booked": booked_lines(listing, Formats.of(listing.trader)),
    }


def _table(listing: TradeListing, shape: TableShape) -> dict[str, Any]:
    context = _row_context(listing, shape)
    return {
        "listing": listing,
        "rows": trade_rows(listing.page.rows, context),
        "strips": strips(listing.totals, context.formats),
        "columns": context.columns,
        "many_currencies": context.many_currencies,
    }


def _row_context(listing: TradeListing, shape: TableShape) -> RowContext:
    found = listing.page.rows
    is_of_use = {
        "fee": listing.has_fees,
        "account": len(listing.chosen_accounts) > 1,
        "strategy": bool(listing.choices.strategies),
    }
    return RowContext(
        formats=Formats.of(listing.trader),
        accounts={account.pk: account for account in listing.accounts},
        largest=largest_results(listing.totals),
        journals=journals(listing.trader, ((row["account_id"], row["ticket"]) for row in found)),
        corrected=corrected_trades([row["id"] for row in found]),
        query=listing.query,
        columns=frozenset(name for name in shape.shown if is_of_use.get(name, True)),
        many_currencies=len(listing.totals) > 1,
        sides={name: side(name) for name in Side.values},
        has_notes=icon("note", _("Has notes")),
        is_corrected=icon("history", _("Corrected by a later statement")),
    )


@login_required
@require_safe
def trade_export(request: HttpRequest, ending: str = "csv") -> StreamingHttpResponse:
    """The whole filter as a file, sent while it is read."""
    return download(TRADES, TradeListing.of(request).trades, ending, timezone.now())


@login_required
def trade_detail(request: HttpRequest, trade_id: Any) -> HttpResponse:
    listing = TradeListing.of(request)
    trade = get_object_or_404(all_trades(listing.trader).select_related("account", "added_by"), pk=trade_id)
    story = trade_story(trade)
    form = JournalForm(request.POST or None, story=story)
    if request.method == "POST" and form.is_valid():
        save_journal(trade, **form.cleaned_data)
        messages.success(request, _("Your notes are saved. The broker's figures are as they were."))
        return redirect(request.get_full_path())
    previous, following = neighbours(listing.trades, trade, listing.sort)
    formats = Formats.of(listing.trader)
    context = {
        **shots_context(story, formats),
        "story": tell(story, formats),
        "form": form,
        "listing": listing,
        "previous": previous,
        "following": following,
    }
    return render(request, "trading/trade_detail.html", context)
