"""What a dry run shows of an import, and what is kept of it: counts per kind of row, and samples of the changes."""

from typing import Any
from uuid import UUID

from django.db import connection

from trading.services.merge import Tally

ADDED_SHOWN = 50
CORRECTED_SHOWN = 200
_SHOWN_TABLES = ("trade", "execution", "cash_flow")
_HIDDEN_FIELDS = ("net_profit", "added_by_id", "trade_id", "is_derived", "sequence")
_ADDED_COLUMNS = (
    "ticket",
    "symbol",
    "side",
    "volume_lots",
    "opened_at",
    "open_price",
    "closed_at",
    "close_price",
    "commission",
    "swap",
    "fee",
    "gross_profit",
    "net_profit",
    "comment",
)


def describe(
    tallies: dict[str, Tally], statement_id: UUID, *, creates_account: bool, journal_added: int = 0
) -> dict[str, Any]:
    """The outcome as JSON. Amounts are texts, times RFC 3339.

    Shape: {"trades" | "executions" | "cash_flows" | "positions" | "snapshots": {"added", "corrected", "unchanged",
    "removed"}, "journal_added" (trades that got notes, tags, a rating or a stop), "creates_account", "changes_nothing", "added_trades": [{column: text}] (the first 50), "corrections":
    [{"table", "key", "field", "old", "new", "difference"}] (the first 200)}.
    """
    kinds = {
        word: {
            "added": tally.added,
            "corrected": tally.corrected,
            "unchanged": tally.unchanged,
            "removed": tally.removed,
        }
        for word, tally in tallies.items()
    }
    return {
        **kinds,
        "journal_added": journal_added,
        "creates_account": creates_account,
        "changes_nothing": not changes_anything(tallies) and not journal_added,
        "added_trades": _added_trades(statement_id) if tallies["trades"].added else [],
        "corrections": _corrections(statement_id),
    }


def changes_anything(tallies: dict[str, Tally]) -> bool:
    return any(tally.added or tally.corrected or tally.removed for tally in tallies.values())


def _added_trades(statement_id: UUID) -> list[dict[str, str | None]]:
    """The first trades of the file that are new, in its own order: ids are given in that order."""
    columns = ", ".join(f"to_jsonb({column}) #>> '{{}}'" for column in _ADDED_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM trading_trade WHERE added_by_id = %s ORDER BY id LIMIT {ADDED_SHOWN}",
            [statement_id],
        )
        return [dict(zip(_ADDED_COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def _corrections(statement_id: UUID) -> list[dict[str, str | None]]:
    """Old and new value of each field that changes; the difference where both are numbers."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c."table", COALESCE(c.before->>'ticket', c.before->>'deal_id', c.before->>'reference'),
                b.key, b.value #>> '{{}}', a.value #>> '{{}}',
                CASE WHEN jsonb_typeof(b.value) = 'number' AND jsonb_typeof(a.value) = 'number'
                     THEN ((a.value #>> '{{}}')::numeric - (b.value #>> '{{}}')::numeric)::text END
            FROM trading_statementcorrection c, jsonb_each(c.before) b JOIN jsonb_each(c.after) a USING (key)
            WHERE c.statement_id = %s AND c."table" = ANY(%s) AND c.action = 'corrected'
            AND b.value IS DISTINCT FROM a.value AND NOT b.key = ANY(%s)
            ORDER BY c.id, b.key LIMIT {CORRECTED_SHOWN}""",
            [statement_id, list(_SHOWN_TABLES), list(_HIDDEN_FIELDS)],
        )
        names = ("table", "key", "field", "old", "new", "difference")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
