"""cash-flows/."""

from collections.abc import Mapping
from typing import Any

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
from trading.cache import kept_answer
from trading.filters import CashFlowFilter
from trading.models import CashFlow
from trading.queries.keyset import Column, moment, number

SORTS: Mapping[str, Column] = {"booked": moment("booked_at"), "amount": number("amount")}
FIELDS = (
    "id",
    "account_id",
    "reference",
    "kind",
    "amount",
    "booked_at",
    "booked_text",
    "balance_after",
    "comment",
)


@extend_schema_view(
    get=extend_schema(
        operation_id="cash_flows_list",
        summary="Deposits, withdrawals and other money that moved without a trade, the last first",
        tags=["accounts"],
        parameters=list_parameters(CashFlowFilter, SORTS),
        responses={200: shapes.CashFlowPage, **LIST_ANSWERS},
    )
)
class CashFlowsView(APIView):
    @conditional(revisions, kept_answer)
    def get(self, request: Request) -> Response:
        page = list_of(request, CashFlowFilter, _cash_flows, order_of(request, SORTS, "-booked"), FIELDS)
        return page_response(request, page)


def _cash_flows(trader: Any) -> QuerySet[CashFlow]:
    return CashFlow.objects.for_trader(trader)
