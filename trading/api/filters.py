"""What lists that only the API has can be narrowed by."""

from uuid import UUID

import django_filters
from django.db.models import QuerySet

from trading.filters import WindowFilter
from trading.models import Execution, State, Statement


class ExecutionFilter(WindowFilter):
    """Fills; the window is about the time of the fill."""

    moment_field = "executed_at"

    symbol = django_filters.CharFilter(lookup_expr="iexact", label="Symbol")
    trade = django_filters.UUIDFilter(method="filter_trade", label="Id of the trade")

    class Meta:
        model = Execution
        fields: tuple[str, ...] = ()

    def filter_trade(self, queryset: QuerySet[Execution], name: str, value: UUID) -> QuerySet[Execution]:
        return queryset.filter(trade_id=value)


class StatementFilter(WindowFilter):
    """Statements; the window is about the upload."""

    moment_field = "uploaded_at"

    state = django_filters.MultipleChoiceFilter(choices=State.choices, label="State")

    class Meta:
        model = Statement
        fields: tuple[str, ...] = ()
