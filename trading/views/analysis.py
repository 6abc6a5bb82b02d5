"""Analysis: where the money of any choice of trades was made and lost."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trading.queries.breakdowns import kept_breakdowns
from trading.views.analysis_rows import MONTHS, cards, heat_map, months, strip
from trading.views.compare_columns import comparison
from trading.views.figure_choice import FigureChoice
from trading.views.trade_figures import filter_chips


@login_required
@require_safe
def analysis(request: HttpRequest) -> HttpResponse:
    choice = FigureChoice(request)
    listing = choice.listing
    found = (
        kept_breakdowns(listing.trades, listing.chosen_accounts, listing.kept_key, listing.filter.zone)
        if listing.filter.is_valid()
        else ()
    )
    totals = {line.currency: line for line in listing.totals}
    sets: list[dict[str, Any]] = [
        {
            "currency": one.currency,
            "strip": strip(totals[one.currency], choice.formats),
            "months": months(one, choice),
            "cards": cards(one, choice),
            "heat": heat_map(one, choice.formats),
        }
        for one in found
    ]
    context = {
        "choice": choice,
        "chips": filter_chips(request, listing),
        "errors": listing.filter.errors,
        "sets": sets,
        "month_names": MONTHS,
        "compare_url": comparison(request, [[pair for pair in choice.kept if pair[0] in listing.filter.filters]]),
    }
    return render(request, "trading/analysis.html", context)
