"""Takes one import back: what it added goes, what it corrected or removed returns as it was, ids included."""

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount
from trading.errors import StateConflict
from trading.models import Statement
from trading.queries.figures import IN_BOOK
from trading.services.deals import rebuild_trades
from trading.services.tables import TABLES, TRADE, Table


def check_is_newest(statement: Statement) -> None:
    """Errors: StateConflict that names the import to undo first: a later one may rest on what this one added."""
    later = (
        Statement.objects.filter(account_id=statement.account_id, state__in=IN_BOOK)
        .filter(
            Q(committed_at__gt=statement.committed_at) | Q(committed_at=statement.committed_at, pk__gt=statement.pk)
        )
        .order_by("-committed_at", "-pk")
        .first()
        if statement.account_id
        else None
    )
    if later:
        raise StateConflict(
            _("Imports are undone newest first. Undo “%(name)s” of %(at)s UTC before this one.")
            % {"name": later.name, "at": f"{later.committed_at:%Y-%m-%d %H:%M}"}
        )


def undo_rows(statement: Statement) -> None:
    """Brings the tables back to what they held before the import. The caller holds the lock of the account."""
    with connection.cursor() as cursor:
        # From the last table to the first: a fill goes before its trade.
        for table in reversed(TABLES.values()):
            if table is TRADE:
                _let_go_of_fills(cursor, statement)
            cursor.execute(f"DELETE FROM {table.table} WHERE added_by_id = %s", [statement.pk])
        for table in TABLES.values():
            _restore(cursor, table, statement)
        cursor.execute(
            "SELECT DISTINCT e.trade_id FROM trading_statementcorrection c JOIN trading_execution e "
            "ON e.trade_id = c.row_id AND e.source = 'sync' WHERE c.statement_id = %s AND c.\"table\" = 'trade'",
            [statement.pk],
        )
        synced = [trade_id for (trade_id,) in cursor.fetchall()]
    if synced:
        # What they were before the import may be older than what syncs have brought since.
        rebuild_trades(synced)


def _let_go_of_fills(cursor: CursorWrapper, statement: Statement) -> None:
    """Fills that syncs brought outlive the trade that goes; they wait for it to come again."""
    cursor.execute(
        "UPDATE trading_execution e SET trade_id = NULL, "
        "position_ticket = COALESCE(NULLIF(e.position_ticket, ''), t.ticket) FROM trading_trade t "
        "WHERE e.trade_id = t.id AND t.added_by_id = %s",
        [statement.pk],
    )


def fill_in_account(account: BrokerAccount, statement: Statement) -> list[str]:
    """Fills what the account leaves blank from the file's header. Returns the names of the fields filled."""
    header = statement.header
    filled = [field for field in ("broker", "server", "leverage") if not getattr(account, field) and header.get(field)]
    for field in filled:
        value = header[field]
        setattr(account, field, value if isinstance(value, int) else str(value)[:120])
    if filled:
        statement.corrections.create(
            table="account",
            row_id=account.pk,
            action="corrected",
            before=dict.fromkeys(filled, "") | ({"leverage": None} if "leverage" in filled else {}),
            after={field: getattr(account, field) for field in filled},
        )
    return filled


def restore_account(account: BrokerAccount, statement: Statement) -> list[str]:
    """Blanks what the import had filled in, unless the trader has changed it since. Returns the fields blanked."""
    correction = statement.corrections.filter(table="account", row_id=account.pk).first()
    if correction is None:
        return []
    changed = [field for field, value in (correction.after or {}).items() if getattr(account, field) == value]
    for field in changed:
        setattr(account, field, correction.before[field])
    return changed


def nothing_hangs_on(account: BrokerAccount, statement: Statement) -> bool:
    """Whether an account can go without taking anything with it but `statement`."""
    related = (account.trades, account.executions, account.cash_flows, account.positions, account.snapshots)
    if any(rows.exists() for rows in (*related, account.journal_entries, account.symbol_mappings)):
        return False
    return not account.statements.filter(state__in=IN_BOOK).exclude(pk=statement.pk).exists()


def _restore(cursor: CursorWrapper, table: Table, statement: Statement) -> None:
    # What a later version of the table added keeps its present value; the generated net profit makes itself.
    columns = ["account_id", *table.columns, "source", "added_by_id"]
    cursor.execute(
        f"""UPDATE {table.table} t SET ({", ".join(columns)}) = (
            SELECT {", ".join(f"r.{column}" for column in columns)} FROM jsonb_populate_record(t, c.before) r
        )
        FROM trading_statementcorrection c
        WHERE c.statement_id = %s AND c."table" = %s AND c.action = 'corrected' AND t.id = c.row_id""",
        [statement.pk, table.name],
    )
    all_columns = ", ".join(["id", *columns])
    cursor.execute(
        f"""INSERT INTO {table.table} ({all_columns})
        SELECT {", ".join(f"r.{column}" for column in ["id", *columns])}
        FROM trading_statementcorrection c, jsonb_populate_record(NULL::{table.table}, c.before) r
        WHERE c.statement_id = %s AND c."table" = %s AND c.action = 'removed'
        ON CONFLICT DO NOTHING -- a sync has brought it back since""",
        [statement.pk, table.name],
    )
