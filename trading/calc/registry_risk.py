"""Registry: falls, runs, risk multiples, time in the market."""

from collections.abc import Mapping, Sequence

from trading.calc.figure_types import Counted, DefinitionSet, FigureEntry, Kind
from trading.calc.words import marked as _

_CASH_LEFT_OUT = _("Cash flows after the first trade are left out, as MetaTrader does.")
_BALANCE: Mapping[DefinitionSet, str] = {
    "mt5": _CASH_LEFT_OUT,
    "portal": _("Cash moves the peak in proportion, so that it neither makes a fall nor heals one."),
}
_PORTAL: Mapping[DefinitionSet, str] = {"portal": ""}
_EQUITY: Mapping[DefinitionSet, str] = {
    "portal": _(
        "As the broker reported it, hour by hour with the lowest and the highest of each. Cash moves the peak in proportion."
    ),
}
_RUNS: Mapping[DefinitionSet, str] = {
    "mt5": _("Counts exits, and a result of zero as won."),
    "portal": _("A result of zero is passed over: it neither breaks a run nor lengthens it."),
}
_NO_ABSOLUTE = _("What the account held when trading began, less the lowest it fell to.")
_MAXIMAL = _("The largest fall from a peak in money, and its percentage at that moment.")
_RELATIVE = _("The largest fall from a peak in percent, with its money: it may be another fall.")


def _balance(part: str, mt4: str, label: str, short: str, kind: Kind, meaning: str, formula: str, beside: str = "") -> FigureEntry:  # fmt: skip
    return FigureEntry(
        f"balance_drawdown_{part}", label, kind, meaning, formula, _BALANCE,
        group=_("Drawdown of the balance"), short=short, beside=beside, aliases=(mt4,),
    )  # fmt: skip


def _equity(part: str, label: str, short: str, kind: Kind, meaning: str, formula: str, beside: str = "") -> FigureEntry:
    return FigureEntry(
        f"equity_drawdown_{part}", label, kind, meaning, formula, _EQUITY,
        group=_("Drawdown of the equity"), short=short, beside=beside, minimum=2, counted="points",
    )  # fmt: skip


def _run(key: str, label: str, kind: Kind, meaning: str, formula: str, beside: str = "") -> FigureEntry:
    return FigureEntry(key, label, kind, meaning, formula, _RUNS, group=_("Runs"), beside=beside)


def _r(key: str, label: str, kind: Kind, meaning: str, formula: str, minimum: int = 10) -> FigureEntry:
    return FigureEntry(key, label, kind, meaning, formula, _PORTAL, group=_("Risk multiples"), minimum=minimum)


def _time(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str] = _PORTAL, counted: Counted = "trades") -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group=_("Time and exposure"), counted=counted)


