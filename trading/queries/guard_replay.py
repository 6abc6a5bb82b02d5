"""An account's recorded history as observations, for replaying its rules over the past."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection

from trading.calc.guard_clock import day_start
from trading.calc.guard_types import Kind, Observation, Rule
from trading.models import CashFlow, Trade
from trading.queries.guard_observations import FLOW_KINDS, initial_balances

ZERO = Decimal(0)
#: More snapshots than this are thinned; of each stretch of time the lowest, the highest and the last equity stay.
MOST = 12_000

_SPAN = """
    SELECT count(*), min(taken_at), max(taken_at) FROM trading_livesnapshot
    WHERE account_id = %(account)s AND taken_at >= %(since)s AND taken_at < %(until)s
"""
_ROWS = """
    SELECT DISTINCT ON (taken_at) taken_at, balance, equity, margin, open_risk FROM (
        SELECT *,
            row_number() OVER (stretch ORDER BY equity, taken_at) AS from_below,
            row_number() OVER (stretch ORDER BY equity DESC, taken_at) AS from_above,
            row_number() OVER (stretch ORDER BY taken_at DESC) AS from_last
        FROM trading_livesnapshot
        WHERE account_id = %(account)s AND taken_at >= %(since)s AND taken_at < %(until)s
        WINDOW stretch AS (PARTITION BY date_bin(%(width)s, taken_at, %(first)s))
    ) AS numbered
    WHERE %(is_whole)s OR from_below = 1 OR from_above = 1 OR from_last = 1
    ORDER BY taken_at, tier
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the replay sees. `width` is the stretch of which three snapshots stayed; None where all of them did."""

    observations: Sequence[Observation]
    snapshots: int
    width: timedelta | None


def recorded(account_id: UUID, since: datetime, until: datetime, rules: Sequence[Rule] = ()) -> Recorded:
    """The account from `since` to before `until`, oldest first."""
    span: dict[str, Any] = {"account": account_id, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_SPAN, span)
        snapshots, first, last = cursor.fetchone()
        if not snapshots:
            return Recorded((), 0, None)
        is_whole = snapshots <= MOST
        width = timedelta(days=1) if is_whole else max(timedelta(seconds=1), (last - first) * 3 / MOST)
        span |= {"width": width, "first": first, "is_whole": is_whole}
        cursor.execute(_ROWS, span)
        rows = cursor.fetchall()
    flows, days = _Steps.of_flows(account_id), _days(account_id, rules)
    initial = initial_balances([account_id]).get(account_id)
    found = [
        Observation(
            at=at,
            balance=balance,
            equity=equity,
            margin=margin,
            open_risk=risk,
            flows=flows.at(at),
            initial_balance=initial,
            trading_days=int(days.at(at)),
        )
        for at, balance, equity, margin, risk in rows
    ]
    return Recorded(found, snapshots, None if is_whole else width)


class _Steps:
    """A total that grows at known moments."""

    def __init__(self, steps: Sequence[tuple[datetime, Decimal]]) -> None:
        self._moments = [at for at, _ in steps]
        self._totals = list(accumulate((amount for _, amount in steps), initial=ZERO))

    @classmethod
    def of_flows(cls, account_id: UUID) -> "_Steps":
        rows = CashFlow.objects.filter(account=account_id, kind__in=FLOW_KINDS).order_by("booked_at", "sequence")
        return cls(list(rows.values_list("booked_at", "amount")))

    def at(self, moment: datetime) -> Decimal:
        return self._totals[bisect_right(self._moments, moment)]


def _days(account_id: UUID, rules: Sequence[Rule]) -> _Steps:
    """How many days with an opening there have been, by the clock of the rule that asks."""
    rule = next((rule for rule in rules if rule.kind == Kind.MINIMUM_DAYS), None)
    if rule is None:
        return _Steps([])
    opened = Trade.objects.filter(account=account_id).order_by("opened_at").values_list("opened_at", flat=True)
    seen: dict[datetime, datetime] = {}
    for at in opened:
        seen.setdefault(day_start(at, rule.reset_time, rule.reset_zone), at)
    return _Steps([(at, Decimal(1)) for at in seen.values()])
