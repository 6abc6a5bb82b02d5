"""Merges staged rows into an account: set-based SQL, one pass per table, inside the caller's transaction.

The caller holds the lock of the account, so that nobody else adds rows to it meanwhile. Which of two reports is right
follows from when the broker made them, never from the order in which they are imported.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Max

from accounts.models import BrokerAccount
from trading.errors import StatementRefused
from trading.models import Snapshot
from trading.services.tables import CASH_FLOW, EXECUTION, POSITION, SNAPSHOT, TRADE, Table

#: Whether this import may overrule what a row of the book rests on. A report of open trades only may not.
_NOT_OLDER = "%(has_history)s AND %(reported_at)s >= {known}"


@dataclass(slots=True)
class Tally:
    """What became of the rows of one kind. `removed` counts rows of the book that this import takes away."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """The import at hand: into which account, and how much its report may overrule."""

    account_id: UUID
    statement_id: UUID
    reported_at: datetime
    has_history: bool
    has_figures: bool
    staged: dict[str, int]
    older_reads: list[UUID]  # committed statements of the same file, read by an older reader
    histories: dict[UUID, datetime]  # when each committed statement of the account with a history was reported

    def parameters(self) -> dict[str, Any]:
        return {
            "account_id": self.account_id,
            "statement_id": self.statement_id,
            "reported_at": self.reported_at,
            "has_history": self.has_history,
            "older_reads": self.older_reads,
            "histories": list(self.histories),
            "histories_at": list(self.histories.values()),
            "history_until": max(self.histories.values(), default=None),
        }


def merge(job: Import) -> dict[str, Tally]:
    """Writes what the stage holds into the account. Returns the tally of each kind of row."""
    with connection.cursor() as cursor:
        # Nobody has counted rows that are a moment old, so the planner takes them for few and would walk the account
        # once per staged row. Hashing both sides costs what they hold, whatever it believes.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        tallies = {
            "trades": _merge_trades(cursor, job),
            "executions": merge_executions(cursor, job),
            "cash_flows": _merge_plainly(cursor, job, CASH_FLOW, job.staged["cash_flows"]),
            "positions": _merge_positions(cursor, job),
            # What the broker said of one moment: whoever says it last knows best.
            "snapshots": _merge_plainly(cursor, job, SNAPSHOT, job.staged["snapshots"], newer="true"),
        }
        if job.older_reads:
            _remove_what_older_readers_made(cursor, job, tallies)
    return tallies


def check_trades_are_there(account: BrokerAccount) -> None:
    """Errors: StatementRefused where staged fills belong to trades that the account does not have: they would count
    again with the trades, when those come."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(DISTINCT s.ticket) FROM stage_execution s
            LEFT JOIN trading_trade t ON t.account_id = %s AND t.ticket = s.ticket
            WHERE s.ticket <> '' AND t.id IS NULL""",
            [account.pk],
        )
        (missing,) = cursor.fetchone()
    if missing:
        raise StatementRefused(
            f"These executions belong to trades of which {missing} are not in the account yet. Import the export of "
            "its trades first, open ones included, and then this file.",
            code="trades_missing",
        )


def _merge_trades(cursor: CursorWrapper, job: Import) -> Tally:
    tally = Tally()
    if not job.staged["trades"]:
        return tally
    # More of it closed is newer, whatever the dates; a position seen open in a newer history is known until then; and a
    # deal that a sync brought is not taken back by a report that was made before it.
    known = (
        "GREATEST({known}, CASE WHEN t.closed_at IS NULL THEN LEAST(p.reported_at, %(history_until)s::timestamptz) END, "
        "y.synced_at)"
    )
    tally.corrected = _correct(
        cursor,
        job,
        TRADE,
        newer=f"%(has_history)s AND (s.closed_volume_lots > t.closed_volume_lots OR %(reported_at)s >= {known})",
        join=f"LEFT JOIN trading_position p ON p.account_id = t.account_id AND p.ticket = t.ticket {_LAST_SYNCED}",
    )
    tally.added = _add(cursor, job, TRADE)
    tally.unchanged = job.staged["trades"] - tally.added - tally.corrected
    return tally


_LAST_SYNCED = """
    LEFT JOIN (
        SELECT trade_id, max(executed_at) AS synced_at FROM trading_execution
        WHERE account_id = %(account_id)s AND source = 'sync' GROUP BY trade_id
    ) y ON y.trade_id = t.id"""


def merge_executions(cursor: CursorWrapper, job: Import) -> Tally:
    """Listed fills first: they take the place of derived ones of the same trade and direction."""
    tally, staged = Tally(), job.staged["executions"]
    if not staged:
        return tally
    stage = (
        "(SELECT e.*, b.id AS trade_id FROM stage_execution e "
        "LEFT JOIN trading_trade b ON b.account_id = %(account_id)s AND b.ticket = e.ticket)"
    )
    cursor.execute("SELECT COALESCE(bool_or(is_derived), false), NOT bool_and(is_derived) FROM stage_execution")
    has_derived, has_listed = cursor.fetchone()
    tally.corrected = _correct(cursor, job, EXECUTION, stage=stage)
    if has_listed:
        tally.added = _add(cursor, job, EXECUTION, stage=stage, where="AND NOT s.is_derived")
        tally.removed = _remove(cursor, job, EXECUTION, f"t.is_derived AND {_LISTED}".format(row="t"))
    if has_derived:
        missing = f"AND s.is_derived AND NOT {_LISTED}".format(row="s")
        tally.added += _add(cursor, job, EXECUTION, stage=stage, where=missing)
    tally.unchanged = staged - tally.added - tally.corrected
    return tally


#: True where the broker listed a fill of the same trade and direction as `row`.
_LISTED = """EXISTS (
    SELECT FROM trading_execution l WHERE l.trade_id = {row}.trade_id AND l.account_id = %(account_id)s
    AND NOT l.is_derived AND (l.direction = 'in') = ({row}.direction = 'in'))"""


def _merge_plainly(cursor: CursorWrapper, job: Import, table: Table, staged: int, newer: str = _NOT_OLDER) -> Tally:
    if not staged:
        return Tally()
    corrected = _correct(cursor, job, table, newer=newer)
    added = _add(cursor, job, table)
    return Tally(added, corrected, staged - added - corrected)


def _merge_positions(cursor: CursorWrapper, job: Import) -> Tally:
    """The positions of the newest report of the whole account stand; an older one changes nothing."""
    staged = job.staged["positions"]
    newest = Snapshot.objects.filter(account_id=job.account_id).aggregate(at=Max("taken_at"))["at"]
    if not job.has_figures or (newest is not None and newest > job.reported_at):
        return Tally(unchanged=staged)
    corrected = _correct(cursor, job, POSITION, newer="true") if staged else 0
    gone = "NOT EXISTS (SELECT FROM stage_position s WHERE s.ticket = t.ticket)"
    removed = _remove(cursor, job, POSITION, gone)
    added = _add(cursor, job, POSITION) if staged else 0
    return Tally(added, corrected, staged - added - corrected, removed)


def _remove_what_older_readers_made(cursor: CursorWrapper, job: Import, tallies: dict[str, Tally]) -> None:
    """Rows that only an older reader found in this file. Executions first, so that no trade goes that has any."""
    for word, table in (("executions", EXECUTION), ("cash_flows", CASH_FLOW), ("trades", TRADE)):
        condition = (
            "t.added_by_id = ANY(%(older_reads)s) "
            f"AND NOT EXISTS (SELECT FROM {table.stage} s WHERE s.{table.key} = t.{table.key})"
        )
        if table is TRADE:
            condition += " AND NOT EXISTS (SELECT FROM trading_execution e WHERE e.trade_id = t.id)"
        tallies[word].removed += _remove(cursor, job, table, condition)


def _add(cursor: CursorWrapper, job: Import, table: Table, *, stage: str = "", where: str = "") -> int:
    """Adds the staged rows that the account does not have yet."""
    columns = table.columns
    cursor.execute(
        f"""INSERT INTO {table.table} (id, account_id, {", ".join(columns)}, source, added_by_id)
        SELECT s.id, %(account_id)s, {_list("s", columns)}, 'statement', %(statement_id)s
        FROM {_staged(table, stage)} s
        LEFT JOIN {table.table} t ON t.account_id = %(account_id)s AND t.{table.key} = s.{table.key}
        WHERE t.id IS NULL {where}""",
        job.parameters(),
    )
    return int(cursor.rowcount)


def _correct(
    cursor: CursorWrapper,
    job: Import,
    table: Table,
    *,
    stage: str = "",
    newer: str = _NOT_OLDER,
    join: str = "",
) -> int:
    """Corrects the rows of the account that differ and keeps each as it was. Returns how many."""
    columns = [*table.facts, *table.details, *table.optional]
    newer = newer.format(known="COALESCE(GREATEST(a.reported_at, c.reported_at), '-infinity')")
    cursor.execute(
        f"""WITH {_KNOWN_SINCE},
        differing AS MATERIALIZED (
            SELECT t.id AS row_id, to_jsonb(t) AS before, ({newer}) AS newer, {_list("s", columns)}
            FROM {_staged(table, stage)} s
            JOIN {table.table} t ON t.account_id = %(account_id)s AND t.{table.key} = s.{table.key}
            LEFT JOIN histories a ON a.id = t.added_by_id
            LEFT JOIN corrected c ON c.row_id = t.id
            {join}
            WHERE ({_list("t", columns)}) IS DISTINCT FROM ({_filled_up(table)})
        ),
        changed AS (
            UPDATE {table.table} t SET ({", ".join(columns)}) = ROW({_merged(table)})
            FROM differing s
            WHERE t.account_id = %(account_id)s AND t.id = s.row_id AND ({_list("t", columns)}) IS DISTINCT FROM ({_merged(table)})
            RETURNING t.id AS row_id, s.before, to_jsonb(t) AS after
        )
        INSERT INTO trading_statementcorrection (statement_id, "table", row_id, action, before, after)
        SELECT %(statement_id)s, '{table.name}', row_id, 'corrected', before, after FROM changed""",
        job.parameters() | {"table": table.name},
    )
    return int(cursor.rowcount)


#: When the report was made that a row of the account rests on: that of the import which added or corrected it.
_KNOWN_SINCE = """
    histories AS (
        SELECT * FROM unnest(%(histories)s::uuid[], %(histories_at)s::timestamptz[]) AS h(id, reported_at)
    ),
    corrected AS (
        SELECT k.row_id, max(h.reported_at) AS reported_at
        FROM trading_statementcorrection k JOIN histories h ON h.id = k.statement_id
        WHERE k.statement_id = ANY(%(histories)s::uuid[]) AND k."table" = %(table)s
        GROUP BY k.row_id
    )"""


def _remove(cursor: CursorWrapper, job: Import, table: Table, condition: str) -> int:
    """Takes rows of the account away and keeps each as it was. Returns how many."""
    cursor.execute(
        f"""WITH gone AS (
            DELETE FROM {table.table} t WHERE t.account_id = %(account_id)s AND {condition}
            RETURNING t.id AS row_id, to_jsonb(t) AS before
        )
        INSERT INTO trading_statementcorrection (statement_id, "table", row_id, action, before, after)
        SELECT %(statement_id)s, '{table.name}', row_id, 'removed', before, NULL FROM gone""",
        job.parameters(),
    )
    return int(cursor.rowcount)


def _staged(table: Table, stage: str) -> str:
    return stage or table.stage


def _list(alias: str, columns: list[str]) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns)


def _filled_up(table: Table) -> str:
    """The staged row, with what it leaves blank taken from the book."""
    parts = [f"s.{column}" for column in table.facts]
    parts += [f"COALESCE(NULLIF(s.{column}, ''), t.{column})" for column in table.details]
    parts += [f"COALESCE(s.{column}, t.{column})" for column in table.optional]
    return ", ".join(parts)


def _merged(table: Table) -> str:
    """The row as it should be: the newer side wins, and the other one fills what that leaves blank."""
    parts = [f"CASE WHEN s.newer THEN s.{column} ELSE t.{column} END" for column in table.facts]
    parts += [
        f"COALESCE(NULLIF(CASE WHEN s.newer THEN s.{column} ELSE t.{column} END, ''), "
        f"CASE WHEN s.newer THEN t.{column} ELSE s.{column} END)"
        for column in table.details
    ]
    parts += [
        f"CASE WHEN s.newer THEN COALESCE(s.{column}, t.{column}) ELSE COALESCE(t.{column}, s.{column}) END"
        for column in table.optional
    ]
    return ", ".join(parts)
