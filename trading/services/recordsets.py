"""Rows that go to PostgreSQL as one JSON parameter and stand there as the table `incoming`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

#: Name and PostgreSQL type of each column.
Columns = Mapping[str, str]


def fetch(
    sql: str, columns: Columns, rows: Sequence[Mapping[str, Any]], more: Mapping[str, Any] | None = None
) -> list[Any]:
    """What the query returns; it sees the rows as `incoming`."""
    with connection.cursor() as cursor:
        cursor.execute(_with(columns) + sql, {"incoming": dumps(rows), **(more or {})})
        return list(cursor.fetchall())


def run(sql: str, columns: Columns, rows: Sequence[Mapping[str, Any]], more: Mapping[str, Any] | None = None) -> int:
    """Runs a statement that sees the rows as `incoming`. Returns how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(_with(columns) + sql, {"incoming": dumps(rows), **(more or {})})
        return int(cursor.rowcount)


def dumps(rows: Any) -> str:
    """JSON with exact decimals: as texts, which PostgreSQL reads as numeric."""
    return orjson.dumps(rows, default=_text).decode()


def _with(columns: Columns) -> str:
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"WITH incoming AS MATERIALIZED (SELECT * FROM json_to_recordset(%(incoming)s::json) AS r({listed})) "


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no place in a row")
