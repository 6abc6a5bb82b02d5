"""Copies rows into temporary tables that live until the transaction ends, or is rolled back."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import uuid_utils
from django.db import connection
from django.db.backends.utils import CursorWrapper

from trading.services.localise import Row
from trading.services.tables import TABLES, Table
from trading.statements.rows import Direction, FlowKind, Side

_ROWS_PER_WRITE = 500
#: Called with the number of rows staged so far.
Staged = Callable[[int], None]


def stage(rows_by_word: Mapping[str, Iterator[Row]], staged: Staged) -> dict[str, int]:
    """Makes and fills one temporary table per table. Returns how many rows each holds."""
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        for word, table in TABLES.items():
            columns = ["id", *table.shared_columns, *table.staged_only]
            create_stage(cursor, table)
            counts[word] = copy_rows(
                cursor, table.stage, columns, rows_by_word[word], partial(_report, staged, sum(counts.values()))
            )
            cursor.execute(f"ANALYZE {table.stage}")
    return counts


def copy_rows(
    cursor: CursorWrapper, into: str, columns: Sequence[str], rows: Iterable[Row], staged: Staged | None = None
) -> int:
    """COPYs the rows, each under a new id, and returns how many there were."""
    count = 0
    with cursor.copy(f"COPY {into} ({', '.join(columns)}) FROM STDIN") as copy:
        lines: list[str] = []
        for row in rows:
            lines.append("\t".join([str(uuid_utils.uuid7()), *[_TEXT[type(value)](value) for value in row]]))
            if len(lines) == _ROWS_PER_WRITE:
                copy.write("\n".join(lines) + "\n")
                count += len(lines)
                lines.clear()
                if staged:
                    staged(count)
        if lines:
            copy.write("\n".join(lines) + "\n")
    return count + len(lines)


def _report(staged: Staged, before: int, count: int) -> None:
    staged(before + count)


def create_stage(cursor: CursorWrapper, table: Table) -> None:
    columns = ", ".join(["id", *table.shared_columns])
    staged_only = "".join(f", ''::text AS {column}" for column in table.staged_only)
    # Two imports may share a transaction that somebody else opened.
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table.stage}")
    cursor.execute(
        f"CREATE TEMPORARY TABLE {table.stage} ON COMMIT DROP AS "
        f"SELECT {columns}{staged_only} FROM {table.table} WHERE false"
    )


def _escaped(value: str) -> str:
    """Text as COPY wants it. A NUL can't be stored, and says nothing."""
    if _SPECIAL.search(value) is None:
        return value
    value = value.replace("\x00", "").replace("\\", r"\\")
    return value.replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


_SPECIAL = re.compile(r"[\x00\\\t\n\r]")
#: How a value stands in the text format of COPY, by its type.
_TEXT: dict[type, Callable[[Any], str]] = {
    str: _escaped,
    Decimal: str,
    datetime: datetime.isoformat,
    int: str,
    bool: str,
    type(None): lambda _: r"\N",
    Side: _escaped,
    Direction: _escaped,
    FlowKind: _escaped,
}
