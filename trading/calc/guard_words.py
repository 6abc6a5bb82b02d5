"""What an alert says, in one sentence that stands by itself for ever. Numbers are written plainly: 12,345.60.

`Words` says the same in another language and in a reader's own way of writing numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from trading.calc.guard_types import Kind, Level, Reading, Rule, Verdict
from trading.calc.rounding import to_places

KIND_NAMES = {
    Kind.DRAWDOWN: "Drawdown",
    Kind.DAILY_LOSS: "Daily loss",
    Kind.MINIMUM_EQUITY: "Equity",
    Kind.OPEN_RISK: "Open risk",
    Kind.MARGIN_USE: "Margin in use",
    Kind.PROFIT_TARGET: "Profit target",
    Kind.MINIMUM_DAYS: "Minimum trading days",
    Kind.MARKET_GAP: "Gap",
    Kind.SPREAD: "Spread",
    Kind.STALE_QUOTE: "Quote",
}
_LOSSES = frozenset({Kind.DRAWDOWN, Kind.DAILY_LOSS})


def _plain(value: Decimal, places: int) -> str:
    return f"{to_places(value, places):,f}"


def _as_written(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """`say` gives the translation of a text, `number` writes a number with so many decimals."""

    say: Callable[[str], str] = _as_written
    number: Callable[[Decimal, int], str] = _plain


PLAIN = Words()


def sentence(verdict: Verdict, equity: Decimal, currency: str, words: Words = PLAIN) -> str:
    """What was reached, where the limits lie, and what the equity was."""
    say, rule, reading = words.say, verdict.rule, verdict.reading
    kind = Kind(rule.kind)
    held = f"{_money(equity, words)} {currency}"
    if verdict.is_reached:
        return _reached(kind, reading, currency, words)
    if kind == Kind.OPEN_RISK and reading.is_unbounded:
        unbounded = say("Open risk cannot be bounded: a position has no stop loss. Equity %(equity)s.")
        return unbounded % {"equity": held}
    limits = _limits(verdict, currency, words)
    if kind == Kind.MINIMUM_EQUITY:
        return say("Equity %(equity)s is at or below the floor. %(limits)s") % {"equity": held, "limits": limits}
    used = amount(reading.used, rule, currency, words)
    if verdict.symbol:
        return f"{_of_market(kind, say) % {'symbol': verdict.symbol, 'used': used}} {limits}"
    told = {"title": _title(kind, rule, say), "used": used, "limits": limits, "equity": held}
    if reading.line is None or kind not in _LOSSES:
        return say("%(title)s %(used)s. %(limits)s Equity %(equity)s.") % told
    told["line"] = _money(reading.line, words)
    return say("%(title)s %(used)s. %(limits)s Equity %(equity)s, measured from %(line)s.") % told


def _title(kind: Kind, rule: Rule, say: Callable[[str], str]) -> str:
    return f"{rule.name}: {say(KIND_NAMES[kind].lower())}" if rule.name else say(KIND_NAMES[kind])


def _of_market(kind: Kind, say: Callable[[str], str]) -> str:
    if kind == Kind.STALE_QUOTE:
        return say("%(symbol)s: no quote for %(used)s.")
    return say("%(symbol)s: spread %(used)s.") if kind == Kind.SPREAD else say("%(symbol)s: gap %(used)s.")


def amount(value: Decimal | None, rule: Rule, currency: str, words: Words = PLAIN) -> str:
    """A quantity in the unit of the rule: "15.02 %", "1,500.00 USD", "300 s", "4 days"."""
    if value is None:
        return words.say("not measurable")
    if rule.kind == Kind.STALE_QUOTE or rule.unit == "seconds":
        return f"{int(value)} s"
    if rule.unit == "days":
        return (words.say("%(number)s day") if value == 1 else words.say("%(number)s days")) % {"number": int(value)}
    if rule.unit == "money":
        return f"{_money(value, words)} {currency}"
    return f"{words.number(value * 100, 2)} %"


def _limits(verdict: Verdict, currency: str, words: Words) -> str:
    """The thresholds as the trader set them."""
    rule = verdict.rule
    critical = amount(rule.critical, rule, currency, words)
    if verdict.level == Level.CRITICAL or rule.warning is None:
        return words.say("Critical from %(critical)s.") % {"critical": critical}
    warning = amount(rule.warning, rule, currency, words)
    limits = words.say("Warning from %(warning)s, critical from %(critical)s.")
    return limits % {"warning": warning, "critical": critical}


def _reached(kind: Kind, reading: Reading, currency: str, words: Words) -> str:
    if kind == Kind.MINIMUM_DAYS:
        return words.say("Minimum trading days reached: %(number)s.") % {"number": int(reading.critical)}
    if reading.floor is None:
        return words.say("Profit target reached.")
    goal = words.say("Profit target reached. Balance and equity stand at or above %(amount)s.")
    return goal % {"amount": f"{_money(reading.floor, words)} {currency}"}


def _money(value: Decimal, words: Words) -> str:
    return words.number(value, 2)
