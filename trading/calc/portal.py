"""The portal's own definitions, of round trips: docs/formulas.md has each, worked by hand."""

from trading.calc.closed_trades import in_order
from trading.calc.equity_figures import equity_figures
from trading.calc.figure_types import FigureValues, Sample
from trading.calc.path_figures import fall_figures, path_figures
from trading.calc.results import cost_figures, result_figures, streak_figures
from trading.calc.return_figures import return_figures
from trading.calc.trade_figures import holding_figures, market_figures, risk_figures, spread_figures


def portal_figures(sample: Sample) -> FigureValues:
    """Every figure of the portal's set by its key; an undefined one has its reason in place of a value."""
    trades = in_order(sample.trades)
    found = result_figures(trades) | cost_figures(trades) | streak_figures([trade.net for trade in trades])
    found |= risk_figures(trades) | spread_figures(trades) | holding_figures(trades) | market_figures(sample)
    falls = fall_figures(sample, trades) | equity_figures(sample)
    return found | falls | path_figures(sample, trades) | return_figures(sample, falls)
