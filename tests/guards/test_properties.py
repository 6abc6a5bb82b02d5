"""What holds for every history: one alert per episode, replay equals live, and order is nothing where it must not be."""

import json
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.guards.arithmetic import MONDAY
from trading.calc import guards
from trading.calc.guard_texts import from_texts, to_texts
from trading.calc.guard_types import GOALS, Carried, Kind, Level, Observation, Quote, Rule, Verdict

amounts = st.decimals(min_value=0, max_value=200_000, places=2)
symbols = st.sampled_from(["EURUSD", "XAUUSD", "GER40"])


@st.composite
def quotes(draw: st.DrawFn, at_s: int) -> Quote:
    bid = draw(st.decimals(min_value="0.5", max_value=100, places=4))
    close, opened = draw(st.tuples(st.none() | st.just(bid), st.none() | st.just(bid * Decimal("1.07"))))
    spread = draw(st.decimals(min_value=0, max_value="0.02", places=4)) * bid
    age_s = draw(st.integers(0, 2_000))
    quoted_at = MONDAY + timedelta(seconds=at_s - age_s)
    return Quote(draw(symbols), bid, bid + spread, quoted_at, close, opened)


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    flows, at_s = Decimal(0), 0
    history: list[Observation] = []
    for _ in range(draw(st.integers(1, 15))):
        at_s += draw(st.integers(1, 40_000))
        flows += draw(st.sampled_from([Decimal(0)] * 4 + [Decimal(5_000), Decimal(-3_000)]))
        history.append(
            Observation(
                at=MONDAY + timedelta(seconds=at_s),
                balance=draw(amounts),
                equity=draw(amounts),
                margin=draw(amounts),
                flows=flows,
                open_risk=draw(st.none() | amounts),
                trading_days=len(history) // 3,
                quotes=tuple({q.symbol: q for q in draw(st.lists(quotes(at_s), max_size=3))}.values()),
            )
        )
    return history


@st.composite
def rule_lists(draw: st.DrawFn) -> list[Rule]:
    kinds = draw(st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=4))
    return [draw(rules(str(number), kind)) for number, kind in enumerate(kinds)]


@st.composite
def rules(draw: st.DrawFn, key: str, kind: Kind) -> Rule:
    unit = draw(st.sampled_from(["ratio", "money"]))
    critical = draw(st.sampled_from(["0.02", "0.10", "0.20"] if unit == "ratio" else ["100", "5000", "90000"]))
    return Rule(
        id=key,
        kind=kind,
        critical=Decimal(critical),
        warning=draw(st.none() | st.just(Decimal(critical) * Decimal("0.75"))),
        unit=unit,
        reference=draw(st.sampled_from(["peak_equity", "initial_balance", "day_balance", "day_equity", "day_higher"])),
        trailing=draw(st.sampled_from(["fixed", "equity", "balance", "day_close"])),
        share_of=draw(st.sampled_from(["reference", "initial_balance"])),
        initial_balance=draw(st.none() | st.just(Decimal(100_000))),
        lock_ratio=draw(st.none() | st.just(Decimal(1))),
        reset_zone=draw(st.sampled_from(["UTC", "Europe/Prague", "America/Chicago"])),
        rearm_ratio=draw(st.sampled_from([Decimal(0), Decimal("0.01")])),
    )


def live(the_rules: list[Rule], history: list[Observation]) -> list[list[Verdict]]:
    """As the service does it: what is carried goes through JSON between any two observations."""
    stored: dict[str, str] = {}
    said = []
    for observation in history:
        carried = {key: from_texts(json.loads(text)) for key, text in stored.items()}
        judged = guards.evaluate(the_rules, carried, observation)
        stored = {key: json.dumps(to_texts(one.carried)) for key, one in judged.items()}
        said.append([verdict for one in judged.values() for verdict in one.verdicts])
    return said


@given(rule_lists(), histories())
def test_replay_equals_live(the_rules: list[Rule], history: list[Observation]) -> None:
    assert [verdicts for _seen, verdicts in guards.replay(the_rules, history)] == live(the_rules, history)


@given(rule_lists(), histories())
def test_rules_and_quotes_may_come_in_any_order(the_rules: list[Rule], history: list[Observation]) -> None:
    from dataclasses import replace

    turned = [replace(seen, quotes=seen.quotes[::-1]) for seen in history]
    forwards = [sorted(map(repr, verdicts)) for _seen, verdicts in guards.replay(the_rules, history)]
    backwards = [sorted(map(repr, verdicts)) for _seen, verdicts in guards.replay(the_rules[::-1], turned)]
    assert forwards == backwards


@given(rule_lists(), histories())
def test_what_is_carried_loses_nothing_as_texts(the_rules: list[Rule], history: list[Observation]) -> None:
    carried: dict[str, Carried] = {}
    for observation in history:
        carried = {key: one.carried for key, one in guards.evaluate(the_rules, carried, observation).items()}
    for one in carried.values():
        assert from_texts(json.loads(json.dumps(to_texts(one)))) == one


@settings(max_examples=200)
@given(rule_lists(), histories())
def test_an_alert_never_fires_again_inside_its_episode(the_rules: list[Rule], history: list[Observation]) -> None:
    """Between two alerts of a level there is a moment at which that level was left."""
    is_told: dict[tuple[str, str, Level], bool] = {}
    episodes: dict[tuple[str, str, Level], int] = {}
    for _seen, verdicts in guards.replay(the_rules, history):
        present = {(verdict.rule.id, verdict.symbol) for verdict in verdicts}
        for told in [told for told in is_told if told[:2] not in present]:
            is_told[told] = False
        for verdict in verdicts:
            for level in (Level.WARNING, Level.CRITICAL):
                if not _stands_at(verdict, level):
                    is_told[(verdict.rule.id, verdict.symbol, level)] = False
            if verdict.fired:
                told = (verdict.rule.id, verdict.symbol, verdict.fired.level)
                assert not is_told.get(told, False)
                is_told[told] = True
                assert verdict.fired.episode == episodes.get(told, 0) + 1
                episodes[told] = verdict.fired.episode


def _stands_at(verdict: Verdict, level: Level) -> bool:
    if verdict.rule.kind in GOALS:
        return verdict.is_reached
    return verdict.level == level or verdict.level == Level.CRITICAL


@given(rule_lists(), histories())
def test_a_rule_that_is_broken_now_never_says_that_all_is_well(
    the_rules: list[Rule], history: list[Observation]
) -> None:
    for _seen, verdicts in guards.replay(the_rules, history):
        for verdict in verdicts:
            used = verdict.reading.used
            if used is None or verdict.rule.kind in GOALS:
                continue
            if used >= verdict.reading.critical:
                assert verdict.level == Level.CRITICAL
            if verdict.reading.headroom is not None and verdict.reading.headroom > Decimal("0.000001"):
                assert used < verdict.reading.critical or verdict.rule.kind == Kind.MARGIN_USE


def test_the_words_of_the_arithmetic_are_those_of_the_tables() -> None:
    from trading.models import GuardKind
    from trading.models import Level as StoredLevel

    assert {str(kind) for kind in Kind} == set(GuardKind.values)
    assert {str(level) for level in Level} == set(StoredLevel.values)
