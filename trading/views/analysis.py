"""Analysis: where the money of any choice of trades was made and lost."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from trading.queries.breakdowns import Breakdown, kept_breakdowns
from trading.queries.distributions import kept_points, kept_spreads
from trading.views.analysis_depth import costs, drawn_words, points_json, r_multiples, runs
from trading.views.analysis_heat import heat_map
from trading.views.analysis_links import trades_url
from trading.views.analysis_rows import MONTHS, cards, months, strip
from trading.views.compare_columns import comparison
from trading.views.figure_choice import FigureChoice
from trading.views.trade_figures import filter_chips


@login_required
@require_safe
def analysis(request: HttpRequest) -> HttpResponse:
    choice = FigureChoice(request)
    listing = choice.listing
    totals = {line.currency: line for line in listing.totals}
    sets: list[dict[str, Any]] = [
        {
            "currency": one.currency,
            "strip": strip(totals[one.currency], choice.formats),
            "months": months(one, choice),
            "cards": cards(one, choice),
            "depth_url": reverse("analysis_depth") + _part(choice, one.currency),
        }
        for one in _breakdowns(choice)
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


@login_required
@require_safe
def analysis_depth(request: HttpRequest) -> HttpResponse:
    """Hours, R multiples, holding times, costs and runs of one currency: a part of the analysis, and a page where there
    is no script."""
    choice = FigureChoice(request)
    listing = choice.listing
    found = {one.currency: one for one in _breakdowns(choice)}
    part = request.GET.get("part", "") if request.GET.get("part") in found else next(iter(found), "")
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    context = {
        "choice": choice,
        "chips": filter_chips(request, listing),
        "set": _depth(found[part], choice) if part else None,
        "parts": [(of, request.path + _part(choice, of), of == part) for of in found] if len(found) > 1 else [],
    }
    name = "trading/_analysis_depth.html" if htmx else "trading/analysis_depth.html"
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _depth(one: Breakdown, choice: FigureChoice) -> dict[str, Any]:
    listing = choice.listing
    spread = kept_spreads(listing.trades, listing.chosen_accounts, listing.kept_key)[one.currency]
    totals = next(line for line in listing.totals if line.currency == one.currency)
    return {
        "currency": one.currency,
        "heat": heat_map(one, choice),
        "r": r_multiples(spread, one.currency, choice),
        "costs": costs(one.groups["symbol"], totals, choice),
        "runs": runs(spread, one.currency, choice),
        "drawn": drawn_words(totals, choice.formats),
        "points_url": reverse("analysis_points") + _part(choice, one.currency),
        "by_held_url": trades_url(choice, one.currency, {"sort": "-held"}),
    }


@login_required
@require_safe
def analysis_points(request: HttpRequest) -> HttpResponse:
    """The points of the picture of results by holding time, one part for each currency."""
    choice = FigureChoice(request)
    listing = choice.listing
    found = kept_points(listing.trades, listing.chosen_accounts, listing.kept_key)
    part = request.GET.get("part")
    shown = [one for one in found if part in (None, one.currency)]
    response = JsonResponse({"sets": [points_json(one, choice) for one in shown]})
    response["Cache-Control"] = "private, no-cache"
    return response


def _part(choice: FigureChoice, currency: str) -> str:
    """The same choice, of which one currency is to be shown. It is no part of the filter, so that what is kept of the
    filter serves each."""
    return choice.query_with(without=("bootstrap",), part=currency)


def _breakdowns(choice: FigureChoice) -> Sequence[Breakdown]:
    """None where a part of the filter is not understood, so that no sum can mislead."""
    listing = choice.listing
    if not listing.filter.is_valid():
        return ()
    return kept_breakdowns(listing.trades, listing.chosen_accounts, listing.kept_key, listing.filter.zone)
