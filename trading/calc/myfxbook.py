"""Figures as Myfxbook defines them, of round trips: docs/formulas.md has each, worked by hand."""

from trading.calc.closed_trades import in_order
from trading.calc.figure_types import FigureValues, Sample
from trading.calc.path_figures import gain_figures
from trading.calc.results import result_figures
from trading.calc.trade_figures import average_holding, spread_figures


def myfxbook_figures(sample: Sample) -> FigureValues:
    """Every figure of Myfxbook's set by its key; an undefined one has its reason in place of a value."""
    trades = in_order(sample.trades)
    found = result_figures(trades)
    found |= average_holding(trades) | spread_figures(trades)
    return found | gain_figures(sample, trades)
