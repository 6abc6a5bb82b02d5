"""Judges an account by its rules: pure, so that the live watch and a replay of the past are the same computation.

docs/guards.md restates the rules for traders, with worked numbers that the tests repeat.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from trading.calc import guard_readings
from trading.calc.guard_track import follow
from trading.calc.guard_types import (
    GOALS,
    MARKET_KINDS,
    Carried,
    Episodes,
    Fired,
    Judged,
    Level,
    Observation,
    Reading,
    Rule,
    Verdict,
)

NOTHING = Carried()


def evaluate(rules: Iterable[Rule], carried: Mapping[str, Carried], seen: Observation) -> dict[str, Judged]:
    """What each rule says of this observation, by the rule's id. Rules do not see each other, so order is nothing."""
    return {rule.id: judge(rule, carried.get(rule.id, NOTHING), seen) for rule in rules}


def judge(rule: Rule, carried: Carried, seen: Observation) -> Judged:
    """An observation older than the last one changes nothing and says nothing."""
    if rule.kind in MARKET_KINDS:
        return _judge_market(rule, carried, seen)
    if carried.track and seen.at < carried.track.at:
        return Judged((), carried)
    track = follow(rule, carried.track, seen)
    reading = guard_readings.of_account(rule, track, seen)
    verdict, episodes = _verdict(rule, "", reading, carried.episodes.get("", Episodes()))
    return Judged((verdict,), Carried(track, {"": episodes}))


def replay(rules: Sequence[Rule], observations: Iterable[Observation]) -> Iterator[tuple[Observation, list[Verdict]]]:
    """Each observation, in the order of time, with what the rules would have said of it."""
    carried: dict[str, Carried] = {}
    for seen in observations:
        judged = evaluate(rules, carried, seen)
        carried = {key: one.carried for key, one in judged.items()}
        yield seen, [verdict for one in judged.values() for verdict in one.verdicts]


def _judge_market(rule: Rule, carried: Carried, seen: Observation) -> Judged:
    """A symbol without a quote is not judged; one that has none any more ends its episode and keeps its count."""
    episodes = {symbol: _ended(old) for symbol, old in carried.episodes.items() if old.warnings or old.criticals}
    verdicts = []
    for quote in sorted(seen.quotes, key=lambda quote: quote.symbol):
        reading = guard_readings.of_market(rule, quote, seen.now)
        if reading is None:
            continue
        before = carried.episodes.get(quote.symbol, Episodes())
        verdict, episodes[quote.symbol] = _verdict(rule, quote.symbol, reading, before)
        verdicts.append(verdict)
    return Judged(tuple(verdicts), Carried(None, episodes))


def _ended(episodes: Episodes) -> Episodes:
    return replace(episodes, warning_open=False, critical_open=False)


def _verdict(rule: Rule, symbol: str, reading: Reading, before: Episodes) -> tuple[Verdict, Episodes]:
    if rule.kind in GOALS:
        return _goal(rule, reading, before)
    warning = _is_open(before.warning_open, reading, reading.warning, Level.WARNING)
    critical = _is_open(before.critical_open, reading, reading.critical, Level.CRITICAL)
    fired = None
    # What is critical is past its warning, also where the rule has none: an unbounded risk that gets a bound, say.
    is_warned = warning or critical
    is_same = (before.warning_open, before.critical_open) == (is_warned, critical)
    after = before if is_same else replace(before, warning_open=is_warned, critical_open=critical)
    if critical and not before.critical_open:
        after = replace(after, criticals=before.criticals + 1)
        fired = Fired(Level.CRITICAL, after.criticals)
    elif warning and not before.warning_open:
        # What fell straight through to critical has been told the worse; its warning is not told on the way back.
        after = replace(after, warnings=before.warnings + 1)
        fired = Fired(Level.WARNING, after.warnings)
    return Verdict(rule, symbol, after.level, reading, fired), after


def _goal(rule: Rule, reading: Reading, before: Episodes) -> tuple[Verdict, Episodes]:
    is_open = _is_open(before.warning_open, reading, reading.critical, Level.WARNING)
    after, fired = replace(before, warning_open=is_open), None
    if is_open and not before.warning_open:
        after = replace(after, warnings=before.warnings + 1)
        fired = Fired(Level.WARNING, after.warnings)
    return Verdict(rule, "", Level.NORMAL, reading, fired, is_reached=is_open), after


def _is_open(was_open: bool, reading: Reading, threshold: Decimal | None, level: Level) -> bool:
    """Whether an episode goes on: it begins at the threshold and ends a little way back from it (hysteresis)."""
    if reading.forced is not None and (level == Level.WARNING or reading.forced == level):
        return True
    if reading.used is None:
        return was_open
    if threshold is None:
        return False
    if reading.used >= threshold:
        return True
    return was_open and reading.used > threshold - min(reading.rearm, max(threshold / 2, Decimal(0)))
