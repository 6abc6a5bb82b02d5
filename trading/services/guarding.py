"""Watches accounts: what was just recorded is judged, alerts are raised, closes requested. For a whole batch at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from accounts.models import BrokerAccount
from accounts.revisions import raise_live_revision
from trading.calc import guards
from trading.calc.guard_texts import figures, from_texts, to_texts
from trading.calc.guard_types import MARKET_KINDS, Carried, Judged, Kind, Level, Observation, Rule, Verdict
from trading.models import Alert, GuardRule
from trading.queries.guard_observations import Wanted, observations
from trading.services import alerts as alerting
from trading.services import close_requests
from trading.services.alerts import Raised
from trading.services.guard_rules import give_defaults
from trading.services.recordsets import run

_STATE = {"rule_id": "uuid", "level": "text", "carried": "jsonb", "figures": "jsonb"}
#: Of rules that stand where they stood only the moment is written; what a rule carries goes along only where it differs.
_STORE = """, unmoved AS (
        UPDATE trading_guardstate SET evaluated_at = %(now)s WHERE rule_id = ANY(%(unmoved)s::uuid[])
    )
    INSERT INTO trading_guardstate (rule_id, level, carried, figures, evaluated_at)
    SELECT i.rule_id, i.level, COALESCE(i.carried, s.carried), i.figures, %(now)s
    FROM incoming i LEFT JOIN trading_guardstate s ON s.rule_id = i.rule_id ORDER BY i.rule_id
    ON CONFLICT (rule_id) DO UPDATE SET level = excluded.level, carried = excluded.carried, figures = excluded.figures,
        evaluated_at = excluded.evaluated_at
