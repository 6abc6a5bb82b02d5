"""executions/."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tradeportal.rest.conditional import conditional
from trading.api import shapes
from trading.api.base import (
    LIST_ANSWERS,
    list_of,
    list_parameters,
    order_of,
    page_response,
    revisions,
)
from trading.api.filters import ExecutionFilter
from trading.cache import kept_answer
from trading.models import Execution
from trading.queries.keyset import Column, moment

SORTS: Mapping[str, Column] = {"executed": moment("executed_at")}
FIELDS = (
    "id",
    "account_id",
    "trade_id",
    "deal_id",
    "order_id",
    "symbol",
    "direction",
    "side",
    "volume_lots",
    "price",
    "executed_at",
    "executed_text",
    "gross_profit",
    "commission",
    "swap",
    "fee",
    "net_profit",
    "balance_after",
    "comment",
    "is_derived",
)


@extend_schema_view(
    get=extend_schema(
        operation_id="executions_list",
        summary="Fills, the last first",
        tags=["trades"],
        parameters=list_parameters(ExecutionFilter, SORTS),
        responses={200: shapes.ExecutionPage, **LIST_ANSWERS},
    )
)
class ExecutionsView(APIView):
    @conditional(revisions, kept_answer)
    def get(self, request: Request) -> Response:
        page = list_of(request, ExecutionFilter, _executions, order_of(request, SORTS, "-executed"), FIELDS)
        for row in page.rows:
            row["trade"] = row.pop("trade_id")
        return page_response(request, page)


def _executions(trader: Any) -> QuerySet[Execution]:
    return Execution.objects.for_trader(trader)


def execution_rows(trade_id: UUID, currency: str) -> list[dict[str, Any]]:
    """The fills of one trade in the order of time."""
    rows = [dict(row) for row in Execution.objects.filter(trade_id=trade_id).in_order().values(*FIELDS)]
    for row in rows:
        row["trade"], row["account"], row["currency"] = row.pop("trade_id"), row.pop("account_id"), currency
    return rows
