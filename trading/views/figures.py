"""Figures: all of them for any choice of trades, and each with what it rests on."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount
from trading.calc.figure_types import DefinitionSet, FigureEntry
from trading.calc.registry import BY_KEY, DEFINITION_SETS, ENTRIES
from trading.calc.return_figures import ON_BALANCE
from trading.filters import end_of, start_of
from trading.models import Trade
from trading.queries import keyset
from trading.queries.figure_sets import FigureSet, figure_trades
from trading.queries.trades import DEFAULT_SORT, SORTS, trade_page
from trading.views.figure_choice import FigureChoice, definition_words, set_facts
from trading.views.figure_rows import compared_rows, hint, interval_of, is_thin, plain_text, row_groups, written
from trading.views.figure_words import in_words, said
from trading.views.trade_figures import filter_chips

_TRADES = 10
#: The figures that are put into the formula of another, where it is simple.
_INPUTS = {
    "net_profit": ("gross_profit", "gross_loss"),
    "profit_factor": ("gross_profit", "gross_loss"),
    "expected_payoff": ("net_profit", "trades_total"),
    "payoff_ratio": ("average_profit_trade", "average_loss_trade"),
    "average_profit_trade": ("gross_profit", "trades_won"),
    "average_loss_trade": ("gross_loss", "trades_lost"),
    "trades_won_percent": ("trades_won", "trades_total"),
    "trades_lost_percent": ("trades_lost", "trades_total"),
    "recovery_factor": ("net_profit", "balance_drawdown_maximal"),
    "cost_share_percent": ("commission_total", "swap_total", "fee_total", "gross_result"),
    "calmar_ratio": ("annual_growth_percent",),
    "annual_growth_percent": ("time_weighted_return_percent",),
    "daily_gain_percent": ("gain_percent",),
    "monthly_gain_percent": ("gain_percent",),
    "sqn": ("r_mean", "r_deviation", "r_count"),
    "sqn_capped": ("r_mean", "r_deviation", "r_count"),
    "r_mean": ("r_sum", "r_count"),
    "equity": ("balance", "credit", "floating_net"),
    "margin_free": ("equity", "margin"),
    "margin_level_percent": ("equity", "margin"),
}


@login_required
@require_safe
def figure_list(request: HttpRequest) -> HttpResponse:
    """Every figure of the trades that the address chooses."""
    return _page(request, FigureChoice(request))


@login_required
@require_safe
def account_figures(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Every figure of one account."""
    account = get_object_or_404(BrokerAccount.objects.for_trader(request.user), pk=account_id)
    return _page(request, FigureChoice(request, account))


def _page(request: HttpRequest, choice: FigureChoice) -> HttpResponse:
    compares = request.GET.get("compare") == "1"
    own = ("account",) if choice.account else ()
    sets = choice.sets()
    context = {
        "frame": choice.frame,
        "account": choice.account,
        "choice": choice,
        "chips": [
            chip for chip in filter_chips(request, choice.listing) if chip.name != "account" or not choice.account
        ],
        "errors": choice.listing.filter.errors,
        "definition": definition_words(sets, choice.definition),
        "compares": compares,
        "compare_url": request.path + choice.query_with(without=own, compare="1"),
        "single_url": request.path + choice.query_with(without=own),
        "definitions": list(DEFINITION_SETS.values()),
        "sets": _compared(choice) if compares else [_shown(found, choice) for found in sets],
    }
    return render(request, "trading/figures.html", context)


def _shown(found: FigureSet, choice: FigureChoice) -> dict[str, Any]:
    groups = row_groups(found, choice.formats, choice.query)
    return {"currency": found.currency, "groups": groups, "facts": set_facts(found, choice.formats)}


def _compared(choice: FigureChoice) -> list[dict[str, Any]]:
    """The three definitions side by side, one table for each currency."""
    by_definition = {name: choice.sets(name) for name in DEFINITION_SETS}
    tables = []
    for number, found in enumerate(by_definition["portal"]):
        sets: dict[DefinitionSet, FigureSet] = {name: of[number] for name, of in by_definition.items()}
        groups: dict[str, list[FigureEntry]] = {}
        for entry in ENTRIES:
            groups.setdefault(said(entry.group), []).append(entry)
        rows = [
            (title, compared_rows(sets, entries, choice.formats, choice.query)) for title, entries in groups.items()
        ]
        tables.append({"currency": found.currency, "rows": rows, "facts": set_facts(found, choice.formats)})
    return tables


@login_required
@require_safe
def figure_detail(request: HttpRequest, key: str) -> HttpResponse:
    """What one figure means and rests on: formula, numbers, trades, zone, currency, and what is not in it."""
    entry = BY_KEY.get(key)
    if entry is None or entry.key != key:
        raise Http404
    choice = FigureChoice(request)
    sets = choice.sets()
    on = _day_of(entry, sets)
    of_day = {"from": on.isoformat(), "to": on.isoformat()} if on else {}
    context = {
        "frame": choice.frame,
        "entry": in_words(entry),
        "choice": choice,
        "chips": filter_chips(request, choice.listing),
        "definition": definition_words(sets, choice.definition),
        "definition_key": choice.definition,
        "figures_url": reverse("figure_list") + choice.query,
        "departures": _departures(entry),
        "sets": [_told(entry, found, choice) for found in sets],
        "is_of_reports": entry.counted == "points",
        "trades": _trades(entry, choice, on) if sets and entry.counted != "points" else [],
        "trades_url": choice.trades_url(**figure_trades(entry.key, choice.definition), **of_day),
        "is_of_set": choice.definition in entry.sets,
    }
    return render(request, "trading/figure_detail.html", context)


