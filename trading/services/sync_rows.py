"""What a sync writes besides deals: one statement for each table, however many accounts are in the call.

The caller holds the locks of the accounts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trading.services.recordsets import Columns, fetch, run

Rows = Sequence[dict[str, Any]]

_POSITION: Columns = {
    "id": "uuid",
    "account_id": "uuid",
    "ticket": "text",
    "symbol": "text",
    "side": "text",
    "volume_lots": "numeric",
    "opened_at": "timestamptz",
    "opened_text": "text",
    "open_price": "numeric",
    "current_price": "numeric",
    "stop_loss": "numeric",
    "take_profit": "numeric",
    "swap": "numeric",
    "commission": "numeric",
    "floating_profit": "numeric",
    "comment": "text",
    "reported_at": "timestamptz",
}
#: What a page shows of a position; its report alone, unchanged, is no news.
_POSITION_FACTS = [
    name for name in _POSITION if name not in ("id", "account_id", "ticket", "opened_text", "reported_at")
]
_QUOTE: Columns = {
    "id": "uuid",
    "account_id": "uuid",
    "symbol": "text",
    "bid": "numeric",
    "ask": "numeric",
    "quoted_at": "timestamptz",
    "previous_close": "numeric",
    "day_open": "numeric",
}
_FIGURES: Columns = {
    "id": "uuid",
    "account_id": "uuid",
    "tier": "text",
    "taken_at": "timestamptz",
    "balance": "numeric",
    "equity": "numeric",
    "margin": "numeric",
    "free_margin": "numeric",
    "floating_profit": "numeric",
    "credit": "numeric",
    "open_positions": "integer",
    "open_risk": "numeric",
}
_MONEY = ("balance", "equity", "margin", "free_margin", "floating_profit", "credit", "open_positions")
_FLOW: Columns = {
    "id": "uuid",
    "account_id": "uuid",
    "reference": "text",
    "kind": "text",
    "amount": "numeric",
    "booked_at": "timestamptz",
    "booked_text": "text",
    "sequence": "bigint",
    "balance_after": "numeric",
    "comment": "text",
}
_STATE: Columns = {
    "account_id": "uuid",
    "sent_at": "timestamptz",
    "positions_at": "timestamptz",
    "open_positions": "integer",
    "first_balance": "numeric",
    "first_booked_at": "timestamptz",
}
_FAILURE: Columns = {"account_id": "uuid", "message": "text"}


@dataclass(slots=True)
class Counts:
    """How many rows of each account were added, changed and removed."""

    added: Counter[UUID] = field(default_factory=Counter)
    changed: Counter[UUID] = field(default_factory=Counter)
    removed: Counter[UUID] = field(default_factory=Counter)


def write_positions(account_ids: Sequence[UUID], rows: Rows) -> Counts:
    """Makes these the open positions of these accounts. A row that says nothing new is not written."""
    columns, facts = _names(_POSITION), _POSITION_FACTS
    # NOT IN is looked up in a hash. What NOT EXISTS becomes rests on how many rows the planner guesses `incoming` to have,
    # which is too few: then each position is compared with every row.
    found = fetch(
        f""", gone AS (
            DELETE FROM trading_position p WHERE p.account_id = ANY(%(accounts)s::uuid[])
            AND (p.account_id, p.ticket::text) NOT IN (SELECT account_id, ticket FROM incoming)
            RETURNING p.account_id
        ), written AS (
            INSERT INTO trading_position AS p ({columns}, source)
            SELECT {columns}, 'sync' FROM incoming ORDER BY account_id, ticket
            ON CONFLICT (account_id, ticket) DO UPDATE SET {_set(facts)}, reported_at = excluded.reported_at,
                opened_text = COALESCE(NULLIF(excluded.opened_text, ''), p.opened_text),
                source = 'sync', added_by_id = NULL
            WHERE ({_all("p", facts)}) IS DISTINCT FROM ({_all("excluded", facts)}) OR p.source <> 'sync'
            RETURNING p.account_id, p.id
        )
        SELECT w.account_id, CASE WHEN i.id IS NULL THEN 'changed' ELSE 'added' END, count(*)
        FROM written w LEFT JOIN incoming i ON i.id = w.id GROUP BY 1, 2
        UNION ALL SELECT account_id, 'removed', count(*) FROM gone GROUP BY account_id""",
        _POSITION,
        rows,
        {"accounts": list(account_ids)},
    )
    return _counts(found)


def write_quotes(rows: Rows) -> None:
    """Keeps the newest price of each symbol; an older one changes nothing."""
    columns, facts = _names(_QUOTE), ("bid", "ask", "quoted_at")
    gaps = ("previous_close", "day_open")
    run(
        f"""INSERT INTO trading_quote AS q ({columns}) SELECT {columns} FROM incoming ORDER BY account_id, symbol
        ON CONFLICT (account_id, symbol) DO UPDATE SET {_set(facts)},
            {", ".join(f"{name} = COALESCE(excluded.{name}, q.{name})" for name in gaps)}
        WHERE excluded.quoted_at >= q.quoted_at
        AND ({_all("q", (*facts, *gaps))}) IS DISTINCT FROM ({_all("excluded", (*facts, *gaps))})""",
        _QUOTE,
        rows,
    )


#: What the proof of the balance makes of the broker's figures is the same while they say the same balance, on the same day
#: of any zone (all change on a quarter of an hour), at the same place among what was booked and what else was stated.
_IN_HISTORY = """o.balance IS DISTINCT FROM s.balance
    OR date_bin('15 minutes', o.taken_at, 'epoch') <> date_bin('15 minutes', s.taken_at, 'epoch')
    OR EXISTS (SELECT FROM trading_execution e WHERE e.account_id = s.account_id
        AND e.executed_at >= o.taken_at AND e.executed_at <= s.taken_at)
    OR EXISTS (SELECT FROM trading_cashflow f WHERE f.account_id = s.account_id
        AND f.booked_at >= o.taken_at AND f.booked_at <= s.taken_at)
    OR EXISTS (SELECT FROM trading_snapshot n WHERE n.account_id = s.account_id AND n.id <> s.id
        AND n.taken_at >= o.taken_at AND n.taken_at <= s.taken_at)"""


@dataclass(frozen=True, slots=True)
class FiguresWritten:
    """The accounts in which a figure of the broker differs, and those in which the history reads something else of them."""

    changed: frozenset[UUID] = frozenset()
    in_history: frozenset[UUID] = frozenset()


def write_figures(rows: Rows) -> FiguresWritten:
    """Makes these the figures that the broker last reported.

    They are one row of the snapshots, which moves along with the time; those of statements stay where they are.
    """
    found = fetch(
        f""", moved AS (
                UPDATE trading_snapshot s SET taken_at = i.taken_at, {", ".join(f"{name} = i.{name}" for name in _MONEY)}
                FROM incoming i JOIN trading_snapshot o ON o.account_id = i.account_id AND o.source = 'sync'
                WHERE s.id = o.id
                RETURNING s.account_id, ({_all("o", _MONEY)}) IS DISTINCT FROM ({_all("s", _MONEY)}) AS differs,
                    {_IN_HISTORY} AS in_history
            ), made AS (
                INSERT INTO trading_snapshot (id, account_id, taken_at, {", ".join(_MONEY)}, source)
                SELECT id, account_id, taken_at, {", ".join(_MONEY)}, 'sync' FROM incoming i
                WHERE NOT EXISTS (SELECT FROM moved m WHERE m.account_id = i.account_id)
                ON CONFLICT (account_id, taken_at) DO NOTHING
                RETURNING account_id
            )
            SELECT account_id, differs, in_history FROM moved UNION ALL SELECT account_id, true, true FROM made""",
        _FIGURES,
        rows,
    )
    return FiguresWritten(
        frozenset(account_id for account_id, differs, _ in found if differs),
        frozenset(account_id for account_id, _, in_history in found if in_history),
    )


def write_live_snapshots(rows: Rows) -> None:
    columns = _names({name: kind for name, kind in _FIGURES.items() if name != "id"})
    run(
        f"INSERT INTO trading_livesnapshot ({columns}) SELECT {columns} FROM incoming ON CONFLICT DO NOTHING",
        _FIGURES,
        rows,
    )


def write_flows(rows: Rows) -> Counts:
    """Adds cash flows and corrects amounts and moments. What kind one is stays as a statement says."""
    columns = _names(_FLOW)
    found = fetch(
        f""", written AS (
            INSERT INTO trading_cashflow AS f ({columns}, source)
            SELECT {columns}, 'sync' FROM incoming ORDER BY account_id, reference
            ON CONFLICT (account_id, reference) DO UPDATE SET amount = excluded.amount, booked_at = excluded.booked_at,
                kind = CASE WHEN f.source = 'sync' THEN excluded.kind ELSE f.kind END,
                comment = COALESCE(NULLIF(f.comment, ''), excluded.comment)
            WHERE (f.amount, f.booked_at) IS DISTINCT FROM (excluded.amount, excluded.booked_at)
            OR (f.source = 'sync' AND f.kind <> excluded.kind) OR (f.comment = '' AND excluded.comment <> '')
            RETURNING f.account_id, f.id
        )
        SELECT w.account_id, CASE WHEN i.id IS NULL THEN 'changed' ELSE 'added' END, count(*)
        FROM written w LEFT JOIN incoming i ON i.id = w.id GROUP BY 1, 2""",
        _FLOW,
        rows,
    )
    return _counts(found)


def write_states(rows: Rows, *, now: datetime, duration_ms: int) -> None:
    """Notes that these feeds are alive. What the reconciliation finds is its own to write."""
    run(
        """INSERT INTO trading_syncstate AS s (account_id, status, last_sync_at, last_sent_at, last_sync_duration_ms,
            total_syncs, failures_in_a_row, error_message, open_positions, matched_positions, open_breaks,
            first_balance, first_booked_at, positions_at)
        SELECT account_id, 'idle', %(now)s, sent_at, %(duration)s, 1, 0, '', open_positions, 0, 0,
            first_balance, first_booked_at, positions_at FROM incoming ORDER BY account_id
        ON CONFLICT (account_id) DO UPDATE SET last_sync_at = excluded.last_sync_at,
            last_sent_at = GREATEST(s.last_sent_at, excluded.last_sent_at),
            positions_at = COALESCE(excluded.positions_at, s.positions_at),
            last_sync_duration_ms = excluded.last_sync_duration_ms, total_syncs = s.total_syncs + 1,
            failures_in_a_row = 0, error_message = '', open_positions = excluded.open_positions,
            first_balance = COALESCE(s.first_balance, excluded.first_balance),
            first_booked_at = CASE WHEN s.first_balance IS NULL THEN excluded.first_booked_at ELSE s.first_booked_at END""",
        _STATE,
        rows,
        {"now": now, "duration": duration_ms},
    )


def write_failures(rows: Rows) -> set[UUID]:
    """Notes that a sync of these accounts was refused, and why. Returns those whose feed was well until now."""
    found = fetch(
        """, written AS (
            INSERT INTO trading_syncstate AS s (account_id, status, last_sync_duration_ms, total_syncs,
                failures_in_a_row, error_message, open_positions, matched_positions, open_breaks)
            SELECT account_id, 'degraded', 0, 0, 1, message, 0, 0, 0 FROM incoming ORDER BY account_id
            ON CONFLICT (account_id) DO UPDATE SET status = 'degraded', error_message = excluded.error_message,
                failures_in_a_row = s.failures_in_a_row + 1
            RETURNING account_id, failures_in_a_row
        )
        SELECT account_id FROM written WHERE failures_in_a_row = 1""",
        _FAILURE,
        rows,
    )
    return {account_id for (account_id,) in found}


def _counts(found: Sequence[tuple[UUID, str, int]]) -> Counts:
    counts = Counts()
    for account_id, what, number in found:
        getattr(counts, what)[account_id] += number
    return counts


def _names(columns: Columns) -> str:
    return ", ".join(columns)


def _set(names: Sequence[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in names)


def _all(alias: str, names: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)
