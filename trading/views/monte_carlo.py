"""What may come: the paths that the chosen trades could have made of a balance, and how many of them end in ruin."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.closed_trades import in_order
from trading.calc.equity_paths import FEWEST_TRADES, EquityPaths, Method, equity_paths
from trading.queries.figure_sets import Wanted, kept_under, sample_of
from trading.views.figure_choice import FigureChoice
from trading.views.trade_figures import filter_chips

SEED = 1
BLOCK = 10
_DEFAULTS = {"method": "shuffle", "paths": "1000", "ruin": "50"}


class MonteCarloForm(forms.Form):
    method = forms.ChoiceField(
        label=gettext_lazy("Method"),
        choices=[
            ("shuffle", gettext_lazy("The same trades in another order")),
            ("blocks", gettext_lazy("Drawn anew, in blocks of 10")),
        ],
    )
    paths = forms.IntegerField(label=gettext_lazy("Paths"), min_value=100, max_value=2000)
    ruin = forms.IntegerField(label=gettext_lazy("Ruin: loss in %"), min_value=1, max_value=100)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The paths of one currency. `paths` is None where there is too little to draw from; `reason` then says so."""

    currency: str
    start: Decimal | None
    paths: EquityPaths | None
    reason: str


@login_required
@require_safe
def monte_carlo(request: HttpRequest) -> HttpResponse:
    choice = FigureChoice(request)
    form = MonteCarloForm(_asked(request.GET))
    # What makes no sense is shown at its field, and the defaults are drawn.
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {"method": "shuffle", "paths": 1000, "ruin": 50}
    ruin = Decimal(asked["ruin"]) / 100
    drawn = [_kept(of, asked["method"], asked["paths"], ruin) for of in _by_currency(choice.wanted)]
    context = {
        "frame": choice.frame,
        "choice": choice,
        "form": form,
        "chips": filter_chips(request, choice.listing),
        "figures_url": reverse("figure_list") + choice.query,
        "sets": [_shown(of, choice, asked["ruin"]) for of in drawn],
        "seed": SEED,
    }
    return render(request, "trading/monte_carlo.html", context)


def _asked(parameters: QueryDict) -> dict[str, str]:
    return {name: parameters.get(name) or default for name, default in _DEFAULTS.items()}


def _by_currency(wanted: Wanted) -> list[Wanted]:
    currencies: dict[str, list[BrokerAccount]] = {}
    for account in wanted.accounts:
        currencies.setdefault(account.currency, []).append(account)
    return [wanted.of(accounts) for _, accounts in sorted(currencies.items())]


def _kept(wanted: Wanted, method: Method, paths: int, ruin: Decimal) -> Drawn:
    parts = (translation.get_language(), method, paths, ruin, SEED, *kept_under(wanted))  # a reason is in words
    return cache.remembered("paths", parts, cache.FIGURE_SETS_S, lambda: _draw(wanted, method, paths, ruin))


def _draw(wanted: Wanted, method: Method, paths: int, ruin: Decimal) -> Drawn:
    sample = sample_of(wanted)
    currency, opening = wanted.accounts[0].currency, sample.opening_balance
    if len(sample.trades) < FEWEST_TRADES:
        words = _("Too few trades to say: %(count)d of %(fewest)d.")
        return Drawn(currency, None, None, words % {"count": len(sample.trades), "fewest": FEWEST_TRADES})
    cash = sum((flow.amount for flow in sample.flows if flow.kind != "credit"), Decimal(0))
    if opening is None or opening + cash <= 0:
        return Drawn(currency, None, None, _("What was paid in is not known, so there is no balance to begin with."))
    nets = [trade.net for trade in in_order(sample.trades)]
    return Drawn(
        currency, opening + cash, equity_paths(nets, opening + cash, method, paths, ruin, block=BLOCK, seed=SEED), ""
    )


def _shown(drawn: Drawn, choice: FigureChoice, ruin_percent: int) -> dict[str, Any]:
    if drawn.paths is None or drawn.start is None:
        return {"currency": drawn.currency, "reason": drawn.reason}
    formats, paths = choice.formats, drawn.paths
    return {
        "currency": drawn.currency,
        "start": formats.money(drawn.start, drawn.currency),
        "ruin_level": formats.money(drawn.start * (100 - ruin_percent) / 100, drawn.currency),
        "ruin_at": drawn.start * (100 - ruin_percent) / 100,
        "ruin": formats.percent(paths.ruin_ratio),
        "ruin_interval": f"{formats.percent(paths.ruin_low)} – {formats.percent(paths.ruin_high)}",
        "paths": formats.number(paths.paths),
        "trades": formats.number(paths.trades),
        "end_low": formats.money(paths.bands[-1].balances[0], drawn.currency),
        "end_middle": formats.money(paths.bands[-1].balances[2], drawn.currency),
        "end_high": formats.money(paths.bands[-1].balances[4], drawn.currency),
        "fall_middle": formats.percent(paths.falls[2]),
        "fall_high": formats.percent(paths.falls[4]),
        "rows": [_row(band.trades, band.balances, drawn.currency, choice) for band in paths.bands],
    }


def _row(trades: int, balances: Sequence[Decimal], currency: str, choice: FigureChoice) -> dict[str, Any]:
    cells = [(format(balance, "f"), choice.formats.money(balance, currency)) for balance in balances]
    return {"trades": trades, "shown": choice.formats.number(trades), "cells": cells}