def _departures(entry: FigureEntry) -> list[tuple[str, str]]:
    """What each definition makes of the figure."""
    words = []
    for name, label in DEFINITION_SETS.items():
        if name not in entry.sets:
            words.append((label, _("Has no such figure.")))
        else:
            words.append((label, said(entry.sets[name]) or _("By the formula above.")))
    return words


def _told(entry: FigureEntry, found: FigureSet, choice: FigureChoice) -> dict[str, Any]:
    formats, figure = choice.formats, found.figures.get(entry.key)
    known = figure is not None and figure.value is not None
    return {
        "currency": found.currency,
        "value": written(figure.value, entry.kind, found.currency, formats)
        if figure and figure.value is not None
        else "",
        "exact": format(figure.value, "f") if figure and figure.value is not None else "",
        "reason": said(figure.reason) if figure else _("This definition has no such figure."),
        "is_thin": known and figure is not None and is_thin(entry, figure),
        "sample": formats.number(figure.sample) if figure else "",
        "counted": entry.counted,
        "interval": interval_of(entry, figure, found, formats) if figure else "",
        "note": hint(entry, figure, found, formats) if figure else "",
        "day_url": _day_url(figure.on, choice) if figure and figure.on else "",
        "inputs": _inputs(entry, found, choice),
        "facts": set_facts(found, formats),
    }


def _day_url(on: date, choice: FigureChoice) -> str:
    """The page of a day, of the account that was chosen alone."""
    accounts = choice.wanted.accounts
    named = {"account": str(accounts[0].pk)} if len(accounts) == 1 else {}
    return f"{reverse('journal_day')}?{urlencode({'day': on.isoformat(), **named})}"


def _input_keys(entry: FigureEntry, found: FigureSet) -> tuple[str, ...]:
    keys, figure = _INPUTS.get(entry.key, ()), found.figures.get(entry.key)
    if entry.key != "calmar_ratio" or figure is None:
        return keys
    stands_on = "balance" if figure.note == ON_BALANCE else "equity"
    return (*keys, f"{stands_on}_drawdown_relative_percent")


def _inputs(entry: FigureEntry, found: FigureSet, choice: FigureChoice) -> list[dict[str, str]]:
    """The numbers that go into the formula."""
    rows = []
    for key in _input_keys(entry, found):
        figure = found.figures.get(key)
        if figure and figure.value is not None:
            of = BY_KEY[key]
            value = plain_text(figure.value, of.kind, found.currency, choice.formats)
            rows.append(
                {
                    "label": in_words(of).label,
                    "value": value,
                    "url": reverse("figure_detail", args=[key]) + choice.query,
                }
            )
    return rows


def _day_of(entry: FigureEntry, sets: Sequence[FigureSet]) -> date | None:
    """The day that the figure is of; None where it is of none, or currencies have one each."""
    figures = [found.figures.get(entry.key) for found in sets]
    return figures[0].on if len(figures) == 1 and figures[0] else None


def _trades(entry: FigureEntry, choice: FigureChoice, on: date | None) -> list[dict[str, Any]]:
    """The first of the trades that the figure rests on, of its day where it is of one."""
    narrowing = figure_trades(entry.key, choice.definition)
    sort = keyset.parse_sort(narrowing.get("sort", ""), SORTS, DEFAULT_SORT)
    trades = _narrowed(choice, narrowing)
    if on:
        zone = choice.wanted.zone
        trades = trades.filter(closed_at__gte=start_of(on, zone), closed_at__lt=end_of(on, zone))
    page = trade_page(trades, choice.wanted.accounts, sort, size=_TRADES)
    accounts = {account.pk: account for account in choice.wanted.accounts}
    return [_trade(row, accounts[row["account_id"]], choice) for row in page.rows]


#: What each parameter of figure_trades says of a trade.
_CONDITIONS: Mapping[tuple[str, str], Q] = {
    ("result", "won"): Q(net_profit__gt=0),
    ("result", "lost"): Q(net_profit__lt=0),
    ("result", "zero"): Q(net_profit=0),
    ("min_profit", "0"): Q(net_profit__gte=0),
    ("side", "buy"): Q(side="buy"),
    ("side", "sell"): Q(side="sell"),
}


def _narrowed(choice: FigureChoice, narrowing: Mapping[str, str]) -> QuerySet[Trade]:
    trades = choice.wanted.trades
    for pair in narrowing.items():
        trades = trades.filter(_CONDITIONS.get(pair, Q()))
    return trades


def _trade(row: dict[str, Any], account: BrokerAccount, choice: FigureChoice) -> dict[str, Any]:
    formats = choice.formats
    return {
        "url": reverse("trade_detail", args=[row["id"]]) + choice.query,
        "closed": formats.moment(row["closed_at"], row["closed_text"], seconds=False),
        "symbol": row["symbol"],
        "side": row["side"],
        "lots": formats.lots(row["volume_lots"]),
        "net": formats.amount(row["net_profit"], account.currency),
        "currency": account.currency,
    }
