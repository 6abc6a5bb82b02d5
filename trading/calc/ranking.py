"""Which of several figures is the best one, where anything is better than anything at all."""

from collections.abc import Sequence
from decimal import Decimal

from trading.calc.figure_types import FigureEntry, FigureValue

#: Losses are negative, so that a smaller one is more.
MORE_IS_BETTER = frozenset(
    {
        "net_profit",
        "profit_factor",
        "expected_payoff",
        "payoff_ratio",
        "gross_result",
        "trades_won_percent",
        "trades_long_won_percent",
        "trades_short_won_percent",
        "average_profit_trade",
        "average_loss_trade",
        "largest_profit_trade",
        "largest_loss_trade",
        "max_consecutive_profit",
        "max_consecutive_loss",
        "recovery_factor",
        "r_sum",
        "r_mean",
        "sqn",
        "sqn_capped",
        "gain_percent",
        "absolute_gain_percent",
        "daily_gain_percent",
        "monthly_gain_percent",
        "time_weighted_return_percent",
        "annual_growth_percent",
        "calmar_ratio",
        "sharpe_ratio_daily",
        "sortino_ratio",
        "day_average_percent",
        "day_best_percent",
        "day_worst_percent",
        "sharpe_ratio",
        "ahpr",
        "ghpr",
        "lr_correlation",
    }
)
LESS_IS_BETTER = frozenset(
    {
        "trades_lost_percent",
        "balance_drawdown_absolute",
        "balance_drawdown_maximal",
        "balance_drawdown_maximal_percent",
        "balance_drawdown_relative",
        "balance_drawdown_relative_percent",
        "equity_drawdown_absolute",
        "equity_drawdown_maximal",
        "equity_drawdown_maximal_percent",
        "equity_drawdown_relative",
        "equity_drawdown_relative_percent",
        "gain_drawdown_percent",
        "max_consecutive_losses",
        "average_consecutive_losses",
    }
)
_MONEY = frozenset({"money", "signed"})


def best_value(entry: FigureEntry, figures: Sequence[FigureValue | None], currencies: Sequence[str]) -> Decimal | None:
    """The best of these values of one figure.

    None where neither more nor less is better, where fewer than two of them rest on enough to be told, where money of
    different currencies would be compared, and where some returns stand on equity and others on the balance, as their
    notes say. `currencies` are those of the figures, in their order.
    """
    if not is_comparable(entry, currencies):
        return None
    known = [
        (figure.value, figure.note)
        for figure in figures
        if figure is not None and figure.value is not None and figure.sample >= entry.minimum
    ]
    if len(known) < 2 or (entry.counted == "days" and len({note for _, note in known}) > 1):
        return None
    told = [value for value, _ in known]
    if entry.key in MORE_IS_BETTER:
        return max(told)
    return min(told) if entry.key in LESS_IS_BETTER else None


def is_comparable(entry: FigureEntry, currencies: Sequence[str]) -> bool:
    """Whether the values are in one unit."""
    return entry.kind not in _MONEY or len(set(currencies)) <= 1
