"""What the tables hold of an account, in a form that two tests can compare."""

from typing import Any

from django.db import connection

from accounts.models import BrokerAccount
from trading.services.tables import TABLES

#: Differ between two imports of the same rows, and say nothing about the account's history.
_OWN_TO_AN_IMPORT = ("id", "account_id", "added_by_id", "trade_id")


def dump() -> dict[str, list[str]]:
    """Every row of the tables of history and of the accounts, ids included, as PostgreSQL writes it."""
    tables = {table.table: "*" for table in TABLES.values()} | {"accounts_brokeraccount": "*"}
    with connection.cursor() as cursor:
        rows = {}
        for table in tables:
            revision = " - 'revision' - 'history_revision'" if table == "accounts_brokeraccount" else ""
            cursor.execute(f"SELECT (to_jsonb(t){revision})::text FROM {table} t ORDER BY t.id")
            rows[table] = [row for (row,) in cursor.fetchall()]
    return rows


def rows_of(account: BrokerAccount) -> dict[str, list[dict[str, Any]]]:
    """The account's rows by their own keys, without ids; each fill names the ticket of its trade."""
    found = {}
    for word, table in TABLES.items():
        with connection.cursor() as cursor:
            ticket = ", b.ticket AS trade" if word == "executions" else ""
            join = "LEFT JOIN trading_trade b ON b.id = t.trade_id" if word == "executions" else ""
            cursor.execute(
                f"SELECT t.*{ticket} FROM {table.table} t {join} WHERE t.account_id = %s ORDER BY t.{table.key}",
                [account.pk],
            )
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        found[word] = [{key: value for key, value in row.items() if key not in _OWN_TO_AN_IMPORT} for row in rows]
    return found
