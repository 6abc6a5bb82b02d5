"""sync/: what a bridge says of its accounts, recorded."""

from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Scope
from tradeportal.rest.json import JSONParser
from tradeportal.rest.schemas import ERRORS, Error
from trading.api.shapes import money
from trading.models import Direction, FlowKind, Side, SyncState
from trading.services.sync import record_sync


class SyncParser(JSONParser):
    """JSON of up to SYNC_MAX_BYTES: a call for many accounts is larger than a form."""

    @property
    def limit(self) -> int:
        return int(settings.SYNC_MAX_BYTES)


class Figures(serializers.Serializer[Any]):
    currency = serializers.CharField(required=False, help_text="Must be the account's.")
    balance = money()
    equity = money()
    margin = serializers.DecimalField(38, 18, required=False, help_text="0 when left out.")
    free_margin = serializers.DecimalField(38, 18, required=False, help_text="equity - margin when left out.")
    floating_profit = serializers.DecimalField(
        38, 18, required=False, help_text="equity - balance - credit when left out."
    )
    credit = serializers.DecimalField(38, 18, required=False, help_text="0 when left out.")


def _optional(text: str = "") -> serializers.DecimalField:
    return serializers.DecimalField(38, 18, required=False, allow_null=True, help_text=text or None)


class SyncPosition(serializers.Serializer[Any]):
    ticket = serializers.CharField(max_length=64)
    symbol = serializers.CharField(max_length=64)
    side = serializers.ChoiceField(choices=Side.choices)
    volume = money("Lots that are still open: more than 0.")
    open_price = money()
    opened_at = serializers.DateTimeField()
    opened_text = serializers.CharField(required=False, max_length=40)
    current_price = _optional()
    stop_loss = _optional("null or 0: none.")
    take_profit = _optional("null or 0: none.")
    swap = _optional()
    commission = _optional()
    floating_profit = money("The broker's own figure, without swap and commission.")
    comment = serializers.CharField(required=False, max_length=500)
    strategy_id = serializers.CharField(required=False, max_length=64)


class SyncQuote(serializers.Serializer[Any]):
    symbol = serializers.CharField(max_length=64)
    bid = money()
    ask = money()
    quoted_at = serializers.DateTimeField()
    previous_close = _optional()
    day_open = _optional()


class SyncDeal(serializers.Serializer[Any]):
    deal_id = serializers.CharField(max_length=80)
    ticket = serializers.CharField(max_length=64, help_text="The position that the deal belongs to.")
    order_id = serializers.CharField(required=False, max_length=64)
    symbol = serializers.CharField(max_length=64)
    direction = serializers.ChoiceField(choices=Direction.choices)
    side = serializers.ChoiceField(choices=Side.choices, help_text="The deal's own: the exit of a buy is a sell.")
    volume = money("More than 0.")
    price = money()
    executed_at = serializers.DateTimeField()
    executed_text = serializers.CharField(required=False, max_length=40)
    commission = _optional("A cost is negative.")
    swap = _optional()
    fee = _optional()
    gross_profit = _optional()
    balance_after = _optional()
    comment = serializers.CharField(required=False, max_length=500)
    strategy_id = serializers.CharField(required=False, max_length=64)


class SyncCashFlow(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=FlowKind.choices)
    amount = money("Out of the account is negative.")
    booked_at = serializers.DateTimeField()
    booked_text = serializers.CharField(required=False, max_length=40)
    balance_after = _optional()
    comment = serializers.CharField(required=False, max_length=500)


class SyncAccount(serializers.Serializer[Any]):
    """One account. A list that is left out was not read; an empty one says that there is nothing."""

    account = serializers.UUIDField()
    sent_at = serializers.DateTimeField(help_text="When the terminal was read. It orders the syncs of an account.")
    figures = Figures(required=False)
    positions = SyncPosition(many=True, required=False, help_text="All open positions.")
    quotes = SyncQuote(many=True, required=False)
    deals = SyncDeal(many=True, required=False, help_text="New ones; sending one again is harmless.")
    cash_flows = SyncCashFlow(many=True, required=False)


class Sync(serializers.Serializer[Any]):
    accounts = SyncAccount(many=True, help_text="1 to 500.")


class SyncedRows(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    corrected = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class SyncedPositions(serializers.Serializer[Any]):
    open = serializers.IntegerField(allow_null=True, help_text="null where they were not read.")
    changed = serializers.IntegerField()
    closed = serializers.IntegerField()


class SyncedTrades(serializers.Serializer[Any]):
    opened = serializers.IntegerField()
    changed = serializers.IntegerField()
    closed = serializers.IntegerField()


class SyncedReconciliation(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=SyncState.Status.choices)
    matched = serializers.IntegerField()
    breaks = serializers.IntegerField()


class SyncError(serializers.Serializer[Any]):
    code = serializers.ChoiceField(
        choices=["invalid", "not_found", "archived", "twice", "clock_ahead", "clock_behind", "currency", "failed"]
    )
    message = serializers.CharField()
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), help_text="Such as “positions.3.volume”."
    )


class SyncedAccount(serializers.Serializer[Any]):
    account = serializers.CharField()
    result = serializers.ChoiceField(choices=["recorded", "older", "refused"])
    revision = serializers.IntegerField(required=False)
    positions = SyncedPositions(required=False)
    deals = SyncedRows(required=False)
    cash_flows = SyncedRows(required=False)
    trades = SyncedTrades(required=False)
    reconciliation = SyncedReconciliation(required=False, allow_null=True)
    error = SyncError(allow_null=True)


class Synced(serializers.Serializer[Any]):
    """One entry for each account, in the order of the call. The entry of a refused account has `error` alone."""

    received_at = serializers.DateTimeField()
    recorded = serializers.IntegerField()
    failed = serializers.IntegerField()
    accounts = SyncedAccount(many=True)


class SyncView(APIView):
    parser_classes = (SyncParser,)
    key_scopes: ClassVar[dict[str, Scope]] = {"POST": Scope.SYNC}

    @extend_schema(
        operation_id="sync",
        summary="Record what a terminal says of one account or many",
        description="Each account is taken whole or not at all, and none is refused because of another. See docs/sync.md.",
        tags=["sync"],
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Up to 80 characters. The same key with the same body gets the same answer for a day.",
            )
        ],
        request=Sync,
        responses={200: Synced, 400: Error, 409: Error, 413: Error, 415: Error, **ERRORS},
        examples=[
            OpenApiExample(
                "One account",
                request_only=True,
                value={
                    "accounts": [
                        {
                            "account": "0199f3c2-0000-7000-8000-000000000001",
                            "sent_at": "2026-11-24T07:20:10.250Z",
                            "figures": {"balance": "10250.40", "equity": "10310.15", "margin": "220.00"},
                            "positions": [],
                        }
                    ]
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        key = request.headers.get("Idempotency-Key") or None
        outcome = record_sync(request.user, request.data, now=timezone.now(), key=key)
        headers = {"Idempotent-Replayed": "true"} if outcome.is_repeat else {}
        return Response(outcome.answer, headers=headers)
