"""Registry: what trades brought, counted and one by one."""

from collections.abc import Mapping, Sequence

from trading.calc.figure_types import DefinitionSet, FigureEntry, Kind

_ALL: Mapping[DefinitionSet, str] = {"mt5": "", "myfxbook": "", "portal": ""}
_EXITS = "Counts exits: a position that closes in three parts counts three times."
_ZERO_WON = "Counts exits, and a result of zero as won."
_COUNTED: Mapping[DefinitionSet, str] = {"mt5": _EXITS, "myfxbook": "", "portal": ""}
_WON: Mapping[DefinitionSet, str] = {"mt5": _ZERO_WON, "myfxbook": "", "portal": ""}
_PORTAL: Mapping[DefinitionSet, str] = {"portal": ""}


def _result(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str] = _ALL, minimum: int = 1) -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group="Result", minimum=minimum)


def _count(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str] = _WON, beside: str = "", minimum: int = 0) -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group="Trades", beside=beside, minimum=minimum)


def _single(key: str, label: str, meaning: str, formula: str, sets: Mapping[DefinitionSet, str] = _COUNTED) -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, "signed", meaning, formula, sets, group="Single trades", minimum=1)


RESULTS: Sequence[FigureEntry] = (
    _result("net_profit", "Total net profit", "signed", "Gross profit and gross loss together: every cost of trading included, cash flows left out.", "gross profit + gross loss", {"mt5": "Includes what the entries of positions that are still open cost.", "myfxbook": "", "portal": ""}),
    _result("gross_profit", "Gross profit", "money", "The sum of all results above zero. A result is profit, commission, swap and fee.", "sum of p > 0", {"mt5": "Of exits, without what their entries cost.", "myfxbook": "", "portal": ""}),
    _result("gross_loss", "Gross loss", "money", "The sum of all results below zero.", "sum of p < 0", {"mt5": "Of exits, and what entries cost. MetaTrader 4 prints it without a sign.", "myfxbook": "", "portal": ""}),
    _result("profit_factor", "Profit factor", "factor", "What was won for each unit that was lost.", "gross profit / |gross loss|", minimum=10),
    _result("expected_payoff", "Expected payoff", "signed", "What a trade brought on average.", "net profit / N", _COUNTED, minimum=10),
    _result("payoff_ratio", "Payoff ratio", "factor", "The average won trade against the average lost trade.", "(gross profit / W) / (|gross loss| / L)", _WON, minimum=10),
    _result("gross_result", "Result before costs", "signed", "What trades brought before commission, swap and fees.", "sum of gross profit", _PORTAL),
    _result("commission_total", "Commission", "signed", "What brokers charged for trading; negative where paid.", "sum of commission", _PORTAL),
    _result("swap_total", "Swap", "signed", "What holding over night cost or brought.", "sum of swap", _PORTAL),
    _result("fee_total", "Fees", "signed", "Fees and taxes of trades; negative where paid.", "sum of fee", _PORTAL),
    _result("cost_share_percent", "Costs against gross", "percent", "How much of the result before costs went to commission, swap and fees.", "-(commission + swap + fee) / sum of gross profit", _PORTAL, minimum=10),
    _count("trades_total", "Total trades", "count", "How many trades closed.", "N", _COUNTED),
    _count("trades_won", "Profit trades", "count", "Trades with a result above zero, and their share of all.", "W = number of p > 0", beside="trades_won_percent"),
    _count("trades_won_percent", "Win rate", "percent", "The share of trades with a result above zero.", "W / N", minimum=5),
    _count("trades_lost", "Loss trades", "count", "Trades with a result below zero, and their share of all.", "L = number of p < 0", _COUNTED, beside="trades_lost_percent"),
    _count("trades_lost_percent", "Loss rate", "percent", "The share of trades with a result below zero.", "L / N", _COUNTED, minimum=5),
    _count("trades_even", "Even trades", "count", "Trades with a result of exactly zero: neither won nor lost.", "number of p = 0", {"myfxbook": "", "portal": ""}),
    _count("trades_long", "Long trades, won", "count", "Trades of bought positions, and the share of them that was won.", "number of buys", beside="trades_long_won_percent"),
    _count("trades_long_won_percent", "Win rate of long trades", "percent", "The share of bought positions that was won.", "W of buys / number of buys", minimum=5),
    _count("trades_short", "Short trades, won", "count", "Trades of sold positions, and the share of them that was won.", "number of sells", beside="trades_short_won_percent"),
    _count("trades_short_won_percent", "Win rate of short trades", "percent", "The share of sold positions that was won.", "W of sells / number of sells", minimum=5),
    _single("largest_profit_trade", "Largest profit trade", "The best single trade.", "largest p > 0"),
    _single("largest_loss_trade", "Largest loss trade", "The worst single trade.", "smallest p < 0"),
    _single("average_profit_trade", "Average profit trade", "What a won trade brought on average.", "gross profit / W", _WON),
    _single("average_loss_trade", "Average loss trade", "What a lost trade cost on average.", "gross loss / L", {"mt5": "Counts the costs of entries in; MetaTrader 4 does not.", "myfxbook": "", "portal": ""}),
)  # fmt: skip
