"""Pages by key: the place in a list is the last row's own values, so page 4,000 costs what page 1 costs."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet


class BadCursorError(ValueError):
    """The cursor in the address was not made by this list."""


#: Above this many accounts one sort over all of them is cheaper than one index walk for each.
MERGED_ACCOUNTS = 20
#: More than any amount has; the database would try to write out all the zeros of 1e999999.
_MOST_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a list can be sorted by: `field` in the query, and how its value becomes text and back."""

    field: str
    parse: Callable[[str], Any]
    dump: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True)
class Sort:
    """One order of a list. `name` is what the address shows; the id breaks ties in the same direction."""

    name: str
    column: Column
    descending: bool

    @property
    def text(self) -> str:
        return f"-{self.name}" if self.descending else self.name

    def order(self, *, backwards: bool = False) -> tuple[Any, Any]:
        if self.descending != backwards:
            return F(self.column.field).desc(), F("id").desc()
        return F(self.column.field).asc(), F("id").asc()

    def beyond(self, value: Any, row_id: Any, *, backwards: bool = False) -> Q:
        """What comes after this row. The first condition is implied by the second, and is what an index can use."""
        less = self.descending != backwards
        inclusive, strict = ("lte", "lt") if less else ("gte", "gt")
        field = self.column.field
        return Q(**{f"{field}__{inclusive}": value}) & (
            Q(**{f"{field}__{strict}": value}) | Q(**{f"id__{strict}": row_id})
        )


def moment(field: str) -> Column:
    return Column(field, datetime.fromisoformat, datetime.isoformat)


def number(field: str) -> Column:
    return Column(field, _finite)


def text(field: str) -> Column:
    return Column(field, str)


def duration(field: str) -> Column:
    return Column(
        field, lambda raw: timedelta(microseconds=int(raw)), lambda value: str(value // timedelta(microseconds=1))
    )


def _finite(raw: str) -> Decimal:
    value = Decimal(raw)
    if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        raise InvalidOperation(raw)
    return value


def parse_sort(raw: str, columns: Mapping[str, Column], default: str) -> Sort:
    """The order that the address asks for; the default for anything this list can't do."""
    name = raw.removeprefix("-")
    if name not in columns:
        raw, name = default, default.removeprefix("-")
    return Sort(name, columns[name], raw.startswith("-"))


def dump_cursor(sort: Sort, row: Mapping[str, Any]) -> str:
    place = [sort.text, sort.column.dump(row[sort.column.field]), str(row["id"])]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def load_cursor(sort: Sort, cursor: str) -> tuple[Any, UUID]:
    """The sorted value and the id of the row that a page starts after. Errors: BadCursorError."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        order, value, row_id = json.loads(raw)
        if order != sort.text or b"\0" in value.encode():
            raise BadCursorError(cursor)
        return sort.column.parse(value), UUID(row_id)
    except (ValueError, TypeError, AttributeError, ArithmeticError, binascii.Error) as error:
        raise BadCursorError(cursor) from error


@dataclass(frozen=True, slots=True)
class Page:
    """Shape: rows as dictionaries, in order; `next_cursor` is "" on the last page."""

    rows: Sequence[dict[str, Any]]
    next_cursor: str


def keyset_page(queryset: QuerySet[Any], sort: Sort, fields: Sequence[str], cursor: str = "", size: int = 50) -> Page:
    """`size` rows after the cursor, in one query. Errors: BadCursorError."""
    place = load_cursor(sort, cursor) if cursor else None
    return cut(list(one_walk(queryset, sort, fields, place, size)), sort, size)


def merged_page(
    queryset: QuerySet[Any],
    account_ids: Sequence[Any],
    sort: Sort,
    fields: Sequence[str],
    cursor: str = "",
    size: int = 50,
) -> Page:
    """The same page from one short index walk per account: PostgreSQL would otherwise sort all of their rows."""
    place = load_cursor(sort, cursor) if cursor else None
    return cut(list(merged_walks(queryset, account_ids, sort, fields, place, size)), sort, size)


def one_walk(
    queryset: QuerySet[Any], sort: Sort, fields: Sequence[str], place: tuple[Any, Any] | None, size: int
) -> QuerySet[Any, dict[str, Any]]:
    """`size` rows after the place and one more, which tells whether there is a next page."""
    if place:
        queryset = queryset.filter(sort.beyond(*place))
    return queryset.order_by(*sort.order()).values(*fields)[: size + 1]


def merged_walks(
    queryset: QuerySet[Any],
    account_ids: Sequence[Any],
    sort: Sort,
    fields: Sequence[str],
    place: tuple[Any, Any] | None,
    size: int,
) -> QuerySet[Any, dict[str, Any]]:
    walks = [one_walk(queryset.filter(account=account_id), sort, fields, place, size) for account_id in account_ids]
    return walks[0].union(*walks[1:], all=True).order_by(*sort.order())[: size + 1]


def cut(rows: list[dict[str, Any]], sort: Sort, size: int) -> Page:
    """The first `size` rows, with a cursor when there are more."""
    more = len(rows) > size
    return Page(rows[:size], dump_cursor(sort, rows[size - 1]) if more else "")
