"""Registry: returns, and the quality of a series of results."""

from collections.abc import Mapping, Sequence

from trading.calc.figure_types import Counted, DefinitionSet, FigureEntry, Kind
from trading.calc.words import marked as _

_PORTAL: Mapping[DefinitionSet, str] = {"portal": ""}
_MYFXBOOK: Mapping[DefinitionSet, str] = {"myfxbook": ""}
_BOTH: Mapping[DefinitionSet, str] = {"mt5": _("Of exits."), "portal": ""}
_EVERY: Mapping[DefinitionSet, str] = {"mt5": _("Of exits."), "myfxbook": "", "portal": ""}
_Z: Mapping[DefinitionSet, str] = {
    "mt5": _("Counts a result of zero as won, and stops the confidence at 99.74 %."),
    "myfxbook": "",
    "portal": "",
}


def _return(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str], minimum: int = 1, counted: Counted = "trades", group: str = _("Returns")) -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group=group, minimum=minimum, counted=counted)


def _quality(key: str, label: str, kind: Kind, meaning: str, formula: str, sets: Mapping[DefinitionSet, str], minimum: int, beside: str = "") -> FigureEntry:  # fmt: skip
    return FigureEntry(key, label, kind, meaning, formula, sets, group=_("Quality"), minimum=minimum, beside=beside)


SERIES: Sequence[FigureEntry] = (
    _return("gain_percent", _("Gain"), "percent", _("What each trade made of the balance at its opening, multiplied: cash flows do not count."), _("product of (1 + p / balance at open) - 1"), _MYFXBOOK, group=_("Gain")),
    _return("absolute_gain_percent", _("Absolute gain"), "percent", _("Net profit against all that was paid in."), _("net profit / deposits"), _MYFXBOOK, group=_("Gain")),
    _return("daily_gain_percent", _("Daily gain"), "percent", _("The gain of each day that, compounded, would have led to the same gain."), _("(1 + gain)^(1 / days) - 1"), _MYFXBOOK, minimum=7, counted="days", group=_("Gain")),
    _return("monthly_gain_percent", _("Monthly gain"), "percent", _("The gain of each month that, compounded, would have led to the same gain."), _("(1 + gain)^(30.4375 / days) - 1"), _MYFXBOOK, minimum=30, counted="days", group=_("Gain")),
    _return("gain_drawdown_percent", _("Drawdown of the gain"), "percent", _("The largest fall of the growth from its peak: cash flows do not count."), _("largest (peak - G) / peak, G = product of (1 + p / balance at open) so far"), _MYFXBOOK, group=_("Gain")),
    _return("time_weighted_return_percent", _("Time-weighted return"), "percent", _("What a unit of money that stayed from the beginning grew by: when cash came and went does not count."), _("product of (1 + earned / what was there before), from cash to cash and day to day, - 1"), _PORTAL, counted="days"),
    _return("annual_growth_percent", _("Growth per year"), "percent", _("The growth of each year that, compounded, would have led to the same return."), _("(1 + time-weighted return)^(365.25 / days) - 1"), _PORTAL, counted="days"),
    _return("calmar_ratio", _("Calmar ratio"), "factor", _("Growth per year for each percent of the largest fall from a peak."), _("growth per year / relative drawdown in percent"), _PORTAL, minimum=60, counted="days"),
    _return("sharpe_ratio_daily", _("Sharpe ratio of days"), "factor", _("The mean daily return against how far days lie from it, for a year."), _("mean of r / sd of r x sqrt(252), r = return of a day"), _PORTAL, minimum=30, counted="days"),
    _return("sortino_ratio", _("Sortino ratio"), "factor", _("The mean daily return against the lost days alone, for a year."), _("mean of r / sqrt(sum of min(0, r)² / N) x sqrt(252), N = all days"), _PORTAL, minimum=30, counted="days"),
    _return("day_average_percent", _("Average day"), "percent", _("The mean of daily returns, days without a trade included."), _("mean of r"), _PORTAL, minimum=10, counted="days"),
    _return("day_best_percent", _("Best day"), "percent", _("The largest return of a day."), _("largest r"), _PORTAL, counted="days"),
    _return("day_worst_percent", _("Worst day"), "percent", _("The smallest return of a day."), _("smallest r"), _PORTAL, counted="days"),
    _quality("sharpe_ratio", _("Sharpe ratio per trade"), "factor", _("Mean / standard deviation of each trade's result as a share of the balance before it; not annualised."), _("mean of r / population sd of r, r = p / balance before the close"), _BOTH, 30),
    _quality("z_score", _("Z-score"), "factor", _("Whether wins and losses come in streaks: below zero, more than chance would have it. Significant from 1.96."), _("(N (R - 0.5) - P) / sqrt(P (P - N) / (N - 1)), P = 2 W L, R = runs; zeros dropped"), _Z, 30, "z_confidence_percent"),
    _quality("z_confidence_percent", _("Confidence of the Z-score"), "percent", _("How sure it is that the order of wins and losses is not chance."), _("erf(|Z| / sqrt 2)"), _Z, 30),
    _quality("ahpr", _("AHPR"), "number", _("The mean growth factor of a trade: 1.0010 is 0.10 % per trade."), _("1 + mean of p / balance before the close"), _EVERY, 10),
    _quality("ghpr", _("GHPR"), "number", _("The growth factor that, applied at every trade, leads to the same balance."), _("(product of (1 + p / balance before the close))^(1 / N)"), _EVERY, 10),
    _quality("lr_correlation", _("LR correlation"), "factor", _("How close the balance lies to a straight line: 1 is on it."), _("Pearson of (i, B_i)"), _BOTH, 10),
    _quality("lr_standard_error", _("LR standard error"), "money", _("The standard deviation of the balance from that line."), _("sqrt(sum of squared residuals / (points - 2))"), _BOTH, 10),
    _quality("result_deviation", _("Standard deviation of results"), "money", _("How far results lie from their mean."), _("sqrt(sum of (p - mean)² / (N - 1))"), {"myfxbook": "", "portal": ""}, 10),
)  # fmt: skip
