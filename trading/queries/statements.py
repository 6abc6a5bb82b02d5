"""Reads of statements: the list of a trader's uploads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Func, IntegerField, QuerySet
from django.db.models.fields.json import KeyTransform

from trading.models import Statement
from trading.queries import keyset
from trading.queries.keyset import Sort

PAGE_SIZE = 25
_SORT = Sort("uploaded", keyset.moment("uploaded_at"), True)
#: The dry run of a large file is large; the list shows none of it.
_HEAVY = ("outcome", "problems", "header", "notes")


class _Length(Func):
    function = "jsonb_array_length"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Shape: statements newest first, each with `problem_count` and `trade_changes` ({"added", "corrected", ...})."""

    rows: Sequence[Any]
    next_cursor: str


def statements(trader: Any) -> QuerySet[Statement]:
    return Statement.objects.for_trader(trader).select_related("account", "file")


def statement_page(queryset: QuerySet[Statement], cursor: str = "", size: int = PAGE_SIZE) -> StatementPage:
    """`size` statements after the cursor. Errors: BadCursorError."""
    if cursor:
        queryset = queryset.filter(_SORT.beyond(*keyset.load_cursor(_SORT, cursor)))
    rows: list[Any] = list(
        queryset.defer(*_HEAVY)
        .annotate(problem_count=_Length("problems"), trade_changes=KeyTransform("trades", "outcome"))
        .order_by(*_SORT.order())[: size + 1]
    )
    more = len(rows) > size
    last = {"id": rows[size - 1].pk, "uploaded_at": rows[size - 1].uploaded_at} if more else {}
    return StatementPage(rows[:size], keyset.dump_cursor(_SORT, last) if more else "")
