"""The facts that the data quality of accounts is graded by: as many queries for one account as for all of them.

What follows from an account's rows is kept until it changes; how its feed stands is read anew, because it changes by waiting.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import BrokerAccount
from trading import cache
from trading.calc.data_quality import Feed, Quality, QualityFacts, data_quality
from trading.calc.symbols import Markets
from trading.models import AccountRules, Instrument, SymbolMapping, SyncState
from trading.queries.overview import opening_balances

#: Gaps between snapshots count for this long.
GAPS_FOR = timedelta(days=30)

#: Every event of the book with the balances that the broker stated: a sum up to and including each place, its peers
#: included, as trading.calc.balance_proof books them. A snapshot comes after all of its moment, and states no credit.
_PROOF = """
WITH opened AS (SELECT * FROM unnest(%(accounts)s::uuid[], %(openings)s::numeric[]) AS o(account_id, opening)),
events AS (
    SELECT account_id, executed_at AS at, 0 AS late, sequence, balance_after AS stated,
        CASE WHEN is_derived AND direction = 'in' THEN 0 ELSE net_profit END AS amount, 0 AS credit
    FROM trading_execution WHERE account_id = ANY(%(accounts)s::uuid[])
    UNION ALL
    SELECT account_id, booked_at, 0, sequence, balance_after,
        CASE WHEN kind = 'credit' THEN 0 ELSE amount END, CASE WHEN kind = 'credit' THEN amount ELSE 0 END
    FROM trading_cashflow WHERE account_id = ANY(%(accounts)s::uuid[])
    UNION ALL
    SELECT account_id, taken_at, 1, 0, balance, 0, 0
    FROM trading_snapshot WHERE account_id = ANY(%(accounts)s::uuid[]) AND balance IS NOT NULL
),
running AS (
    SELECT account_id, at, late, sequence, stated, sum(amount) OVER w AS booked, sum(credit) OVER w AS credited
    FROM events WINDOW w AS (PARTITION BY account_id ORDER BY at, late, sequence)
),
checked AS (
    SELECT DISTINCT ON (r.account_id, (r.at AT TIME ZONE %(zone)s)::date)
        r.account_id, (r.at AT TIME ZONE %(zone)s)::date AS day,
        o.opening + r.booked - r.stated + CASE WHEN r.late = 0 THEN r.credited ELSE 0 END AS difference
    FROM running r JOIN opened o USING (account_id) WHERE r.stated IS NOT NULL
    ORDER BY r.account_id, (r.at AT TIME ZONE %(zone)s)::date, r.at DESC, r.late DESC, r.sequence DESC
)
SELECT account_id, count(*), count(*) FILTER (WHERE difference <> 0), min(day) FILTER (WHERE difference <> 0),
    (array_agg(difference ORDER BY day) FILTER (WHERE difference <> 0))[1]
FROM checked GROUP BY account_id
"""

_TRADES = """
SELECT t.account_id, count(*) FILTER (WHERE t.closed_at IS NOT NULL),
    count(*) FILTER (WHERE t.closed_at IS NOT NULL
        AND COALESCE(t.open_stop_loss, t.stop_loss, j.initial_stop_loss) IS NULL),
    array_agg(DISTINCT t.symbol)