"""
#: As texts: read at once, hundreds of them take a fraction of the time that they take one by one.
_STORED = """
    SELECT rule_id, carried::text, level, evaluated_at, figures::text FROM trading_guardstate WHERE rule_id = ANY(%s)"""
_RULE = tuple(column.name for column in fields(Rule))
_RANK = {Level.NORMAL: 0, Level.WARNING: 1, Level.CRITICAL: 2}


@dataclass(frozen=True, slots=True)
class GuardOutcome:
    """Where an account stands after an evaluation, and what was raised by it."""

    level: Level
    verdicts: tuple[Verdict, ...]
    alerts: tuple[Alert, ...]


@dataclass(slots=True)
class _Watched:
    """One enabled rule with what it carries and what is stored of it. `level` is None where it was never judged."""

    id: UUID
    rule: Rule
    carried: Carried
    level: str | None
    figures: str = "{}"


# Without a savepoint: what fails here fails what it is part of.
@transaction.atomic(savepoint=False)
def evaluate(account_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, GuardOutcome]:
    """Judges the accounts by what is recorded of them at `now`. Again with nothing new: no alert, no request.

    The number of queries does not depend on the number of accounts. An account that was never synced is left out.
    """
    watched = _watched(account_ids)
    seen = observations({key: _wanted(rules) for key, rules in watched.items()}, now)
    judged = {key: _judge(watched[key], observation) for key, observation in seen.items()}
    _store(watched, judged, now)
    raised = [
        Raised(key, UUID(rule_id), verdict, seen[key])
        for key, by_rule in judged.items()
        for rule_id, one in by_rule.items()
        for verdict in one.verdicts
        if verdict.fired
    ]
    alerts = alerting.raise_alerts(raised, now=now)
    close_requests.cancel_gone(list(seen), now=now)
    critical = _closing(judged)
    if critical:
        close_requests.request_closes(critical, now=now)
    changed = _changed(watched, judged)
    if changed:
        raise_live_revision(changed)
    return _outcomes(judged, alerts)


def _watched(account_ids: Sequence[UUID]) -> dict[UUID, list[_Watched]]:
    """The enabled rules of each account, locked, so that two evaluations of one account follow each other."""
    rows = _rules(account_ids)
    ruled = {row[0] for row in rows}
    bare = [key for key in dict.fromkeys(account_ids) if key not in ruled]
    if bare and _defaulted(bare):
        rows = _rules(account_ids)
    enabled = [row for row in rows if row[1]]
    # Read after the lock is there: what waited for it must see what the other one left.
    states = _stored([row[2] for row in enabled])
    watched: dict[UUID, list[_Watched]] = {key: [] for key in account_ids}
    for account_id, _, rule_id, *values in enabled:
        carried, level, evaluated_at, figures = states.get(rule_id, ("{}", None, None, "{}"))
        rule, known = Rule(str(rule_id), *values), from_texts(orjson.loads(carried))
        watched[account_id].append(_Watched(rule_id, rule, known, level if evaluated_at else None, figures))
    return watched


def _stored(rule_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str, datetime | None, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [list(rule_ids)])
        return {rule_id: (carried, level, at, figures) for rule_id, carried, level, at, figures in cursor.fetchall()}


def _defaulted(bare: Sequence[UUID]) -> bool:
    # The lock keeps two first syncs of one account from making its default rules twice.
    list(BrokerAccount.objects.filter(pk__in=bare).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    ruled = set(GuardRule.objects.filter(account__in=bare).values_list("account_id", flat=True))
    return give_defaults([key for key in bare if key not in ruled]) or bool(ruled)


def _rules(account_ids: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """Account, whether it is enabled, and the fields of a rule. Rows and not models: a batch of syncs holds hundreds."""
    rows = GuardRule.objects.filter(account__in=list(account_ids)).order_by("account_id", "id")
    return list(rows.select_for_update(no_key=True).values_list("account_id", "enabled", *_RULE))


def _wanted(rules: Sequence[_Watched]) -> Wanted:
    days = next((one.rule for one in rules if one.rule.kind == Kind.MINIMUM_DAYS), None)
    return Wanted(
        initial_balance=any(one.carried.track is None and one.rule.kind not in MARKET_KINDS for one in rules),
        quotes=any(one.rule.kind in MARKET_KINDS for one in rules),
        days=(days.reset_zone, days.reset_time) if days else None,
    )


def _judge(rules: Sequence[_Watched], seen: Observation) -> dict[str, Judged]:
    carried = {one.rule.id: one.carried for one in rules}
    return guards.evaluate([one.rule for one in rules], carried, seen)


def _store(
    watched: Mapping[UUID, Sequence[_Watched]], judged: Mapping[UUID, Mapping[str, Judged]], now: datetime
) -> None:
    states, unmoved = [], []
    for key, by_rule in judged.items():
        for one in watched[key]:
            found = by_rule[one.rule.id]
            if not found.verdicts and found.carried == one.carried and one.rule.kind not in MARKET_KINDS:
                continue
            level, numbers = worst(found.verdicts), {verdict.symbol: figures(verdict) for verdict in found.verdicts}
            is_known = one.level is not None and found.carried == one.carried
            if is_known and level == one.level and numbers == orjson.loads(one.figures):
                unmoved.append(one.id)
                continue
            carried = None if is_known else to_texts(found.carried)
            states.append({"rule_id": one.id, "level": level, "carried": carried, "figures": numbers})
    if states or unmoved:
        run(_STORE, _STATE, states, {"now": now, "unmoved": unmoved})


def worst(verdicts: Sequence[Verdict]) -> Level:
    return max((verdict.level for verdict in verdicts), key=_RANK.__getitem__, default=Level.NORMAL)


def _closing(judged: Mapping[UUID, Mapping[str, Judged]]) -> dict[UUID, list[tuple[UUID, str]]]:
    """The rules that are critical and may close, by account."""
    found: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    for key, by_rule in judged.items():
        for rule_id, one in by_rule.items():
            found[key] += [(UUID(rule_id), verdict.symbol) for verdict in one.verdicts if verdict.should_close]
    return {key: rules for key, rules in found.items() if rules}


def _changed(watched: Mapping[UUID, Sequence[_Watched]], judged: Mapping[UUID, Mapping[str, Judged]]) -> list[UUID]:
    """The accounts in which a rule reached another level, or was judged for the first time."""
    return [
        key for key, by_rule in judged.items() if any(_has_changed(one, by_rule[one.rule.id]) for one in watched[key])
    ]


def _has_changed(one: _Watched, found: Judged) -> bool:
    if one.level is None:
        return True
    says_nothing = not found.verdicts and one.rule.kind not in MARKET_KINDS
    return not says_nothing and one.level != worst(found.verdicts)


def _outcomes(judged: Mapping[UUID, Mapping[str, Judged]], alerts: Sequence[Alert]) -> dict[UUID, GuardOutcome]:
    raised: dict[UUID, list[Alert]] = defaultdict(list)
    for alert in alerts:
        raised[alert.account_id].append(alert)
    outcomes = {}
    for key, by_rule in judged.items():
        verdicts = tuple(verdict for one in by_rule.values() for verdict in one.verdicts)
        outcomes[key] = GuardOutcome(worst(verdicts), verdicts, tuple(raised[key]))
    return outcomes
