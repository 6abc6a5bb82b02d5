"""The summary and the Results block of a MetaTrader 5 report: which figure stands where, and how it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from trading.calc.metatrader import Figures
from trading.calc.rounding import to_places

ZERO = Decimal(0)

#: What a figure is: money, a ratio, a count or a percentage, in brackets that of its second half.
Shape = Literal[
    "heading",
    "money",
    "ratio",
    "count",
    "percent",
    "money (percent)",
    "percent (money)",
    "count (percent)",
    "count (money)",
    "money (count)",
]


@dataclass(frozen=True, slots=True)
class Figure:
    """A labelled figure. `key` is the key of trading.calc; a second figure in brackets has the key `second`."""

    label: str
    shape: Shape
    key: str = ""
    second: str = ""


ACCOUNT: Sequence[Sequence[Figure]] = (
    (Figure("Balance:", "money", "balance"), Figure("Free Margin:", "money", "margin_free")),
    (Figure("Credit Facility:", "money", "credit"), Figure("Margin:", "money", "margin")),
    (Figure("Floating P/L:", "money", "floating"), Figure("Margin Level:", "percent", "margin_level_percent")),
    (Figure("Equity:", "money", "equity"),),
)

#: Rows of up to three figures; None leaves the first third of a row empty.
RESULTS: Sequence[Sequence[Figure | None]] = (
    (
        Figure("Total Net Profit:", "money", "net_profit"),
        Figure("Gross Profit:", "money", "gross_profit"),
        Figure("Gross Loss:", "money", "gross_loss"),
    ),
    (Figure("Profit Factor:", "ratio", "profit_factor"), Figure("Expected Payoff:", "ratio", "expected_payoff")),
    (Figure("Recovery Factor:", "ratio", "recovery_factor"), Figure("Sharpe Ratio:", "ratio", "sharpe_ratio")),
    (Figure("Balance Drawdown:", "heading"),),
    (
        Figure("Balance Drawdown Absolute:", "money", "balance_drawdown_absolute"),
        Figure(
            "Balance Drawdown Maximal:",
            "money (percent)",
            "balance_drawdown_maximal",
            "balance_drawdown_maximal_percent",
        ),
        Figure(
            "Balance Drawdown Relative:",
            "percent (money)",
            "balance_drawdown_relative_percent",
            "balance_drawdown_relative",
        ),
    ),
    (
        Figure("Total Trades:", "count", "trades_total"),
        Figure("Short Trades (won %):", "count (percent)", "trades_short", "trades_short_won_percent"),
        Figure("Long Trades (won %):", "count (percent)", "trades_long", "trades_long_won_percent"),
    ),
    (
        None,
        Figure("Profit Trades (% of total):", "count (percent)", "trades_won", "trades_won_percent"),
        Figure("Loss Trades (% of total):", "count (percent)", "trades_lost", "trades_lost_percent"),
    ),
    (
        None,
        Figure("Largest profit trade:", "money", "largest_profit_trade"),
        Figure("Largest loss trade:", "money", "largest_loss_trade"),
    ),
    (
        None,
        Figure("Average profit trade:", "money", "average_profit_trade"),
        Figure("Average loss trade:", "money", "average_loss_trade"),
    ),
    (
        None,
        Figure("Maximum consecutive wins ($):", "count (money)", "max_consecutive_wins", "max_consecutive_wins_money"),
        Figure(
            "Maximum consecutive losses ($):",
            "count (money)",
            "max_consecutive_losses",
            "max_consecutive_losses_money",
        ),
    ),
    (
        None,
        Figure(
            "Maximal consecutive profit (count):",
            "money (count)",
            "max_consecutive_profit",
            "max_consecutive_profit_count",
        ),
        Figure(
            "Maximal consecutive loss (count):",
            "money (count)",
            "max_consecutive_loss",
            "max_consecutive_loss_count",
        ),
    ),
    (
        None,
        Figure("Average consecutive wins:", "count", "average_consecutive_wins"),
        Figure("Average consecutive losses:", "count", "average_consecutive_losses"),
    ),
)


def spaced(value: Decimal, digits: int) -> str:
    """The number with a space between thousands."""
    return f"{to_places(value, digits):,f}".replace(",", " ")


def printed(figure: Figure, figures: Figures, money_digits: int) -> str:
    """The figure as text: `1 145.00 (0.57%)`. MetaTrader prints what is undefined as zero."""
    first, _, second = figure.shape.rstrip(")").partition(" (")
    text = _half(first, figure.key, figures, money_digits)
    return f"{text} ({_half(second, figure.second, figures, money_digits)})" if second else text


def _half(shape: str, key: str, figures: Figures, money_digits: int) -> str:
    """One number. Drawdown and margin level in percent have the decimals of the money, shares of trades have two."""
    value = figures.get(key) or ZERO
    match shape:
        case "money":
            return spaced(value, money_digits)
        case "ratio":
            return spaced(value, 2)
        case "count":
            return f"{to_places(value, 0):f}"
        case "percent":
            return f"{spaced(value, 2 if key.startswith('trades') else money_digits)}%"
    return ""
