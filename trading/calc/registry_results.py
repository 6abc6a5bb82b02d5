"""Registry: what trades brought, counted and one by one."""

from collections.abc import Mapping, Sequence

from trading.calc.figure_types import DefinitionSet, FigureEntry, Kind
from trading.calc.words import marked as _

_ALL: Mapping[DefinitionSet, str] = {"mt5": "", "myfxbook": "", "portal": ""}
_EXITS = _("Counts exits: a position that closes in three parts counts three times.")
_ZERO_WON = _("Counts exits, and a result of zero as won.")
_COUNTED: Mapping[DefinitionSet, str] = {"mt5": _EXITS, "myfxbook": "", "portal": ""}
_WON: Mapping[DefinitionSet, str] = {"mt5": _ZERO_WON, "myfxbook": "", "portal": ""}
_PORTAL: Mapping[DefinitionSet, str] = {"portal": ""}


def _result(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str] = _ALL, minimum: int = 1) -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group=_("Result"), minimum=minimum)


def _count(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str] = _WON, beside: str = "", minimum: int = 0) -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group=_("Trades"), beside=beside, minimum=minimum)


def _single(key: str, label: str, meaning: str, formula: str, sets: Mapping[DefinitionSet, str] = _COUNTED) -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, "signed", meaning, formula, sets, group=_("Single trades"), minimum=1)


RESULTS: Sequence[FigureEntry] = (
    _result("net_profit", _("Total net profit"), "signed", _("Gross profit and gross loss together: every cost of trading included, cash flows left out."), _("gross profit + gross loss"), {"mt5": _("Includes what the entries of positions that are still open cost."), "myfxbook": "", "portal": ""}),
    _result("gross_profit", _("Gross profit"), "money", _("The sum of all results above zero. A result is profit, commission, swap and fee."), _("sum of p > 0"), {"mt5": _("Of exits, without what their entries cost."), "myfxbook": "", "portal": ""}),
    _result("gross_loss", _("Gross loss"), "money", _("The sum of all results below zero."), _("sum of p < 0"), {"mt5": _("Of exits, and what entries cost. MetaTrader 4 prints it without a sign."), "myfxbook": "", "portal": ""}),
    _result("profit_factor", _("Profit factor"), "factor", _("What was won for each unit that was lost."), _("gross profit / |gross loss|"), minimum=10),
    _result("expected_payoff", _("Expected payoff"), "signed", _("What a trade brought on average."), _("net profit / N"), _COUNTED, minimum=10),
    _result("payoff_ratio", _("Payoff ratio"), "factor", _("The average won trade against the average lost trade."), _("(gross profit / W) / (|gross loss| / L)"), _WON, minimum=10),
    _result("gross_result", _("Result before costs"), "signed", _("What trades brought before commission, swap and fees."), _("sum of gross profit"), _PORTAL),
    _result("commission_total", _("Commission"), "signed", _("What brokers charged for trading; negative where paid."), _("sum of commission"), _PORTAL),
    _result("swap_total", _("Swap"), "signed", _("What holding over night cost or brought."), _("sum of swap"), _PORTAL),
    _result("fee_total", _("Fees"), "signed", _("Fees and taxes of trades; negative where paid."), _("sum of fee"), _PORTAL),
    _result("cost_share_percent", _("Costs against gross"), "percent", _("How much of the result before costs went to commission, swap and fees."), _("-(commission + swap + fee) / sum of gross profit"), _PORTAL, minimum=10),
    _count("trades_total", _("Total trades"), "count", _("How many trades closed."), _("N"), _COUNTED),
    _count("trades_won", _("Profit trades"), "count", _("Trades with a result above zero, and their share of all."), _("W = number of p > 0"), beside="trades_won_percent"),
    _count("trades_won_percent", _("Win rate"), "percent", _("The share of trades with a result above zero."), _("W / N"), minimum=5),
    _count("trades_lost", _("Loss trades"), "count", _("Trades with a result below zero, and their share of all."), _("L = number of p < 0"), _COUNTED, beside="trades_lost_percent"),
    _count("trades_lost_percent", _("Loss rate"), "percent", _("The share of trades with a result below zero."), _("L / N"), _COUNTED, minimum=5),
    _count("trades_even", _("Even trades"), "count", _("Trades with a result of exactly zero: neither won nor lost."), _("number of p = 0"), {"myfxbook": "", "portal": ""}),
    _count("trades_long", _("Long trades, won"), "count", _("Trades of bought positions, and the share of them that was won."), _("number of buys"), beside="trades_long_won_percent"),
    _count("trades_long_won_percent", _("Win rate of long trades"), "percent", _("The share of bought positions that was won."), _("W of buys / number of buys"), minimum=5),
    _count("trades_short", _("Short trades, won"), "count", _("Trades of sold positions, and the share of them that was won."), _("number of sells"), beside="trades_short_won_percent"),
    _count("trades_short_won_percent", _("Win rate of short trades"), "percent", _("The share of sold positions that was won."), _("W of sells / number of sells"), minimum=5),
    _single("largest_profit_trade", _("Largest profit trade"), _("The best single trade."), _("largest p > 0")),
    _single("largest_loss_trade", _("Largest loss trade"), _("The worst single trade."), _("smallest p < 0")),
    _single("average_profit_trade", _("Average profit trade"), _("What a won trade brought on average."), _("gross profit / W"), _WON),
    _single("average_loss_trade", _("Average loss trade"), _("What a lost trade cost on average."), _("gross loss / L"), {"mt5": _("Counts the costs of entries in; MetaTrader 4 does not."), "myfxbook": "", "portal": ""}),
)  # fmt: skip
