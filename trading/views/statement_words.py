"""Words for what a reader calls by a short name."""

_FORMATS = {
    "mt4-statement-html": "MetaTrader 4 statement",
    "mt5-history-html": "MetaTrader 5 trade history, HTML",
    "mt5-history-xlsx": "MetaTrader 5 trade history, XLSX",
    "mt5-trade-html": "MetaTrader 5 open positions, HTML",
    "mt5-trade-xlsx": "MetaTrader 5 open positions, XLSX",
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
#: The fields of a correction that are money; a difference in any other moves none.
MONEY_FIELDS = frozenset({"amount", "commission", "swap", "fee", "gross_profit", "balance_after"})


def format_words(name: str) -> str:
    return _FORMATS.get(name, name)


def field_words(name: str) -> str:
    return FIELDS.get(name) or name.replace("_", " ").capitalize()
