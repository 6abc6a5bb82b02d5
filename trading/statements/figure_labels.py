"""English labels of totals: the way to read a summary whose rows do not stand where the terminal puts them."""

from collections.abc import Sequence

from trading.statements.figures import Pair, PairRow, figures_of, unread
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
}
_LABELS = {
    "mt4": _COMMON
    | {
        "deposit/withdrawal": ("deposit_withdrawal",),
        "closed trade p/l": ("closed_profit",),
        "closed p/l": ("closed_profit",),
    },
    "mt5": _COMMON
    | {
        "recovery factor": ("recovery_factor",),
        "sharpe ratio": ("sharpe_ratio",),
        "balance drawdown absolute": ("balance_drawdown_absolute",),
        "short trades (won %)": ("trades_short", "trades_short_won_percent"),
        "long trades (won %)": ("trades_long", "trades_long_won_percent"),
    },
}


def read_labelled(rows: Sequence[PairRow], platform: str) -> tuple[list[StatedFigure], list[Problem]]:
    """The figures whose labels are known, and a problem for each row that holds any other."""
    figures: list[StatedFigure] = []
    problems: list[Problem] = []
    for found in rows:
        unknown = [pair for pair in found.pairs if pair.text and not _keys(pair, platform)]
        for pair in found.pairs:
            figures.extend(figures_of(pair, _keys(pair, platform), found.row.line))
        if unknown:
            problems.extend(unread([found]))
    return figures, problems


def _keys(pair: Pair, platform: str) -> tuple[str, ...]:
    return _LABELS[platform].get(pair.label.rstrip(":\uff1a ").lower(), ())
