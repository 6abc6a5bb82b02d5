"""What the analysis tells further down: R multiples, results by holding time, costs, and runs."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from trading.calc.breakdown import Tally
from trading.formatting import Formats, count
from trading.queries.distributions import BANDS_IN_ONE, FIRST_BAND, LAST_BAND, MOST_POINTS, Band, Points, Run, Spread
from trading.queries.trades import TradeTotals
from trading.views.analysis_links import trades_url, without_url
from trading.views.analysis_rows import bar
from trading.views.figure_choice import FigureChoice

_MOST_COSTS = 12


def r_multiples(found: Spread, currency: str, choice: FigureChoice) -> dict[str, Any]:
    """The histogram as rows, from the lowest to the highest band that holds a trade."""
    known = sum(band.trades for band in found.bands.values())
    places = range(min(found.bands), max(found.bands) + 1) if found.bands else ()
    return {
        "rows": [_band(place, found.bands.get(place, Band()), currency, choice) for place in places],
        "known": count(known, _("trade")),
        "unknown": found.unknown.trades and choice.formats.number(found.unknown.trades),
        "unknown_url": without_url(choice, currency, "r"),
        "summary": _r_summary(found.bands, known, choice.formats) if known else "",
    }


def _band(place: int, band: Band, currency: str, choice: FigureChoice) -> dict[str, Any]:
    low, high = (Decimal(edge) / BANDS_IN_ONE for edge in (place, place + 1))
    lower = {} if place == FIRST_BAND else {"min_r": str(low)}
    upper = {} if place == LAST_BAND else {"below_r": str(high)}
    return {
        "label": band_words(place, choice.formats),
        "edge": "" if place == FIRST_BAND else choice.formats.number(low),
        "trades": band.trades,
        "shown": choice.formats.number(band.trades),
        "net": choice.formats.amount(band.net, currency) if band.trades else "",
        "url": trades_url(choice, currency, lower | upper, ("min_r", "below_r")) if band.trades else "",
        "side": "loss" if place < 0 else "profit",
    }


def band_words(place: int, formats: Formats) -> str:
    low, high = (formats.number(Decimal(edge) / BANDS_IN_ONE) for edge in (place, place + 1))
    if place == FIRST_BAND:
        return _("under %(edge)s") % {"edge": high}
    return _("%(edge)s and more") % {"edge": low} if place == LAST_BAND else f"{low} – {high}"


def _r_summary(bands: Mapping[int, Band], known: int, formats: Formats) -> str:
    often = max(bands, key=lambda place: (bands[place].trades, place))
    beyond = sum(band.trades for place, band in bands.items() if place < -BANDS_IN_ONE)
    most = _("Most often %(band)s R: %(trades)s.") % {
        "band": band_words(often, formats),
        "trades": count(bands[often].trades, _("trade")),
    }
    share = formats.percent(Decimal(beyond) / known, 0)
    return f"{most} " + _("%(share)s lost more than their stop said.") % {"share": share}


def costs(groups: Mapping[str, Tally], totals: TradeTotals, choice: FigureChoice) -> dict[str, Any]:
    """What trading cost against what it brought before, whole and by symbol, the costliest first."""
    formats, currency = choice.formats, totals.currency
    gross = totals.gross_profit
    widest = max((abs(tally.costs) for tally in groups.values()), default=Decimal(0))
    ordered = sorted(groups, key=lambda name: (groups[name].costs, name))[:_MOST_COSTS]
    return {
        "lines": [
            (_("Before costs"), formats.amount(gross, currency)),
            (_("Commission"), formats.amount(totals.commission, currency)),
            (_("Swap"), formats.amount(totals.swap, currency)),
            (_("Fees"), formats.amount(totals.fee, currency)),
            (_("Net profit"), formats.amount(totals.net_profit, currency)),
        ],
        "share": _cost_words(totals, formats),
        "share_url": reverse("figure_detail", args=["cost_share_percent"])
        + choice.query_with(without=("definition",), definition="portal"),
        "rows": [
            {
                "label": name,
                "url": trades_url(choice, currency, {"symbol": name}),
                "gross": formats.amount(groups[name].net - groups[name].costs, currency),
                "costs": formats.amount(groups[name].costs, currency),
                "share": formats.percent(groups[name].costs / totals.costs, 0) if totals.costs else "",
                "bar": bar(groups[name].costs, widest),
            }
            for name in ordered
        ],
    }


def _cost_words(totals: TradeTotals, formats: Formats) -> str:
    if totals.gross_profit <= 0:
        return _("Before costs there was nothing left to pay them from.")
    return _("%(share)s of the result before costs went to commission, swap and fees.") % {
        "share": formats.percent(-totals.costs / totals.gross_profit)
    }


def runs(found: Spread, currency: str, choice: FigureChoice) -> list[dict[str, Any]]:
    """Up to four: of wins and losses, the longest and the one that moved most money."""
    offered = [
        (_("Longest run of wins"), "won", found.wins.longest),
        (_("Most profitable run"), "won", found.wins.richest),
        (_("Longest run of losses"), "lost", found.losses.longest),
        (_("Costliest run"), "lost", found.losses.richest),
    ]
    return [_run(label, result, run, currency, choice) for label, result, run in offered if run]


def _run(label: str, result: str, run: Run, currency: str, choice: FigureChoice) -> dict[str, Any]:
    formats = choice.formats
    window = {
        "from": run.first_at.isoformat().replace("+00:00", "Z"),
        "to": (run.last_at + timedelta(microseconds=1)).isoformat().replace("+00:00", "Z"),
    }
    days = [formats.day(run.first_at), formats.day(run.last_at)]
    return {
        "label": label,
        "trades": formats.number(run.trades),
        "net": formats.amount(run.money, currency),
        "when": days[0] if days[0] == days[1] else " – ".join(days),
        "url": trades_url(choice, currency, {"result": result, "sort": "closed", **window}, ("period",)),
    }


def drawn_words(totals: TradeTotals, formats: Formats) -> str:
    """How many trades the picture of holding times shows."""
    if totals.count <= MOST_POINTS:
        return _("Each of the %(count)s trades is a point.") % {"count": formats.number(totals.count)}
    return _("%(drawn)s of %(count)s trades are drawn: the largest results, and an even choice of the others.") % {
        "drawn": formats.number(MOST_POINTS),
        "count": formats.number(totals.count),
    }


def points_json(found: Points, choice: FigureChoice) -> dict[str, Any]:
    """What the picture of results by holding time needs. Numbers are drawn, never computed with."""
    formats = choice.formats
    return {
        "currency": found.currency,
        "points": [
            [max(point.held_s, 1), float(point.net), f"{point.id}", point.symbol, point.side] for point in found.points
        ],
        "trade": reverse("trade_list"),
        "query": choice.query_with(without=("bootstrap",)),
        "group": formats.group,
        "point": formats.point,
    }
