"""Registry: returns, and the quality of a series of results."""

from collections.abc import Mapping, Sequence

from trading.calc.figure_types import Counted, DefinitionSet, FigureEntry, Kind

_PORTAL: Mapping[DefinitionSet, str] = {"portal": ""}
_MYFXBOOK: Mapping[DefinitionSet, str] = {"myfxbook": ""}
_BOTH: Mapping[DefinitionSet, str] = {"mt5": "Of exits.", "portal": ""}
_EVERY: Mapping[DefinitionSet, str] = {"mt5": "Of exits.", "myfxbook": "", "portal": ""}
_Z: Mapping[DefinitionSet, str] = {
    "mt5": "Counts a result of zero as won, and stops the confidence at 99.74 %.",
    "myfxbook": "",
    "portal": "",
}


def _return(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str], minimum: int = 1, counted: Counted = "trades", group: str = "Returns") -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group=group, minimum=minimum, counted=counted)


def _quality(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str], minimum: int, beside: str = "") -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group="Quality", minimum=minimum, beside=beside)


SERIES: Sequence[FigureEntry] = (
    _return("gain_percent", "Gain", "percent", "What each trade made of the balance at its opening, multiplied: cash flows do not count.", "product of (1 + p / balance at open) - 1", _MYFXBOOK, group="Gain"),
    _return("absolute_gain_percent", "Absolute gain", "percent", "Net profit against all that was paid in.", "net profit / deposits", _MYFXBOOK, group="Gain"),
    _return("daily_gain_percent", "Daily gain", "percent", "The gain of each day that, compounded, would have led to the same gain.", "(1 + gain)^(1 / days) - 1", _MYFXBOOK, minimum=7, counted="days", group="Gain"),
    _return("monthly_gain_percent", "Monthly gain", "percent", "The gain of each month that, compounded, would have led to the same gain.", "(1 + gain)^(30.4375 / days) - 1", _MYFXBOOK, minimum=30, counted="days", group="Gain"),
    _return("gain_drawdown_percent", "Drawdown of the gain", "percent", "The largest fall of the growth from its peak: cash flows do not count.", "largest (peak - G) / peak, G = product of (1 + p / balance at open) so far", _MYFXBOOK, group="Gain"),
    _return("time_weighted_return_percent", "Time-weighted return", "percent", "What a unit of money that stayed from the beginning grew by: when cash came and went does not count.", "product of (1 + earned / what was there before), from cash to cash and day to day, - 1", _PORTAL, counted="days"),
    _return("annual_growth_percent", "Growth per year", "percent", "The growth of each year that, compounded, would have led to the same return.", "(1 + time-weighted return)^(365.25 / days) - 1", _PORTAL, counted="days"),
    _return("calmar_ratio", "Calmar ratio", "factor", "Growth per year for each percent of the largest fall from a peak.", "growth per year / relative drawdown in percent", _PORTAL, minimum=60, counted="days"),
    _return("sharpe_ratio_daily", "Sharpe ratio of days", "factor", "The mean daily return against how far days lie from it, for a year.", "mean of r / sd of r x sqrt(252), r = return of a day", _PORTAL, minimum=30, counted="days"),
    _return("sortino_ratio", "Sortino ratio", "factor", "The mean daily return against the lost days alone, for a year.", "mean of r / sqrt(sum of min(0, r)² / N) x sqrt(252), N = all days", _PORTAL, minimum=30, counted="days"),
    _return("day_average_percent", "Average day", "percent", "The mean of daily returns, days without a trade included.", "mean of r", _PORTAL, minimum=10, counted="days"),
    _return("day_best_percent", "Best day", "percent", "The largest return of a day.", "largest r", _PORTAL, counted="days"),
    _return("day_worst_percent", "Worst day", "percent", "The smallest return of a day.", "smallest r", _PORTAL, counted="days"),
    _quality("sharpe_ratio", "Sharpe ratio per trade", "factor", "Mean / standard deviation of each trade's result as a share of the balance before it; not annualised.", "mean of r / population sd of r, r = p / balance before the close", _BOTH, 30),
    _quality("z_score", "Z-score", "factor", "Whether wins and losses come in streaks: below zero, more than chance would have it. Significant from 1.96.", "(N (R - 0.5) - P) / sqrt(P (P - N) / (N - 1)), P = 2 W L, R = runs; zeros dropped", _Z, 30, "z_confidence_percent"),
    _quality("z_confidence_percent", "Confidence of the Z-score", "percent", "How sure it is that the order of wins and losses is not chance.", "erf(|Z| / sqrt 2)", _Z, 30),
    _quality("ahpr", "AHPR", "number", "The mean growth factor of a trade: 1.0010 is 0.10 % per trade.", "1 + mean of p / balance before the close", _EVERY, 10),
    _quality("ghpr", "GHPR", "number", "The growth factor that, applied at every trade, leads to the same balance.", "(product of (1 + p / balance before the close))^(1 / N)", _EVERY, 10),
    _quality("lr_correlation", "LR correlation", "factor", "How close the balance lies to a straight line: 1 is on it.", "Pearson of (i, B_i)", _BOTH, 10),
    _quality("lr_standard_error", "LR standard error", "money", "The standard deviation of the balance from that line.", "sqrt(sum of squared residuals / (points - 2))", _BOTH, 10),
    _quality("result_deviation", "Standard deviation of results", "money", "How far results lie from their mean.", "sqrt(sum of (p - mean)² / (N - 1))", {"myfxbook": "", "portal": ""}, 10),
)  # fmt: skip
