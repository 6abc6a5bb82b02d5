"""Registry: falls, runs, risk multiples, time in the market."""

from collections.abc import Mapping, Sequence

from trading.calc.figure_types import Counted, DefinitionSet, FigureEntry, Kind

_CASH_LEFT_OUT = "Cash flows after the first trade are left out, as MetaTrader does."
_BALANCE: Mapping[DefinitionSet, str] = {
    "mt5": _CASH_LEFT_OUT,
    "portal": "Cash moves the peak in proportion, so that it neither makes a fall nor heals one.",
}
_PORTAL: Mapping[DefinitionSet, str] = {"portal": ""}
_EQUITY: Mapping[DefinitionSet, str] = {
    "portal": "As the broker reported it, hour by hour with the lowest and the highest of each. Cash moves the peak in proportion.",
}
_RUNS: Mapping[DefinitionSet, str] = {
    "mt5": "Counts exits, and a result of zero as won.",
    "portal": "A result of zero is passed over: it neither breaks a run nor lengthens it.",
}
_NO_ABSOLUTE = "What the account held when trading began, less the lowest it fell to."
_MAXIMAL = "The largest fall from a peak in money, and its percentage at that moment."
_RELATIVE = "The largest fall from a peak in percent, with its money: it may be another fall."


def _balance(part: str, mt4: str, short: str, kind: Kind, meaning: str, formula: str, beside: str = "") -> FigureEntry:
    return FigureEntry(
        f"balance_drawdown_{part}", f"{short} drawdown of the balance", kind, meaning, formula, _BALANCE,
        group="Drawdown of the balance", short=short, beside=beside, aliases=(mt4,),
    )  # fmt: skip


def _equity(part: str, short: str, kind: Kind, meaning: str, formula: str, beside: str = "") -> FigureEntry:
    return FigureEntry(
        f"equity_drawdown_{part}", f"{short} drawdown of the equity", kind, meaning, formula, _EQUITY,
        group="Drawdown of the equity", short=short, beside=beside, minimum=2, counted="points",
    )  # fmt: skip


def _run(key: str, label: str, kind: Kind, meaning: str, formula: str, beside: str = "") -> FigureEntry:
    return FigureEntry(key, label, kind, meaning, formula, _RUNS, group="Runs", beside=beside)


def _r(key: str, label: str, kind: Kind, meaning: str, formula: str, minimum: int = 10) -> FigureEntry:
    return FigureEntry(key, label, kind, meaning, formula, _PORTAL, group="Risk multiples", minimum=minimum)


def _time(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str] = _PORTAL, counted: Counted = "trades") -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group="Time and exposure", counted=counted)


