"""Words for what a reader calls by a short name."""

_FORMATS = {
    "mt4-statement-html": "MetaTrader 4 statement",
    "mt5-history-html": "MetaTrader 5 trade history (HTML)",
    "mt5-history-xlsx": "MetaTrader 5 trade history (XLSX)",
    "mt5-trade-html": "MetaTrader 5 open positions (HTML)",
    "mt5-trade-xlsx": "MetaTrader 5 open positions (XLSX)",
    "portal-account": "TradePortal account",
    "portal-cash-flows": "TradePortal cash flows",
    "portal-executions": "TradePortal executions",
    "portal-trades": "TradePortal trades",
}
TABLES = {"trade": "Trade", "execution": "Execution", "cash_flow": "Cash flow"}
FIELDS = {
    "amount": "Amount",
    "balance_after": "Balance after",
    "booked_at": "Booked",
    "close_price": "Exit",
    "closed_at": "Closed",
    "closed_volume_lots": "Closed volume",
    "executed_at": "Time",
    "gross_profit": "Gross profit",
    "kind": "Kind",
    "open_price": "Entry",
    "opened_at": "Opened",
    "order_id": "Order",
    "parent_ticket": "Rest of ticket",
    "strategy_id": "Strategy",
    "volume_lots": "Volume",
}
_STATED = {
    "deals_total_balance": "Deals, balance",
    "deals_total_commission": "Deals, commission",
    "deals_total_fee": "Deals, fee",
    "deals_total_profit": "Deals, profit",
    "deals_total_swap": "Deals, swap",
    "floating": "Floating P/L",
    "margin_free": "Free margin",
    "margin_level_ratio": "Margin level",
    "net_profit": "Total net profit",
    "open_total_profit": "Open positions, profit",
    "open_total_swap": "Open positions, swap",
    "trades_long": "Long trades",
    "trades_long_won": "Long trades won",
    "trades_lost": "Loss trades",
    "trades_short": "Short trades",
    "trades_short_won": "Short trades won",
    "trades_total": "Total trades",
    "trades_won": "Profit trades",
}
_SUFFIXES = {"_percent": ", %", "_money": ", money", "_count": ", count"}
#: The fields of a correction that are money; a difference in any other moves none.
MONEY_FIELDS = frozenset({"amount", "commission", "swap", "fee", "gross_profit", "balance_after"})


def format_words(name: str) -> str:
    return _FORMATS.get(name, name)


def field_words(name: str) -> str:
    return FIELDS.get(name) or name.replace("_", " ").capitalize()


def stated_words(key: str) -> str:
    """A stated figure in the words of these pages, whatever language the file is in."""
    for suffix, words in _SUFFIXES.items():
        if key.endswith(suffix):
            return stated_words(key.removesuffix(suffix)) + words
    return _STATED.get(key) or key.replace("_", " ").capitalize()
