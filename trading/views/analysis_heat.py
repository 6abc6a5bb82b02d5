"""The heat map of weekday and hour: figures in its cells, each of which opens its trades."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from trading.calc.breakdown import Tally, total
from trading.filters import WEEKDAYS
from trading.formatting import MINUS, Formats, count, direction
from trading.queries.breakdowns import Breakdown
from trading.views.analysis_links import row_url, slot_url
from trading.views.analysis_rows import summary
from trading.views.figure_choice import FigureChoice

_STEPS = 4
#: From where on an amount is told in these.
_UNITS = ((Decimal(999_500), 1_000_000, "M"), (Decimal("999.5"), 1_000, "k"))
_WHOLE = Decimal("9.95")


def heat_map(found: Breakdown, choice: FigureChoice) -> dict[str, Any]:
    """Hours downwards and weekdays across, so that it fits a phone; only those with trades."""
    days = sorted({day for day, _hour in found.slots})
    hours = sorted({hour for _day, hour in found.slots})
    widest = max((abs(tally.net) for tally in found.slots.values()), default=Decimal(0))
    rows = [
        {
            "hour": f"{hour:02}",
            "url": row_url(choice, found.currency, "hour", hour),
            "cells": [_cell(found, day, hour, widest, choice) for day in days],
            "total": _total([found.slots[slot] for slot in found.slots if slot[1] == hour], found.currency, choice),
        }
        for hour in hours
    ]
    return {
        "days": [_day(found, day, choice) for day in days],
        "rows": rows,
        "legend": _legend(widest, found.currency, choice.formats),
        "summary": summary(found.slots, _words(found.slots), found.currency, choice.formats),
    }


def _day(found: Breakdown, day: int, choice: FigureChoice) -> dict[str, Any]:
    tallies = [tally for slot, tally in found.slots.items() if slot[0] == day]
    return {
        "name": dict(WEEKDAYS)[day],
        "short": _short_days()[day],
        "url": row_url(choice, found.currency, "weekday", day),
        "total": _total(tallies, found.currency, choice),
    }


def _short_days() -> Mapping[int, str]:
    return {1: _("Mon"), 2: _("Tue"), 3: _("Wed"), 4: _("Thu"), 5: _("Fri"), 6: _("Sat"), 7: _("Sun")}


def _words(slots: Mapping[tuple[int, int], Tally]) -> Mapping[tuple[int, int], str]:
    short = _short_days()
    return {(day, hour): f"{short[day]} {hour:02}:00" for day, hour in slots}


def _cell(found: Breakdown, day: int, hour: int, widest: Decimal, choice: FigureChoice) -> dict[str, str] | None:
    tally = found.slots.get((day, hour))
    if tally is None:
        return None
    step = min(_STEPS, int(abs(tally.net) * _STEPS / widest) + 1) if tally.net else 0
    return {
        "scale": f"{direction(tally.net)}-{step}" if step else "zero",
        "net": choice.formats.signed(tally.net, found.currency),
        "short": short_money(tally.net, choice.formats),
        "trades": count(tally.trades, "trade"),
        "url": slot_url(choice, found.currency, day, hour),
    }


def _total(tallies: list[Tally], currency: str, choice: FigureChoice) -> dict[str, Any]:
    whole = total(tallies)
    return {
        "net": choice.formats.signed(whole.net, currency),
        "short": short_money(whole.net, choice.formats),
        "trades": whole.trades,
        "direction": direction(whole.net),
    }


def _legend(widest: Decimal, currency: str, formats: Formats) -> dict[str, Any]:
    """The scale from the largest loss to the largest profit that a cell can have."""
    names = [f"loss-{step}" for step in range(_STEPS, 0, -1)] + ["zero"]
    names += [f"profit-{step}" for step in range(1, _STEPS + 1)]
    return {"steps": names, "low": formats.signed(-widest, currency), "high": formats.signed(widest, currency)}


def short_money(amount: Decimal, formats: Formats) -> str:
    """An amount that fits a cell: "+1.2k" for 1,234.56. The exact one stands beside it for those who can't point."""
    for least, divisor, letter in _UNITS:
        if abs(amount) >= least:
            scaled = amount / divisor
            text = formats.number(scaled, 0 if abs(scaled) >= _WHOLE else 1) + letter
            break
    else:
        text = formats.number(amount, 0)
    return f"+{text}" if text[0] not in f"0{MINUS}" else text.removeprefix(f"{MINUS}0") or "0"
