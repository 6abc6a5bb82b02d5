"""Choices of trades side by side: the same figures of two to four of them, by the trader's definition."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from trading.queries.figure_sets import FigureSet
from trading.views.compare_columns import LETTERS, Column, comparison, read_columns, suggestions
from trading.views.compare_rows import groups, untold
from trading.views.figure_choice import definition_words


@login_required
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    columns = read_columns(request)
    if "" in request.GET.values():
        # A form sends its empty fields too; the address without them says the same, and is what gets passed on.
        return redirect(comparison(request, [column.pairs for column in columns]))
    first = columns[0].choice
    shown = [(column, found) for column in columns for found in column.sets]
    sets = [found for _column, found in shown]
    shows_all = request.GET.get("show") == "all"
    all_pairs = [column.pairs for column in columns]
    has_trades = any(found.trades for found in sets)
    context = {
        "frame": first.frame,
        "columns": [_column(request, column, columns) for column in columns],
        "heads": [_head(column, found) for column, found in shown],
        "groups": groups([_name(*pair) for pair in shown], sets, first.definition, first.formats, shows_all=shows_all)
        if has_trades
        else [],
        "has_trades": has_trades,
        "untold": untold(sets, first.definition, shows_all=shows_all),
        "many_currencies": len({found.currency for found in sets}) > 1,
        "definition": definition_words(sets, first.definition),
        "shows_all": shows_all,
        "other_view": comparison(request, all_pairs, show="main" if shows_all else "all"),
        "kept": [(name, request.GET[name]) for name in ("definition", "show", "columns") if request.GET.get(name)],
        "suggestions": suggestions(request, columns[0]),
        "one_more": comparison(request, [*all_pairs, ()]) if len(columns) < len(LETTERS) else "",
        "listed": first.listing.choices,
    }
    return render(request, "trading/compare.html", context)


def _column(request: HttpRequest, column: Column, columns: list[Column]) -> dict[str, Any]:
    others = [other.pairs for other in columns if other is not column]
    return {
        "title": column.title,
        "words": column.words,
        "errors": column.errors,
        # A comparison of everything with everything says nothing: there the fields come first.
        "is_open": bool(column.errors) or not any(of.pairs for of in columns),
        "fields": column.fields,
        "hidden": column.hidden,
        "trades": column.choice.formats.number(sum(found.trades for found in column.sets)),
        "trades_url": column.choice.trades_url(),
        "figures_url": column.figures_url,
        "analysis_url": column.analysis_url,
        "remove_url": comparison(request, others) if len(columns) > 2 else "",
    }


def _name(column: Column, found: FigureSet) -> str:
    return f"{column.title} {found.currency}" if len(column.sets) > 1 else column.title


def _head(column: Column, found: FigureSet) -> dict[str, str]:
    return {
        "title": column.title,
        "words": column.words,
        "currency": found.currency,
    }
