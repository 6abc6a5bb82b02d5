"""exports/: any list as a file."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import BrokerAccount
from tradeportal.rest.schemas import ERRORS, Error
from trading.api.base import filter_parameters, filtered
from trading.api.filters import ExecutionFilter
from trading.downloads import account_download, download
from trading.filters import CashFlowFilter, PositionFilter, TradeFilter
from trading.models import CashFlow, Execution, Position
from trading.queries.exports import CASH_FLOWS, EXECUTIONS, POSITIONS, TRADES, Export
from trading.queries.trades import all_trades, closed_trades
from trading.tabular import FORMATS


class _ExportView(APIView):
    """Everything that the filter finds, streamed. `file_format` is set by the address."""

    export: ClassVar[Export]
    filter_class: ClassVar[type[django_filters.FilterSet]]
    file_format = "csv"

    def rows(self, request: Request) -> QuerySet[Any]:
        raise NotImplementedError

    def get(self, request: Request) -> StreamingHttpResponse:
        found = filtered(self.filter_class, request, self.rows(request))
        return download(self.export, found, self.file_format, timezone.now())


class TradesExport(_ExportView):
    export, filter_class = TRADES, TradeFilter

    def rows(self, request: Request) -> QuerySet[Any]:
        wants_open = request.query_params.get("status") == "open"
        return all_trades(request.user) if wants_open else closed_trades(request.user)


class ExecutionsExport(_ExportView):
    export, filter_class = EXECUTIONS, ExecutionFilter

    def rows(self, request: Request) -> QuerySet[Any]:
        return Execution.objects.for_trader(request.user)


class CashFlowsExport(_ExportView):
    export, filter_class = CASH_FLOWS, CashFlowFilter

    def rows(self, request: Request) -> QuerySet[Any]:
        return CashFlow.objects.for_trader(request.user)


class PositionsExport(_ExportView):
    export, filter_class = POSITIONS, PositionFilter

    def rows(self, request: Request) -> QuerySet[Any]:
        return Position.objects.for_trader(request.user)


class AccountExport(APIView):
    @extend_schema(
        operation_id="account_export",
        summary="The account as one file",
        description=(
            "Lines of JSON: the account, its trades, executions, cash flows and what you noted on trades, and a last "
            "line that tells how many rows there are. `POST statements/` reads it back, here or in another TradePortal."
        ),
        tags=["exports"],
        responses={(200, "application/jsonl"): OpenApiTypes.BINARY, 404: Error, **ERRORS},
    )
    def get(self, request: Request, account_id: UUID) -> StreamingHttpResponse:
        account = get_object_or_404(BrokerAccount.objects.for_trader(request.user), pk=account_id)
        return account_download(account, timezone.now())


def _in_format(view: type[_ExportView], ending: str) -> type[_ExportView]:
    """The view of one file: each is an operation of its own in the description."""
    noun = view.export.name
    described = extend_schema_view(
        get=extend_schema(
            operation_id=f"exports_{noun.replace('-', '_')}_{ending}",
            summary=f"All {noun.replace('-', ' ')} of a filter as {ending.upper()}",
            description="Streamed. Amounts keep every digit; moments are in UTC beside the broker's own text.",
            tags=["exports"],
            parameters=filter_parameters(view.filter_class),
            responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 400: Error, **ERRORS},
        )
    )
    made: type[_ExportView] = described(type(f"{view.__name__}{ending.title()}", (view,), {"file_format": ending}))
    return made


#: (address below exports/, its name, its view) of every file.
ADDRESSES = [
    (
        f"{view.export.name}.{ending}",
        f"api_export_{view.export.name.replace('-', '_')}_{ending}",
        _in_format(view, ending).as_view(),
    )
    for view in (TradesExport, ExecutionsExport, CashFlowsExport, PositionsExport)
    for ending in FORMATS
]
