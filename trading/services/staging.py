"""Copies rows into temporary tables that live until the transaction ends, or is rolled back."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from django.db import connection
from django.db.backends.utils import CursorWrapper
from uuid_utils import uuid7

from trading.services.localise import Line
from trading.services.tables import TABLES, Table

_LINES_PER_WRITE = 500
#: Called with the number of rows staged so far.
Staged = Callable[[int], None]


def stage(lines_by_word: Mapping[str, Iterator[Line]], staged: Staged) -> dict[str, int]:
    """Makes and fills one temporary table per table. Returns how many rows each holds."""
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        for word, table in TABLES.items():
            create_stage(cursor, table)
            report = partial(_report, staged, sum(counts.values()))
            counts[word] = copy_lines(cursor, table.stage, table.staged_columns, lines_by_word[word], report)
    return counts


def create_stage(cursor: CursorWrapper, table: Table) -> None:
    """Makes the empty stage of a table, with the types of its columns."""
    columns = ", ".join(f"''::text AS {c}" if c in table.staged_only else c for c in ["id", *table.staged_columns])
    # Two imports may share a transaction that somebody else opened.
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table.stage}")
    cursor.execute(
        f"CREATE TEMPORARY TABLE {table.stage} ON COMMIT DROP AS SELECT {columns} FROM {table.table} WHERE false"
    )


def copy_lines(
    cursor: CursorWrapper, into: str, columns: Sequence[str], lines: Iterable[Line], staged: Staged | None = None
) -> int:
    """COPYs the lines, each under a new id, and returns how many there were."""
    count = 0
    with cursor.copy(f"COPY {into} (id, {', '.join(columns)}) FROM STDIN") as copy:
        block: list[str] = []
        for line in lines:
            block.append(f"{uuid7()}\t{line}\n")
            if len(block) == _LINES_PER_WRITE:
                copy.write("".join(block))
                count += len(block)
                block.clear()
                if staged:
                    staged(count)
        copy.write("".join(block))
    return count + len(block)


def _report(staged: Staged, before: int, count: int) -> None:
    staged(before + count)
