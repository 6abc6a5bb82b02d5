"""English labels of totals: the way to read a summary whose rows do not stand where the terminal puts them."""

from collections.abc import Sequence

from trading.statements.figures import PREVIOUS_BALANCE, Pair, PairRow, figures_of, unread
from trading.statements.rows import Problem, StatedFigure

_COMMON = {
    "balance": ("balance",),
    "equity": ("equity",),
    "margin": ("margin",),
    "margin requirement": ("margin",),
    "free margin": ("margin_free",),
    "available margin": ("margin_free",),
    "margin level": ("margin_level",),
    "credit facility": ("credit",),
    "total credit facility": ("credit",),
    "floating p/l": ("floating",),
    "gross profit": ("gross_profit",),
    "gross loss": ("gross_loss",),
    "total net profit": ("net_profit",),
    "profit factor": ("profit_factor",),
    "expected payoff": ("expected_payoff",),
    "total trades": ("trades_total",),
    "profit trades (% of total)": ("trades_won", "trades_won_percent"),
    "loss trades (% of total)": ("trades_lost", "trades_lost_percent"),
    "largest profit trade": ("largest_profit_trade",),
    "largest loss trade": ("largest_loss_trade",),
    "average profit trade": ("average_profit_trade",),
    "average loss trade": ("average_loss_trade",),
    "maximum consecutive wins ($)": ("max_consecutive_wins", "max_consecutive_wins_money"),
    "maximum consecutive losses ($)": ("max_consecutive_losses", "max_consecutive_losses_money"),
    "maximal consecutive profit (count)": ("max_consecutive_profit", "max_consecutive_profit_count"),
    "maximal consecutive loss (count)": ("max_consecutive_loss", "max_consecutive_loss_count"),
    "average consecutive wins": ("average_consecutive_wins",),
    "average consecutive losses": ("average_consecutive_losses",),
    "short trades (won %)": ("trades_short", "trades_short_won_percent"),
    "short positions (won %)": ("trades_short", "trades_short_won_percent"),
    "long positions (won %)": ("trades_long", "trades_long_won_percent"),
    "long trades (won %)": ("trades_long", "trades_long_won_percent"),
}
_LABELS = {
    "mt4": _COMMON
    | {
        "deposit/withdrawal": ("deposit_withdrawal",),
        "closed trade p/l": ("closed_profit",),
        "closed p/l": ("closed_profit",),
        "previous ledger balance": (PREVIOUS_BALANCE,),
        "absolute drawdown": ("absolute_drawdown",),
        "maximal drawdown": ("maximal_drawdown", "maximal_drawdown_percent"),
        "relative drawdown": ("relative_drawdown_percent", "relative_drawdown"),
    },
    "mt5": _COMMON
    | {
        "recovery factor": ("recovery_factor",),
        "sharpe ratio": ("sharpe_ratio",),
        "balance drawdown absolute": ("balance_drawdown_absolute",),
        "balance drawdown maximal": ("balance_drawdown_maximal", "balance_drawdown_maximal_percent"),
        "balance drawdown relative": ("balance_drawdown_relative_percent", "balance_drawdown_relative"),
    },
}


def read_labelled(rows: Sequence[PairRow], platform: str) -> tuple[list[StatedFigure], list[Problem]]:
    """The figures whose labels are known, and a problem for each row that holds any other."""
    figures: list[StatedFigure] = []
    problems: list[Problem] = []
    for found in rows:
        is_whole = True
        for pair in found.pairs:
            read = figures_of(pair, known_keys(pair, platform), found.row.line)
            is_whole = is_whole and bool(read or not pair.text)
            figures.extend(read)
        if not is_whole:
            problems.extend(unread([found]))
    return figures, problems


def known_keys(pair: Pair, platform: str) -> tuple[str, ...]:
    """The figures that an English label names, none for any other label."""
    return _LABELS[platform].get(pair.label.rstrip(":\uff1a ").lower(), ())