RISK: Sequence[FigureEntry] = (
    _balance("absolute", "absolute_drawdown", "Absolute", "money", _NO_ABSOLUTE, "start - lowest balance, never below 0"),
    _balance("maximal", "maximal_drawdown", "Maximal", "money", _MAXIMAL, "largest (peak - balance)", "balance_drawdown_maximal_percent"),
    _balance("maximal_percent", "maximal_drawdown_percent", "Maximal", "percent", "The largest fall in money, as a percentage of its peak.", "the same fall / its peak"),
    _balance("relative", "relative_drawdown", "Relative", "money", _RELATIVE, "the money of the largest (peak - balance) / peak", "balance_drawdown_relative_percent"),
    _balance("relative_percent", "relative_drawdown_percent", "Relative", "percent", "The largest fall from a peak in percent.", "largest (peak - balance) / peak"),
    FigureEntry("recovery_factor", "Recovery factor", "factor", "Net profit for each unit of the largest fall of the balance.", "net profit / maximal drawdown in money", {"mt5": "", "portal": ""}, group="Drawdown of the balance", minimum=10),
    _equity("absolute", "Absolute", "money", "The equity at its first report, less the lowest that it fell to; open positions are in it.", "start - lowest equity, never below 0"),
    _equity("maximal", "Maximal", "money", _MAXIMAL, "largest (peak - equity)", "equity_drawdown_maximal_percent"),
    _equity("maximal_percent", "Maximal", "percent", "The largest fall of the equity in money, as a percentage of its peak.", "the same fall / its peak"),
    _equity("relative", "Relative", "money", _RELATIVE, "the money of the largest (peak - equity) / peak", "equity_drawdown_relative_percent"),
    _equity("relative_percent", "Relative", "percent", "The largest fall of the equity from a peak in percent.", "largest (peak - equity) / peak"),
    _run("max_consecutive_wins", "Longest run of wins", "count", "The most profit trades in a row, and what they brought.", "longest run of wins; of equally long ones the richest", "max_consecutive_wins_money"),
    _run("max_consecutive_wins_money", "Money of the longest run of wins", "signed", "What the longest run of wins brought.", "sum of p of that run"),
    _run("max_consecutive_losses", "Longest run of losses", "count", "The most loss trades in a row, and what they cost.", "longest run of losses; of equally long ones the costliest", "max_consecutive_losses_money"),
    _run("max_consecutive_losses_money", "Money of the longest run of losses", "signed", "What the longest run of losses cost.", "sum of p of that run"),
    _run("max_consecutive_profit", "Richest run of wins", "signed", "The run of profit trades that brought the most, and its length.", "largest sum of p of a run of wins", "max_consecutive_profit_count"),
    _run("max_consecutive_profit_count", "Length of the richest run of wins", "count", "How many trades the richest run of wins has.", "number of trades of that run"),
    _run("max_consecutive_loss", "Costliest run of losses", "signed", "The run of loss trades that cost the most, and its length.", "smallest sum of p of a run of losses", "max_consecutive_loss_count"),
    _run("max_consecutive_loss_count", "Length of the costliest run of losses", "count", "How many trades the costliest run of losses has.", "number of trades of that run"),
    _run("average_consecutive_wins", "Average run of wins", "factor", "The mean length of a run of profit trades.", "W / number of runs of wins"),
    _run("average_consecutive_losses", "Average run of losses", "factor", "The mean length of a run of loss trades.", "L / number of runs of losses"),
    _r("r_count", "Trades with an initial stop", "count", "How many trades put a known amount at stake; only they have an R multiple.", "number of trades with a risk", minimum=0),
    _r("r_sum", "Sum of R", "factor", "The R multiples of all trades together.", "sum of R, R = p / risk", minimum=1),
    _r("r_mean", "Mean R", "factor", "What a trade brought on average for each unit put at stake.", "mean of R, R = p / risk"),
    _r("r_deviation", "Standard deviation of R", "factor", "How far R multiples lie from their mean.", "sqrt(sum of (R - mean)² / (N - 1))"),
    _r("sqn", "System quality number", "factor", "The mean R against its spread, growing with the number of trades.", "sqrt(N) x mean(R) / sd(R)", minimum=30),
    _r("sqn_capped", "System quality number, at most 100 trades", "factor", "The same, with N counted as no more than 100, so that records of any length compare.", "sqrt(min(N, 100)) x mean(R) / sd(R)", minimum=30),
    _time("holding_median", "Median holding time", "duration", "Half of the trades were held shorter, half longer.", "median of close - open, volume-weighted over partial closes"),
    _time("holding_average", "Average holding time", "duration", "How long a trade was held on average.", "mean of close - open, volume-weighted over partial closes", {"myfxbook": "", "portal": ""}),
    _time("holding_wins_median", "Median holding time of wins", "duration", "How long won trades were held: set against losses it shows who is cut short.", "median over p > 0"),
    _time("holding_losses_median", "Median holding time of losses", "duration", "How long lost trades were held.", "median over p < 0"),
    _time("time_in_market_percent", "Time in the market", "percent", "The share of the period in which at least one of these trades was open.", "length of the union of [open, close] / length of the period"),
    _time("margin_use_average_percent", "Average margin use", "percent", "Margin against equity on average, each report counting until the next.", "time-weighted mean of margin / equity", counted="points"),
    _time("margin_use_maximal_percent", "Highest margin use", "percent", "The highest margin against equity that the broker reported.", "largest margin / equity", counted="points"),
)  # fmt: skip
