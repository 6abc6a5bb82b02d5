"""The portal's own definitions, of round trips: docs/formulas.md has each, worked by hand."""

from trading.calc.closed_trades import in_order
from trading.calc.figure_types import FigureValues, Sample
from trading.calc.results import cost_figures, result_figures, streak_figures


def portal_figures(sample: Sample) -> FigureValues:
    """Every figure of the portal's set by its key; an undefined one has its reason in place of a value."""
    trades = in_order(sample.trades)
    return result_figures(trades) | cost_figures(trades) | streak_figures([trade.net for trade in trades])