FROM trading_trade t LEFT JOIN trading_journalentry j ON j.account_id = t.account_id AND j.ticket = t.ticket
WHERE t.account_id = ANY(%(accounts)s::uuid[]) GROUP BY t.account_id
"""

#: Working days (UTC) strictly between the first and the last snapshot, and those of them that have none.
_GAPS = """
SELECT w.account_id, count(*), count(*) FILTER (WHERE NOT EXISTS (
    SELECT FROM trading_livesnapshot l WHERE l.account_id = w.account_id AND l.tier IN ('full', 'minute', 'hour')
        AND l.taken_at >= d.day AND l.taken_at < d.day + interval '1 day'
))
FROM unnest(%(accounts)s::uuid[]) AS w(account_id)
CROSS JOIN LATERAL (
    SELECT min(taken_at) AS first_at, max(taken_at) AS last_at FROM trading_livesnapshot
    WHERE account_id = w.account_id AND tier IN ('full', 'minute', 'hour') AND taken_at >= %(since)s
) s
CROSS JOIN LATERAL generate_series(
    date_trunc('day', s.first_at, 'UTC') + interval '1 day',
    date_trunc('day', s.last_at, 'UTC') - interval '1 day', interval '1 day'
) AS d(day)
WHERE extract(isodow FROM d.day AT TIME ZONE 'UTC') < 6
GROUP BY w.account_id
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the balance proof comes to. `difference` is that of the first day that does not tie.

    `opening` None: nothing tells it, zero was taken for it, and no day can be expected to tie.
    """

    opening: Decimal | None = None
    stated_days: int = 0
    untied_days: int = 0
    untied_on: date | None = None
    difference: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Graded:
    facts: QualityFacts
    quality: Quality


@dataclass(frozen=True, slots=True)
class BookFacts:
    """What follows from the rows of an account alone."""

    has_history: bool
    trades: int
    without_stop: int
    symbols: Sequence[str]
    proof: Proof


def graded(accounts: Sequence[BrokerAccount], zone: ZoneInfo, now: datetime) -> dict[UUID, Graded]:
    """The grade of each account and what it rests on. Days of the proof are those of `zone`."""
    kept = book_facts(accounts, zone)
    feeds, gaps, unknown = _feeds(accounts, now), _gaps(accounts, now), _unknown(kept)
    found: dict[UUID, Graded] = {}
    for account in accounts:
        of = kept[account.pk]
        feed, last_sync_at = feeds.get(account.pk, ("none", None))
        due, missing = gaps.get(account.pk, (0, 0))
        facts = QualityFacts(
            has_history=of.has_history,
            trades=of.trades,
            without_stop=of.without_stop,
            opening=of.proof.opening,
            stated_days=of.proof.stated_days,
            untied_days=of.proof.untied_days,
            untied_on=of.proof.untied_on,
            difference=of.proof.difference,
            feed=feed,
            last_sync_at=last_sync_at,
            snapshot_days=due,
            missing_days=missing,
            unknown_symbols=unknown[account.pk],
        )
        found[account.pk] = Graded(facts, data_quality(facts))
    return found


def book_facts(accounts: Sequence[BrokerAccount], zone: ZoneInfo) -> dict[UUID, BookFacts]:
    """Kept until the history of an account changes. Days of the proof are those of `zone`."""
    parts = {account.pk: (account.pk, account.history_revision, zone.key) for account in accounts}
    return cache.remembered_each("quality", parts, cache.QUALITY_S, lambda keys: _compute(keys, zone))


def _compute(keys: Sequence[UUID], zone: ZoneInfo) -> Mapping[UUID, BookFacts]:
    openings = opening_balances(keys)
    proven = _proofs(keys, openings, zone)
    with connection.cursor() as cursor:
        cursor.execute(_TRADES, {"accounts": list(keys)})
        trades = {key: (count, without, symbols) for key, count, without, symbols in cursor.fetchall()}
    active = trades.keys() | proven.keys() | _with_rows(keys)
    none: tuple[int, int, Sequence[str]] = (0, 0, ())
    return {
        key: BookFacts(key in active, *trades.get(key, none), proven.get(key, Proof(openings.get(key)))) for key in keys
    }


def _with_rows(keys: Sequence[UUID]) -> set[UUID]:
    """Accounts in which something was booked or is open."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT w.account_id FROM unnest(%s::uuid[]) AS w(account_id)
            WHERE EXISTS (SELECT FROM trading_cashflow WHERE account_id = w.account_id)
                OR EXISTS (SELECT FROM trading_execution WHERE account_id = w.account_id)
                OR EXISTS (SELECT FROM trading_position WHERE account_id = w.account_id)""",
            [list(keys)],
        )
        return {key for (key,) in cursor.fetchall()}


def _proofs(keys: Sequence[UUID], openings: Mapping[UUID, Decimal | None], zone: ZoneInfo) -> dict[UUID, Proof]:
    """An unknown opening balance counts as zero, as in trading.queries.figures.balance_proof."""
    known = [openings.get(key) or Decimal(0) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(_PROOF, {"accounts": list(keys), "openings": known, "zone": zone.key})
        return {key: Proof(openings.get(key), *row) for key, *row in cursor.fetchall()}


def _feeds(accounts: Sequence[BrokerAccount], now: datetime) -> dict[UUID, tuple[Feed, datetime | None]]:
    """The feeds of accounts in use: an archived one may be quiet."""
    in_use = [account.pk for account in accounts if account.archived_at is None]
    default = AccountRules._meta.get_field("stale_after_s").default
    rows = SyncState.objects.filter(account__in=in_use).values_list(
        "account_id", "last_sync_at", "failures_in_a_row", "account__rules__stale_after_s"
    )
    return {key: (_feed(at, failures, limit or default, now), at) for key, at, failures, limit in rows}


def _feed(last_sync_at: datetime | None, failures: int, limit_s: int, now: datetime) -> Feed:
    if failures:
        return "failing"
    if last_sync_at is None or now - last_sync_at > timedelta(seconds=limit_s):
        return "stale"
    return "well"


def _gaps(accounts: Sequence[BrokerAccount], now: datetime) -> dict[UUID, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, {"accounts": [account.pk for account in accounts], "since": now - GAPS_FOR})
        return {key: (due, missing) for key, due, missing in cursor.fetchall()}


def _unknown(kept: Mapping[UUID, BookFacts]) -> dict[UUID, Sequence[str]]:
    """The symbols of each account that stand for no known instrument, in order."""
    pips = dict(Instrument.objects.values_list("symbol", "pip"))
    mappings: dict[UUID, dict[str, str]] = defaultdict(dict)
    rows: Any = SymbolMapping.objects.filter(account__in=list(kept)).order_by()
    for key, symbol, name in rows.values_list("account_id", "broker_symbol", "instrument__symbol"):
        mappings[key][symbol.strip().upper()] = name
    return {
        key: [symbol for symbol in sorted(of.symbols) if not Markets(pips, mappings[key]).knows(symbol)]
        for key, of in kept.items()
    }
