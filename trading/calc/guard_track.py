"""Keeps the reference points of a rule: highest equity or balance, the day's values, cash flows set aside."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from trading.calc.guard_clock import day_start
from trading.calc.guard_types import Observation, Rule, Track


def follow(rule: Rule, track: Track | None, seen: Observation) -> Track:
    """The track with one more observation, which must not be older than the last."""
    reset = day_start(seen.at, rule.reset_time, rule.reset_zone)
    if track is None:
        return _first(rule, seen, reset)
    track = _with_flows(rule, track, seen)
    if reset > track.day:
        track = _new_day(rule, track, seen, reset)
    high = max(track.high, _followed(rule, seen, track.high))
    return replace(track, at=seen.at, balance=seen.balance, equity=seen.equity, high=high)


def _first(rule: Rule, seen: Observation, reset: datetime) -> Track:
    initial = rule.initial_balance or seen.initial_balance or seen.balance
    start = seen.balance if rule.trailing in ("balance", "day_close") else seen.equity
    # What the trader says the account began with was its first high.
    high = max(start, rule.initial_balance or start)
    return Track(
        at=seen.at,
        balance=seen.balance,
        equity=seen.equity,
        flows=seen.flows,
        initial=initial,
        start_flows=seen.flows,
        high=high,
        day=reset,
        day_balance=seen.balance,
        day_equity=seen.equity,
    )


def _followed(rule: Rule, seen: Observation, high: Decimal) -> Decimal:
    """What the trailing line follows from moment to moment; the day's close is followed at the reset alone."""
    return {"equity": seen.equity, "balance": seen.balance}.get(rule.trailing, high)


def _with_flows(rule: Rule, track: Track, seen: Observation) -> Track:
    """The track as if the cash that moved since had always been there, or never.

    Where a share of the line is allowed, the line moves in proportion, so that a withdrawal leaves the drawdown in
    percent as it was; where an amount is allowed, the line moves by the amount.
    """
    moved = seen.flows - track.flows
    if not moved:
        return track
    before = seen.equity - moved
    is_scaled = rule.follows_shares and before > 0 and seen.equity > 0

    def shifted(value: Decimal) -> Decimal:
        return value * seen.equity / before if is_scaled else value + moved

    return replace(
        track,
        flows=seen.flows,
        balance=track.balance + moved,
        equity=track.equity + moved,
        high=shifted(track.high),
        day_balance=shifted(track.day_balance),
        day_equity=shifted(track.day_equity),
    )


def _new_day(rule: Rule, track: Track, seen: Observation, reset: datetime) -> Track:
    """The values at the reset are those of the observation nearest to it; the earlier one where both are as near."""
    is_before_nearer = reset - track.at <= seen.at - reset
    balance, equity = (track.balance, track.equity) if is_before_nearer else (seen.balance, seen.equity)
    high = max(track.high, balance) if rule.trailing == "day_close" else track.high
    return replace(track, day=reset, day_balance=balance, day_equity=equity, high=high)
