"""How far each kind of rule is used up, and what is left."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from trading.calc.guard_clock import silence
from trading.calc.guard_types import ZERO, Kind, Level, Observation, Quote, Reading, Rule, Track


def of_account(rule: Rule, track: Track, seen: Observation) -> Reading:
    readers: dict[str, Callable[[Rule, Track, Observation], Reading]] = {
        Kind.MINIMUM_EQUITY: _minimum_equity,
        Kind.OPEN_RISK: _open_risk,
        Kind.MARGIN_USE: _margin_use,
        Kind.PROFIT_TARGET: _profit_target,
        Kind.MINIMUM_DAYS: _minimum_days,
    }
    return readers.get(rule.kind, _loss)(rule, track, seen)


def of_market(rule: Rule, quote: Quote, now: datetime) -> Reading | None:
    """None where the quote does not say what the rule asks."""
    used = _OF_MARKET[rule.kind](quote, now)
    # A fresh quote ends a silence at once.
    rearm = ZERO if rule.kind == Kind.STALE_QUOTE else rule.rearm_ratio
    return None if used is None else Reading(used, rule.warning, rule.critical, rearm)


# ---- Loss of equity: drawdown and daily loss ---------------------------------------------------------------------------


def line_of(rule: Rule, track: Track) -> Decimal:
    """What the loss is measured from, before any lock."""
    lines = {
        "initial_balance": track.initial,
        "day_balance": track.day_balance,
        "day_equity": track.day_equity,
        "day_higher": max(track.day_balance, track.day_equity),
    }
    return lines.get(rule.reference, track.high)


def _loss(rule: Rule, track: Track, seen: Observation) -> Reading:
    """A rule with no base left to take a share of (an empty account) says nothing."""
    line = line_of(rule, track)
    base = line if rule.share_of == "reference" else track.initial
    unit = base if rule.unit == "ratio" else Decimal(1)
    if unit <= 0:
        return Reading(None, rule.warning, rule.critical, rule.rearm_ratio, line=line)
    allowed = rule.critical * unit
    if rule.lock_ratio is not None and rule.reference == "peak_equity":
        line = min(line, rule.lock_ratio * track.initial + allowed)
    loss, floor = line - seen.equity, line - allowed
    rearm = rule.rearm_ratio if rule.unit == "ratio" else rule.rearm_ratio * line
    return Reading(
        used=loss / unit,
        warning=rule.warning,
        critical=rule.critical,
        rearm=rearm,
        headroom=seen.equity - floor,
        headroom_if_stopped=_less(seen.equity - floor, seen.open_risk),
        used_if_stopped=None if seen.open_risk is None else (loss + seen.open_risk) / unit,
        line=line,
        floor=floor,
        is_unbounded=seen.open_risk is None,
    )


def _minimum_equity(rule: Rule, track: Track, seen: Observation) -> Reading:
    """Used: the way down from the highest equity. Thresholds: how long that way is to each floor."""
    scale = track.initial if rule.unit == "ratio" else Decimal(1)
    floor, line = rule.critical * scale, track.high
    return Reading(
        used=line - seen.equity,
        warning=None if rule.warning is None else line - rule.warning * scale,
        critical=line - floor,
        rearm=rule.rearm_ratio * line,
        headroom=seen.equity - floor,
        headroom_if_stopped=_less(seen.equity - floor, seen.open_risk),
        used_if_stopped=None if seen.open_risk is None else line - seen.equity + seen.open_risk,
        line=line,
        floor=floor,
        is_unbounded=seen.open_risk is None,
    )


# ---- What stands against the equity: open risk and margin --------------------------------------------------------------


def _open_risk(rule: Rule, track: Track, seen: Observation) -> Reading:
    """A risk without a bound is a warning: no number says how bad it is."""
    reading = _standing(rule, seen.open_risk, seen)
    if seen.open_risk is not None:
        return reading
    return Reading(None, rule.warning, rule.critical, reading.rearm, Level.WARNING, line=seen.equity, is_unbounded=True)


def _margin_use(rule: Rule, track: Track, seen: Observation) -> Reading:
    return _standing(rule, seen.margin, seen)


def _standing(rule: Rule, amount: Decimal | None, seen: Observation) -> Reading:
    unit = seen.equity if rule.unit == "ratio" else Decimal(1)
    rearm = rule.rearm_ratio if rule.unit == "ratio" else rule.rearm_ratio * max(seen.equity, ZERO)
    if unit <= 0 and amount:
        return Reading(None, rule.warning, rule.critical, rearm, Level.CRITICAL, headroom=ZERO, line=seen.equity)
    if amount is None or unit <= 0:
        return Reading(ZERO, rule.warning, rule.critical, rearm, line=seen.equity)
    headroom = rule.critical * unit - amount
    return Reading(amount / unit, rule.warning, rule.critical, rearm, headroom=headroom, line=seen.equity)


# ---- Goals -------------------------------------------------------------------------------------------------------------


def _profit_target(rule: Rule, track: Track, seen: Observation) -> Reading:
    """What is won and kept: the lower of balance and equity, without the cash that moved since the watch began."""
    unit = track.initial if rule.unit == "ratio" else Decimal(1)
    gain = min(seen.balance, seen.equity) - track.initial - (seen.flows - track.start_flows)
    used = gain / unit if unit > 0 else None
    return Reading(
        used, None, rule.critical, rule.rearm_ratio, line=track.initial, floor=track.initial + rule.critical * unit
    )


def _minimum_days(rule: Rule, track: Track, seen: Observation) -> Reading:
    return Reading(Decimal(seen.trading_days), None, rule.critical, ZERO)


# ---- Markets -----------------------------------------------------------------------------------------------------------


def _gap(quote: Quote, now: datetime) -> Decimal | None:
    """Between the last close and the next open, either way, as a share of the close."""
    if not quote.previous_close or quote.day_open is None:
        return None
    return abs(quote.day_open - quote.previous_close) / quote.previous_close


def _spread(quote: Quote, now: datetime) -> Decimal | None:
    """As a share of the middle of bid and ask."""
    middle = (quote.bid + quote.ask) / 2
    return (quote.ask - quote.bid) / middle if middle > 0 else None


def _age_s(quote: Quote, now: datetime) -> Decimal:
    return Decimal(int(silence(quote.quoted_at, now).total_seconds()))


def _less(amount: Decimal, risk: Decimal | None) -> Decimal | None:
    return None if risk is None else amount - risk


_OF_MARKET: Mapping[str, Callable[[Quote, datetime], Decimal | None]] = {
    Kind.MARKET_GAP: _gap,
    Kind.SPREAD: _spread,
    Kind.STALE_QUOTE: _age_s,
}