RISK: Sequence[FigureEntry] = (
    _balance("absolute", "absolute_drawdown", _("Absolute drawdown of the balance"), _("Absolute"), "money", _NO_ABSOLUTE, _("start - lowest balance, never below 0")),
    _balance("maximal", "maximal_drawdown", _("Maximal drawdown of the balance"), _("Maximal"), "money", _MAXIMAL, _("largest (peak - balance)"), "balance_drawdown_maximal_percent"),
    _balance("maximal_percent", "maximal_drawdown_percent", _("Maximal drawdown of the balance"), _("Maximal"), "percent", _("The largest fall in money, as a percentage of its peak."), _("the same fall / its peak")),
    _balance("relative", "relative_drawdown", _("Relative drawdown of the balance"), _("Relative"), "money", _RELATIVE, _("the money of the largest (peak - balance) / peak"), "balance_drawdown_relative_percent"),
    _balance("relative_percent", "relative_drawdown_percent", _("Relative drawdown of the balance"), _("Relative"), "percent", _("The largest fall from a peak in percent."), _("largest (peak - balance) / peak")),
    FigureEntry("recovery_factor", _("Recovery factor"), "factor", _("Net profit for each unit of the largest fall of the balance."), _("net profit / maximal drawdown in money"), {"mt5": "", "portal": ""}, group=_("Drawdown of the balance"), minimum=10),
    _equity("absolute", _("Absolute drawdown of the equity"), _("Absolute"), "money", _("The equity at its first report, less the lowest that it fell to; open positions are in it."), _("start - lowest equity, never below 0")),
    _equity("maximal", _("Maximal drawdown of the equity"), _("Maximal"), "money", _MAXIMAL, _("largest (peak - equity)"), "equity_drawdown_maximal_percent"),
    _equity("maximal_percent", _("Maximal drawdown of the equity"), _("Maximal"), "percent", _("The largest fall of the equity in money, as a percentage of its peak."), _("the same fall / its peak")),
    _equity("relative", _("Relative drawdown of the equity"), _("Relative"), "money", _RELATIVE, _("the money of the largest (peak - equity) / peak"), "equity_drawdown_relative_percent"),
    _equity("relative_percent", _("Relative drawdown of the equity"), _("Relative"), "percent", _("The largest fall of the equity from a peak in percent."), _("largest (peak - equity) / peak")),
    _run("max_consecutive_wins", _("Longest run of wins"), "count", _("The most profit trades in a row, and what they brought."), _("longest run of wins; of equally long ones the richest"), "max_consecutive_wins_money"),
    _run("max_consecutive_wins_money", _("Money of the longest run of wins"), "signed", _("What the longest run of wins brought."), _("sum of p of that run")),
    _run("max_consecutive_losses", _("Longest run of losses"), "count", _("The most loss trades in a row, and what they cost."), _("longest run of losses; of equally long ones the costliest"), "max_consecutive_losses_money"),
    _run("max_consecutive_losses_money", _("Money of the longest run of losses"), "signed", _("What the longest run of losses cost."), _("sum of p of that run")),
    _run("max_consecutive_profit", _("Richest run of wins"), "signed", _("The run of profit trades that brought the most, and its length."), _("largest sum of p of a run of wins"), "max_consecutive_profit_count"),
    _run("max_consecutive_profit_count", _("Length of the richest run of wins"), "count", _("How many trades the richest run of wins has."), _("number of trades of that run")),
    _run("max_consecutive_loss", _("Costliest run of losses"), "signed", _("The run of loss trades that cost the most, and its length."), _("smallest sum of p of a run of losses"), "max_consecutive_loss_count"),
    _run("max_consecutive_loss_count", _("Length of the costliest run of losses"), "count", _("How many trades the costliest run of losses has."), _("number of trades of that run")),
    _run("average_consecutive_wins", _("Average run of wins"), "factor", _("The mean length of a run of profit trades."), _("W / number of runs of wins")),
    _run("average_consecutive_losses", _("Average run of losses"), "factor", _("The mean length of a run of loss trades."), _("L / number of runs of losses")),
    _r("r_count", _("Trades with an initial stop"), "count", _("How many trades put a known amount at stake; only they have an R multiple."), _("number of trades with a risk"), minimum=0),
    _r("r_sum", _("Sum of R"), "factor", _("The R multiples of all trades together."), _("sum of R, R = p / risk"), minimum=1),
    _r("r_mean", _("Mean R"), "factor", _("What a trade brought on average for each unit put at stake."), _("mean of R, R = p / risk")),
    _r("r_deviation", _("Standard deviation of R"), "factor", _("How far R multiples lie from their mean."), _("sqrt(sum of (R - mean)² / (N - 1))")),
    _r("sqn", _("System quality number"), "factor", _("The mean R against its spread, growing with the number of trades."), _("sqrt(N) x mean(R) / sd(R)"), minimum=30),
    _r("sqn_capped", _("System quality number, at most 100 trades"), "factor", _("The same, with N counted as no more than 100, so that records of any length compare."), _("sqrt(min(N, 100)) x mean(R) / sd(R)"), minimum=30),
    _time("holding_median", _("Median holding time"), "duration", _("Half of the trades were held shorter, half longer."), _("median of close - open, volume-weighted over partial closes")),
    _time("holding_average", _("Average holding time"), "duration", _("How long a trade was held on average."), _("mean of close - open, volume-weighted over partial closes"), {"myfxbook": "", "portal": ""}),
    _time("holding_wins_median", _("Median holding time of wins"), "duration", _("How long won trades were held: set against losses it shows who is cut short."), _("median over p > 0")),
    _time("holding_losses_median", _("Median holding time of losses"), "duration", _("How long lost trades were held."), _("median over p < 0")),
    _time("time_in_market_percent", _("Time in the market"), "percent", _("The share of the period in which at least one of these trades was open."), _("length of the union of [open, close] / length of the period")),
    _time("margin_use_average_percent", _("Average margin use"), "percent", _("Margin against equity on average, each report counting until the next."), _("time-weighted mean of margin / equity"), counted="points"),
    _time("margin_use_maximal_percent", _("Highest margin use"), "percent", _("The highest margin against equity that the broker reported."), _("largest margin / equity"), counted="points"),
)  # fmt: skip
