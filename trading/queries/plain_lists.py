"""Pages of lists that nothing narrows but accounts: what clients ask for most.

Django builds and compiles their query once for each shape of a list (order, number of accounts, with or without a place to
go on from) and the text is kept; a request only fills in its values. It is the query of `keyset`, which stays the one place
that says what a page is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from trading.queries import keyset
from trading.queries.keyset import Page, Sort

#: All rows of one trader, unsorted and unsliced.
RowsOf = Callable[[Any], QuerySet[Any]]
_SHAPES_KEPT = 1_000
_SHAPE = UUID("5ea1ed00-0000-4000-8000-000000000000").int
#: Values that stand for those of a request while its query is compiled; no row has them.
_TRADER, _ROW = UUID(int=_SHAPE), UUID(int=_SHAPE + 1)
_MOMENT = datetime(1901, 2, 3, 4, 5, 6, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Anybody:
    pk: ClassVar[UUID] = _TRADER
    is_authenticated: ClassVar[bool] = True


def has_plain_page(sort: Sort, accounts: int) -> bool:
    """Whether `plain_page` knows this order and this many accounts."""
    return sort.column.parse == datetime.fromisoformat and 0 < accounts <= keyset.MERGED_ACCOUNTS


def plain_page(
    rows_of: RowsOf,
    trader: Any,
    account_ids: Sequence[UUID],
    sort: Sort,
    fields: tuple[str, ...],
    cursor: str = "",
    size: int = 50,
) -> Page:
    """`size` rows of these accounts of the trader after the cursor. Errors: BadCursorError."""
    place = keyset.load_cursor(sort, cursor) if cursor else None
    sql, parameters = _compiled(rows_of, len(account_ids), sort, fields, place is not None, size)
    given: dict[Any, Any] = {_TRADER: trader.pk, **dict(zip(_stand_ins(len(account_ids)), account_ids, strict=True))}
    if place:
        given.update(zip((_MOMENT, _ROW), place, strict=True))
    with connection.cursor() as cursor_of_database:
        cursor_of_database.execute(sql, [given.get(value, value) for value in parameters])
        rows = [dict(zip(fields, row, strict=True)) for row in cursor_of_database.fetchall()]
    return keyset.cut(rows, sort, size)


@lru_cache(maxsize=_SHAPES_KEPT)
def _compiled(
    rows_of: RowsOf, accounts: int, sort: Sort, fields: tuple[str, ...], has_place: bool, size: int
) -> tuple[str, tuple[Any, ...]]:
    rows, place, ids = rows_of(_Anybody()), (_MOMENT, _ROW) if has_place else None, _stand_ins(accounts)
    made_in_python = [name for name in fields if hasattr(rows.model._meta.get_field(name), "from_db_value")]
    if made_in_python:
        raise TypeError(f"{made_in_python} are not what the database gives: page them by keyset_page.")
    if accounts == 1:
        query = keyset.one_walk(rows.filter(account=ids[0]), sort, fields, place, size)
    else:
        query = keyset.merged_walks(rows, ids, sort, fields, place, size)
    sql, parameters = query.query.sql_with_params()
    return sql, tuple(parameters)


def _stand_ins(accounts: int) -> list[UUID]:
    return [UUID(int=_SHAPE + 2 + number) for number in range(accounts)]
