"""What guards look at, for many accounts at once: the number of queries does not depend on how many."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, time
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from trading.calc.guard_types import Observation
from trading.calc.guard_types import Quote as SeenQuote
from trading.calc.history import EXTERNAL_KINDS
from trading.calc.open_risk import OpenPosition, open_risk
from trading.models import CashFlow, FlowKind, LiveSnapshot, Position, Quote, State

ZERO = Decimal(0)
_POSITION = tuple(column.name for column in fields(OpenPosition))
_QUOTE = tuple(column.name for column in fields(SeenQuote))
FLOW_KINDS = tuple(FlowKind(kind) for kind in EXTERNAL_KINDS)

_NEWEST = """
    SELECT s.account_id, s.taken_at, s.balance, s.equity, s.margin
    FROM unnest(%s::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT account_id, taken_at, balance, equity, margin FROM trading_livesnapshot
        WHERE account_id = wanted.id AND tier = %s AND taken_at <= %s ORDER BY taken_at DESC LIMIT 1
    ) AS s
"""
#: An account whose book begins with money paid in, and not in the middle of its life.
_INITIAL = """
    SELECT wanted.id, (
        SELECT sum(f.amount) FROM trading_cashflow f
        WHERE f.account_id = wanted.id AND f.kind = ANY(%s) AND f.booked_at <= coalesce(
            (SELECT min(e.executed_at) FROM trading_execution e WHERE e.account_id = wanted.id), 'infinity')
    )
    FROM unnest(%s::uuid[]) AS wanted (id)
    WHERE NOT EXISTS (
        SELECT 1 FROM trading_statement s
        WHERE s.account_id = wanted.id AND s.state = %s AND s.opening_balance <> 0
    )
"""
#: A day is counted by the openings in it; it starts at the reset, in the zone of the rule.
_DAYS = """
    SELECT wanted.id, count(DISTINCT ((t.opened_at AT TIME ZONE wanted.zone) - wanted.reset::time::interval)::date)
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS wanted (id, zone, reset)
    JOIN trading_trade t ON t.account_id = wanted.id
    GROUP BY wanted.id
"""


@dataclass(slots=True)
class Wanted:
    """What the rules of one account need to know beyond its figures."""

    initial_balance: bool = False
    quotes: bool = False
    days: tuple[str, time] | None = None


@dataclass(slots=True)
class Standing:
    """What is open in one account now."""

    positions: list[OpenPosition] = field(default_factory=list)

    @property
    def open_risk(self) -> Decimal | None:
        return open_risk(self.positions)


def observations(wanted: Mapping[UUID, Wanted], now: datetime) -> dict[UUID, Observation]:
    """What is known of each account; one that no sync has reported yet is left out."""
    newest = _newest(list(wanted), now)
    keys = list(newest)
    standing = standings(keys)
    flows = flow_totals(keys)
    initial = initial_balances([key for key in keys if wanted[key].initial_balance])
    days = trading_days({key: of.days for key, of in wanted.items() if of.days is not None and key in newest})
    quotes = _quotes([key for key in keys if wanted[key].quotes], standing)
    return {
        key: Observation(
            at=taken_at,
            balance=balance,
            equity=equity,
            margin=margin,
            flows=flows.get(key, ZERO),
            open_risk=standing[key].open_risk,
            initial_balance=initial.get(key),
            trading_days=days.get(key, 0),
            quotes=quotes.get(key, ()),
            checked_at=max(now, taken_at),
        )
        for key, (taken_at, balance, equity, margin) in newest.items()
    }


def standings(keys: Sequence[UUID]) -> dict[UUID, Standing]:
    found: dict[UUID, Standing] = {key: Standing() for key in keys}
    if keys:
        # Rows and not models: a batch of syncs holds thousands.
        rows = Position.objects.filter(account__in=keys).order_by("account_id", "id")
        for account_id, *values in rows.values_list("account_id", *_POSITION):
            found[account_id].positions.append(OpenPosition(*values))
    return found


def flow_totals(keys: Sequence[UUID]) -> dict[UUID, Decimal]:
    """All cash that moved into each account without a trade, credit included."""
    if not keys:
        return {}
    rows = CashFlow.objects.filter(account__in=keys, kind__in=FLOW_KINDS).order_by().values("account_id")
    return {row["account_id"]: row["total"] for row in rows.annotate(total=Sum("amount"))}


def initial_balances(keys: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What was paid in before the first trade; an account whose book does not begin so is left out."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_INITIAL, [[str(kind) for kind in FLOW_KINDS], list(keys), str(State.COMMITTED)])
        return {key: total for key, total in cursor.fetchall() if total is not None and total > 0}


def trading_days(wanted: Mapping[UUID, tuple[str, time]]) -> dict[UUID, int]:
    """On how many days a trade was opened, by the day of each account's rule."""
    if not wanted:
        return {}
    zones = [zone for zone, _reset in wanted.values()]
    resets = [reset.isoformat() for _zone, reset in wanted.values()]
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [list(wanted), zones, resets])
        return dict(cursor.fetchall())


def _newest(keys: Sequence[UUID], now: datetime) -> dict[UUID, tuple[datetime, Decimal, Decimal, Decimal]]:
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [list(keys), str(LiveSnapshot.Tier.FULL), now])
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _quotes(keys: Sequence[UUID], standing: Mapping[UUID, Standing]) -> dict[UUID, tuple[SeenQuote, ...]]:
    """The quotes of what is open."""
    if not keys:
        return {}
    symbols = {key: {row.symbol for row in standing[key].positions} for key in keys}
    found: dict[UUID, list[SeenQuote]] = defaultdict(list)
    rows = Quote.objects.filter(account__in=keys, symbol__in=set().union(*symbols.values()))
    for account_id, symbol, *values in rows.values_list("account_id", *_QUOTE):
        if symbol in symbols[account_id]:
            found[account_id].append(SeenQuote(symbol, *values))
    return {key: tuple(rows) for key, rows in found.items()}
