"""What a figure is measured in, for whoever writes it down."""

from typing import Literal

Unit = Literal["money", "percent", "count", "factor"]

_COUNTS = frozenset(
    {
        "trades_total",
        "trades_won",
        "trades_lost",
        "trades_long",
        "trades_short",
        "max_consecutive_wins",
        "max_consecutive_losses",
    }
)
_FACTORS = frozenset(
    {
        "profit_factor",
        "payoff_ratio",
        "recovery_factor",
        "sharpe_ratio",
        "z_score",
        "ahpr",
        "ghpr",
        "lr_correlation",
        "margin_level_ratio",
        "average_consecutive_wins",
        "average_consecutive_losses",
    }
)
#: Growth per trade lies so close to one that two decimals would not tell it apart.
_FINE = frozenset({"ahpr", "ghpr"})


def unit_of(key: str) -> Unit:
    """The unit of a figure of `metatrader_figures`; money is in the account's currency."""
    if key.endswith("_percent"):
        return "percent"
    if key in _COUNTS or key.endswith("_count"):
        return "count"
    return "factor" if key in _FACTORS else "money"


def places_of_figure(key: str, currency_digits: int) -> int:
    """How many decimals a figure is written with."""
    unit = unit_of(key)
    if unit == "money":
        return currency_digits
    if unit == "count":
        return 0
    return 4 if key in _FINE else 2
