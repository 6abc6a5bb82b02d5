"""MetaTrader's figures in the shape of the other definition sets."""

from decimal import Decimal

from trading.calc.figure_types import FigureValue, FigureValues
from trading.calc.history import History
from trading.calc.interval import wilson_interval
from trading.calc.ledger import Ledger
from trading.calc.metatrader import Definition, Figures, metatrader_figures
from trading.calc.registry import BY_KEY
from trading.calc.results import HUNDRED, SMALL_SAMPLE
from trading.calc.undefined import why_undefined

#: Which count a rate is a share of.
_RATES = {
    "trades_won_percent": "trades_total",
    "trades_lost_percent": "trades_total",
    "trades_long_won_percent": "trades_long",
    "trades_short_won_percent": "trades_short",
}


def metatrader_values(history: History, definition: Definition = "mt5", ledger: Ledger | None = None) -> FigureValues:
    """The registry's figures under MetaTrader's rules, each with its reason where it has no value.

    `ledger` is as in `metatrader_figures`. MetaTrader 4's names for drawdown become those of the registry; columns of a report that are no figures are left out.
    """
    return values_of(metatrader_figures(history, definition, ledger))


def values_of(figures: Figures) -> FigureValues:
    """The same from figures that are computed already."""
    exits = int(figures["trades_total"] or 0)
    return {BY_KEY[key].key: _value(key, figures, exits) for key in figures if key in BY_KEY}


def _value(key: str, figures: Figures, exits: int) -> FigureValue:
    name, value = BY_KEY[key].key, figures[key]
    count = int(figures[_RATES[key]] or 0) if key in _RATES else exits
    if value is None:
        return FigureValue(name, None, reason=why_undefined(key, figures), sample=count)
    interval = _interval(value, count) if key in _RATES else None
    if interval is None:
        return FigureValue(name, value, sample=count)
    return FigureValue(name, value, sample=count, low=interval[0] * HUNDRED, high=interval[1] * HUNDRED)


def _interval(percent: Decimal, count: int) -> tuple[Decimal, Decimal] | None:
    """The interval of a share of few exits."""
    return wilson_interval(round(percent * count / HUNDRED), count) if count < SMALL_SAMPLE else None
