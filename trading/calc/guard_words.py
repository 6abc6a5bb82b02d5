"""What an alert says, in one sentence that stands by itself for ever. Numbers are written plainly: 12,345.60."""

from decimal import Decimal

from trading.calc.guard_types import Kind, Level, Reading, Rule, Verdict
from trading.calc.rounding import to_places

_NAMES = {
    Kind.DRAWDOWN: "Drawdown",
    Kind.DAILY_LOSS: "Daily loss",
    Kind.MINIMUM_EQUITY: "Equity",
    Kind.OPEN_RISK: "Open risk",
    Kind.MARGIN_USE: "Margin in use",
    Kind.PROFIT_TARGET: "Profit target",
    Kind.MINIMUM_DAYS: "Minimum trading days",
    Kind.MARKET_GAP: "gap",
    Kind.SPREAD: "spread",
    Kind.STALE_QUOTE: "quote",
}


def sentence(verdict: Verdict, equity: Decimal, currency: str) -> str:
    """What was reached, where the limits lie, and what the equity was."""
    rule, reading = verdict.rule, verdict.reading
    kind = Kind(rule.kind)
    if verdict.is_reached:
        return _reached(kind, reading, currency)
    if kind == Kind.OPEN_RISK and reading.is_unbounded:
        return f"Open risk cannot be bounded: a position has no stop loss. Equity {_money(equity)} {currency}."
    if kind == Kind.MINIMUM_EQUITY:
        return f"Equity {_money(equity)} {currency} is at or below the floor. {_limits(verdict, currency)}"
    if kind == Kind.STALE_QUOTE:
        return f"{verdict.symbol}: no quote for {amount(reading.used, rule, currency)}. {_limits(verdict, currency)}"
    used = amount(reading.used, rule, currency)
    if verdict.symbol:
        return f"{verdict.symbol}: {_NAMES[kind]} {used}. {_limits(verdict, currency)}"
    line = f", measured from {_money(reading.line)}" if reading.line is not None and kind in _LOSSES else ""
    title = f"{rule.name}: {_NAMES[kind].lower()}" if rule.name else _NAMES[kind]
    return f"{title} {used}. {_limits(verdict, currency)} Equity {_money(equity)} {currency}{line}."


_LOSSES = frozenset({Kind.DRAWDOWN, Kind.DAILY_LOSS})


def amount(value: Decimal | None, rule: Rule, currency: str) -> str:
    """A quantity in the unit of the rule: "15.02 %", "1,500.00 USD", "300 s", "4 days"."""
    if value is None:
        return "not measurable"
    if rule.kind == Kind.STALE_QUOTE or rule.unit == "seconds":
        return f"{int(value)} s"
    if rule.unit == "days":
        return f"{int(value)} day" if value == 1 else f"{int(value)} days"
    if rule.unit == "money":
        return f"{_money(value)} {currency}"
    return f"{to_places(value * 100, 2)} %"


def _limits(verdict: Verdict, currency: str) -> str:
    """The thresholds as the trader set them."""
    rule = verdict.rule
    critical = amount(rule.critical, rule, currency)
    warning = None if rule.warning is None else amount(rule.warning, rule, currency)
    if verdict.level == Level.CRITICAL or warning is None:
        return f"Critical from {critical}."
    return f"Warning from {warning}, critical from {critical}."


def _reached(kind: Kind, reading: Reading, currency: str) -> str:
    if kind == Kind.MINIMUM_DAYS:
        return f"Minimum trading days reached: {int(reading.critical)}."
    goal = "" if reading.floor is None else f" Balance and equity stand at or above {_money(reading.floor)} {currency}."
    return f"Profit target reached.{goal}"


def _money(value: Decimal | None) -> str:
    return "unknown" if value is None else f"{to_places(value, 2):,f}"
