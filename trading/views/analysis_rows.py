"""The cards of the analysis: rows with bars, the months, and the heat map of weekday and hour."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from trading.calc.breakdown import HOLDINGS, Tally
from trading.formatting import Formats, count, direction
from trading.models import Side
from trading.queries.breakdowns import Breakdown, Dimension
from trading.queries.trades import TradeTotals
from trading.views.figure_choice import FigureChoice

ENOUGH = 30
#: Half the width of a bar's picture; zero stands in its middle.
_HALF = 60
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STEPS = 4
_FILTERS = frozenset({"symbol", "side", "strategy", "tag"})


def strip(totals: TradeTotals, formats: Formats) -> list[tuple[str, Any]]:
    def money(amount: Decimal | None) -> Any:
        return formats.amount(amount, totals.currency, reason=_("There is no trade."))

    ratio, factor = totals.win_ratio, totals.profit_factor
    return [
        (_("Trades"), f"{totals.count:,}"),
        (_("Net profit"), money(totals.net_profit)),
        (_("Win rate"), formats.percent(ratio) if ratio is not None else ""),
        (_("Profit factor"), formats.number(factor, 2) if factor is not None else _("Nothing lost")),
        (_("Expected payoff"), money(totals.expected_payoff)),
        (_("Before costs"), money(totals.net_profit - totals.costs)),
        (_("Costs"), money(totals.costs)),
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
    rows = []
    for key in order:
        tally = groups[key]
        ratio = tally.win_ratio
        rows.append(
            {
                "label": words.get(key, key) or _("None"),
                "url": _trades_url(choice, found.currency, **{name: key}) if name in _FILTERS and key else "",
                "trades": f"{tally.trades:,}",
                "won": formats.percent(ratio, 0) if ratio is not None else "",
                "net": formats.amount(tally.net, found.currency),
                "bar": _bar(tally.net, widest),
            }
        )
    return {"name": name, "title": title, "rows": rows, "summary": summary(groups, words, found.currency, formats)}


def _ordered(name: Dimension, groups: Mapping[Any, Tally]) -> list[Any]:
    if name == "holding":
        return [key for key, _end in HOLDINGS if key in groups]
    return sorted(groups, key=lambda key: (-groups[key].net, key))


def _words(name: Dimension) -> Mapping[str, str]:
    if name == "side":
        return {value: str(label) for value, label in Side.choices}
    if name == "session":
        return {"new_york": "New York", "london": "London", "asia": _("Tokyo"), "none": _("Outside them")}
    if name == "holding":
        return {
            "under_5m": _("Under 5 min"),
            "5m_30m": _("5 to 30 min"),
            "30m_2h": _("30 min to 2 h"),
            "2h_8h": _("2 to 8 h"),
            "8h_1d": _("8 h to 1 day"),
            "1d_5d": _("1 to 5 days"),
            "over_5d": _("5 days and more"),
        }
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


def _bar(net: Decimal, widest: Decimal) -> dict[str, Any]:
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
    url = _trades_url(choice, currency, ("period",), **window)
    return {"url": url, "net": choice.formats.amount(tally.net, currency), "trades": count(tally.trades, "trade")}


def heat_map(found: Breakdown, formats: Formats) -> dict[str, Any]:
    """Hours downwards and weekdays across, so that it fits a phone; only those with trades."""
    days = sorted({day for day, _hour in found.slots})
    hours = sorted({hour for _day, hour in found.slots})
    widest = max((abs(tally.net) for tally in found.slots.values()), default=Decimal(0))
    rows = [
        (f"{hour:02}", [_heat(found.slots.get((day, hour)), widest, found.currency, formats) for day in days])
        for hour in hours
    ]
    words = {(day, hour): f"{_WEEKDAYS[day - 1]} {hour:02}:00" for day, hour in found.slots}
    return {
        "days": [_WEEKDAYS[day - 1] for day in days],
        "rows": rows,
        "summary": summary(found.slots, words, found.currency, formats),
    }


def _heat(tally: Tally | None, widest: Decimal, currency: str, formats: Formats) -> dict[str, str] | None:
    if tally is None:
        return None
    step = min(_STEPS, int(abs(tally.net) * _STEPS / widest) + 1) if tally.net else 0
    name = f"{direction(tally.net)}-{step}" if step else "zero"
    return {"scale": name, "net": formats.signed(tally.net, currency), "trades": count(tally.trades, "trade")}


def _trades_url(choice: FigureChoice, currency: str, without: tuple[str, ...] = (), **more: str) -> str:
    """The list of the trades of a row. Where accounts of several currencies are chosen, it names those of this one."""
    accounts = choice.listing.chosen_accounts
    is_mixed = len({account.currency for account in accounts}) > 1
    left_out = ("bootstrap", *without, *(("account",) if is_mixed else ()))
    own = [("account", account.pk) for account in accounts if is_mixed and account.currency == currency]
    return reverse("trade_list") + choice.query_with(without=left_out, **more) + (f"&{urlencode(own)}" if own else "")
