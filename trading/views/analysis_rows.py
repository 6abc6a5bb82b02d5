"""The cards of the analysis: rows with bars, and the months."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from trading.calc.breakdown import HOLDINGS, Tally
from trading.filters import HOLDING_NAMES, SESSION_NAMES
from trading.formatting import Formats, count, direction
from trading.models import Side
from trading.queries.breakdowns import Breakdown, Dimension
from trading.queries.trades import TradeTotals
from trading.views.analysis_links import row_url, trades_url
from trading.views.compare_columns import LETTERS, comparison
from trading.views.figure_choice import FigureChoice

ENOUGH = 30
#: Half the width of a bar's picture; zero stands in its middle.
_HALF = 60
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: So many rows say where the money went; a page with hundreds of symbols or tags opens the rest on request.
_MOST_ROWS = 12
_LONG = frozenset({"symbol", "strategy", "tag"})
#: What is worth seeing side by side.
_COMPARED = frozenset({"side", "session", "strategy", "tag"})


def strip(totals: TradeTotals, formats: Formats) -> list[tuple[str, Any, str]]:
    """Label, value and the key of the figure whose definition it has."""

    def money(amount: Decimal | None) -> Any:
        return formats.amount(amount, totals.currency, reason=_("There is no trade."))

    ratio, factor = totals.win_ratio, totals.profit_factor
    return [
        (_("Trades"), f"{totals.count:,}", "trades_total"),
        (_("Net profit"), money(totals.net_profit), "net_profit"),
        (_("Win rate"), formats.percent(ratio) if ratio is not None else "", "trades_won_percent"),
        (_("Profit factor"), formats.number(factor, 2) if factor is not None else _("Nothing lost"), "profit_factor"),
        (_("Expected payoff"), money(totals.expected_payoff), "expected_payoff"),
        (_("Before costs"), money(totals.net_profit - totals.costs), "gross_result"),
        (_("Costs"), money(totals.costs), "cost_share_percent"),
    ]


def cards(found: Breakdown, choice: FigureChoice) -> list[dict[str, Any]]:
    """One card for each dimension that says something."""
    titles: dict[Dimension, str] = {
        "symbol": _("Symbols"),
        "side": _("Long and short"),
        "session": _("Sessions"),
        "holding": _("Holding time"),
        "strategy": _("Strategies"),
        "tag": _("Tags"),
    }
    return [_card(name, title, found, choice) for name, title in titles.items() if set(found.groups[name]) - {""}]


def _card(name: Dimension, title: str, found: Breakdown, choice: FigureChoice) -> dict[str, Any]:
    groups, formats = found.groups[name], choice.formats
    order = _ordered(name, groups)
    words = _words(name)
    widest = max((abs(tally.net) for tally in groups.values()), default=Decimal(0))
    left_out = 0
    if name in _LONG and len(order) > _MOST_ROWS and choice.request.GET.get("rows") != "all":
        told = set(sorted(order, key=lambda key: -abs(groups[key].net))[:_MOST_ROWS])
        left_out, order = len(order) - len(told), [key for key in order if key in told]
    return {
        "name": name,
        "title": title,
        "rows": [_row(name, key, groups[key], words, widest, found.currency, choice) for key in order],
        "left_out": left_out,
        "all_url": choice.request.path + choice.query_with(rows="all") if left_out else "",
        "compare_url": _compare_url(name, [key for key in order if key], found.currency, choice),
        "summary": summary(groups, words, found.currency, formats),
    }


def _compare_url(name: Dimension, keys: Sequence[str], currency: str, choice: FigureChoice) -> str:
    """The first rows as columns of a comparison; "" where there is nothing to compare."""
    if name not in _COMPARED or len(keys) < 2:
        return ""
    filters = choice.listing.filter.filters
    base = [pair for pair in choice.kept if pair[0] in filters and pair[0] not in (name, "currency")]
    own = [[*base, ("currency", currency), (name, key)] for key in keys[: len(LETTERS)]]
    return comparison(choice.request, own)


def _row(
    name: Dimension,
    key: Any,
    tally: Tally,
    words: Mapping[str, str],
    widest: Decimal,
    currency: str,
    choice: FigureChoice,
) -> dict[str, Any]:
    ratio, formats = tally.win_ratio, choice.formats
    return {
        "label": words.get(key, key) or _("None"),
        "url": row_url(choice, currency, name, key),
        "trades": f"{tally.trades:,}",
        "won": formats.percent(ratio, 0) if ratio is not None else "",
        "net": formats.amount(tally.net, currency),
        "bar": bar(tally.net, widest),
    }


def _ordered(name: Dimension, groups: Mapping[Any, Tally]) -> list[Any]:
    if name == "holding":
        return [key for key, _end in HOLDINGS if key in groups]
    return sorted(groups, key=lambda key: (-groups[key].net, key))


def _words(name: Dimension) -> Mapping[str, str]:
    if name == "side":
        return {value: str(label) for value, label in Side.choices}
    if name == "session":
        return {value: str(label) for value, label in SESSION_NAMES}
    if name == "holding":
        return {value: str(label) for value, label in HOLDING_NAMES}
    return {}


def summary(groups: Mapping[Any, Tally], words: Mapping[Any, str], currency: str, formats: Formats) -> str:
    """What stands out, in a sentence."""
    if max(tally.trades for tally in groups.values()) < ENOUGH:
        return _("Too few trades to say: no row has %(enough)s.") % {"enough": ENOUGH}
    sentences = []
    best, worst = (pick(groups, key=lambda key: groups[key].net) for pick in (max, min))
    for key, is_said, text in (
        (best, groups[best].net > 0, _("Most was made in %(name)s: %(net)s.")),
        (worst, groups[worst].net < 0, _("Most was lost in %(name)s: %(net)s.")),
    ):
        if is_said:
            name = words.get(key, key) or _("none")
            sentences.append(text % {"name": name, "net": formats.signed(groups[key].net, currency)})
    return " ".join(sentences)


def bar(net: Decimal, widest: Decimal) -> dict[str, Any]:
    width = int(abs(net) * _HALF / widest) if widest else 0
    width = max(width, 1) if net else 0
    return {"x": _HALF if net > 0 else _HALF - width, "width": width, "direction": direction(net)}


def months(found: Breakdown, choice: FigureChoice) -> list[dict[str, Any]]:
    """A row for each year: twelve months, "" where nothing was closed, and the year."""
    groups, formats = found.groups["month"], choice.formats
    rows = []
    for year in sorted({month[:4] for month in groups}, reverse=True):
        own = {int(month[5:]): tally for month, tally in groups.items() if month[:4] == year}
        cells = [_month(int(year), month, own.get(month), found.currency, choice) for month in range(1, 13)]
        net = sum((tally.net for tally in own.values()), Decimal(0))
        rows.append({"year": year, "cells": cells, "net": formats.amount(net, found.currency)})
    return rows


def _month(year: int, month: int, tally: Tally | None, currency: str, choice: FigureChoice) -> dict[str, Any] | None:
    if tally is None:
        return None
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    starts_at, ends_at = choice.listing.filter.window
    zone = choice.listing.filter.zone
    # Of a month at the edge of the chosen window only the days inside are counted here, and listed there.
    if starts_at:
        first = max(first, starts_at.astimezone(zone).date())
    if ends_at:
        last = min(last, (ends_at - timedelta(microseconds=1)).astimezone(zone).date())
    window = {"from": f"{first}", "to": f"{last}"}
    url = trades_url(choice, currency, window, ("period",))
    return {"url": url, "net": choice.formats.amount(tally.net, currency), "trades": count(tally.trades, "trade")}
