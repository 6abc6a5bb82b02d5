"""Why a figure is missing, as a sentence for the page that shows a dash."""

from collections.abc import Mapping
from decimal import Decimal

from trading.calc.words import marked as _

NO_TRADES = _("There are no closed trades yet.")
NO_LOSSES = _("No losses.")
NO_WINS = _("No wins.")
NO_WON_TRADES = _("No trade was won.")
NO_LOST_TRADES = _("No trade was lost.")
NEVER_FELL = _("The balance never fell.")
NO_OPENING_BALANCE = _("The balance before the first trade is not known.")
NO_MARGIN = _("The broker's margin is not known.")

_REASONS = {
    "profit_factor": NO_LOSSES,
    "payoff_ratio": NO_LOSSES,
    "recovery_factor": NEVER_FELL,
    "sharpe_ratio": _("It needs trades with different returns and a balance above zero before each."),
    "ahpr": _("It needs a balance above zero before each trade."),
    "ghpr": _("The account was down to zero, so no growth factor describes it."),
    "z_score": _("It needs both won and lost trades, and more than a few."),
    "z_confidence_percent": _("It needs both won and lost trades, and more than a few."),
    "lr_correlation": _("It needs two trades that move the balance."),
    "lr_standard_error": _("It needs two trades."),
    "margin": NO_MARGIN,
    "margin_free": NO_MARGIN,
    "margin_level_ratio": NO_MARGIN,
    "margin_level_percent": NO_MARGIN,
}
_NEED_NO_TRADES = frozenset(
    {"balance", "equity", "margin", "margin_free", "margin_level_ratio", "margin_level_percent"}
)
_NEED_NO_BALANCE = frozenset(
    {"profit_factor", "payoff_ratio", "expected_payoff", "z_score", "z_confidence_percent", "margin"}
)


def why_undefined(key: str, figures: Mapping[str, Decimal | None]) -> str:
    """The reason why `figures` (of `metatrader_figures`) has no value for `key`, or "" where it has one."""
    if figures.get(key) is not None:
        return ""
    if key not in _NEED_NO_TRADES and not figures.get("trades_total"):
        return NO_TRADES
    if key not in _NEED_NO_BALANCE and figures.get("balance") is None:
        return NO_OPENING_BALANCE
    return _REASONS.get(key, _("This file does not give what it is computed from."))
