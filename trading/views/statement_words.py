"""Words for what a reader calls by a short name."""

from django.utils.translation import gettext_lazy as _

_FORMATS = {
    "mt4-statement-html": _("MetaTrader 4 statement"),
    "mt5-history-html": _("MetaTrader 5 trade history (HTML)"),
    "mt5-history-xlsx": _("MetaTrader 5 trade history (XLSX)"),
    "mt5-trade-html": _("MetaTrader 5 open positions (HTML)"),
    "mt5-trade-xlsx": _("MetaTrader 5 open positions (XLSX)"),
    "portal-account": _("TradePortal account"),
    "portal-cash-flows": _("TradePortal cash flows"),
    "portal-executions": _("TradePortal executions"),
    "portal-trades": _("TradePortal trades"),
}
TABLES = {"trade": _("Trade"), "execution": _("Execution"), "cash_flow": _("Cash flow")}
FIELDS = {
    "comment": _("Comment"),
    "commission": _("Commission"),
    "currency": _("Currency"),
    "deal_id": _("Deal id"),
    "direction": _("Direction"),
    "fee": _("Fee"),
    "price": _("Price"),
    "reference": _("Reference"),
    "side": _("Side"),
    "stop_loss": _("Stop loss"),
    "swap": _("Swap"),
    "symbol": _("Symbol"),
    "take_profit": _("Take profit"),
    "ticket": _("Ticket"),
    "amount": _("Amount"),
    "balance_after": _("Balance after"),
    "booked_at": _("Booked"),
    "close_price": _("Exit"),
    "closed_at": _("Closed"),
    "closed_volume_lots": _("Closed volume"),
    "executed_at": _("Time"),
    "gross_profit": _("Gross profit"),
    "kind": _("Kind"),
    "open_price": _("Entry"),
    "opened_at": _("Opened"),
    "order_id": _("Order"),
    "parent_ticket": _("Rest of ticket"),
    "strategy_id": _("Strategy"),
    "volume_lots": _("Volume"),
}
_STATED = {
    "absolute_drawdown": _("Absolute drawdown"),
    "average_consecutive_losses": _("Average consecutive losses"),
    "average_consecutive_wins": _("Average consecutive wins"),
    "average_loss_trade": _("Average loss trade"),
    "average_profit_trade": _("Average profit trade"),
    "balance": _("Balance"),
    "balance_drawdown_absolute": _("Balance drawdown absolute"),
    "balance_drawdown_maximal": _("Balance drawdown maximal"),
    "balance_drawdown_relative": _("Balance drawdown relative"),
    "closed_profit": _("Closed profit"),
    "credit": _("Credit"),
    "deposit_withdrawal": _("Deposit withdrawal"),
    "equity": _("Equity"),
    "expected_payoff": _("Expected payoff"),
    "gross_loss": _("Gross loss"),
    "gross_profit": _("Gross profit"),
    "largest_loss_trade": _("Largest loss trade"),
    "largest_profit_trade": _("Largest profit trade"),
    "margin": _("Margin"),
    "margin_level": _("Margin level"),
    "max_consecutive_loss": _("Max consecutive loss"),
    "max_consecutive_losses": _("Max consecutive losses"),
    "max_consecutive_profit": _("Max consecutive profit"),
    "max_consecutive_wins": _("Max consecutive wins"),
    "maximal_drawdown": _("Maximal drawdown"),
    "previous_balance": _("Previous balance"),
    "profit_factor": _("Profit factor"),
    "recovery_factor": _("Recovery factor"),
    "relative_drawdown": _("Relative drawdown"),
    "sharpe_ratio": _("Sharpe ratio"),
    "deals_total_balance": _("Deals, balance"),
    "deals_total_commission": _("Deals, commission"),
    "deals_total_fee": _("Deals, fee"),
    "deals_total_profit": _("Deals, profit"),
    "deals_total_swap": _("Deals, swap"),
    "floating": _("Floating P/L"),
    "margin_free": _("Free margin"),
    "margin_level_ratio": _("Margin level"),
    "net_profit": _("Total net profit"),
    "open_total_profit": _("Open positions, profit"),
    "open_total_swap": _("Open positions, swap"),
    "trades_long": _("Long trades"),
    "trades_long_won": _("Long trades won"),
    "trades_lost": _("Loss trades"),
    "trades_short": _("Short trades"),
    "trades_short_won": _("Short trades won"),
    "trades_total": _("Total trades"),
    "trades_won": _("Profit trades"),
}
_SUFFIXES = {
    "_percent": _("%(figure)s, %%"),
    "_money": _("%(figure)s, money"),
    "_count": _("%(figure)s, count"),
}
#: The fields of a correction that are money; a difference in any other moves none.
MONEY_FIELDS = frozenset({"amount", "commission", "swap", "fee", "gross_profit", "balance_after"})


def format_words(name: str) -> str:
    return str(_FORMATS.get(name, name))


def field_words(name: str) -> str:
    return str(FIELDS.get(name) or "") or name.replace("_", " ").capitalize()


def stated_words(key: str) -> str:
    """A stated figure in the words of these pages, whatever language the file is in."""
    for suffix, words in _SUFFIXES.items():
        if key.endswith(suffix):
            return str(words) % {"figure": stated_words(key.removesuffix(suffix))}
    return str(_STATED.get(key) or "") or key.replace("_", " ").capitalize()
