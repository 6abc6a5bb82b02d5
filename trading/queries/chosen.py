"""The trades of a filter as a source of statements that are written in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from trading.models import Trade


def chosen(trades: QuerySet[Trade], columns: Mapping[str, str]) -> tuple[str, Sequence[Any]] | None:
    """The text after FROM, in which they are called `trade`, and its parameters; None for a filter that finds nothing.

    `columns` are the names that the statement uses, by the fields that they stand for. Only they are put into the text;
    every value is a parameter.
    """
    try:
        sql, parameters = trades.order_by().values_list(*columns).query.sql_with_params()
    except EmptyResultSet:
        return None
    return f"(SELECT * FROM ({sql}) AS found({', '.join(columns.values())})) AS trade", parameters
