"""close-requests/: what a bridge has to close, and what came of it."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import KeyBearer
from accounts.models import Scope
from tradeportal.rest.fields import ExactDecimalField
from tradeportal.rest.schemas import Error
from trading.api.base import (
    LIST_ANSWERS,
    ONE_ANSWERS,
    filtered,
    list_parameters,
    order_of,
    page_of,
    page_response,
)
from trading.api.shapes import money
from trading.filters import WindowFilter
from trading.models import CloseRequest
from trading.queries.keyset import moment
from trading.services import close_requests as services

SORTS = {"requested": moment("requested_at")}
FIELDS = (
    "id",
    "account_id",
    "alert_id",
    "ticket",
    "symbol",
    "volume_lots",
    "state",
    "requested_at",
    "not_before",
    "expires_at",
    "collected_at",
    "attempts",
    "done_at",
    "price",
    "profit",
    "error_message",
)


class CloseRequestFilter(WindowFilter):
    """Close requests; the window is about when they were made."""

    moment_field = "requested_at"

    state = django_filters.MultipleChoiceFilter(
        choices=CloseRequest.State.choices, label="State", method="filter_state"
    )

    class Meta:
        model = CloseRequest
        fields: tuple[str, ...] = ()

    def filter_state(self, queryset: Any, name: str, value: list[str]) -> Any:
        """What was collected and not acknowledged is still pending for a bridge that was restarted."""
        wanted = {*value, "collected"} if "pending" in value else set(value)
        return queryset.filter(state__in=wanted) if wanted else queryset


class CloseRequestRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    currency = serializers.CharField()
    alert_id = serializers.UUIDField()
    ticket = serializers.CharField(help_text="The position to close.")
    symbol = serializers.CharField()
    volume_lots = money("What was open when it was requested. Close all that is open.")
    state = serializers.ChoiceField(choices=CloseRequest.State.choices)
    requested_at = serializers.DateTimeField()
    not_before = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Carry nothing out after it.")
    collected_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField(help_text="Failed ones.")
    done_at = serializers.DateTimeField(allow_null=True)
    price = money(optional=True)
    profit = money(optional=True)
    error_message = serializers.CharField()


class CloseRequestPage(serializers.Serializer[Any]):
    results = CloseRequestRow(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Acknowledgement(serializers.Serializer[Any]):
    """`done` with price and profit; `gone` where the position was not open any more; `failed` with the error."""

    result = serializers.ChoiceField(choices=["done", "gone", "failed"])
    price = ExactDecimalField(max_digits=38, decimal_places=18, required=False, allow_null=True, min_value=Decimal(0))
    profit = ExactDecimalField(max_digits=38, decimal_places=18, required=False, allow_null=True)
    error = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["result"] == "done" and (attrs.get("price") is None or attrs.get("profit") is None):
            raise serializers.ValidationError("Say the price and the profit of what was closed.")
        if attrs["result"] == "failed" and not attrs["error"]:
            raise serializers.ValidationError({"error": "Say what went wrong."})
        return attrs


@extend_schema_view(
    get=extend_schema(
        operation_id="close_requests_list",
        summary="What has to be closed",
        description=(
            "With an API key of scope `close`, `?state=pending` hands over what has to be carried out now and marks it "
            "collected; it comes again until it is acknowledged, so a bridge that was restarted loses none."
        ),
        tags=["close requests"],
        parameters=list_parameters(CloseRequestFilter, SORTS),
        responses={200: CloseRequestPage, **LIST_ANSWERS},
    )
)
class CloseRequestsView(APIView):
    key_scopes: ClassVar[dict[str, Scope]] = {"GET": Scope.CLOSE}

    def get(self, request: Request) -> Response:
        requests = filtered(CloseRequestFilter, request, CloseRequest.objects.for_trader(request.user))
        sort = order_of(request, SORTS, "requested" if _is_bridge(request) else "-requested")
        if _is_bridge(request) and request.query_params.getlist("state") == ["pending"]:
            now = timezone.now()
            collected = services.collect(requests, actor=_actor(request), now=now)
            requests = requests.filter(pk__in=[row.pk for row in collected])
        answer = page_response(request, page_of(request, requests, sort, FIELDS))
        answer["Cache-Control"] = "no-store"
        return answer


@extend_schema_view(
    get=extend_schema(
        operation_id="close_requests_retrieve",
        summary="One close request",
        tags=["close requests"],
        responses={200: CloseRequestRow, **ONE_ANSWERS},
    )
)
class CloseRequestView(APIView):
    key_scopes: ClassVar[dict[str, Scope]] = {"GET": Scope.CLOSE}

    def get(self, request: Request, request_id: UUID) -> Response:
        return _answer(_own(request, request_id))


@extend_schema_view(
    post=extend_schema(
        operation_id="close_requests_ack",
        summary="Say what came of a close request",
        description="Saying the same again changes nothing. An error puts the request back, up to three attempts in all.",
        tags=["close requests"],
        request=Acknowledgement,
        responses={200: CloseRequestRow, 400: Error, 409: Error, 415: Error, **ONE_ANSWERS},
    )
)
class CloseRequestAckView(APIView):
    key_scopes: ClassVar[dict[str, Scope]] = {"POST": Scope.CLOSE}

    def post(self, request: Request, request_id: UUID) -> Response:
        row = _own(request, request_id)
        form = Acknowledgement(data=request.data)
        form.is_valid(raise_exception=True)
        ack = services.Ack(**form.validated_data)
        services.acknowledge(row, ack, actor=_actor(request), now=timezone.now())
        return _answer(_own(request, request_id))


def _is_bridge(request: Request) -> bool:
    return isinstance(request.user, KeyBearer)


def _actor(request: Request) -> str:
    """Who it is for the trail."""
    caller: Any = request.user
    return f"key {caller.key_id}" if _is_bridge(request) else f"trader {caller.pk}"


def _own(request: Request, request_id: UUID) -> CloseRequest:
    row = CloseRequest.objects.for_trader(request.user).select_related("account").filter(pk=request_id).first()
    if row is None:
        raise Http404
    return row


def _answer(row: CloseRequest) -> Response:
    shown = {name: getattr(row, name) for name in FIELDS if name != "account_id"}
    shown |= {"account": row.account_id, "currency": row.account.currency}
    return Response(shown, headers={"Cache-Control": "no-store"})
