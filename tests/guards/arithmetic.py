"""Short ways to say a rule and an observation."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from trading.calc.guard_types import Carried, Level, Observation, Rule, Verdict
from trading.calc.guards import judge

MONDAY = datetime(2025, 6, 2, 8, 0, tzinfo=UTC)


def dec(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def rule(kind: str = "drawdown", critical: Any = "0.20", warning: Any = None, **fields: Any) -> Rule:
    for name in ("initial_balance", "lock_ratio", "rearm_ratio"):
        if name in fields:
            fields[name] = dec(fields[name])
    return Rule("r", kind, Decimal(str(critical)), dec(warning), **fields)


def seen(equity: Any, at: datetime | int = 0, **fields: Any) -> Observation:
    """`at` in minutes after Monday's start, or a moment. The balance is the equity unless it is said."""
    moment = MONDAY + timedelta(minutes=at) if isinstance(at, int) else at
    balance = Decimal(str(fields.pop("balance", equity)))
    for name in ("margin", "flows", "open_risk", "initial_balance"):
        if name in fields:
            fields[name] = dec(fields[name])
    return Observation(at=moment, balance=balance, equity=Decimal(str(equity)), **fields)


def watch(the_rule: Rule, observations: list[Observation]) -> list[Verdict]:
    """The verdict of each observation, one after the other."""
    carried = Carried()
    verdicts: list[Verdict] = []
    for observation in observations:
        judged = judge(the_rule, carried, observation)
        carried = judged.carried
        verdicts += judged.verdicts
    return verdicts


def fired(verdicts: list[Verdict]) -> list[Level]:
    return [verdict.fired.level for verdict in verdicts if verdict.fired]
